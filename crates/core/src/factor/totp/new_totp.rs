//! A new seed: its text forms for apps, and the codes that it makes.

use std::fmt;

use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::factor::{CodeText, FactorId};
use crate::keyring::Keyring;
use crate::random::{Random, RandomnessGone};
use crate::secret::grouped;

use super::generator::{builder, matching_step};
use super::{Seed, Totp, TotpError, TotpShape};

/// A new seed that is not bound yet. Unless it is bound, it is lost when dropped.
pub struct NewTotp {
    /// The format of the codes.
    pub shape: TotpShape,
    seed: Seed,
}

impl NewTotp {
    /// From a seed and the format of its codes.
    #[must_use]
    pub fn new(shape: TotpShape, seed: Seed) -> Self {
        Self { shape, seed }
    }

    /// With a seed of random bytes.
    ///
    /// # Errors
    /// The operating system gives none.
    pub fn draw(random: Random, shape: TotpShape) -> Result<Self, RandomnessGone> {
        Ok(Self::new(shape, Seed::draw(random)?))
    }

    /// The seed for typing into an app by hand: base32 without padding (RFC 4648, section 6).
    #[must_use]
    pub fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(totp_rs::Secret::from(self.seed.bytes()).to_base32())
    }

    /// The same in groups of four.
    #[must_use]
    pub fn base32_grouped(&self) -> Zeroizing<String> {
        grouped(&self.base32(), ' ')
    }

    /// The URI that apps read from a QR code: `otpauth://totp/issuer:account?secret=…`, in the Key URI Format of Google
    /// Authenticator, which the other apps have adopted.
    ///
    /// # Errors
    /// Issuer or account contain a colon, which the format cannot represent.
    pub fn uri(&self, issuer: &str, account: &str) -> Result<Zeroizing<String>, TotpError> {
        let built = builder(&self.seed, self.shape)
            .with_account_name(account)
            .with_issuer(Some(issuer))
            .build()
            .map_err(|_| TotpError::Unspeakable)?;
        built.to_url().map(Zeroizing::new).map_err(|_| TotpError::Unspeakable)
    }

    /// A shorter URI for a smaller QR code: without the parameters that apps assume, and with the issuer only in the label.
    ///
    /// # Errors
    /// As [`NewTotp::uri`].
    pub fn short_uri(&self, issuer: &str, account: &str) -> Result<Zeroizing<String>, TotpError> {
        let uri = self.uri(issuer, account)?;
        let (path, query) = uri.split_once('?').ok_or(TotpError::Unspeakable)?;
        let assumed = |pair: &&str| {
            pair.starts_with("issuer=") || matches!(*pair, "digits=6" | "period=30" | "algorithm=SHA1")
        };
        let mut short = Zeroizing::new(String::with_capacity(uri.len()));
        short.push_str(path);
        for (number, pair) in query.split('&').filter(|pair| !assumed(pair)).enumerate() {
            short.push(if number == 0 { '?' } else { '&' });
            short.push_str(pair);
        }
        Ok(short)
    }

    /// As [`Totp::matching_step`].
    ///
    /// # Errors
    /// As [`Totp::matching_step`].
    pub fn matching_step(&self, code: &CodeText, at: Timestamp) -> Result<Option<u64>, TotpError> {
        matching_step(&self.seed, self.shape, code, at)
    }

    /// Seals the seed for the factor `id`.
    ///
    /// # Errors
    /// As [`Keyring::seal`].
    pub fn seal(&self, id: FactorId, keyring: &Keyring, nonce: [u8; 24]) -> Result<Totp, TotpError> {
        Totp::seal(&self.seed, self.shape, id, keyring, nonce)
    }
}

