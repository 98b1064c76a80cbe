//! Expiry dates of accounts in directories. They have several units, each with its own values for "never".

use std::fmt;

use crate::clock::{END_OF_YEAR_9999, Timestamp};
use crate::generalized_time;

/// The attribute with the expiry date, and its format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiryAttribute {
    /// Its name.
    pub name: String,
    /// The format of its values. If it is unknown, only generalized times are read, because they are unambiguous.
    pub format: Option<ExpiryFormat>,
}

/// The format of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiryFormat {
    /// Days since 1970, as in shadow(5); -1 or an empty value means never.
    Days,
    /// Seconds since 1970, as in Samba; -1, 2147483647 and 9223372036854775807 mean never.
    Seconds,
    /// Units of 100 ns since 1601, as in Active Directory; 0 and 9223372036854775807 mean never.
    FileTime,
    /// RFC 4517, section 3.3.13. In MIT Kerberos, 1970-01-01T00:00:00Z means never.
    GeneralizedTime,
}

/// The meaning of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// The account does not expire.
    Never,
    /// The account expired before 1970.
    Before1970,
    /// The account expires at this time.
    At(Timestamp),
}

impl ExpiryFormat {
    /// The format of a well-known attribute; `None` for others.
    #[must_use]
    pub fn of_attribute(name: &str) -> Option<Self> {
        let known = [
            (DAYS, Self::Days),
            (SECONDS, Self::Seconds),
            (FILE_TIMES, Self::FileTime),
            (GENERALIZED_TIMES, Self::GeneralizedTime),
        ];
        known.into_iter().find(|(names, _)| is_one_of(names, name)).map(|(_, format)| format)
    }

    /// The name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Days => "days",
            Self::Seconds => "seconds",
            Self::FileTime => "filetime",
            Self::GeneralizedTime => "generalized-time",
        }
    }
}

impl ExpiryAttribute {
    /// Reads a value.
    ///
    /// # Errors
    /// [`BadExpiry`]: the value cannot be interpreted. It never means that the account does not expire.
    pub fn read(&self, value: &str) -> Result<Expiry, BadExpiry> {
        let value = value.trim();
        match self.format {
            Some(ExpiryFormat::Days) => match value {
                "" | "-1" => Ok(Expiry::Never),
                _ => at(number(value)?.checked_mul(DAY)),
            },
            Some(ExpiryFormat::Seconds) => match value {
                "-1" | "2147483647" | FOR_EVER => Ok(Expiry::Never),
                "0" if self.name.eq_ignore_ascii_case(KICKOFF) => Ok(Expiry::Never),
                _ => at(Some(number(value)?)),
            },
            Some(ExpiryFormat::FileTime) => match value {
                "0" | FOR_EVER => Ok(Expiry::Never),
                _ => at(Some(number(value)? / FILE_TIMES_A_SECOND - FROM_1601_TO_1970)),
            },
            None if number(value) != Err(BadExpiry::NotANumber) => Err(BadExpiry::NoUnit),
            Some(ExpiryFormat::GeneralizedTime) | None => {
                match generalized_time::parse(value).ok_or(BadExpiry::NotATime)? {
                    0 if is_one_of(KERBEROS, &self.name) => Ok(Expiry::Never),
                    seconds => at(Some(seconds)),
                }
            }
        }
    }
}

impl Expiry {
    /// Whether the account has expired.
    #[must_use]
    pub fn is_past(self, now: Timestamp) -> bool {
        match self {
            Self::Never => false,
            Self::Before1970 => true,
            Self::At(time) => time <= now,
        }
    }
}

impl fmt::Display for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::Before1970 => f.write_str("before 1970"),
            Self::At(time) => time.fmt(f),
        }
    }
}

