//! Passwords that were tried: the wrong ones are counted and remembered.

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::keyring::Digest;
use postern_core::ledger::{Admission, Attempt, Attempts, History, LedgerError, Settlement};
use postern_core::limits::{AttemptLimits, Source};

use super::calls::{foreign, second, text};
use super::last_uses::{SOURCES, read_note};
use super::ledger::RedisLedger;
use super::script::{SORTED_MEMBERS, Script, script};

#[async_trait]
impl Attempts for RedisLedger {
    async fn admit(&self, attempt: &Attempt<'_>, limits: &AttemptLimits) -> Result<Admission, LedgerError> {
        let keys = [ATTEMPTS, &attempts_from(attempt.source)];
        let mut arguments = vec![
            attempt.digest.bytes().to_vec(),
            text(attempt.source),
            text(second(attempt.at)),
            text(limits.window.as_secs()),
            text(limits.per_source),
            text(limits.per_account),
        ];
        arguments.extend(self.calls.time_arguments(attempt.at));
        match self.calls.run(attempt.account, &ADMIT, &keys, arguments).await? {
            0 => Ok(Admission::Proceed),
            1 => Ok(Admission::KnownWrong),
            2 => Ok(Admission::Limited),
            i64::MIN..=-1 | 3.. => Err(foreign()),
        }
    }

    async fn settle(&self, attempt: &Attempt<'_>, settlement: Settlement) -> Result<(), LedgerError> {
        let keys = [ATTEMPTS, &attempts_from(attempt.source)];
        let settlement = match settlement {
            Settlement::Wrong => "wrong",
            Settlement::Withdrawn => "withdrawn",
        };
        let arguments = vec![attempt.digest.bytes().to_vec(), text(attempt.source), text(settlement)];
        self.calls.run(attempt.account, &SETTLE, &keys, arguments).await
    }

    async fn history(
        &self,
        account: &AccountId,
        source: &Source,
        limits: &AttemptLimits,
        now: Timestamp,
    ) -> Result<History, LedgerError> {
        let keys = [&*attempts_from(source), SOURCES];
        let mut arguments = vec![text(source), text(second(now)), text(limits.window.as_secs())];
        arguments.extend(self.calls.time_arguments(now));
        let (has_failed, note): (bool, String) = self.calls.run(account, &HISTORY, &keys, arguments).await?;
        // A value that cannot be read is not a note of this site.
        Ok(History { has_failed, succeeded: read_note(&note) })
    }

    async fn forget_attempts(&self, account: &AccountId) -> Result<(), LedgerError> {
        let members: Vec<Vec<u8>> = self.calls.run(account, &SORTED_MEMBERS, &[ATTEMPTS], Vec::new()).await?;
        // Each is a digest and its source.
        let sources = members.iter().filter_map(|member| member.get(Digest::BYTES..));
        let mut keys: Vec<String> =
            sources.map(|source| format!("from:{}", String::from_utf8_lossy(source))).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.push(ATTEMPTS.to_owned());
        self.calls.empty_sorted(account, &keys).await
    }
}

/// The key of the attempts from one source.
pub(super) fn attempts_from(source: &Source) -> String {
    format!("from:{source}")
}

/// The key of an account's attempts.
pub(super) const ATTEMPTS: &str = "attempts";

static ADMIT: Script = script!("now" "admit");
static SETTLE: Script = script!("settle");
static HISTORY: Script = script!("now" "history");
