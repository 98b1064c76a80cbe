//! Messages that are sent, and names that somebody has taken.

use std::time::Duration;

use postern_core::clock::Timestamp;
use postern_core::keyring::Digest;
use postern_core::ledger::{LedgerError, SendAdmission, Sending, Token};
use postern_core::limits::SendLimits;

use super::calls::{Calls, foreign, second, text};
use super::scripts;

pub(super) async fn admit(
    calls: &Calls,
    sending: &Sending,
    limits: &SendLimits,
) -> Result<SendAdmission, LedgerError> {
    let mut arguments = vec![
        sending.token.to_vec(),
        text(second(sending.at)),
        text(limits.count.max(1)),
        text(limits.window.as_secs()),
        text(limits.gap.as_secs()),
    ];
    arguments.extend(calls.time_arguments(sending.at));
    match calls.run_at(&tag(sending.subject), &scripts::ADMIT_SENDING, &[SENT], arguments).await? {
        (0, _) => Ok(SendAdmission::Proceed),
        (1, wait) => Ok(SendAdmission::Limited { until: sending.at.plus(Duration::from_secs(wait)) }),
        (i64::MIN..=-1 | 2.., _) => Err(foreign()),
    }
}

pub(super) async fn withdraw(calls: &Calls, sending: &Sending) -> Result<(), LedgerError> {
    let arguments = vec![sending.token.to_vec()];
    calls.run_at(&tag(sending.subject), &scripts::WITHDRAW_SENDING, &[SENT], arguments).await
}

pub(super) async fn claim(
    calls: &Calls,
    name: Digest,
    token: Token,
    term: Duration,
    at: Timestamp,
) -> Result<bool, LedgerError> {
    let mut arguments = vec![token.to_vec(), text(second(at)), text(term.as_secs().max(1))];
    arguments.extend(calls.time_arguments(at));
    calls.run_at(&tag(name), &scripts::CLAIM, &[CLAIM], arguments).await
}

/// Drops all that is kept of a subject, for a subject that is nobody's.
pub(super) async fn drop_all(calls: &Calls, subject: Digest) -> Result<(), LedgerError> {
    calls.run_at(&tag(subject), &scripts::DROP_ALL, &[SENT, CLAIM], Vec::new()).await
}

/// No account's, for theirs are ids of the directory.
fn tag(subject: Digest) -> String {
    format!("digest-{:032x}", u128::from_be_bytes(subject))
}

const SENT: &str = "sent";
const CLAIM: &str = "claim";
