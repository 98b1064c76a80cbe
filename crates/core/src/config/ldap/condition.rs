//! Filters that Postern itself evaluates.

use std::str::FromStr;

use crate::account::Attributes;
use crate::generalized_time;

use super::BadLdap;

/// A filter that Postern itself evaluates over the attributes of an entry: presence, equality (ignoring ASCII case, as
/// `caseIgnoreMatch` and `booleanMatch` do), `&`, `|` and `!`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `(attribute=*)`
    Present(String),
    /// `(attribute=value)`
    Equals(String, String),
    /// `(&…)`
    All(Vec<Self>),
    /// `(|…)`
    Any(Vec<Self>),
    /// `(!…)`
    Not(Box<Self>),
}

impl Condition {
    /// Whether the entry matches.
    #[must_use]
    pub fn holds(&self, entry: &Attributes) -> bool {
        match self {
            Self::Present(attribute) => !entry.values(attribute).is_empty(),
            Self::Equals(attribute, value) => {
                entry.values(attribute).iter().any(|have| is_equal(have.trim(), value.trim()))
            }
            Self::All(all) => all.iter().all(|one| one.holds(entry)),
            Self::Any(any) => any.iter().any(|one| one.holds(entry)),
            Self::Not(one) => !one.holds(entry),
        }
    }

    /// The attributes of temporary locks for whose presence it tests. Such an attribute stays on the entry after the lock has
    /// ended, and any stranger can cause it.
    #[must_use]
    pub fn passing_locks(&self) -> Vec<&str> {
        match self {
            Self::Present(attribute) => {
                let is_passing = PASSING_LOCKS.iter().any(|lock| lock.eq_ignore_ascii_case(attribute));
                if is_passing { vec![attribute] } else { Vec::new() }
            }
            Self::Equals(..) => Vec::new(),
            Self::All(list) | Self::Any(list) => list.iter().flat_map(Self::passing_locks).collect(),
            Self::Not(one) => one.passing_locks(),
        }
    }

    /// The attributes that it needs.
    #[must_use]
    pub fn attributes(&self) -> Vec<&str> {
        match self {
            Self::Present(attribute) | Self::Equals(attribute, _) => vec![attribute],
            Self::All(list) | Self::Any(list) => list.iter().flat_map(Self::attributes).collect(),
            Self::Not(one) => one.attributes(),
        }
    }

    /// Reads one condition from the front of `text`. Returns the rest second.
    fn take(text: &str) -> Option<(Self, &str)> {
        let inner = text.strip_prefix('(')?;
        if let Some(list) = inner.strip_prefix('&') {
            return Self::take_list(list).map(|(all, rest)| (Self::All(all), rest));
        }
        if let Some(list) = inner.strip_prefix('|') {
            return Self::take_list(list).map(|(any, rest)| (Self::Any(any), rest));
        }
        if let Some(one) = inner.strip_prefix('!') {
            let (one, rest) = Self::take(one)?;
            return Some((Self::Not(Box::new(one)), rest.strip_prefix(')')?));
        }
        let (item, rest) = inner.split_once(')')?;
        let (attribute, value) = item.split_once('=')?;
        let is_name = !attribute.is_empty()
            && attribute.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.;".contains(&b));
        let is_plain = !value.is_empty() && !value.contains(['*', '(', '\\']);
        match (is_name, value) {
            (true, "*") => Some((Self::Present(attribute.to_owned()), rest)),
            (true, value) if is_plain => Some((Self::Equals(attribute.to_owned(), value.to_owned()), rest)),
            _ => None,
        }
    }

    fn take_list(mut text: &str) -> Option<(Vec<Self>, &str)> {
        let mut list = Vec::new();
        while text.starts_with('(') {
            let (one, rest) = Self::take(text)?;
            list.push(one);
            text = rest;
        }
        (!list.is_empty()).then_some((list, text.strip_prefix(')')?))
    }
}

impl FromStr for Condition {
    type Err = BadLdap;

