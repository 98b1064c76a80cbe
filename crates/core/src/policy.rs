//! The policy for a login: from the configuration, the service and the account.
//!
//! This file is long because the rules of mail and of logins are read side by side, with a table of tests.

mod strictest;

pub use strictest::StrictestRule;

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account_status::AccountStatus;
use crate::app_password::ScopeWord;
use crate::clock::Timestamp;
use crate::keyring::Digest;

/// The class of a service: how it can talk, and which names it accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// One secret and no further question. Addresses are names, too.
    Mail,
    /// A conversation with a user who has an account on the host. A name is compared byte for byte and never taken as an address:
    /// otherwise a user who may edit their own `mail` could become another user.
    Login,
}

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

/// A configured service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The name, as in PAM and Dovecot.
    pub name: String,
    /// The class, with its settings.
    pub kind: ServiceKind,
    /// Overrides [`Policy::observe`].
    pub observe: Option<bool>,
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
    /// Overrides [`Policy::main_password_on_mail`].
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
    /// Overrides [`Policy::second_factor`].
    pub second_factor: Option<SecondFactor>,
    /// Overrides [`Policy::forced_enrolment`].
    pub forced_enrolment: Option<ForcedEnrolment>,
    /// Overrides [`Policy::trust_device`].
    pub trust_device: Option<Duration>,
    /// Whether an ssh key identifies a device.
    pub trusts_keys: bool,
    /// Whether an address identifies a device if there is no ssh key.
    pub trusts_addresses: bool,
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

/// An admin's settings for one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountPolicy {
    /// Overrides the service's and the site's value.
    pub main_password_on_mail: Option<MainPasswordOnMail>,
    /// Overrides the service's and the site's value.
    pub second_factor: Option<SecondFactor>,
    /// Permits a user without a factor to bind one, if that needs a ticket.
    pub ticket: Option<Ticket>,
    /// Part of the sealed records of trusted devices; incremented to revoke them.
    pub trust_generation: u64,
    /// Whether every login is refused, regardless of the directory's own attributes.
    pub disabled: bool,
    /// The time from which every login is refused.
    pub expires: Option<Timestamp>,
}

/// A one-time ticket from an admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// The digest of the ticket under a key of the keyring.
    #[serde(with = "hex")]
    pub digest: Digest,
    /// When it expires.
    pub expires: Timestamp,
}

/// 16 bytes as 32 hexadecimal digits.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::keyring::Digest;

    pub(super) fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(digest)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        let number = u128::from_str_radix(&text, 16).ok().filter(|_| text.len() == 32);
        number
            .map(|number| Digest::new(number.to_be_bytes()))
            .ok_or_else(|| serde::de::Error::custom("not a digest"))
    }
}

impl AccountPolicy {
    /// The account's status at `now`, according to these settings.
    #[must_use]
    pub fn status(self, now: Timestamp) -> AccountStatus {
        if self.disabled {
            AccountStatus::Disabled
        } else if self.expires.is_some_and(|expires| expires <= now) {
            AccountStatus::Expired
        } else {
            AccountStatus::Active
        }
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// Unknown fields, versions and values.
    pub fn from_json(json: &str) -> Result<Self, BadAccountPolicy> {
        let raw: RawAccountPolicy =
            serde_json::from_str(json).map_err(|error| BadAccountPolicy(error.to_string()))?;
        if raw.v == VERSION {
            let RawAccountPolicy {
                main_password_on_mail,
                second_factor,
                ticket,
                trust_generation,
                disabled,
                expires,
                ..
            } = raw;
            Ok(Self { main_password_on_mail, second_factor, ticket, trust_generation, disabled, expires })
        } else {
            Err(BadAccountPolicy(format!("version {}", raw.v)))
        }
    }

    /// The JSON form, the same in every directory.
    #[must_use]
    pub fn to_json(self) -> String {
        let Self { main_password_on_mail, second_factor, ticket, trust_generation, disabled, expires } = self;
        let raw = RawAccountPolicy {
            v: VERSION,
            main_password_on_mail,
            second_factor,
            ticket,
            trust_generation,
            disabled,
            expires,
        };
        // serde_json cannot fail on numbers and strings.
        serde_json::to_string(&raw).unwrap_or_default()
    }
}

/// A stored account policy that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an account's policy is not of a version and form known here: {0}")]
pub struct BadAccountPolicy(String);

/// The policy for one login to a mail service. The account's setting takes precedence over the service's, and the service's over
/// the site's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EffectiveMail {
    /// Whether the main password opens this service.
    pub main_password_on_mail: MainPasswordOnMail,
    /// Whether the main password followed by the digits of a code opens it.
    pub combined: bool,
    /// Whether a refusal by policy is only logged.
    pub observe: bool,
}

impl EffectiveMail {
    /// Combines the three. The narrowest setting wins.
    #[must_use]
    pub fn of(site: &Policy, observe: Option<bool>, service: &MailService, account: AccountPolicy) -> Self {
        Self {
            main_password_on_mail: account
                .main_password_on_mail
                .or(service.main_password_on_mail)
                .unwrap_or(site.main_password_on_mail),
            combined: service.combined,
            observe: observe.unwrap_or(site.observe),
        }
    }
}

