//! What both ledgers have to agree about: how many challenges there may be, and what they keep of them.

use std::time::Duration;

use postern_core::ledger::{LedgerError, Room};

/// What there may be one of, as text.
pub(crate) fn room_text(room: Room) -> String {
    match room {
        Room::Approval { .. } => APPROVAL.to_owned(),
        Room::Code(factor) => format!("code:{factor}"),
        Room::Pairing => "pairing".to_owned(),
    }
}

/// Whether a phone is rung.
pub(crate) fn rings(room: Room) -> bool {
    match room {
        Room::Approval { rings } => rings,
        Room::Code(_) | Room::Pairing => false,
    }
}

/// An answer comes from outside: nobody may fill the ledger with one.
pub(crate) fn bounded(answer: &str) -> Result<&str, LedgerError> {
    if answer.len() <= MOST_ANSWER {
        Ok(answer)
    } else {
        Err(LedgerError::Broken(format!("an answer of more than {MOST_ANSWER} bytes is not kept")))
    }
}

/// The room of approvals.
pub(crate) const APPROVAL: &str = "approval";
/// How long a push that had no answer is in a row with the next one.
pub(crate) const PUSHES_MEMORY: Duration = Duration::from_secs(30 * 86_400);
const MOST_ANSWER: usize = 4096;