/// Why a value cannot be interpreted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadExpiry {
    /// Not a number.
    #[error("is not a number")]
    NotANumber,
    /// A number of unknown unit.
    #[error("is a number of unknown unit; add expires_format")]
    NoUnit,
    /// A negative number without a meaning in this format.
    #[error("is a negative number without a meaning in this format")]
    Negative,
    /// A date beyond the year 9999, probably a number in another unit.
    #[error("would be a date beyond the year 9999; is expires_format right?")]
    BeyondYear9999,
    /// Not a generalized time.
    #[error("is not a generalized time (RFC 4517)")]
    NotATime,
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The number, or an error.
fn number(value: &str) -> Result<i64, BadExpiry> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadExpiry::NotANumber);
    }
    match value.parse::<i64>() {
        Ok(number @ 0..) => Ok(number),
        Ok(_) => Err(BadExpiry::Negative),
        Err(_) if digits.len() < value.len() => Err(BadExpiry::Negative),
        Err(_) => Err(BadExpiry::BeyondYear9999),
    }
}

fn at(seconds: Option<i64>) -> Result<Expiry, BadExpiry> {
    let seconds = seconds.ok_or(BadExpiry::BeyondYear9999)?;
    match u64::try_from(seconds) {
        Ok(seconds) if seconds <= END_OF_YEAR_9999 => Ok(Expiry::At(Timestamp::from_unix(seconds))),
        Ok(_) => Err(BadExpiry::BeyondYear9999),
        Err(_) => Ok(Expiry::Before1970),
    }
}

