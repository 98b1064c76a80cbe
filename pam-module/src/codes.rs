//! What each verdict means to PAM.

use pamsm::PamError;
use postern_ipc::RejectReason;

/// A refused login.
pub(crate) fn of_refused_login(reason: RejectReason) -> PamError {
    match reason {
        RejectReason::BadCredential
        | RejectReason::UnknownAccount
        | RejectReason::Disabled
        | RejectReason::Expired
        | RejectReason::Scope
        | RejectReason::Network
        | RejectReason::UseAppPassword
        | RejectReason::Replayed
        | RejectReason::NotPermitted => PamError::AUTH_ERR,
        RejectReason::Cancelled => PamError::CONV_ERR,
        // sshd asks PAM no more on this connection.
        RejectReason::Limited | RejectReason::Locked => PamError::MAXTRIES,
    }
}

/// An account that may not go on.
pub(crate) fn of_refused_account(reason: RejectReason) -> PamError {
    match reason {
        RejectReason::Disabled | RejectReason::Expired => PamError::ACCT_EXPIRED,
        RejectReason::BadCredential
        | RejectReason::UnknownAccount
        | RejectReason::Scope
        | RejectReason::Network
        | RejectReason::UseAppPassword
        | RejectReason::Replayed
        | RejectReason::NotPermitted
        | RejectReason::Cancelled
        | RejectReason::Limited
        | RejectReason::Locked => PamError::PERM_DENIED,
    }
}

/// Whether a refusal speaks of somebody who guesses, so that fail2ban should count it. A right secret may meet the others,
/// also what is refused unseen after too many wrong ones of somebody else.
pub(crate) fn is_a_guess(reason: RejectReason) -> bool {
    match reason {
        RejectReason::BadCredential | RejectReason::UnknownAccount => true,
        RejectReason::Limited
        | RejectReason::Locked
        | RejectReason::Disabled
        | RejectReason::Expired
        | RejectReason::Scope
        | RejectReason::Network
        | RejectReason::UseAppPassword
        | RejectReason::Replayed
        | RejectReason::NotPermitted
        | RejectReason::Cancelled => false,
    }
}

/// A refusal's name in the log, as in posternd's own.
pub(crate) fn name(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::BadCredential => "bad_credential",
        RejectReason::UnknownAccount => "unknown_account",
        RejectReason::Disabled => "disabled",
        RejectReason::Expired => "expired",
        RejectReason::Scope => "scope",
        RejectReason::Network => "network",
        RejectReason::UseAppPassword => "use_app_password",
        RejectReason::Replayed => "replayed",
        RejectReason::NotPermitted => "not_permitted",
        RejectReason::Cancelled => "cancelled",
        RejectReason::Limited => "limited",
        RejectReason::Locked => "locked",
    }
}
