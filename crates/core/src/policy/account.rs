//! What an admin set for one account, and its stored form.

use serde::{Deserialize, Serialize};

use crate::account_status::AccountStatus;
use crate::clock::Timestamp;
use crate::keyring::Digest;

use super::{MainPasswordOnMail, SecondFactor};

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
    /// Unknown fields, versions and values. The message quotes none, because the digest of a ticket is one of them.
    pub fn from_json(json: &str) -> Result<Self, BadAccountPolicy> {
        let raw: RawAccountPolicy =
            serde_json::from_str(json).map_err(|error| BadAccountPolicy { column: error.column() })?;
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
            Err(BadAccountPolicy { column: 0 })
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account's policy is not of a version and form known here (column {column})")]
pub struct BadAccountPolicy {
    column: usize,
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
        crate::hex_id::parse(&text).map(Digest::new).ok_or_else(|| serde::de::Error::custom("not a digest"))
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

    #[test]
    fn an_error_quotes_no_value() {
        for json in [
            r#"{"v":1,"GEZDGNBV":1}"#,
            r#"{"v":1,"second_factor":"GEZDGNBV"}"#,
            r#"{"v":1,"ticket":"GEZDGNBV"}"#,
        ] {
            let why = AccountPolicy::from_json(json).unwrap_err().to_string();
            assert!(why.contains("(column ") && !why.contains("GEZ"), "{why}");
        }
    }

    #[test]
    fn the_digest_of_a_ticket_has_one_form() {
        let policy = |digest: &str| {
            let ticket = format!(r#"{{"digest":"{digest}","expires":"2027-01-01T00:00:00Z"}}"#);
            AccountPolicy::from_json(&format!(r#"{{"v":1,"ticket":{ticket}}}"#))
        };
        assert!(policy("0123456789abcdef0123456789abcdef").is_ok());
        for wrong in ["+123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789ABCDEF", "", "0123"] {
            assert!(policy(wrong).is_err(), "{wrong}");
        }
    }
}
