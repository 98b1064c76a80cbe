//! The settings of a directory in LDAP.
//!
//! This file is long because each setting is a type that parses and checks its own text, with its tests beside it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::account::Attributes;
use crate::generalized_time;

use super::redis::HostPort;

/// The URI of an LDAP server (RFC 4516, without the parts behind the server).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LdapUri {
    /// `ldaps://host:636`: TLS from the first byte.
    Tls(HostPort),
    /// `ldap://host:389`: in the clear, or upgraded by StartTLS.
    Plain(HostPort),
    /// `ldapi://%2Frun%2Fslapd%2Fldapi`: a Unix socket.
    Unix(PathBuf),
}

impl LdapUri {
    /// The same with another host, if it has a host.
    #[must_use]
    pub fn with_host(&self, host: &str) -> Self {
        let server = |server: &HostPort| HostPort { host: host.to_owned(), port: server.port };
        match self {
            Self::Tls(at) => Self::Tls(server(at)),
            Self::Plain(at) => Self::Plain(server(at)),
            Self::Unix(path) => Self::Unix(path.clone()),
        }
    }

    /// Whether traffic does not cross a network, so that TLS is not needed.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Tls(_) => false,
            Self::Unix(_) => true,
            Self::Plain(server) => {
                server.host == "localhost"
                    || server.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            }
        }
    }
}

impl fmt::Display for LdapUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls(server) => write!(f, "ldaps://{server}"),
            Self::Plain(server) => write!(f, "ldap://{server}"),
            Self::Unix(path) => write!(f, "ldapi://{}", path.display().to_string().replace('/', "%2F")),
        }
    }
}

impl FromStr for LdapUri {
    type Err = BadLdap;

    fn from_str(text: &str) -> Result<Self, BadLdap> {
        let (scheme, rest) = text.split_once("://").ok_or(BadLdap::Uri)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        match scheme {
            "ldaps" => HostPort::parse(rest, LDAPS_PORT).map(Self::Tls).map_err(|_| BadLdap::Uri),
            "ldap" => HostPort::parse(rest, LDAP_PORT).map(Self::Plain).map_err(|_| BadLdap::Uri),
            "ldapi" => {
                let path = PathBuf::from(rest.replace("%2F", "/").replace("%2f", "/"));
                if path.is_absolute() { Ok(Self::Unix(path)) } else { Err(BadLdap::Uri) }
            }
            _ => Err(BadLdap::Uri),
        }
    }
}

/// A search filter (RFC 4515). It can only be built from escaped values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(String);

impl Filter {
    /// `(attribute=value)`, with the value escaped. The attribute comes from the configuration.
    #[must_use]
    pub fn equals(attribute: &str, value: &str) -> Self {
        Self(format!("({attribute}={})", escaped(value)))
    }

    /// The entries that match all of these.
    #[must_use]
    pub fn all(filters: &[Self]) -> Self {
        Self(format!("(&{})", filters.iter().map(Self::as_str).collect::<String>()))
    }

    /// The entries that match one of these; none if the list is empty (RFC 4526).
    #[must_use]
    pub fn any(filters: &[Self]) -> Self {
        Self(format!("(|{})", filters.iter().map(Self::as_str).collect::<String>()))
    }

    /// The text form, for the server.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A complete filter that an admin typed, in the grammar of RFC 4515, section 3, without trailing text.
impl FromStr for Filter {
    type Err = BadLdap;

    fn from_str(text: &str) -> Result<Self, BadLdap> {
        match after_filter(text, 0) {
            Some("") => Ok(Self(text.to_owned())),
            Some(_) | None => Err(BadLdap::Filter),
        }
    }
}

/// The rest of `text` behind the filter at its front.
fn after_filter(text: &str, depth: usize) -> Option<&str> {
    let inner = text.strip_prefix('(').filter(|_| depth < DEEPEST)?;
    let rest = match inner.chars().next()? {
        '&' | '|' => {
            let mut rest = after_filter(inner.get(1..)?, depth + 1)?;
            while rest.starts_with('(') {
                rest = after_filter(rest, depth + 1)?;
            }
            rest
        }
        '!' => after_filter(inner.get(1..)?, depth + 1)?,
        _ => {
            let end = inner.find(')')?;
            let (item, rest) = inner.split_at_checked(end)?;
            if !is_item(item) {
                return None;
            }
            rest
        }
    };
    rest.strip_prefix(')')
}

/// `attr=value`, `attr=*`, `attr=a*b`, `attr~=value`, `attr>=value`, `attr<=value`, `attr:dn:rule:=value`.
fn is_item(item: &str) -> bool {
    let Some((left, value)) = item.split_once('=') else { return false };
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.;".contains(&b))
    };
    let (names, may_have_stars) = match left.strip_suffix(['~', '>', '<', ':']) {
        Some(names) => (names, false),
        None => (left, true),
    };
    let are_names = if left.ends_with(':') {
        names.split(':').enumerate().all(|(at, name)| is_name(name) || (at == 0 && name.is_empty()))
            && names.chars().any(|c| c != ':')
    } else {
        is_name(names)
    };
    are_names && is_value(value, may_have_stars)
}

