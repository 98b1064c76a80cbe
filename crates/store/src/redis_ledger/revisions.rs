//! The newest revision of each account.

use async_trait::async_trait;
use postern_core::account::{AccountId, Revision};
use postern_core::clock::Timestamp;
use postern_core::ledger::{LedgerError, REVISION_RETENTION, RevisionNote, Revisions};

use super::calls::{foreign, second, text};
use super::ledger::RedisLedger;
use super::mac::read_mac;
use super::script::{Script, script};

#[async_trait]
impl Revisions for RedisLedger {
    async fn note_revision(&self, account: &AccountId, note: &RevisionNote) -> Result<(), LedgerError> {
        let mut arguments = vec![
            text(note.revision.0),
            text(second(note.at)),
            text(note.mac),
            text(REVISION_RETENTION.as_secs()),
        ];
        arguments.extend(self.calls.time_arguments(note.at));
        self.calls.run(account, &NOTE_REVISION, &[REVISION], arguments).await
    }

    async fn known_revision(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Option<RevisionNote>, LedgerError> {
        let mut arguments = vec![text(second(now)), text(REVISION_RETENTION.as_secs())];
        arguments.extend(self.calls.time_arguments(now));
        let known: Vec<String> = self.calls.run(account, &KNOWN_REVISION, &[REVISION], arguments).await?;
        let [revision, at, mac] = known.as_slice() else { return Ok(None) };
        // A number that no revision can be is higher than all.
        let revision = Revision(revision.parse().unwrap_or(u64::MAX));
        let at = Timestamp::from_unix(at.parse().map_err(|_| foreign())?);
        // An earlier version wrote no MAC; such a note is not signed.
        Ok(Some(RevisionNote { revision, at, mac: read_mac(mac).unwrap_or_default() }))
    }
}

/// The key of an account's newest revision.
pub(super) const REVISION: &str = "revision";

static NOTE_REVISION: Script = script!("now" "note_revision");
static KNOWN_REVISION: Script = script!("now" "known_revision");
