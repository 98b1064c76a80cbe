use crate::app_password::Selector;
use crate::factor::FactorId;
use crate::system_fault::SystemFault;

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The account, or the request, does not permit the change. The person who requested it can act on the message.
    #[error(transparent)]
    Refused(#[from] ChangeRefusal),
    /// A store, or the host, does not work.
    #[error(transparent)]
    Fault(SystemFault),
}

/// Why an account, as it is, does not permit a change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefusal {
    /// The account is gone.
    #[error("there is no such account")]
    NoAccount,
    /// The account has no app password with this id.
    #[error("the account has no app password {0} in force")]
    NoAppPassword(Selector),
    /// An expired app password cannot be regenerated with its expiry.
    #[error("app password {0} has expired; create a new one")]
    Expired(Selector),
    /// The account has as many as it may.
    #[error(
        "the account has {0} app passwords, which is as many as [limits] app_passwords_per_account allows; revoke one first"
    )]
    TooMany(u32),
    /// It could never be used.
    #[error("the expiry lies in the past")]
    ExpiresInThePast,
    /// Another process keeps changing the account.
    #[error("the account was changed by another process {EDIT_TRIES} times in a row; try again")]
    Contended,
    /// The account has no second factor with this id.
    #[error("the account has no second factor {0}")]
    NoFactor(FactorId),
    /// The account has as many as it may.
    #[error(
        "the account has {0} second factors, which is as many as [limits] factors_per_account allows; remove one first"
    )]
    TooManyFactors(u32),
    /// A second factor is needed, so the last one stays.
    #[error("a second factor is required, so the last one can be replaced but not removed")]
    LastFactor,
    /// Each code of it would be good twice.
    #[error("the account has this very second factor already")]
    BoundAlready,
    /// One number binds to one account.
    #[error("the telephone number is bound to another account")]
    NumberTaken,
    /// Another user is about to bind it, or did so a moment ago.
    #[error("another user is just binding the telephone number; try again in half a minute")]
    NumberClaimed,
    /// What was proved is no longer what has to be proved.
    #[error("the account's second factors were changed meanwhile; begin again")]
    ChangedMeanwhile,
    /// The directory has it again, from a backup.
    #[error("the ticket was used before; make another one: postern account invite")]
    TicketUsed,
    /// A recovery code stands for a factor.
    #[error("the account has no second factor, for which a recovery code could stand")]
    NotEnrolled,
}

impl<E> From<E> for ChangeError
where
    SystemFault: From<E>,
{
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

pub(crate) const EDIT_TRIES: usize = 16;