/// Whether all special characters are escaped as a backslash and two hexadecimal digits.
fn is_value(value: &str, may_have_stars: bool) -> bool {
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        let is_good = match c {
            '\\' => {
                rest.next().is_some_and(|c| c.is_ascii_hexdigit())
                    && rest.next().is_some_and(|c| c.is_ascii_hexdigit())
            }
            '*' => may_have_stars,
            '(' | ')' => false,
            c => !c.is_control(),
        };
        if !is_good {
            return false;
        }
    }
    !value.contains("**")
}

/// A filter with a placeholder for the typed name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterTemplate(Vec<String>);

impl FilterTemplate {
    /// The filter for this name.
    #[must_use]
    pub fn fill(&self, name: &str) -> Filter {
        Filter(self.0.join(&escaped(name)))
    }

    /// The filter that finds all users, for a listing.
    #[must_use]
    pub fn fill_all(&self) -> Filter {
        Filter(self.0.join("*"))
    }

    /// The attributes that it compares, with repetitions.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        // The text before a piece's first parenthesis is the end of a value.
        self.0.iter().flat_map(|piece| piece.split('(').skip(1)).filter_map(|item| {
            let end = item.find(['=', '~', '<', '>', ':'])?;
            item.get(..end).filter(|name| !name.is_empty())
        })
    }
}

impl FromStr for FilterTemplate {
    type Err = BadLdap;

    fn from_str(text: &str) -> Result<Self, BadLdap> {
        let depth = text.chars().try_fold(0_i32, |depth, c| match c {
            '(' => Some(depth + 1),
            ')' if depth > 0 => Some(depth - 1),
            ')' => None,
            _ => Some(depth),
        });
        if depth != Some(0) || !text.starts_with('(') || !text.ends_with(')') {
            return Err(BadLdap::Parentheses);
        }
        let pieces: Vec<String> = text.split("{user}").map(ToOwned::to_owned).collect();
        if pieces.len() < 2 {
            return Err(BadLdap::NoUser);
        }
        if pieces.iter().any(|piece| piece.contains(['{', '}'])) {
            return Err(BadLdap::Placeholder);
        }
        Ok(Self(pieces))
    }
}

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

/// Why a setting of `[directory]` is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLdap {
    /// Not a server.
    #[error("is not ldaps://host, ldap://host or ldapi://%2Fpath%2Fto%2Fsocket")]
    Uri,
    /// Not a filter.
    #[error("is not a filter in parentheses that match")]
    Parentheses,
    /// A filter without `{user}`, which finds the same for all users.
    #[error("does not contain {{user}}, the typed name")]
    NoUser,
    /// An unknown placeholder.
    #[error("has a placeholder other than {{user}}")]
    Placeholder,
    /// Not an LDAP filter.
    #[error("is not a filter such as (ou=sales) or (&(ou=sales)(!(title=*))) (RFC 4515)")]
    Filter,
    /// A filter that is not a supported condition.
    #[error("is not a filter of (attribute=*), (attribute=value), &, | and !")]
    Condition,
}

/// RFC 4515, section 3: special characters are escaped as a backslash and two hexadecimal digits.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '*' | '(' | ')' | '\\' | '\0' => text.push_str(&format!("\\{:02x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text
}

