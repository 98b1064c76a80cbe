//! Names that only one caller may have, such as that of a used recovery code: replay protection for what has no time step.

use std::time::Duration;

use async_trait::async_trait;

use super::{LedgerError, Token};
use crate::clock::Timestamp;
use crate::keyring::Digest;

/// Gives each name to one caller for a while.
#[async_trait]
pub trait Claims {
    /// Claims `name` for `term`: true if no other request holds it, among all hosts that share the ledger. A call that is repeated
    /// with the same token is still true. Restoring the directory from a backup does not free a name.
    async fn claim(
        &self,
        name: Digest,
        token: Token,
        term: Duration,
        at: Timestamp,
    ) -> Result<bool, LedgerError>;

    /// Whether a request holds `name` now. Asking claims nothing.
    async fn is_claimed(&self, name: Digest, at: Timestamp) -> Result<bool, LedgerError>;
}
