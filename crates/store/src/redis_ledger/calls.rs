use std::fmt;
use std::sync::Arc;

use postern_core::account::AccountId;
use postern_core::clock::{Clock, SKEW, Timestamp};
use postern_core::config::Redis;
use postern_core::ledger::{Health, LedgerError};
use redis::FromRedisValue;

use super::connect::OpenRedisError;
use super::link::Call;
use super::script::{EMPTY_SORTED, Script};
use super::servers::Servers;

/// Runs scripts over keys that begin with the site's prefix.
pub(super) struct Calls {
    pub(super) servers: Servers,
    prefix: String,
    time: LedgerTime,
}

/// The clock that the ledger goes by.
#[derive(Debug, Clone)]
pub enum LedgerTime {
    /// The server's.
    Server,
    /// The caller's, for tests at a time of their own: the two always agree.
    Caller,
    /// This one, for tests with hosts whose clocks differ from it.
    Of(Arc<dyn Clock>),
}

impl Calls {
    pub(super) fn new(config: &Redis, time: LedgerTime) -> Result<Self, OpenRedisError> {
        Ok(Self { servers: Servers::new(config)?, prefix: config.prefix.clone(), time })
    }

    /// The last two arguments of a script that needs the time, called at `at` by the host's clock: see `now.lua`.
    pub(super) fn time_arguments(&self, at: Timestamp) -> [Vec<u8>; 2] {
        let time = match &self.time {
            LedgerTime::Server => Vec::new(),
            LedgerTime::Caller => text(second(at)),
            LedgerTime::Of(clock) => text(second(clock.now())),
        };
        [text(SKEW.as_secs()), time]
    }

    /// Runs a script over keys of one account.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        account: &AccountId,
        script: &'static Script,
        keys: &[&str],
        arguments: Vec<Vec<u8>>,
    ) -> Result<T, LedgerError> {
        self.run_at(&hash_tag(account), script, keys, arguments).await
    }

    /// Runs a script over keys of one hash tag.
    pub(super) async fn run_at<T: FromRedisValue>(
        &self,
        tag: &str,
        script: &'static Script,
        keys: &[&str],
        arguments: Vec<Vec<u8>>,
    ) -> Result<T, LedgerError> {
        let value = self.servers.call(&self.call(tag, script, keys, arguments), tag).await?;
        redis::from_redis_value(value).map_err(|_| foreign())
    }

    /// A script over keys of one hash tag.
    pub(super) fn call(
        &self,
        tag: &str,
        script: &'static Script,
        keys: &[&str],
        arguments: Vec<Vec<u8>>,
    ) -> Call {
        Call { script, keys: keys.iter().map(|key| self.key(tag, key)).collect(), arguments }
    }

    /// Empties these sorted sets of one account.
    pub(super) async fn empty_sorted(&self, account: &AccountId, keys: &[String]) -> Result<(), LedgerError> {
        for some in keys.chunks(AT_ONCE) {
            let some: Vec<&str> = some.iter().map(String::as_str).collect();
            self.run::<()>(account, &EMPTY_SORTED, &some, Vec::new()).await?;
        }
        Ok(())
    }

    /// The full name of a key.
    pub(super) fn key(&self, tag: &str, key: &str) -> String {
        format!("{}{{{tag}}}:{key}", self.prefix)
    }

    /// What each server says of itself.
    pub(super) async fn health(&self) -> Result<Health, LedgerError> {
        self.servers.health().await
    }
}

/// The account's id with everything percent-encoded that could end the tag or begin another key.
pub(super) fn hash_tag(account: &AccountId) -> String {
    account.as_str().bytes().fold(String::new(), |mut tag, byte| {
        if byte.is_ascii_alphanumeric() || b"-._@".contains(&byte) {
            tag.push(char::from(byte));
        } else {
            tag.push_str(&format!("%{byte:02x}"));
        }
        tag
    })
}

/// Redis stores scores as doubles: a time beyond their exact range lies in a future that does not come.
pub(super) fn second(at: Timestamp) -> u64 {
    at.as_unix().min(1 << 50)
}

/// An argument of a script.
pub(super) fn text(value: impl fmt::Display) -> Vec<u8> {
    value.to_string().into_bytes()
}

pub(super) fn foreign() -> LedgerError {
    LedgerError::Broken("holds something under its prefix that this program did not write".to_owned())
}

const AT_ONCE: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_account_id_leaves_its_hash_tag() {
        let tag = |id: &str| hash_tag(&AccountId::new(id.to_owned()));
        assert_eq!(tag("0b51a4f6-0000-4000-8000-0123456789ab"), "0b51a4f6-0000-4000-8000-0123456789ab");
        assert_eq!(tag("a}:from:{b %\u{e4}\n"), "a%7d%3afrom%3a%7bb%20%25%c3%a4%0a");
    }
}