/// The maximum nesting of filters.
const DEEPEST: usize = 32;
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
const LDAPS_PORT: u16 = 636;
const LDAP_PORT: u16 = 389;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_change_the_filter_that_it_stands_in() {
        let template: FilterTemplate = "(&(objectClass=person)(|(uid={user})(mail={user})))".parse().unwrap();
        assert_eq!(
            template.fill("*)(uid=\\\0é").as_str(),
            "(&(objectClass=person)(|(uid=\\2a\\29\\28uid=\\5c\\00é)(mail=\\2a\\29\\28uid=\\5c\\00é)))"
        );
        let any = Filter::equals("entryUUID", "*");
        assert_eq!(any.as_str(), "(entryUUID=\\2a)");
        assert_eq!(Filter::any(&[any.clone(), any]).as_str(), "(|(entryUUID=\\2a)(entryUUID=\\2a))");
    }

    #[test]
    fn a_filter_without_user_or_with_parentheses_that_do_not_match_is_refused() {
        for (text, expected) in [
            ("(uid=alice)", BadLdap::NoUser),
            ("uid={user}", BadLdap::Parentheses),
            ("((uid={user})", BadLdap::Parentheses),
            ("(uid={user}))(", BadLdap::Parentheses),
            ("(uid={user}{domain})", BadLdap::Placeholder),
        ] {
            assert_eq!(text.parse::<FilterTemplate>(), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_typed_filter_is_one_whole_filter_or_nothing() {
        for good in [
            "(ou=sales)",
            "(ou=*)",
            "(cn=A*b*c)",
            "(&(ou=sales)(!(title=*)))",
            "(|(a=b)(c=d)(e~=f)(g>=1)(h<=2))",
            "(ou=Zweite Straße \\28west\\29)",
            "(memberOf:1.2.840.113556.1.4.1941:=cn=x,dc=y)",
            "(cn:dn:caseExactMatch:=x)",
            "(:caseExactMatch:=x)",
            "(description=)",
        ] {
            assert_eq!(good.parse::<Filter>().map(|filter| filter.0), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "ou=sales",
            "(ou=sales",
            "(ou=sales))",
            "(ou=sales)(uid=*)",
            "(ou=sales) ",
            " (ou=sales)",
            "()",
            "(&)",
            "(!(a=b)(c=d))",
            "(=sales)",
            "(o u=sales)",
            "(ou=a(b)",
            "(ou=a\\2)",
            "(ou=a\\zz)",
            "(ou=a\0)",
            "(ou=a\nb)",
            "(ou>=a*)",
            "(ou=a**b)",
            "(::=x)",
            "(a::b:=x)",
            "(&(a=b)x)",
        ] {
            assert_eq!(bad.parse::<Filter>(), Err(BadLdap::Filter), "{bad}");
        }
        let deep = |depth: usize| format!("{}(a=b){}", "(!".repeat(depth), ")".repeat(depth));
        assert!(deep(20).parse::<Filter>().is_ok() && deep(40).parse::<Filter>().is_err());
        let both = Filter::all(&["(a=b)".parse().unwrap(), "(|(c=d))".parse().unwrap()]);
        assert_eq!(both.as_str(), "(&(a=b)(|(c=d)))");
    }

    #[test]
    fn a_filter_tells_the_attributes_that_it_compares() {
        let template: FilterTemplate =
            "(&(objectClass=person)(!(l=x=y))(|(uid={user})(mail:caseExactMatch:={user})(cn={user}@a=b)))"
                .parse()
                .unwrap();
        let names: Vec<&str> = template.attributes().collect();
        assert_eq!(names, ["objectClass", "l", "uid", "mail", "cn"]);
    }

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

    #[test]
    fn servers_are_read_and_local_ones_known() {
        let uri = |text: &str| text.parse::<LdapUri>();
        for text in ["ldaps://ldap.example.org:636", "ldap://[::1]:3389", "ldapi://%2Frun%2Fslapd%2Fldapi"] {
            assert_eq!(uri(text).unwrap().to_string(), text);
        }
        assert!(uri("ldap://127.0.0.1").unwrap().is_local() && uri("ldap://localhost/").unwrap().is_local());
        assert!(!uri("ldap://ldap.example.org").unwrap().is_local());
        for text in ["ldap", "http://x", "ldap://", "ldapi://run", "ldaps://a,b", "ldaps://x/dc=example"] {
            assert_eq!(uri(text), Err(BadLdap::Uri), "{text}");
        }
    }
}
