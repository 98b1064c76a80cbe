//! The rules for challenges that both ledgers share.

use std::time::Duration;

use postern_core::ledger::{ChallengeSlot, LedgerError};

/// The name under which a slot is stored.
pub(crate) fn slot_text(slot: ChallengeSlot) -> String {
    match slot {
        ChallengeSlot::Approval { .. } => APPROVAL.to_owned(),
        ChallengeSlot::Code(factor) => format!("code:{factor}"),
        ChallengeSlot::Pairing => "pairing".to_owned(),
    }
}

/// Whether a challenge in this slot sends a push to a phone.
pub(crate) fn is_push(slot: ChallengeSlot) -> bool {
    match slot {
        ChallengeSlot::Approval { pushes } => pushes,
        ChallengeSlot::Code(_) | ChallengeSlot::Pairing => false,
    }
}

/// Refuses an answer that is too long: answers come from outside, and must not fill the ledger.
pub(crate) fn bounded(answer: &str) -> Result<&str, LedgerError> {
    if answer.len() <= MOST_ANSWER {
        Ok(answer)
    } else {
        Err(LedgerError::Broken(format!("an answer of more than {MOST_ANSWER} bytes is not kept")))
    }
}

/// The name of the slot of approvals.
pub(crate) const APPROVAL: &str = "approval";
/// How long an unanswered push is in a row with the next one.
pub(crate) const PUSH_RETENTION: Duration = Duration::from_secs(30 * 86_400);
const MOST_ANSWER: usize = 4096;
