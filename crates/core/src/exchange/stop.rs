//! How a flow ends before its last step.

use crate::account_status::UnusableAccount;
use crate::conversation::Gone;
use crate::verdict::Reason;

use super::outage::Outage;

/// The end of a flow before its last step.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) cause: StopCause,
    /// What the log says beside the cause.
    detail: Option<&'static str>,
}

/// Why a flow does not go on.
#[derive(Debug)]
pub(crate) enum StopCause {
    /// A wrong answer.
    Reject(Reason),
    /// A fault.
    Defer(Outage),
}

impl Stop {
    /// A wrong answer.
    pub(crate) fn reject(reason: Reason) -> Self {
        Self { cause: StopCause::Reject(reason), detail: None }
    }

    /// A wrong answer of which the log says more than the reason.
    pub(crate) fn explained(reason: Reason, detail: &'static str) -> Self {
        Self { cause: StopCause::Reject(reason), detail: Some(detail) }
    }

    /// Adds a detail for the log. If the stop has one it stays, as it is closer to the cause.
    pub(crate) fn or_detail(self, detail: &'static str) -> Self {
        Self { detail: self.detail.or(Some(detail)), ..self }
    }

    /// A rejection with another reason, and its detail. A fault stays one.
    pub(crate) fn with_reason(self, reason: Reason) -> Self {
        if self.is_rejection() { Self { cause: StopCause::Reject(reason), ..self } } else { self }
    }

    /// Whether it is a wrong answer, and no fault.
    pub(crate) fn is_rejection(&self) -> bool {
        match self.cause {
            StopCause::Reject(_) => true,
            StopCause::Defer(_) => false,
        }
    }

    /// Whether the person gave up.
    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(self.cause, StopCause::Reject(Reason::Cancelled))
    }

    pub(crate) fn detail(&self) -> Option<&'static str> {
        self.detail
    }
}

impl From<Gone> for Stop {
    fn from(gone: Gone) -> Self {
        match gone {
            Gone::Cancelled | Gone::Closed => Self::reject(Reason::Cancelled),
        }
    }
}

impl From<UnusableAccount> for Stop {
    fn from(unusable: UnusableAccount) -> Self {
        match unusable {
            UnusableAccount::Closed(closed) => Self::reject(closed.reason()),
            UnusableAccount::Stale => Outage::Stale.into(),
        }
    }
}

impl<E> From<E> for Stop
where
    Outage: From<E>,
{
    fn from(error: E) -> Self {
        Self { cause: StopCause::Defer(error.into()), detail: None }
    }
}
