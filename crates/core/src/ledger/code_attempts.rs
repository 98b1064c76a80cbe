//! Codes that were tried: each counts until one is right (RFC 4226, section 7.3).

use async_trait::async_trait;

use super::{LedgerError, Token};
use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::limits::{CodeLimits, Source};

/// Counts codes that were offered.
///
/// Keyed by account if the first factor was proved, which no stranger can do, and otherwise by account and source, so a stranger can
/// only fill the bucket of their own source. The window is [`CodeLimits::window`], and the pause after it [`CodeLimits::pause`].
#[async_trait]
pub trait CodeAttempts {
    /// Counts a code before it is verified; atomic over all hosts that share the ledger. Every code counts, even the same one
    /// again. A call that is repeated with the same token counts once.
    async fn admit_code(
        &self,
        attempt: &CodeAttempt<'_>,
        limits: &CodeLimits,
    ) -> Result<CodeAdmission, LedgerError>;

    /// Until when [`CodeAttempts::admit_code`] would refuse this attempt; `None` if it would be admitted. Nothing is counted, so a
    /// person can be told before they type a code.
    async fn code_pause(
        &self,
        attempt: &CodeAttempt<'_>,
        limits: &CodeLimits,
    ) -> Result<Option<Timestamp>, LedgerError>;

    /// Records that an admitted code was right, or could not be verified. Without this call it counts as wrong.
    async fn settle_code(
        &self,
        attempt: &CodeAttempt<'_>,
        settlement: CodeSettlement,
    ) -> Result<(), LedgerError>;

    /// Forgets the wrong codes of an account.
    async fn forget_codes(&self, account: &AccountId) -> Result<(), LedgerError>;
}

/// One code offered for one account.
#[derive(Debug, Clone, Copy)]
pub struct CodeAttempt<'a> {
    /// The account it was offered for.
    pub account: &'a AccountId,
    /// `None` if the first factor was proved: the attempt then counts for the whole account. Otherwise it counts for this source
    /// alone, so that strangers cannot shut the account's owner out.
    pub source: Option<&'a Source>,
    /// When it was offered.
    pub at: Timestamp,
    /// Identifies this attempt.
    pub token: Token,
}

/// Whether a code may be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeAdmission {
    /// Verify it.
    Proceed {
        /// How many codes in a row would be wrong if this one were.
        in_a_row: u32,
    },
    /// Too many codes were wrong: refuse this one without verifying it.
    Limited {
        /// When the next one may be tried.
        until: Timestamp,
    },
}

/// How a code ended that was not wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeSettlement {
    /// It was right: earlier wrong codes are forgotten, and the next wrong one is the first in a row.
    Right,
    /// It could not be verified; it no longer counts.
    Withdrawn,
}
