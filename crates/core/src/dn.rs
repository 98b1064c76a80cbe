//! Distinguished names (RFC 4514): parsed in one place, so that no caller splits one as a string.

use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// A distinguished name. Two are equal if they name the same entry in different notations: in any case, with any escapes, with
/// the pairs of a multi-valued RDN in any order, with spaces beside the separators.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Dn(Vec<Rdn>);

/// A relative distinguished name (RDN): one pair, or several joined by plus signs.
#[derive(Debug, Clone)]
struct Rdn(Vec<Pair>);

/// An attribute and its value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Pair {
    attribute: String,
    value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Value {
    /// Text, with its escapes resolved.
    Text(String),
    /// Escaped bytes that are not UTF-8, as in the entry.
    Octets(Vec<u8>),
    /// The BER encoding of a value that is not text (RFC 4514, section 2.4).
    Encoded(Vec<u8>),
}

impl Dn {
    /// The text values of `attribute` in the entry's own RDN, the first one. `uid`, `cn` and `mail` are found under each of their
    /// names and OIDs; a less common attribute only under the name that the directory uses.
    pub fn own_values<'a>(&'a self, attribute: &'a str) -> impl Iterator<Item = &'a str> {
        let pairs = self.0.first().map_or(&[][..], |rdn| rdn.0.as_slice());
        let named = pairs.iter().filter(move |pair| is_same_attribute(&pair.attribute, attribute));
        named.filter_map(|pair| match &pair.value {
            Value::Text(text) => Some(text.as_str()),
            Value::Octets(_) | Value::Encoded(_) => None,
        })
    }

    /// Whether it names the root of the tree (the empty DN).
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Dn {
    type Err = BadDn;

    fn from_str(text: &str) -> Result<Self, BadDn> {
        if text.contains('\0') {
            return Err(BadDn);
        }
        let mut rdns = Vec::new();
        let mut rest = text.trim_matches(' ');
        if !rest.is_empty() {
            loop {
                let (rdn, end) = Rdn::take(rest)?;
                rdns.push(rdn);
                match end {
                    Some(after) => rest = after,
                    None => break,
                }
            }
        }
        Ok(Self(rdns))
    }
}

impl Rdn {
    /// Reads one from the front. Returns the rest second, if a comma follows.
    fn take(text: &str) -> Result<(Self, Option<&str>), BadDn> {
        let mut pairs = Vec::new();
        let mut rest = text;
        loop {
            let (attribute, after) = rest.split_once('=').ok_or(BadDn)?;
            let attribute = attribute.trim_matches(' ');
            if !is_attribute(attribute) {
                return Err(BadDn);
            }
            let (written, after) = split_value(after)?;
            pairs.push(Pair { attribute: attribute.to_owned(), value: Value::parse(written)? });
            match after {
                Some(('+', after)) => rest = after,
                Some((_, after)) => return Ok((Self(pairs), Some(after))),
                None => return Ok((Self(pairs), None)),
            }
        }
    }

    fn sorted(&self) -> Vec<Pair> {
        let plain = |pair: &Pair| Pair {
            attribute: plain_attribute(&pair.attribute),
            value: match &pair.value {
                Value::Text(text) => Value::Text(caseless(text)),
                other @ (Value::Octets(_) | Value::Encoded(_)) => other.clone(),
            },
        };
        let mut pairs: Vec<Pair> = self.0.iter().map(plain).collect();
        pairs.sort_unstable();
        pairs
    }
}

impl PartialEq for Rdn {
    fn eq(&self, other: &Self) -> bool {
        self.sorted() == other.sorted()
    }
}

impl Eq for Rdn {}

impl Hash for Rdn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sorted().hash(state);
    }
}

