//! What a service asks for, put together from the configuration and the account.

mod strictest;

pub use strictest::StrictestRule;

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::Standing;
use crate::app_password::ScopeWord;
use crate::clock::Timestamp;
use crate::keyring::Digest;

/// How a service can talk, and so how it takes names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// One secret and no dialogue; addresses are names, too.
    Mail,
    /// A conversation with somebody who has an account on the host. A name is taken byte for byte and never as an address,
    /// else whoever may edit their own `mail` becomes somebody else.
    Login,
}

/// Whether the main password opens a mail service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MainPasswordOnMail {
    /// It does.
    Always,
    /// It does while no second factor is bound.
    UntilEnrolled,
    /// It does not.
    Never,
}

impl MainPasswordOnMail {
    /// Every value, in the order of the variants.
    pub const ALL: [Self; 3] = [Self::Always, Self::UntilEnrolled, Self::Never];

    /// Whether an account may use its main password.
    #[must_use]
    pub fn permits(self, enrolled: bool) -> bool {
        match self {
            Self::Always => true,
            Self::UntilEnrolled => !enrolled,
            Self::Never => false,
        }
    }

    /// As the configuration writes it.
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

/// What a login service asks for besides the first factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecondFactor {
    /// Nothing, though factors may be bound.
    Off,
    /// A second factor where one is bound.
    IfEnrolled,
    /// A second factor always.
    Required,
    /// Nothing; said of the few, such as an account for backups, where the others have to have one.
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

    /// As the configuration writes it.
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

/// What happens to somebody who needs a second factor and has none bound, the laxest first.
///
/// A service's word alone decides nothing: a factor counts everywhere, so [`StrictestRule`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForcedEnrolment {
    /// They bind one at that very login.
    Login,
    /// The same, with a one-time ticket from an admin.
    Ticket,
    /// They are refused; somebody else binds one for them.
    Never,
}

impl ForcedEnrolment {
    /// Every value with its name in the configuration.
    pub const NAMED: [(&'static str, Self); 3] =
        [("login", Self::Login), ("ticket", Self::Ticket), ("never", Self::Never)];
}

/// Not a value of `main_password_on_mail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is none of always, until-enrolled, never")]
pub struct BadPolicy;

/// The site's policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Whether the main password opens mail services.
    pub main_password_on_mail: MainPasswordOnMail,
    /// What login services ask for besides the first factor.
    pub second_factor: SecondFactor,
    /// What happens to somebody who needs a second factor and has none.
    pub forced_enrolment: ForcedEnrolment,
    /// How long a device may go without a second step; zero switches it off.
    pub trust_device: Duration,
    /// Log what this policy would have refused, and refuse nothing for it.
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

/// A service that is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name, as Dovecot gives it.
    pub name: String,
    /// How it can talk, and what follows from that.
    pub kind: ServiceKind,
    /// Overrides [`Policy::observe`].
    pub observe: Option<bool>,
}

/// What a service of each class is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceKind {
    /// [`Class::Mail`]
    Mail(MailService),
    /// [`Class::Login`]
    Login(LoginService),
}

/// A service with one secret and no dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailService {
    /// The word of a scope that opens it; without one only `all` does.
    pub scope: Option<ScopeWord>,
    /// Overrides [`Policy::main_password_on_mail`].
    pub main_password_on_mail: Option<MainPasswordOnMail>,
    /// Whether the main password with a code as its last digits opens it.
    pub combined: bool,
}

/// A service with a dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginService {
    /// Who checks the first factor.
    pub first: First,
    /// Whether a login whose authentication Postern did not see needs a second factor too.
    pub enforces_account: bool,
    /// What a name gets that the directory does not have.
    pub ignores_strangers: bool,
    /// Overrides [`Policy::second_factor`].
    pub second_factor: Option<SecondFactor>,
    /// Overrides [`Policy::forced_enrolment`].
    pub forced_enrolment: Option<ForcedEnrolment>,
    /// Overrides [`Policy::trust_device`].
    pub trust_device: Option<Duration>,
    /// Whether an ssh key is taken for a device.
    pub trusts_keys: bool,
    /// Whether an address is taken for a device where no ssh key is known.
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
    /// Postern does, in the directory.
    Directory,
    /// It was proved before Postern was asked.
    Stack,
    /// It was proved before, where an earlier module hands on the password that it asked for (`try_first_pass`); else
    /// Postern checks it in the directory.
    Auto,
}

