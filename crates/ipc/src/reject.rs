use serde::{Deserialize, Serialize};

/// Why posternd refused a login. It is for logs; the person hears the same words for every reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// A wrong secret.
    BadCredential,
    /// No such account.
    UnknownAccount,
    /// The account is disabled.
    Disabled,
    /// The account or the app password has expired.
    Expired,
    /// The app password does not open this service.
    Scope,
    /// The app password may not be used from this address.
    Network,
    /// The main password does not open this service.
    UseAppPassword,
    /// The code was used before.
    Replayed,
    /// The peer may not ask for this.
    NotPermitted,
    /// The person gave up.
    Cancelled,
    /// Too many wrong answers. Attempts are accepted again later.
    Limited,
    /// Too many wrong answers. An admin has to unlock the account.
    Locked,
}

/// What a front door does about a refusal. Reasons that no front door tells apart share one reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// The secret is wrong. It may be a guess, which fail2ban counts.
    WrongSecret,
    /// The account does not exist. It may be a guess, which fail2ban counts.
    UnknownAccount,
    /// The account exists, and no secret opens it any more.
    ClosedAccount,
    /// The secret is genuine, and another one is needed here.
    AnotherSecret,
    /// The secret is genuine, and does not permit this.
    NotPermitted,
    /// The person gave up.
    Cancelled,
    /// More attempts are pointless for now.
    TooManyAttempts,
}

impl RejectReason {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::BadCredential,
        Self::UnknownAccount,
        Self::Disabled,
        Self::Expired,
        Self::Scope,
        Self::Network,
        Self::UseAppPassword,
        Self::Replayed,
        Self::NotPermitted,
        Self::Cancelled,
        Self::Limited,
        Self::Locked,
    ];

    /// The word on the wire and in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadCredential => "bad_credential",
            Self::UnknownAccount => "unknown_account",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Scope => "scope",
            Self::Network => "network",
            Self::UseAppPassword => "use_app_password",
            Self::Replayed => "replayed",
            Self::NotPermitted => "not_permitted",
            Self::Cancelled => "cancelled",
            Self::Limited => "limited",
            Self::Locked => "locked",
        }
    }

    /// What a front door does about it.
    #[must_use]
    pub fn reaction(self) -> Reaction {
        match self {
            Self::BadCredential => Reaction::WrongSecret,
            Self::UnknownAccount => Reaction::UnknownAccount,
            Self::Disabled | Self::Expired => Reaction::ClosedAccount,
            Self::UseAppPassword | Self::Replayed => Reaction::AnotherSecret,
            Self::Scope | Self::Network | Self::NotPermitted => Reaction::NotPermitted,
            Self::Cancelled => Reaction::Cancelled,
            Self::Limited | Self::Locked => Reaction::TooManyAttempts,
        }
    }
}

/// What a refused lookup means to a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedLookup {
    /// There is no such user; a mail bounces.
    UnknownUser,
    /// posternd does not look this up for the front door; a mail waits until an administrator has seen to it.
    Fault,
}

impl Reaction {
    /// What it means as the answer to a lookup.
    #[must_use]
    pub fn of_lookup(self) -> RefusedLookup {
        match self {
            // A closed account must look like an unknown one. A lookup has no secret that could be wrong, so the name is none: posternd
            // said `bad_credential` of it before it said `unknown_account`.
            Self::UnknownAccount | Self::ClosedAccount | Self::WrongSecret => RefusedLookup::UnknownUser,
            Self::AnotherSecret | Self::NotPermitted | Self::Cancelled | Self::TooManyAttempts => {
                RefusedLookup::Fault
            }
        }
    }

    /// Whether the refusal may answer a guess, so that fail2ban should count it. A correct secret can meet every other
    /// reaction, [`TooManyAttempts`](Self::TooManyAttempts) after the wrong guesses of others.
    #[must_use]
    pub fn is_guess(self) -> bool {
        matches!(self, Self::WrongSecret | Self::UnknownAccount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_in_logs_is_the_word_on_the_wire() {
        for reason in RejectReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }

    #[test]
    fn only_a_wrong_secret_or_an_unknown_name_is_a_guess() {
        let guesses: Vec<_> =
            RejectReason::ALL.into_iter().filter(|reason| reason.reaction().is_guess()).collect();
        assert_eq!(guesses, [RejectReason::BadCredential, RejectReason::UnknownAccount]);
    }
}