impl fmt::Debug for NewTotp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewTotp")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factor::Algorithm;
    use crate::keyring::SealError;

    fn keyring() -> Keyring {
        Keyring::parse(&Keyring::render(&[7; 32], Timestamp::from_unix(1_800_000_000))).unwrap()
    }

    fn new_totp(algorithm: Algorithm, digits: u8) -> NewTotp {
        // RFC 6238, appendix B: the ASCII digits repeated to the length of the hash.
        let length = match algorithm {
            Algorithm::Sha1 => 20,
            Algorithm::Sha256 => 32,
            Algorithm::Sha512 => 64,
        };
        let seed: Vec<u8> = b"1234567890".iter().copied().cycle().take(length).collect();
        NewTotp::new(TotpShape::new(algorithm, digits, 30).unwrap(), Seed::new(&seed).unwrap())
    }

    #[test]
    fn the_vectors_of_rfc_6238_match_for_all_three_hashes() {
        let vectors = [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ];
        for (at, codes) in vectors {
            for (algorithm, code) in
                [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512].into_iter().zip(codes)
            {
                let totp = new_totp(algorithm, 8);
                let at = Timestamp::from_unix(at);
                let step = totp.matching_step(&CodeText::parse(code).unwrap(), at).unwrap();
                assert_eq!(step, Some(at.as_unix() / 30), "{algorithm:?} {code}");
            }
        }
    }

    #[test]
    fn a_code_is_right_one_step_on_either_side_and_no_further() {
        let totp = new_totp(Algorithm::Sha1, 8);
        let code = CodeText::parse("94287082").unwrap();
        let step_at = |at| totp.matching_step(&code, Timestamp::from_unix(at)).unwrap();
        assert_eq!(
            [0, 29, 30, 59, 60, 89, 90].map(step_at),
            [Some(1), Some(1), Some(1), Some(1), Some(1), Some(1), None]
        );
        let six = CodeText::parse("287082").unwrap();
        assert_eq!(totp.matching_step(&six, Timestamp::from_unix(59)), Ok(None), "its end is another length");
        assert_eq!(
            new_totp(Algorithm::Sha1, 6).matching_step(&six, Timestamp::from_unix(59)),
            Ok(Some(1)),
            "RFC 4226, section 5.3"
        );
    }

    #[test]
    fn a_seed_opens_for_its_own_factor_and_keyring_alone() {
        let (ring, id) = (keyring(), FactorId::new([1; 16]));
        let sealed = new_totp(Algorithm::Sha1, 8).seal(id, &ring, [9; 24]).unwrap();
        let (code, at) = (CodeText::parse("94287082").unwrap(), Timestamp::from_unix(59));
        assert_eq!(sealed.matching_step(id, &ring, &code, at), Ok(Some(1)));
        let other = FactorId::new([2; 16]);
        assert_eq!(sealed.matching_step(other, &ring, &code, at), Err(TotpError::Seal(SealError::Forged)));
        let strange = Keyring::parse(&Keyring::render(&[8; 32], Timestamp::from_unix(1))).unwrap();
        assert_eq!(sealed.matching_step(id, &strange, &code, at), Err(TotpError::Seal(SealError::Forged)));
        assert_eq!(
            sealed.resealed(id, &ring, [3; 24]).unwrap().matching_step(id, &ring, &code, at),
            Ok(Some(1))
        );
    }

    #[test]
    fn the_uri_names_issuer_account_and_secret() {
        let totp = new_totp(Algorithm::Sha1, 6);
        let uri = totp.uri("Example Mail", "alice").unwrap();
        assert!(uri.starts_with("otpauth://totp/Example%20Mail:alice?"), "{}", *uri);
        assert!(
            uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") && uri.contains("issuer=Example%20Mail")
        );
        assert_eq!(totp.uri("Example: Mail", "alice").err(), Some(TotpError::Unspeakable));
        assert_eq!(
            *totp.short_uri("Example Mail", "alice").unwrap(),
            "otpauth://totp/Example%20Mail:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        );
        let other = new_totp(Algorithm::Sha256, 8).short_uri("Example", "alice").unwrap();
        assert!(other.contains("digits=8") && other.contains("algorithm=SHA256"), "{}", *other);
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?} {:?}", new_totp(Algorithm::Sha1, 6), Seed::new(&[1; 20]).unwrap());
        assert_eq!(shown, "NewTotp Seed");
    }
}