const DAY: i64 = 86_400;
const FILE_TIMES_A_SECOND: i64 = 10_000_000;
const FROM_1601_TO_1970: i64 = 11_644_473_600;
/// The largest signed 64-bit number.
const FOR_EVER: &str = "9223372036854775807";
/// Its 0 means "never" in Samba, unlike that of `sambaPwdMustChange`.
const KICKOFF: &str = "sambaKickoffTime";
/// Their epoch means "never" in MIT Kerberos (kadmin's "[never]").
const KERBEROS: &[&str] = &["krbPrincipalExpiration", "krbPasswordExpiration"];
const DAYS: &[&str] = &["shadowExpire"];
const SECONDS: &[&str] = &[KICKOFF, "sambaPwdMustChange", "sambaLogoffTime"];
const FILE_TIMES: &[&str] = &["accountExpires", "msDS-UserPasswordExpiryTimeComputed"];
const GENERALIZED_TIMES: &[&str] = &[
    "krbPrincipalExpiration",
    "krbPasswordExpiration",
    "pwdEndTime",
    "passwordExpirationTime",
    "loginExpirationTime",
    "ds-pwp-account-expiration-time",
    "schacExpiryDate",
    "orclActiveEndDate",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: ExpiryFormat, value: &str) -> Result<String, BadExpiry> {
        let attribute = ExpiryAttribute { name: "x".to_owned(), format: Some(format) };
        attribute.read(value).map(|expiry| expiry.to_string())
    }

    #[test]
    fn each_format_has_its_unit_its_never_and_its_bound() {
        use ExpiryFormat::{Days, FileTime, GeneralizedTime, Seconds};
        for (format, value, expected) in [
            (Days, "20833", "2027-01-15T00:00:00Z"),
            (Days, "0", "1970-01-01T00:00:00Z"),
            (Days, "1", "1970-01-02T00:00:00Z"),
            (Days, "99999", "2243-10-16T00:00:00Z"),
            (Days, "2932896", "9999-12-31T00:00:00Z"),
            (Days, "-1", "never"),
            (Days, "", "never"),
            (Seconds, "1577836800", "2020-01-01T00:00:00Z"),
            (Seconds, "0", "1970-01-01T00:00:00Z"),
            (Seconds, "253402300799", "9999-12-31T23:59:59Z"),
            (Seconds, "-1", "never"),
            (Seconds, "2147483647", "never"),
            (Seconds, "2147483646", "2038-01-19T03:14:06Z"),
            (Seconds, "9223372036854775807", "never"),
            (FileTime, "132223104000000000", "2020-01-01T00:00:00Z"),
            (FileTime, "132223104009999999", "2020-01-01T00:00:00Z"),
            (FileTime, "116444736000000000", "1970-01-01T00:00:00Z"),
            (FileTime, "116444735999999999", "before 1970"),
            (FileTime, "1", "before 1970"),
            (FileTime, "0", "never"),
            (FileTime, "9223372036854775807", "never"),
            (GeneralizedTime, "20270115080000Z", "2027-01-15T08:00:00Z"),
            (GeneralizedTime, "20270115080000-0130", "2027-01-15T09:30:00Z"),
            (GeneralizedTime, "000001010000Z", "before 1970"),
        ] {
            assert_eq!(read(format, value).as_deref(), Ok(expected), "{format:?} {value}");
        }
    }

    #[test]
    fn a_value_that_says_nothing_is_an_error_and_never_a_date_far_away() {
        use BadExpiry::{BeyondYear9999, Negative, NotANumber, NotATime};
        use ExpiryFormat::{Days, FileTime, GeneralizedTime, Seconds};
        for (format, value, expected) in [
            (Days, "2932897", BeyondYear9999),
            (Days, "1577836800", BeyondYear9999),
            (Days, "132223104000000000", BeyondYear9999),
            (Days, "9223372036854775807", BeyondYear9999),
            (Days, "99999999999999999999999999", BeyondYear9999),
            (Days, "-2", Negative),
            (Days, "-99999999999999999999999999", Negative),
            (Days, "20270115080000Z", NotANumber),
            (Days, "+1", NotANumber),
            (Days, "1.5", NotANumber),
            (Days, "-", NotANumber),
            (Seconds, "253402300800", BeyondYear9999),
            (Seconds, "132223104000000000", BeyondYear9999),
            (Seconds, "-2", Negative),
            (Seconds, "", NotANumber),
            (FileTime, "2650467744000000000", BeyondYear9999),
            (FileTime, "-1", Negative),
            (FileTime, "", NotANumber),
            (GeneralizedTime, "20833", NotATime),
            (GeneralizedTime, "", NotATime),
            (GeneralizedTime, "99991231235959-0100", BeyondYear9999),
        ] {
            assert_eq!(read(format, value), Err(expected), "{format:?} {value}");
        }
    }

    #[test]
    fn without_a_format_no_number_is_read() {
        let unknown = ExpiryAttribute { name: "employeeEnd".to_owned(), format: None };
        for number in ["20833", "0", "-1", "1577836800", "132223104000000000", "99999999999999999999999"] {
            assert_eq!(unknown.read(number), Err(BadExpiry::NoUnit), "{number}");
        }
        assert_eq!(unknown.read("20200101000000Z").unwrap().to_string(), "2020-01-01T00:00:00Z");
        assert_eq!(unknown.read("soon"), Err(BadExpiry::NotATime));
    }

    #[test]
    fn the_epoch_is_never_in_an_attribute_of_kerberos_alone() {
        let read = |name: &str, value| {
            let format = ExpiryFormat::of_attribute(name);
            ExpiryAttribute { name: name.to_owned(), format }.read(value).unwrap()
        };
        for name in ["krbPrincipalExpiration", "KRBPASSWORDEXPIRATION"] {
            for epoch in ["19700101000000Z", "197001010000Z", "19700101010000+0100"] {
                assert_eq!(read(name, epoch), Expiry::Never, "{name} {epoch}");
            }
            assert_eq!(read(name, "19700101000001Z").to_string(), "1970-01-01T00:00:01Z");
            assert_eq!(read(name, "19691231235959Z"), Expiry::Before1970);
        }
        assert_eq!(read("pwdEndTime", "19700101000000Z").to_string(), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn the_format_of_a_known_attribute_is_known_in_any_case() {
        for (name, expected) in [
            ("shadowExpire", Some(ExpiryFormat::Days)),
            ("SAMBAKICKOFFTIME", Some(ExpiryFormat::Seconds)),
            ("sambaPwdMustChange", Some(ExpiryFormat::Seconds)),
            ("accountexpires", Some(ExpiryFormat::FileTime)),
            ("krbPrincipalExpiration", Some(ExpiryFormat::GeneralizedTime)),
            ("pwdEndTime", Some(ExpiryFormat::GeneralizedTime)),
            ("employeeEnd", None),
        ] {
            assert_eq!(ExpiryFormat::of_attribute(name), expected, "{name}");
        }
        let zero = |name: &str| {
            ExpiryAttribute { name: name.to_owned(), format: Some(ExpiryFormat::Seconds) }.read("0").unwrap()
        };
        assert_eq!(zero("sambakickofftime"), Expiry::Never);
        assert_ne!(zero("sambaPwdMustChange"), Expiry::Never);
    }
}
