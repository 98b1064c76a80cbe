//! What a service asks for, put together from the configuration and the account.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::account::Standing;
use crate::app_password::ScopeWord;
use crate::clock::Timestamp;

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

/// Not a value of `main_password_on_mail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is none of always, until-enrolled, never")]
pub struct BadPolicy;

/// The site's policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Whether the main password opens mail services.
    pub main_password_on_mail: MainPasswordOnMail,
    /// Log what this policy would have refused, and refuse nothing for it.
    pub observe: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { main_password_on_mail: MainPasswordOnMail::UntilEnrolled, observe: false }
    }
}

/// A service that is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name, as Dovecot gives it.
    pub name: String,
    /// The word of a scope that opens it; without one only `all` does.
    pub scope: Option<ScopeWord>,
    /// Overrides [`Policy::main_password_on_mail`].
    pub main_password_on_mail: Option<MainPasswordOnMail>,
    /// Overrides [`Policy::observe`].
    pub observe: Option<bool>,
}

/// What an admin decided for one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountPolicy {
    /// Overrides the service's and the site's.
    pub main_password_on_mail: Option<MainPasswordOnMail>,
    /// Refuse every login, whatever the directory's own attributes say.
    pub disabled: bool,
    /// Refuse every login from then on.
    pub expires: Option<Timestamp>,
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
            let RawAccountPolicy { main_password_on_mail, disabled, expires, .. } = raw;
            Ok(Self { main_password_on_mail, disabled, expires })
        } else {
            Err(BadAccountPolicy(format!("version {}", raw.v)))
        }
    }

    /// The JSON form, the same in every directory.
    #[must_use]
    pub fn to_json(self) -> String {
        let Self { main_password_on_mail, disabled, expires } = self;
        let raw = RawAccountPolicy { v: VERSION, main_password_on_mail, disabled, expires };
        // Numbers and strings: serde_json has no way to fail.
        serde_json::to_string(&raw).unwrap_or_default()
    }
}

/// A stored account policy that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an account's policy is not of a version and form known here: {0}")]
pub struct BadAccountPolicy(String);

/// What holds for one login: the account's word before the service's, the service's before the site's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effective {
    /// Whether the main password opens this service.
    pub main_password_on_mail: MainPasswordOnMail,
    /// Whether a refusal by policy is only logged.
    pub observe: bool,
}

impl Effective {
    /// The narrowest of the three wins.
    #[must_use]
    pub fn of(site: &Policy, service: &Service, account: AccountPolicy) -> Self {
        Self {
            main_password_on_mail: account
                .main_password_on_mail
                .or(service.main_password_on_mail)
                .unwrap_or(site.main_password_on_mail),
            observe: service.observe.unwrap_or(site.observe),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAccountPolicy {
    v: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    main_password_on_mail: Option<MainPasswordOnMail>,
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
        let site = Policy { main_password_on_mail: MainPasswordOnMail::Always, observe: true };
        let mut service =
            Service { name: "imap".to_owned(), scope: None, main_password_on_mail: None, observe: None };
        let mut account = AccountPolicy::default();
        let effective = |service: &Service, account| {
            let effective = Effective::of(&site, service, account);
            (effective.main_password_on_mail, effective.observe)
        };
        assert_eq!(effective(&service, account), (MainPasswordOnMail::Always, true));
        service.main_password_on_mail = Some(MainPasswordOnMail::UntilEnrolled);
        service.observe = Some(false);
        assert_eq!(effective(&service, account), (MainPasswordOnMail::UntilEnrolled, false));
        account.main_password_on_mail = Some(MainPasswordOnMail::Never);
        assert_eq!(effective(&service, account), (MainPasswordOnMail::Never, false));
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
        let other = AccountPolicy { main_password_on_mail: None, disabled: true, expires };
        assert_eq!(other.to_json(), r#"{"v":1,"disabled":true,"expires":"2027-01-15T08:00:00Z"}"#);
        assert_eq!(AccountPolicy::from_json(&other.to_json()), Ok(other));
        assert_eq!(AccountPolicy::from_json(&policy.to_json()), Ok(policy));
        assert_eq!(AccountPolicy::from_json(r#"{"v":1}"#), Ok(AccountPolicy::default()));
        for json in [r#"{"v":2}"#, r#"{"v":1,"x":1}"#, r#"{"v":1,"main_password_on_mail":"maybe"}"#, "{}", ""]
        {
            assert!(AccountPolicy::from_json(json).is_err(), "{json}");
        }
    }
}
