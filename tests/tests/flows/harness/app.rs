//! An authenticator app with its own implementation, so that it does not repeat an error of Postern's.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use postern_core::clock::Clock;
use postern_core::factor::{Algorithm, FactorId, TotpShape};
use serde_json::{Map, Value};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::TestClock;

/// A user's authenticator app.
#[derive(Debug, Clone)]
pub(crate) struct App {
    /// The id of the factor, if it is known.
    pub(crate) id: Option<FactorId>,
    pub(crate) shape: TotpShape,
    seed: Vec<u8>,
    clock: Arc<TestClock>,
}

impl App {
    pub(crate) fn new(seed: &[u8], shape: TotpShape, clock: &Arc<TestClock>) -> Self {
        Self { id: None, shape, seed: seed.to_vec(), clock: Arc::clone(clock) }
    }

    pub(crate) fn bound_as(self, id: FactorId) -> Self {
        Self { id: Some(id), ..self }
    }

    /// From the record that an enrolment shows a script.
    pub(crate) fn of_key(key: &Map<String, Value>, clock: &Arc<TestClock>) -> Self {
        let secret = key["secret"].as_str().unwrap();
        Self::new(&from_base32(secret), TotpShape::default(), clock)
    }

    pub(crate) fn seed_in_hex(&self) -> String {
        self.seed.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The current code.
    pub(crate) fn code(&self) -> String {
        self.code_of_step(0)
    }

    /// The code of a later or earlier time step.
    pub(crate) fn code_of_step(&self, later: i64) -> String {
        let step = self.shape.step(self.clock.now()).checked_add_signed(later).unwrap();
        code(&self.seed, self.shape, step)
    }

    /// A wrong code: six or eight digits that it does not show at about this time.
    pub(crate) fn wrong_code(&self, number: u64) -> String {
        let near: Vec<String> = (-2..=2).map(|later| self.code_of_step(later)).collect();
        let digits = usize::from(self.shape.digits());
        let mut codes = (number * 7..).map(|number| format!("{number:0digits$}"));
        codes.find(|code| !near.contains(code)).unwrap()
    }
}

/// RFC 6238, section 4.2, by RFC 4226, section 5.3.
pub(crate) fn code(seed: &[u8], shape: TotpShape, step: u64) -> String {
    let message = step.to_be_bytes();
    let hash: Vec<u8> = match shape.algorithm {
        Algorithm::Sha1 => mac::<Hmac<Sha1>>(seed, &message),
        Algorithm::Sha256 => mac::<Hmac<Sha256>>(seed, &message),
        Algorithm::Sha512 => mac::<Hmac<Sha512>>(seed, &message),
    };
    let offset = usize::from(hash[hash.len() - 1] & 0xf);
    let bytes: [u8; 4] = hash[offset..offset + 4].try_into().unwrap();
    let digits = shape.digits();
    let number = (u32::from_be_bytes(bytes) & 0x7fff_ffff) % 10_u32.pow(digits.into());
    format!("{number:0width$}", width = usize::from(digits))
}

fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// RFC 4648, section 6, without padding.
pub(crate) fn from_base32(text: &str) -> Vec<u8> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for c in text.chars() {
        let value = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).unwrap();
        bits = (bits << 5) | u32::try_from(value).unwrap();
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    bytes
}

#[test]
fn the_app_of_the_tests_shows_the_vectors_of_rfc_6238() {
    let seed = |length| b"1234567890".iter().copied().cycle().take(length).collect::<Vec<u8>>();
    for (algorithm, length, expected) in [
        (Algorithm::Sha1, 20, ["94287082", "65353130"]),
        (Algorithm::Sha256, 32, ["46119246", "77737706"]),
        (Algorithm::Sha512, 64, ["90693936", "47863826"]),
    ] {
        let shape = TotpShape::new(algorithm, 8, 30).unwrap();
        let shown = [59, 20_000_000_000].map(|at: u64| code(&seed(length), shape, at / 30));
        assert_eq!(shown, expected);
    }
    assert_eq!(from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), seed(20));
}
