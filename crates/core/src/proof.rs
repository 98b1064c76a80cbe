//! Proofs of an accepted login, which the same front door shows a moment later.
//!
//! PAM has two calls: authentication, and account management. sshd makes them in two processes.

use std::fmt;
use std::time::Duration;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::keyring::{Digest, Keyring, OlderKeys};

/// A text that is authenticated with the site's keyring. It is valid for one account at one service, for [`GOOD_FOR`]. It is
/// wiped when dropped.
pub struct Proof(Zeroizing<String>);

impl Proof {
    /// Makes the proof of an accepted login.
    #[must_use]
    pub fn of(account: &AccountId, service: &str, now: Timestamp, keyring: &Keyring) -> Self {
        let expires = now.plus(GOOD_FOR).as_unix();
        let digest = with_parts(account, service, expires, |parts| keyring.digest(PURPOSE, parts));
        Self(Zeroizing::new(format!("{expires}.{digest}")))
    }

    /// Whether `text` is a valid proof.
    #[must_use]
    pub fn holds(text: &str, account: &AccountId, service: &str, now: Timestamp, keyring: &Keyring) -> bool {
        let read = || {
            let (expires, digest) = text.split_once('.')?;
            let digest = Digest::new(u128::from_str_radix(digest, 16).ok()?.to_be_bytes());
            Some((expires.parse::<u64>().ok()?, digest))
        };
        let Some((expires, digest)) = read() else { return false };
        let is_in_time = (now.as_unix()..=now.plus(GOOD_FOR).as_unix()).contains(&expires);
        let older = OlderKeys::within(GOOD_FOR, now);
        is_in_time
            && with_parts(account, service, expires, |parts| keyring.vouches(&digest, PURPOSE, parts, older))
    }

    /// The text, for the front door.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// In constant time.
impl PartialEq for Proof {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Proof {}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof")
    }
}

fn with_parts<T>(
    account: &AccountId,
    service: &str,
    expires: u64,
    use_them: impl FnOnce(&[&[u8]]) -> T,
) -> T {
    use_them(&[account.as_str().as_bytes(), service.as_bytes(), &expires.to_be_bytes()])
}

/// The validity of a proof: longer than the time between PAM's two calls, and too short to be useful to a thief.
pub(crate) const GOOD_FOR: Duration = Duration::from_secs(120);
const PURPOSE: &str = "proof";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_its_account_and_service_and_time_alone() {
        let ring = Keyring::parse(&Keyring::render(&[7; 32], Timestamp::from_unix(1))).unwrap();
        let id = |id: &str| AccountId::new(id.to_owned());
        let now = Timestamp::from_unix(1_800_000_000);
        let proof = Proof::of(&id("a"), "sshd", now, &ring);
        let holds = |text: &str, account: &str, service: &str, at: u64| {
            Proof::holds(text, &id(account), service, Timestamp::from_unix(at), &ring)
        };
        let text = proof.expose();
        assert!(holds(text, "a", "sshd", 1_800_000_000) && holds(text, "a", "sshd", 1_800_000_120));
        assert!(!holds(text, "a", "sshd", 1_800_000_121) && !holds(text, "a", "sshd", 1_799_999_999));
        assert!(!holds(text, "b", "sshd", 1_800_000_000) && !holds(text, "a", "sudo", 1_800_000_000));
        let later = text.replace("1800000120", "1800000119");
        assert!(!holds(&later, "a", "sshd", 1_800_000_000));
        for text in ["", ".", "1800000120", "1800000120.", "1800000120.0", "x.y"] {
            assert!(!holds(text, "a", "sshd", 1_800_000_000), "{text}");
        }
        assert_eq!(format!("{proof:?}"), "Proof");
    }

    #[test]
    fn a_key_that_was_replaced_proves_nothing_two_minutes_later() {
        let text = Keyring::render(&[7; 32], Timestamp::from_unix(1));
        let leaked = Keyring::parse(&text).unwrap();
        let at = Timestamp::from_unix;
        let ring = Keyring::parse(&Keyring::rotate(&text, &[8; 32], at(1_800_000_000)).unwrap()).unwrap();
        let id = AccountId::new("a".to_owned());
        let holds = |made, now| {
            let proof = Proof::of(&id, "sshd", at(made), &leaked);
            Proof::holds(proof.expose(), &id, "sshd", at(now), &ring)
        };
        assert!(holds(1_799_999_990, 1_800_000_010), "a login that was under way");
        assert!(holds(1_800_000_119, 1_800_000_119));
        assert!(!holds(1_800_000_120, 1_800_000_120) && !holds(1_900_000_000, 1_900_000_000));
    }
}
