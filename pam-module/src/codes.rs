//! The PAM code of each refusal.

use pamsm::PamError;
use postern_ipc::Reaction;

/// The code of `pam_sm_authenticate`.
pub(crate) fn of_refused_login(reaction: Reaction) -> PamError {
    match reaction {
        Reaction::WrongSecret
        | Reaction::UnknownAccount
        | Reaction::ClosedAccount
        | Reaction::AnotherSecret
        | Reaction::NotPermitted => PamError::AUTH_ERR,
        Reaction::Cancelled => PamError::CONV_ERR,
        // sshd does not ask PAM again on this connection.
        Reaction::TooManyAttempts => PamError::MAXTRIES,
    }
}

/// The code of `pam_sm_acct_mgmt`.
pub(crate) fn of_refused_account(reaction: Reaction) -> PamError {
    match reaction {
        Reaction::ClosedAccount => PamError::ACCT_EXPIRED,
        Reaction::WrongSecret
        | Reaction::UnknownAccount
        | Reaction::AnotherSecret
        | Reaction::NotPermitted
        | Reaction::Cancelled
        | Reaction::TooManyAttempts => PamError::PERM_DENIED,
    }
}

#[cfg(test)]
mod tests {
    use postern_ipc::RejectReason;

    use super::*;

    #[test]
    fn each_reason_has_its_pam_codes() {
        for reason in RejectReason::ALL {
            let (login, account) = match reason {
                RejectReason::BadCredential
                | RejectReason::UnknownAccount
                | RejectReason::Scope
                | RejectReason::Network
                | RejectReason::UseAppPassword
                | RejectReason::Replayed
                | RejectReason::NotPermitted => (PamError::AUTH_ERR, PamError::PERM_DENIED),
                RejectReason::Disabled | RejectReason::Expired => {
                    (PamError::AUTH_ERR, PamError::ACCT_EXPIRED)
                }
                RejectReason::Cancelled => (PamError::CONV_ERR, PamError::PERM_DENIED),
                RejectReason::Limited | RejectReason::Locked => (PamError::MAXTRIES, PamError::PERM_DENIED),
            };
            let reaction = reason.reaction();
            assert!(of_refused_login(reaction) == login, "{}", reason.as_str());
            assert!(of_refused_account(reaction) == account, "{}", reason.as_str());
        }
    }
}
