//! The recent logins of an account, accepted and refused.

use async_trait::async_trait;

use super::LedgerError;
use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::limits::HistoryLimits;
use crate::login_event::LoginEventRecord;

/// Keeps events of accounts. A record says nothing before its MAC is checked, and decides nothing.
///
/// An account has at most [`HistoryLimits::room`] of each group, for [`HistoryLimits::kept`] after the last login of each; the one with
/// the oldest last login makes room. One from the future is taken for the oldest, so that none of a clock that was ahead stays for good.
#[async_trait]
pub trait LoginHistory {
    /// Stores the record of an event in the place of one with the same id, provided that this has the value `replaces` now; `None` if
    /// there is none. A call that is repeated is stored all the same.
    async fn put_login_event(
        &self,
        account: &AccountId,
        record: &LoginEventRecord,
        replaces: Option<&str>,
        limits: &HistoryLimits,
        at: Timestamp,
    ) -> Result<EventPut, LedgerError>;

    /// The records of an account's events that are kept at `now`, sorted by id.
    async fn login_events(
        &self,
        account: &AccountId,
        limits: &HistoryLimits,
        now: Timestamp,
    ) -> Result<Vec<LoginEventRecord>, LedgerError>;

    /// Removes all records of an account.
    async fn drop_login_events(&self, account: &AccountId) -> Result<(), LedgerError>;
}

/// What came of putting a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventPut {
    /// It is stored.
    Stored,
    /// It is not: this is the value that is there; `None` if there is none.
    Other(Option<String>),
}
