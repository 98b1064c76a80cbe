//! Messages that were sent: their number is limited.

use std::time::Duration;

use async_trait::async_trait;

use super::{LedgerError, Token};
use crate::clock::Timestamp;
use crate::keyring::Digest;
use crate::limits::SendLimits;

/// Counts messages that are about to be sent.
///
/// Keyed by subject, over [`SendLimits::window`]. A subject is an account, a destination or a source, each as a digest under the
/// keyring; the caller decides who can fill which.
#[async_trait]
pub trait Sendings {
    /// Counts a message that is about to be sent; atomic over all hosts that share the ledger. A call that is repeated with the same
    /// token counts once. Beyond the limits nothing is counted.
    async fn admit_sending(
        &self,
        sending: &Sending,
        limits: &SendLimits,
    ) -> Result<SendAdmission, LedgerError>;

    /// Records that a counted message was not sent; it no longer counts.
    async fn withdraw_sending(&self, sending: &Sending) -> Result<(), LedgerError>;

    /// How many messages of a subject count within `window` before `at`. Asking changes nothing.
    async fn count_sendings(
        &self,
        subject: Digest,
        window: Duration,
        at: Timestamp,
    ) -> Result<u64, LedgerError>;
}

/// A message that is about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Sending {
    /// What it counts for.
    pub subject: Digest,
    /// When it is sent.
    pub at: Timestamp,
    /// Identifies this message.
    pub token: Token,
}

/// Whether a message may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendAdmission {
    /// Send it.
    Proceed,
    /// There were too many, or the last one was too recent.
    Limited {
        /// When the next one may be sent.
        until: Timestamp,
    },
}
