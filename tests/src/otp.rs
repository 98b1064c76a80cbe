//! Authenticator apps that are not ours: oathtool makes the codes, pyotp reads what an app would scan.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use postern_core::clock::{Clock, SystemClock};
use serde_json::json;

use crate::guard::pause;
use crate::python::THIRD_PARTY;
use crate::{Ran, canary, host};

/// An authenticator app with one seed.
#[derive(Clone, PartialEq, Eq)]
pub struct Authenticator {
    seed: Vec<u8>,
    /// The hash.
    pub algorithm: Algorithm,
    /// How long a code is.
    pub digits: u32,
    /// How long a code lasts, in seconds.
    pub period: u64,
    /// What the app shows above the code.
    pub label: Label,
}

/// The hashes of RFC 6238.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// What every app knows.
    Sha1,
    /// Known to some.
    Sha256,
    /// Known to some.
    Sha512,
}

/// Whose code it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// The site.
    pub issuer: String,
    /// The account.
    pub name: String,
}

impl Authenticator {
    /// With this seed: SHA-1, 6 digits, 30 s.
    #[must_use]
    pub fn new(seed: &[u8]) -> Self {
        Self {
            seed: seed.to_vec(),
            algorithm: Algorithm::Sha1,
            digits: 6,
            period: 30,
            label: Label::default(),
        }
    }

    /// With a random seed of 160 bits, which counts as a secret from now on.
    #[must_use]
    pub fn random() -> Self {
        let mut seed = [0; 20];
        getrandom::fill(&mut seed).expect("random bytes");
        let app = Self::new(&seed);
        app.keep_secret();
        app
    }

    /// What a scanned or typed `otpauth://` URI makes of an app, or why it is none. The seed counts as a secret from now on.
    ///
    /// # Errors
    /// What pyotp says of the URI.
    pub fn from_uri(uri: &str) -> Result<Self, String> {
        let read = THIRD_PARTY.ask("uri", json!({ "text": uri }));
        if let Some(error) = read["error"].as_str() {
            return Err(error.to_owned());
        }
        let text = |key: &str| read[key].as_str().expect("text").to_owned();
        let number = |key: &str| read[key].as_u64().expect("a number");
        let algorithm = match read["algorithm"].as_str() {
            Some("sha1") => Algorithm::Sha1,
            Some("sha256") => Algorithm::Sha256,
            Some("sha512") => Algorithm::Sha512,
            other => return Err(format!("algorithm {other:?}")),
        };
        let app = Self {
            seed: unhex(&text("seed")),
            algorithm,
            digits: u32::try_from(number("digits")).expect("digits"),
            period: number("period"),
            label: Label { issuer: text("issuer"), name: text("name") },
        };
        app.keep_secret();
        Ok(app)
    }

    /// With another hash.
    #[must_use]
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// With 6 or 8 digits.
    #[must_use]
    pub fn digits(mut self, digits: u32) -> Self {
        self.digits = digits;
        self
    }

    /// With a new code every so many seconds.
    #[must_use]
    pub fn period(mut self, seconds: u64) -> Self {
        self.period = seconds;
        self
    }

    /// The code at a moment, in seconds since the epoch.
    #[must_use]
    pub fn code_at(&self, unix: u64) -> String {
        self.codes_from(unix, 0).remove(0)
    }

    /// The code of now, or of so many steps later or earlier.
    #[must_use]
    pub fn code(&self, steps: i64) -> String {
        self.code_at(now().saturating_add_signed(steps * self.period.cast_signed()))
    }

    /// The codes of so many steps, from the one at a moment on.
    #[must_use]
    pub fn codes(&self, unix: u64, steps: u64) -> Vec<String> {
        self.codes_from(unix, steps.saturating_sub(1))
    }

    /// A code that is none within two hours.
    #[must_use]
    pub fn wrong_code(&self) -> String {
        let from = now().saturating_sub(3_600) / self.period * self.period;
        let right = self.codes_from(from, 7_200 / self.period);
        let width = usize::try_from(self.digits).expect("digits");
        let wrong = (0..).map(|number: u64| format!("{:0width$}", 246_813 + number));
        wrong.into_iter().find(|code| !right.contains(code)).expect("one of a million")
    }

    /// Waits until the code of now lasts for another `seconds` at least, and returns it.
    #[must_use]
    pub fn fresh_code(&self, seconds: u64) -> String {
        assert!(seconds < self.period, "no code lasts for {seconds} s");
        while self.period - now() % self.period < seconds {
            pause(Duration::from_millis(100));
        }
        self.code(0)
    }

    /// Waits for the next code and returns it.
    #[must_use]
    pub fn next_code(&self) -> String {
        let step = now() / self.period;
        while now() / self.period == step {
            pause(Duration::from_millis(100));
        }
        self.code(0)
    }