impl First {
    /// Every value with its name in the configuration.
    pub const NAMED: [(&'static str, Self); 3] =
        [("directory", Self::Directory), ("stack", Self::Stack), ("auto", Self::Auto)];

    /// Whether the stack proved the first factor of a login; `has_password` says whether it handed on a password.
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
    /// Its class.
    #[must_use]
    pub fn class(&self) -> Class {
        match self.kind {
            ServiceKind::Mail(_) => Class::Mail,
            ServiceKind::Login(_) => Class::Login,
        }
    }
}

/// What an admin decided for one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountPolicy {
    /// Overrides the service's and the site's.
    pub main_password_on_mail: Option<MainPasswordOnMail>,
    /// Overrides the service's and the site's.
    pub second_factor: Option<SecondFactor>,
    /// Lets somebody without a factor bind one, where that needs a ticket.
    pub ticket: Option<Ticket>,
    /// Part of what trusted devices are sealed with; raised to revoke them.
    pub trust_generation: u64,
    /// Refuse every login, whatever the directory's own attributes say.
    pub disabled: bool,
    /// Refuse every login from then on.
    pub expires: Option<Timestamp>,
}

/// A one-time ticket from an admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// The ticket under a key of the keyring.
    #[serde(with = "hex")]
    pub digest: Digest,
    /// Until when it is good.
    pub expires: Timestamp,
}

/// 16 bytes as 32 hexadecimal digits.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::keyring::Digest;

    pub(super) fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:032x}", u128::from_be_bytes(*digest)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        let number = u128::from_str_radix(&text, 16).ok().filter(|_| text.len() == 32);
        number.map(u128::to_be_bytes).ok_or_else(|| serde::de::Error::custom("not a digest"))
    }
}

impl AccountPolicy {
    /// Whether anyone may log in at `now`, as far as this decides.
    #[must_use]
    pub fn standing(self, now: Timestamp) -> Standing {
        if self.disabled {
            Standing::Disabled
        } else if self.expires.is_some_and(|expires| expires <= now) {
            Standing::Expired
        } else {
            Standing::Active
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
        // Numbers and strings: serde_json has no way to fail.
        serde_json::to_string(&raw).unwrap_or_default()
    }
}

/// A stored account policy that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an account's policy is not of a version and form known here: {0}")]
pub struct BadAccountPolicy(String);

/// What holds for one login to a mail service: the account's word before the service's, the service's before the site's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EffectiveMail {
    /// Whether the main password opens this service.
    pub main_password_on_mail: MainPasswordOnMail,
    /// Whether the main password with a code as its last digits opens it.
    pub combined: bool,
    /// Whether a refusal by policy is only logged.
    pub observe: bool,
}

impl EffectiveMail {
    /// The narrowest of the three wins.
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

/// What holds for one login to a login service, in the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EffectiveLogin {
    /// What is asked for besides the first factor.
    pub second_factor: SecondFactor,
    /// How long a device may go without a second step, from when it was trusted, wherever that was; zero switches it off.
    pub trust_device: Duration,
    /// Whether a refusal by policy is only logged.
    pub observe: bool,
}

impl EffectiveLogin {
    /// The narrowest of the three wins.
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
        assert_eq!(AccountPolicy::default().standing(now), Standing::Active);
        assert_eq!(expires(1_800_000_001).standing(now), Standing::Active);
        assert_eq!(expires(1_800_000_000).standing(now), Standing::Expired);
        assert_eq!(AccountPolicy { disabled: true, ..expires(1) }.standing(now), Standing::Disabled);
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
        let ticket = Some(Ticket { digest: [0xab; 16], expires: Timestamp::from_unix(1_800_000_000) });
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
