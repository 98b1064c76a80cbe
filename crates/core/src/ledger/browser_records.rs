//! Records of browsers: sessions, and trust that changes its secret at each use.

use async_trait::async_trait;

use super::LedgerError;
use crate::account::AccountId;
use crate::browser_record::{BrowserRecord, BrowserRecordId, BrowserRecordKind};
use crate::clock::Timestamp;

/// Keeps the records of browsers. A record proves nothing before its MAC is checked.
///
/// A ledger that may have lost records (flushed, restored, restarted, failed over) has none of those that it had before: one that was
/// ended or replaced must not come back. An account has at most [`MOST_BROWSER_RECORDS`] of each kind; the one that expires first
/// makes room.
#[async_trait]
pub trait BrowserRecords {
    /// Stores a record. With `replaces` it takes the place of that one in one step: false if that is no longer stored, or no longer
    /// with that value, and nothing is stored then. A call that is repeated is still true.
    async fn put_browser_record(
        &self,
        account: &AccountId,
        record: &BrowserRecord,
        replaces: Option<&BrowserRecord>,
        at: Timestamp,
    ) -> Result<bool, LedgerError>;

    /// The records of a kind that have not expired at `now`, sorted by digest.
    async fn browser_records(
        &self,
        account: &AccountId,
        kind: BrowserRecordKind,
        now: Timestamp,
    ) -> Result<Vec<BrowserRecord>, LedgerError>;

    /// Removes these records. This process does not return them again, even if another one writes them back.
    async fn drop_browser_records(
        &self,
        account: &AccountId,
        ids: &[BrowserRecordId],
    ) -> Result<(), LedgerError>;

    /// Removes the records of all accounts.
    async fn forget_browsers(&self) -> Result<(), LedgerError>;
}

/// How many records of a kind an account has.
pub const MOST_BROWSER_RECORDS: usize = 64;