/// The policy for one login to a login service, with the same precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EffectiveLogin {
    /// What is asked for after the first factor.
    pub second_factor: SecondFactor,
    /// How long a trusted device needs no second factor, counted from when it was trusted at any service; zero switches it off.
    pub trust_device: Duration,
    /// Whether a refusal by policy is only logged.
    pub observe: bool,
}

impl EffectiveLogin {
    /// Combines the three. The narrowest setting wins.
    #[must_use]
    pub fn of(site: &Policy, observe: Option<bool>, service: &LoginService, account: AccountPolicy) -> Self {
        Self {
            second_factor: account.second_factor.or(service.second_factor).unwrap_or(site.second_factor),
            trust_device: service.trust_device.unwrap_or(site.trust_device),
            observe: observe.unwrap_or(site.observe),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAccountPolicy {
    v: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    main_password_on_mail: Option<MainPasswordOnMail>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    second_factor: Option<SecondFactor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket: Option<Ticket>,
    #[serde(default, skip_serializing_if = "is_zero")]
    trust_generation: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    disabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
}

const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_word_wins() {
        let site =
            Policy { main_password_on_mail: MainPasswordOnMail::Always, observe: true, ..Policy::default() };
        let (mut mail, mut login) = (MailService::default(), LoginService::default());
        let mut account = AccountPolicy::default();
        let effective = |mail: &MailService, login: &LoginService, observe, account| {
            let mail = EffectiveMail::of(&site, observe, mail, account);
            let login = EffectiveLogin::of(&site, observe, login, account);
            assert_eq!(mail.observe, login.observe);
            (mail.main_password_on_mail, login.second_factor, mail.observe)
        };
        use {MainPasswordOnMail as Mail, SecondFactor as Second};
        assert_eq!(effective(&mail, &login, None, account), (Mail::Always, Second::IfEnrolled, true));
        mail.main_password_on_mail = Some(Mail::UntilEnrolled);
        login.second_factor = Some(Second::Required);
        assert_eq!(
            effective(&mail, &login, Some(false), account),
            (Mail::UntilEnrolled, Second::Required, false)
        );
        account.main_password_on_mail = Some(Mail::Never);
        account.second_factor = Some(Second::Exempt);
        assert_eq!(effective(&mail, &login, Some(false), account), (Mail::Never, Second::Exempt, false));
    }

    #[test]
    fn an_account_stands_until_it_is_disabled_or_expires() {
        let now = Timestamp::from_unix(1_800_000_000);
        let expires =
            |at| AccountPolicy { expires: Some(Timestamp::from_unix(at)), ..AccountPolicy::default() };
        assert_eq!(AccountPolicy::default().status(now), AccountStatus::Active);
        assert_eq!(expires(1_800_000_001).status(now), AccountStatus::Active);
        assert_eq!(expires(1_800_000_000).status(now), AccountStatus::Expired);
        assert_eq!(AccountPolicy { disabled: true, ..expires(1) }.status(now), AccountStatus::Disabled);
    }

    #[test]
    fn the_stored_form_reads_back_and_unknown_forms_are_errors() {
        let policy = AccountPolicy {
            main_password_on_mail: Some(MainPasswordOnMail::Never),
            ..AccountPolicy::default()
        };
        assert_eq!(policy.to_json(), r#"{"v":1,"main_password_on_mail":"never"}"#);
        let expires = Some(Timestamp::from_unix(1_800_000_000));
        let other = AccountPolicy { disabled: true, expires, ..AccountPolicy::default() };
        assert_eq!(other.to_json(), r#"{"v":1,"disabled":true,"expires":"2027-01-15T08:00:00Z"}"#);
        assert_eq!(AccountPolicy::from_json(&other.to_json()), Ok(other));
        let ticket =
            Some(Ticket { digest: Digest::new([0xab; 16]), expires: Timestamp::from_unix(1_800_000_000) });
        let second_factor = Some(SecondFactor::Required);
        let third = AccountPolicy { second_factor, ticket, trust_generation: 7, ..AccountPolicy::default() };
        assert_eq!(
            third.to_json(),
            r#"{"v":1,"second_factor":"required","ticket":{"digest":"abababababababababababababababab","expires":"2027-01-15T08:00:00Z"},"trust_generation":7}"#
        );
        assert_eq!(AccountPolicy::from_json(&third.to_json()), Ok(third));
        assert_eq!(AccountPolicy::from_json(&policy.to_json()), Ok(policy));
        assert_eq!(AccountPolicy::from_json(r#"{"v":1}"#), Ok(AccountPolicy::default()));
        for json in [r#"{"v":2}"#, r#"{"v":1,"x":1}"#, r#"{"v":1,"main_password_on_mail":"maybe"}"#, "{}", ""]
        {
            assert!(AccountPolicy::from_json(json).is_err(), "{json}");
        }
    }
}
