//! The policy for a login: from the configuration, the service and the account.

mod account;
mod effective;
mod service;
mod strictest;
mod title;

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use account::{AccountPolicy, BadAccountPolicy, Ticket};
pub use effective::{EffectiveLogin, EffectiveMail};
pub use service::{Class, First, LoginService, MailService, NamedService, Service, ServiceKind};
pub use strictest::StrictestRule;
pub use title::Title;

/// Whether the main password opens a mail service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MainPasswordOnMail {
    /// Always.
    Always,
    /// While no second factor is bound.
    UntilEnrolled,
    /// Never.
    Never,
}

impl MainPasswordOnMail {
    /// Every value, in the order of the variants.
    pub const ALL: [Self; 3] = [Self::Always, Self::UntilEnrolled, Self::Never];

    /// Whether an account may use its main password at mail services.
    #[must_use]
    pub fn permits(self, enrolled: bool) -> bool {
        match self {
            Self::Always => true,
            Self::UntilEnrolled => !enrolled,
            Self::Never => false,
        }
    }

    /// The value in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::UntilEnrolled => "until-enrolled",
            Self::Never => "never",
        }
    }
}

impl FromStr for MainPasswordOnMail {
    type Err = BadPolicy;

    fn from_str(text: &str) -> Result<Self, BadPolicy> {
        Self::ALL.into_iter().find(|value| value.as_str() == text).ok_or(BadPolicy)
    }
}

/// What a login service asks for after the first factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecondFactor {
    /// Nothing, even if factors are bound.
    Off,
    /// A second factor if one is bound.
    IfEnrolled,
    /// A second factor always.
    Required,
    /// Nothing; for the few exceptions, such as an account for backups, when others are required to have one.
    Exempt,
}

impl SecondFactor {
    /// Every value with its name in the configuration.
    pub const NAMED: [(&'static str, Self); 4] = [
        ("off", Self::Off),
        ("if-enrolled", Self::IfEnrolled),
        ("required", Self::Required),
        ("exempt", Self::Exempt),
    ];

    /// The value in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::IfEnrolled => "if-enrolled",
            Self::Required => "required",
            Self::Exempt => "exempt",
        }
    }

    /// Whether an account has to prove a second factor.
    #[must_use]
    pub fn is_needed(self, enrolled: bool) -> bool {
        match self {
            Self::Off | Self::Exempt => false,
            Self::IfEnrolled => enrolled,
            Self::Required => true,
        }
    }
}

/// What happens to a user who needs a second factor and has none bound, the laxest value first.
///
/// A service's own value is not decisive: a factor counts at every service, so [`StrictestRule`] combines them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForcedEnrolment {
    /// The user binds one at that very login.
    Login,
    /// The same, with a one-time ticket from an admin.
    Ticket,
    /// The user is refused. An admin binds one for them.
    Never,
}

impl ForcedEnrolment {
    /// Every value with its name in the configuration.
    pub const NAMED: [(&'static str, Self); 3] =
        [("login", Self::Login), ("ticket", Self::Ticket), ("never", Self::Never)];
}

/// The text is not a value of `main_password_on_mail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is none of always, until-enrolled, never")]
pub struct BadPolicy;

/// The site's policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Whether the main password opens mail services.
    pub main_password_on_mail: MainPasswordOnMail,
    /// What login services ask for after the first factor.
    pub second_factor: SecondFactor,
    /// What happens to a user who needs a second factor and has none.
    pub forced_enrolment: ForcedEnrolment,
    /// How long a trusted device needs no second factor; zero switches it off.
    pub trust_device: Duration,
    /// Whether to log what this policy would have refused, without refusing it.
    pub observe: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            main_password_on_mail: MainPasswordOnMail::UntilEnrolled,
            second_factor: SecondFactor::IfEnrolled,
            forced_enrolment: ForcedEnrolment::Login,
            trust_device: Duration::from_secs(30 * 86_400),
            observe: false,
        }
    }
}
