//! The secret of a session, as a browser's cookie holds it.

use std::fmt;

use crate::account::AccountId;
use crate::browser_record::{BrowserRecordId, BrowserRecordKind};
use crate::browser_secret::BrowserSecret;
use crate::clock::Timestamp;
use crate::keyring::{Keyring, OlderKeys};
use crate::limits::SessionLimits;
use crate::random::{Random, RandomnessGone};

use super::bearer::Bearer;

/// 256 random bits, with the account that they are for.
///
/// So the record can be looked for among those of its account, which share a slot of a Redis Cluster; a token that this site did not
/// make costs no search; and the cookie tells nothing about the account.
pub struct SessionToken(Bearer);

impl SessionToken {
    /// Of random bits.
    ///
    /// # Errors
    /// The operating system gives none.
    pub fn draw(account: &AccountId, keyring: &Keyring, random: Random) -> Result<Self, RandomnessGone> {
        Bearer::of(SEALED, BrowserSecret::draw(random)?, account, keyring, random).map(Self)
    }

    /// Reads the text form. `None` if this site did not make it.
    #[must_use]
    pub fn parse(text: &str, keyring: &Keyring) -> Option<Self> {
        Bearer::parse(SEALED, text, keyring).map(Self)
    }

    /// The account that it is for. The record of the session decides whether it still is.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.0.account
    }

    /// The key of the session's record under the current key of the keyring.
    #[must_use]
    pub fn record_id(&self, keyring: &Keyring) -> BrowserRecordId {
        let digest = keyring.digest(RECORD, &self.parts());
        BrowserRecordId { kind: BrowserRecordKind::Session, digest }
    }

    /// The same under each key under which a record may be that is still good at `now`, the current one first.
    #[must_use]
    pub fn record_ids(
        &self,
        keyring: &Keyring,
        limits: SessionLimits,
        now: Timestamp,
    ) -> Vec<BrowserRecordId> {
        let older = OlderKeys::within(limits.lifetime, now);
        let of = |digest| BrowserRecordId { kind: BrowserRecordKind::Session, digest };
        keyring.digests(RECORD, &self.parts(), older).into_iter().map(of).collect()
    }

    /// The text form, for the browser alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.text()
    }

    pub(super) fn secret(&self) -> &BrowserSecret {
        &self.0.secret
    }

    fn parts(&self) -> [&[u8]; 2] {
        [self.account().as_str().as_bytes(), self.0.secret.bytes()]
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken")
    }
}

const RECORD: &str = "session record";
const SEALED: &[u8] = b"session account";

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn ring(byte: u8) -> Keyring {
        Keyring::parse(&Keyring::render(&[byte; 32], Timestamp::from_unix(1))).unwrap()
    }

    fn random(bytes: &mut [u8]) -> Result<(), RandomnessGone> {
        getrandom::fill(bytes).map_err(|_| RandomnessGone)
    }

    fn id() -> AccountId {
        AccountId::new("0b51a4f6-0000-4000-8000-0123456789ab".to_owned())
    }

    #[test]
    fn a_token_is_read_back_by_its_site_alone_and_shows_neither_account_nor_secret() {
        let token = SessionToken::draw(&id(), &ring(7), random).unwrap();
        let text = token.expose();
        assert!(!text.contains("0b51a4f6") && text.len() < 256, "{}", text.len());
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "fits in a cookie");
        assert_eq!(format!("{token:?}"), "SessionToken");
        let read = SessionToken::parse(text, &ring(7)).unwrap();
        assert_eq!((read.account(), read.expose()), (&id(), text));
        assert_eq!(read.record_id(&ring(7)), token.record_id(&ring(7)));
        assert_ne!(read.record_id(&ring(8)), token.record_id(&ring(7)));
        assert!(SessionToken::parse(text, &ring(8)).is_none(), "another site");
    }

    #[test]
    fn a_token_that_was_put_together_is_none() {
        let (one, two) = (
            SessionToken::draw(&id(), &ring(7), random).unwrap(),
            SessionToken::draw(&AccountId::new("b".to_owned()), &ring(7), random).unwrap(),
        );
        let [(secret, sealed), (_, other)] = [&one, &two].map(|one| one.expose().split_once('.').unwrap());
        assert!(SessionToken::parse(&format!("{secret}.{sealed}"), &ring(7)).is_some());
        for text in [
            format!("{secret}.{other}"),
            format!("{}.{sealed}", URL_SAFE_NO_PAD.encode([0; 32])),
            format!("{}.{sealed}", URL_SAFE_NO_PAD.encode([0; 31])),
            format!("{secret}."),
            format!(".{sealed}"),
            secret.to_owned(),
            String::new(),
            ".".repeat(3000),
        ] {
            assert!(SessionToken::parse(&text, &ring(7)).is_none(), "{text}");
        }
    }

    #[test]
    fn a_session_is_found_again_after_the_keyring_was_rotated() {
        let text = Keyring::render(&[7; 32], Timestamp::from_unix(1));
        let (old, at) = (Keyring::parse(&text).unwrap(), Timestamp::from_unix);
        let new = Keyring::parse(&Keyring::rotate(&text, &[8; 32], at(2)).unwrap()).unwrap();
        let token = SessionToken::draw(&id(), &old, random).unwrap();
        let read = SessionToken::parse(token.expose(), &new).unwrap();
        let limits = SessionLimits::default();
        assert!(read.record_ids(&new, limits, at(100)).contains(&token.record_id(&old)));
        assert!(!read.record_ids(&new, limits, at(100_000)).contains(&token.record_id(&old)));
    }
}