    /// The seed as an app shows it: base32 without padding (RFC 4648, section 6).
    #[must_use]
    pub fn base32(&self) -> String {
        let mut text = String::new();
        for five in self.seed.chunks(5) {
            let mut block = [0_u8; 8];
            block[3..3 + five.len()].copy_from_slice(five);
            let bits = u64::from_be_bytes(block);
            for digit in 0..(five.len() * 8).div_ceil(5) {
                text.push(char::from(BASE32[usize::try_from(bits >> (35 - 5 * digit)).expect("bits") & 31]));
            }
        }
        text
    }

    /// The seed itself.
    #[must_use]
    pub fn seed(&self) -> &[u8] {
        &self.seed
    }

    /// The seed in hexadecimal.
    #[must_use]
    pub fn hex(&self) -> String {
        self.seed.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn keep_secret(&self) {
        for form in [self.base32(), self.hex()] {
            if form.len() >= 16 {
                canary::register(&form);
            }
        }
    }

    fn codes_from(&self, unix: u64, more: u64) -> Vec<String> {
        let algorithm = match self.algorithm {
            Algorithm::Sha1 => "sha1",
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha512 => "sha512",
        };
        let mut oathtool = Command::new(host::system_program("/usr/bin/oathtool", "oathtool"));
        oathtool
            .arg(format!("--totp={algorithm}"))
            .arg(format!("--digits={}", self.digits))
            .arg(format!("--time-step-size={}s", self.period))
            .arg(format!("--now=@{unix}"))
            .arg(format!("--window={more}"))
            // The seed comes by stdin.
            .arg("-");
        let ran = Ran::of(oathtool.current_dir("/"), format!("{}\n", self.hex()).as_bytes(), LIMIT);
        ran.succeeded().stdout.lines().map(str::to_owned).collect()
    }
}

impl std::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { algorithm, digits, period, label, .. } = self;
        write!(f, "Authenticator({algorithm:?}, {digits} digits, {period} s, {label:?})")
    }
}

/// The codes of `apps`, each with its owner, for so many steps from the one at `unix` on. Where a code is good for another app or step of
/// its owner at the same time there is none: it may be taken for that one, or be refused as used there.
#[must_use]
pub fn unambiguous_codes<O: Ord>(
    apps: &[(O, Authenticator)],
    unix: u64,
    steps: u64,
) -> Vec<Vec<Option<String>>> {
    let all: Vec<Vec<String>> = apps.iter().map(|(_, app)| app.codes(unix, steps)).collect();
    let mut good: BTreeMap<(&O, &str), Vec<usize>> = BTreeMap::new();
    for ((owner, _), codes) in apps.iter().zip(&all) {
        for (step, code) in codes.iter().enumerate() {
            good.entry((owner, code)).or_default().push(step);
        }
    }
    let of_owner = |owner, codes: &[String]| {
        let code = |(step, code): (usize, &String)| {
            let near =
                good[&(owner, code.as_str())].iter().filter(|other| other.abs_diff(step) <= GOOD_TOGETHER);
            (near.count() == 1).then(|| code.clone())
        };
        codes.iter().enumerate().map(code).collect()
    };
    apps.iter().zip(&all).map(|((owner, _), codes)| of_owner(owner, codes)).collect()
}

/// The moment, in seconds since the epoch.
#[must_use]
pub fn now() -> u64 {
    SystemClock.now().as_unix()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("hex")).collect()
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LIMIT: Duration = Duration::from_secs(20);
/// By how many steps two codes may differ that are both taken at some moment: one earlier, and one later.
const GOOD_TOGETHER: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_written_as_rfc_4648_has_it() {
        for (seed, text) in [("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("fooba", "MZXW6YTB")] {
            assert_eq!(Authenticator::new(seed.as_bytes()).base32(), text);
        }
        assert_eq!(Authenticator::new(b"foobar").base32(), "MZXW6YTBOI");
    }

    #[test]
    fn codes_that_are_good_twice_are_left_out() {
        let (one, other) = (Authenticator::new(b"one"), Authenticator::new(b"another"));
        let plain = |app: &Authenticator| app.codes(0, 3).into_iter().map(Some).collect::<Vec<_>>();
        let apps = [("anna", one.clone()), ("anna", other.clone()), ("bob", one.clone())];
        assert_eq!(unambiguous_codes(&apps, 0, 3), [plain(&one), plain(&other), plain(&one)]);
        let apps = [("anna", one.clone()), ("anna", one), ("anna", other.clone())];
        assert_eq!(unambiguous_codes(&apps, 0, 3), [vec![None; 3], vec![None; 3], plain(&other)]);
    }
}