impl Value {
    fn parse(written: &str) -> Result<Self, BadDn> {
        if let Some(digits) = written.strip_prefix('#') {
            let bytes = from_hex(digits).filter(|bytes| !bytes.is_empty()).ok_or(BadDn)?;
            return Ok(text_of_ber(&bytes).map_or(Self::Encoded(bytes), Self::Text));
        }
        let quoted = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let mut bytes = Vec::with_capacity(written.len());
        let mut chars = quoted.unwrap_or(written).chars();
        while let Some(c) = chars.next() {
            if c != '\\' {
                if c == '"' || (quoted.is_none() && "+,;<>".contains(c)) {
                    return Err(BadDn);
                }
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            let escaped = chars.next().ok_or(BadDn)?;
            if SPECIAL.contains(escaped) {
                bytes.extend_from_slice(escaped.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            let low = chars.next().ok_or(BadDn)?;
            let digit = |c: char| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let (high, low) = digit(escaped).zip(digit(low)).ok_or(BadDn)?;
            bytes.push(high << 4 | low);
        }
        Ok(String::from_utf8(bytes).map_or_else(|error| Self::Octets(error.into_bytes()), Self::Text))
    }
}

/// A separator, and the text behind it.
type Rest<'a> = Option<(char, &'a str)>;

/// The value as written, and the separator behind it with the rest.
fn split_value(text: &str) -> Result<(&str, Rest<'_>), BadDn> {
    let text = text.trim_start_matches(' ');
    // LDAPv2 had quotes (RFC 2253, section 4), which are still in use.
    let mut is_quoted = false;
    let mut is_escaped = false;
    // A space behind the last escape may be an escaped one.
    let mut least = 0;
    let mut end = None;
    for (at, c) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
            least = at + c.len_utf8();
        } else if c == '\\' {
            is_escaped = true;
        } else if c == '"' {
            is_quoted = !is_quoted;
            least = at + 1;
        } else if !is_quoted && matches!(c, ',' | '+') {
            end = Some((at, c));
            break;
        }
    }
    let until = end.map_or(text.len(), |(at, _)| at);
    let (kept, behind) = text.split_at_checked(least).ok_or(BadDn)?;
    let tail = behind.get(..until.saturating_sub(least)).ok_or(BadDn)?.trim_end_matches(' ');
    let written = text.get(..kept.len() + tail.len()).ok_or(BadDn)?;
    let after = end.map(|(at, c)| text.get(at + c.len_utf8()..).map(|rest| (c, rest)).ok_or(BadDn));
    Ok((written, after.transpose()?))
}

/// RFC 4512, section 1.4: a name or an OID. Some servers also permit underscores in names.
fn is_attribute(text: &str) -> bool {
    let is_name = text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    is_name || (text.contains('.') && text.split('.').all(is_number))
}

fn is_same_attribute(a: &str, b: &str) -> bool {
    plain_attribute(a) == plain_attribute(b)
}

/// One name for each attribute that is common in DNs.
fn plain_attribute(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let known = SYNONYMS.iter().find(|all| all.contains(&name.as_str()));
    known.and_then(|all| all.first()).map_or(name, |first| (*first).to_owned())
}

/// Whether servers that ignore case (RFC 4518) consider these one value.
#[must_use]
pub fn is_same_value(a: &str, b: &str) -> bool {
    caseless(a) == caseless(b)
}