    fn from_str(text: &str) -> Result<Self, BadLdap> {
        match Self::take(text) {
            Some((condition, "")) => Ok(condition),
            Some(_) | None => Err(BadLdap::Condition),
        }
    }
}

/// Ignores ASCII case. Generalized times are compared as times (`generalizedTimeMatch`).
fn is_equal(a: &str, b: &str) -> bool {
    let is_same_time =
        || generalized_time::parse(a).is_some_and(|time| generalized_time::parse(b) == Some(time));
    a.eq_ignore_ascii_case(b) || is_same_time()
}

/// The value of `pwdAccountLockedTime` that only an admin can remove (draft-behera-ldap-password-policy-10, section 5.3.3).
pub(super) const LOCKED_UNTIL_UNLOCKED: &str = "000001010000Z";
/// Attributes of temporary locks in OpenLDAP, 389 Directory Server, Active Directory and eDirectory.
const PASSING_LOCKS: [&str; 8] = [
    "pwdAccountLockedTime",
    "pwdAccountTmpLockoutEnd",
    "pwdFailureTime",
    "accountUnlockTime",
    "retryCountResetTime",
    "lockoutTime",
    "lockedByIntruder",
    "loginIntruderResetTime",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_hold_as_a_server_would_have_it() {
        let mut entry = Attributes::new();
        entry.set("nsAccountLock", vec!["true".to_owned()]);
        entry.set("pwdAccountLockedTime", vec!["20270115080000Z".to_owned()]);
        let holds = |text: &str| text.parse::<Condition>().unwrap().holds(&entry);
        assert!(holds("(pwdAccountLockedTime=*)") && holds("(pwdaccountlockedtime=*)"));
        assert!(holds("(nsAccountLock=TRUE)") && !holds("(nsAccountLock=FALSE)"));
        assert!(holds("(&(nsAccountLock=TRUE)(!(employeeType=*)))"));
        assert!(holds("(|(employeeType=gone)(nsAccountLock=TRUE))") && !holds("(!(nsAccountLock=TRUE))"));
    }

    #[test]
    fn times_are_compared_as_times_and_a_lock_with_an_end_is_no_lock_without_one() {
        let condition: Condition = "(pwdAccountLockedTime=000001010000Z)".parse().unwrap();
        let holds = |value: &str| {
            let mut entry = Attributes::new();
            entry.set("pwdAccountLockedTime", vec![value.to_owned()]);
            condition.holds(&entry)
        };
        for value in
            ["000001010000Z", "00000101000000Z", "0000010100Z", "00000101000000.0Z", "000001010100+0100"]
        {
            assert!(holds(value), "{value}");
        }
        for value in ["20270115080000Z", "00000101000001Z", "000101010000Z", "", "soon"] {
            assert!(!holds(value), "{value}");
        }
        assert!(!condition.holds(&Attributes::new()));
    }

    #[test]
    fn a_condition_on_a_lock_with_an_end_is_told_from_others() {
        let locks = |text: &str| text.parse::<Condition>().unwrap().passing_locks().join(" ");
        assert_eq!(locks("(pwdaccountlockedtime=*)"), "pwdaccountlockedtime");
        assert_eq!(locks("(|(nsAccountLock=TRUE)(&(accountUnlockTime=*)(l=x)))"), "accountUnlockTime");
        assert_eq!(locks("(!(lockoutTime=*))"), "lockoutTime");
        assert_eq!(locks("(|(pwdAccountLockedTime=000001010000Z)(loginDisabled=*))"), "");
    }

    #[test]
    fn conditions_beyond_that_are_refused() {
        for text in [
            "",
            "()",
            "(a)",
            "(a=b*)",
            "(a>=1)",
            "(a=b",
            "(&)",
            "(a=b)(c=d)",
            "(!(a=b)(c=d))",
            "(a=\\2a)",
            "(a:dn:=b)",
        ] {
            assert_eq!(text.parse::<Condition>(), Err(BadLdap::Condition), "{text}");
        }
    }
}
