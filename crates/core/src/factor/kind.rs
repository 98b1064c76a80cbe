use serde::{Deserialize, Serialize};

use super::{Email, Phone, Sms, Totp};

/// The kind of a factor, with its stored data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FactorKind {
    /// An authenticator app or token that shows codes (RFC 6238).
    Totp(Totp),
    /// A mailbox to which codes are sent.
    Email(Email),
    /// A telephone to which codes are sent.
    Sms(Sms),
    /// A phone that approves logins.
    Phone(Phone),
}

impl FactorKind {
    /// The kind's name in the stored form, on the command line and in the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Totp(_) => "totp",
            Self::Email(_) => "email",
            Self::Sms(_) => "sms",
            Self::Phone(_) => "phone",
        }
    }

    /// The seed of its offline codes, if it has any.
    #[must_use]
    pub fn totp(&self) -> Option<&Totp> {
        match self {
            Self::Totp(totp) | Self::Phone(Phone { totp, .. }) => Some(totp),
            Self::Email(_) | Self::Sms(_) => None,
        }
    }
}
