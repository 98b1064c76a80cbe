//! Why a ledger gives no answer.

/// The ledger does not work. App passwords work without it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// It cannot be reached now; a later attempt may succeed. After a change, the change may have been made.
    #[error("the ledger does not answer: {0}")]
    Down(String),
    /// An administrator has to repair its contents or its configuration.
    #[error("the ledger is not in order: {0}")]
    Broken(String),
}
