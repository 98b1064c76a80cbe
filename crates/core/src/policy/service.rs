//! Services, by class, with their settings.

use std::time::Duration;

use crate::app_password::ScopeWord;

use super::{ForcedEnrolment, MainPasswordOnMail, SecondFactor, Title};

/// The class of a service: how it can talk, and which names it accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// One secret and no further question. Addresses are names, too.
    Mail,
    /// A conversation with a user who has an account on the host. A name is compared byte for byte and never taken as an address:
    /// otherwise a user who may edit their own `mail` could become another user.
    Login,
}

/// A configured service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The name, as in PAM and Dovecot.
    pub name: String,
    /// The class, with its settings.
    pub kind: ServiceKind,
    /// Overrides [`Policy::observe`](super::Policy::observe).
    pub observe: Option<bool>,
    /// What people call a login there.
    pub title: Title,
}

/// The settings of a service, by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceKind {
    /// [`Class::Mail`]
    Mail(MailService),
    /// [`Class::Login`]
    Login(LoginService),
}

/// The settings of a mail service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailService {
    /// The scope that opens it. Without one only `all` does.
    pub scope: Option<ScopeWord>,
    /// Overrides [`Policy::main_password_on_mail`](super::Policy::main_password_on_mail).
    pub main_password_on_mail: Option<MainPasswordOnMail>,
    /// Whether the main password followed by the digits of a code opens it.
    pub combined: bool,
}

/// The settings of a login service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginService {
    /// Who checks the first factor.
    pub first: First,
    /// Whether account management requires a second factor for logins that Postern did not authenticate.
    pub enforces_account: bool,
    /// Whether names that are not in the directory are left to other PAM modules instead of refused.
    pub ignores_strangers: bool,
    /// Overrides [`Policy::second_factor`](super::Policy::second_factor).
    pub second_factor: Option<SecondFactor>,
    /// Overrides [`Policy::forced_enrolment`](super::Policy::forced_enrolment).
    pub forced_enrolment: Option<ForcedEnrolment>,
    /// Overrides [`Policy::trust_device`](super::Policy::trust_device).
    pub trust_device: Option<Duration>,
    /// Whether an ssh key identifies a device.
    pub trusts_keys: bool,
    /// Whether an address identifies a device if there is no ssh key.
    pub trusts_addresses: bool,
    /// Whether people sign in there with a browser. Then the directory's names for mail are good, because most people have no user
    /// on the host; the front door brings the main password; a device is a browser that shows a secret; and an accept begins a
    /// session.
    pub is_browser: bool,
}

impl Default for LoginService {
    fn default() -> Self {
        Self {
            first: First::Directory,
            enforces_account: true,
            ignores_strangers: false,
            second_factor: None,
            forced_enrolment: None,
            trust_device: None,
            trusts_keys: true,
            trusts_addresses: false,
            is_browser: false,
        }
    }
}

/// Who checks the first factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// Postern checks the main password in the directory.
    Directory,
    /// It was proved before Postern was asked.
    Stack,
    /// It was proved before if an earlier module passes on the password that it asked for (`try_first_pass`). Otherwise
    /// Postern checks the main password in the directory.
    Auto,
}

impl First {
    /// Every value with its name in the configuration.
    pub const NAMED: [(&'static str, Self); 3] =
        [("directory", Self::Directory), ("stack", Self::Stack), ("auto", Self::Auto)];

    /// Whether the stack proved the first factor of a login. `has_password` says whether it passed on a password.
    #[must_use]
    pub fn is_stack(self, has_password: bool) -> bool {
        match self {
            Self::Directory => false,
            Self::Stack => true,
            Self::Auto => has_password,
        }
    }
}

impl Service {
    /// The class.
    #[must_use]
    pub fn class(&self) -> Class {
        match self.kind {
            ServiceKind::Mail(_) => Class::Mail,
            ServiceKind::Login(_) => Class::Login,
        }
    }
}

/// A service as a front door names it, with its settings if it is configured or predefined.
#[derive(Debug, Clone, Copy)]
pub struct NamedService<'a> {
    /// The name, such as `imap` or `sshd`.
    pub name: &'a str,
    /// The settings; `None` for a service that nothing configures, and then nothing is let in there.
    pub settings: Option<&'a Service>,
}

impl NamedService<'_> {
    /// The class, if the service is configured.
    #[must_use]
    pub fn class(self) -> Option<Class> {
        self.settings.map(Service::class)
    }
}