fn caseless(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = digits.chars().map(|c| c.to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// The text of a BER string of a type that occurs in DNs, with a length in short form.
fn text_of_ber(bytes: &[u8]) -> Option<String> {
    let (&[tag, length], text) = bytes.split_first_chunk::<2>()?;
    let is_text = matches!(tag, 0x04 | 0x0c | 0x13 | 0x16);
    let is_whole = length < 0x80 && usize::from(length) == text.len();
    if is_text && is_whole { String::from_utf8(text.to_vec()).ok() } else { None }
}

/// The text is not a distinguished name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a distinguished name (RFC 4514) such as ou=people,dc=example,dc=org")]
pub struct BadDn;

/// The characters that a backslash may escape (RFC 4514, section 3).
const SPECIAL: &str = "\\\"+,;<> #=";
/// RFC 4519: the names of one attribute.
const SYNONYMS: [&[&str]; 8] = [
    &["uid", "userid", "0.9.2342.19200300.100.1.1"],
    &["cn", "commonname", "2.5.4.3"],
    &["mail", "rfc822mailbox", "0.9.2342.19200300.100.1.3"],
    &["dc", "domaincomponent", "0.9.2342.19200300.100.1.25"],
    &["ou", "organizationalunitname", "2.5.4.11"],
    &["o", "organizationname", "2.5.4.10"],
    &["c", "countryname", "2.5.4.6"],
    &["sn", "surname", "2.5.4.4"],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn dn(text: &str) -> Dn {
        text.parse().unwrap_or_else(|_| panic!("{text} is a name"))
    }

    fn own(text: &str, attribute: &str) -> Vec<String> {
        dn(text).own_values(attribute).map(ToOwned::to_owned).collect()
    }

    #[test]
    fn the_first_part_is_read_however_it_is_escaped() {
        for (text, expected) in [
            ("uid=alice,ou=people,dc=example", "alice"),
            ("UID = alice , dc=example", "alice"),
            ("userid=alice,dc=example", "alice"),
            ("0.9.2342.19200300.100.1.1=alice,dc=example", "alice"),
            ("uid=yan+employeeNumber=5,dc=example", "yan"),
            ("employeeNumber=5 + uid=yan,dc=example", "yan"),
            ("uid=o'neil\\2C pat,dc=example", "o'neil, pat"),
            ("uid=o'neil\\, pat,dc=example", "o'neil, pat"),
            ("uid=x\\2By\\3Dz\\3B\\22q\\22\\3Cr\\3E,dc=example", "x+y=z;\"q\"<r>"),
            ("uid=x\\+y\\=z\\;\\\"q\\\"\\<r\\>\\\\,dc=example", "x+y=z;\"q\"<r>\\"),
            ("uid=a=b,dc=example", "a=b"),
            ("uid=\\23hash,dc=example", "#hash"),
            ("uid=\\ a\\ ,dc=example", " a "),
            ("uid=a\\   ,dc=example", "a "),
            ("uid=zo\\C3\\AB,dc=example", "zo\u{eb}"),
            ("uid=zo\u{eb},dc=example", "zo\u{eb}"),
            ("uid=#0405616c696365,dc=example", "alice"),
            ("uid=#0C05616c696365,dc=example", "alice"),
            ("uid=,dc=example", ""),
            ("uid=\"o'neil, pat\",dc=example", "o'neil, pat"),
            ("uid= \"a+b=\\\"c\\\"\" + cn=x,dc=example", "a+b=\"c\""),
        ] {
            assert_eq!(own(text, "uid"), [expected], "{text}");
        }
        assert_eq!(own("uid=a+uid=b,dc=example", "uid"), ["a", "b"]);
        for text in
            ["cn=Bob B,uid=bob,dc=example", "cn=x\\,uid=bob,dc=example", "uid=#0101ff", "uid=\\ff", ""]
        {
            assert!(own(text, "uid").is_empty(), "{text}");
        }
    }

    #[test]
    fn names_of_one_entry_have_one_hash() {
        let known = std::collections::HashSet::from([dn("CN=x+UID=Alice, dc=Example")]);
        assert!(known.contains(&dn("uid=alice+cn=X,DC=example")));
        assert!(!known.contains(&dn("uid=alice,dc=example")));
    }

    #[test]
    fn a_malformed_name_is_refused() {
        for text in [
            "alice",
            "uid",
            "=alice",
            "uid=a,",
            "uid=a,,dc=b",
            ",uid=a",
            "uid=a+",
            "uid=a;dc=b",
            "uid=\"a",
            "uid=\"a\"b",
            "uid=a\"b\"",
            "uid=\"",
            "uid=<a>",
            "uid=a\\",
            "uid=a\\g0",
            "uid=a\\2",
            "uid=#",
            "uid=#0",
            "uid=#zz",
            "u id=a",
            "1.=a",
            "uid=a\0",
        ] {
            assert_eq!(text.parse::<Dn>(), Err(BadDn), "{text}");
        }
    }

    #[test]
    fn octets_that_are_no_text_and_underscores_are_part_of_a_name() {
        assert_eq!(dn("cn=J\\fcrgen,dc=example"), dn("CN=J\\FCrgen, DC=example"));
        assert_ne!(dn("cn=J\\fcrgen,dc=example"), dn("cn=J\\f6rgen,dc=example"));
        assert_ne!(dn("uid=\\04\\01\\ff"), dn("uid=#0401ff"), "the encoding of a value is not the value");
        assert_eq!(own("cn=\\ff+uid=bob,dc=example", "uid"), ["bob"]);
        assert_eq!(own("staff_id=17,dc=example", "STAFF_ID"), ["17"]);
        assert_eq!("_id=17".parse::<Dn>(), Err(BadDn));
    }

    #[test]
    fn the_same_entry_written_differently_is_the_same() {
        for (a, b) in [
            ("uid=alice,ou=People,dc=example,dc=org", "UID=alice, ou=people, dc=example, dc=org"),
            ("uid=o'neil\\2C pat,dc=example", "uid=O'Neil\\, Pat,dc=example"),
            ("uid=yan+employeeNumber=5,dc=example", "employeenumber=5+userid=Yan,DC=example"),
            ("cn=Bob  B,dc=example", "cn=bob b,dc=example"),
        ] {
            assert_eq!(dn(a), dn(b), "{a} {b}");
        }
        for (a, b) in [
            ("uid=alice,ou=people,dc=example,dc=org", "uid=bob,ou=people,dc=example,dc=org"),
            ("uid=a\\,dc=example", "uid=a,dc=example"),
            ("uid=a,dc=example", "uid=a"),
            ("uid=a+cn=b", "uid=a,cn=b"),
        ] {
            assert_ne!(dn(a), dn(b), "{a} {b}");
        }
        assert!(dn("").is_root() && dn(" ").is_root() && !dn("dc=example").is_root());
    }
}
