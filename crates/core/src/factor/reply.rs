use crate::factor::FactorId;
use crate::verdict::Reason;
use crate::words::Phrase;

/// What an answer at the prompt was to the factor that was asked.
#[derive(Debug)]
pub(crate) enum Reply {
    /// Not meant for it: a code, or the choice of another factor.
    Other,
    /// It was shown again, and still waits.
    Shown,
    /// It approved.
    Approved {
        /// Which one did.
        factor: FactorId,
        /// Whether the device is to be trusted; `None` where it did not say.
        trusts: Option<bool>,
    },
    /// It did not approve. Another factor may be tried.
    NotApproved {
        /// What the person is told.
        complaint: Phrase<'static>,
        /// The reason to refuse the login, if this is one.
        reason: Option<Reason>,
    },
}
