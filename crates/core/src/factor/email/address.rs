use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A mailbox (RFC 5321, section 4.1.2): ASCII, a dot-string and a domain with a dot, without quotes, comments or literals.
/// No character in it has a special meaning in a header or a command line.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A masked form that only the owner recognises: `al…@example.org`.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let shown = local.len().div_ceil(3).min(2);
        let begin: String = local.chars().take(shown).collect();
        format!("{begin}…@{domain}")
    }

    /// Whether both are probably delivered to one mailbox: ignoring ASCII case and the detail behind a plus
    /// in the local part (RFC 5233).
    #[must_use]
    pub fn is_delivered_with(&self, other: &str) -> bool {
        let plain = |address: &str| match address.rsplit_once('@') {
            Some((local, domain)) => {
                let local = local.split('+').next().unwrap_or_default();
                format!("{local}@{domain}").to_ascii_lowercase()
            }
            None => address.to_ascii_lowercase(),
        };
        plain(&self.0) == plain(other)
    }

    /// The form by which limits identify the mailbox.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for EmailAddress {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let (local, domain) = text.rsplit_once('@').ok_or(BadAddress)?;
        let is_atom = |atom: &str| {
            !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || ATEXT.contains(&b))
        };
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let is_local = local.len() <= 64 && !local.starts_with('-') && local.split('.').all(is_atom);
        let is_domain = domain.contains('.') && domain.split('.').all(is_label);
        // RFC 5321, section 4.5.3.1.3: a path has 256 octets, of which the angle brackets are two.
        if is_local && is_domain && text.len() <= 254 { Ok(Self(text.to_owned())) } else { Err(BadAddress) }
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = BadAddress;

    fn try_from(text: String) -> Result<Self, BadAddress> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", self.masked())
    }
}

/// The text is not the address of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address such as name@example.org")]
pub struct BadAddress;

/// RFC 5322, section 3.2.3, without letters and digits.
const ATEXT: &[u8] = b"!#$%&'*+-/=?^_`{|}~";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_form_and_nothing_else_is_one() {
        for good in ["a@example.org", "a.b+c@mail.example.org", "o'brien_1@x-y.example"] {
            assert_eq!(good.parse::<EmailAddress>().unwrap().as_str(), good);
        }
        let long = format!("{}@example.org", "a".repeat(65));
        for bad in [
            "",
            "a",
            "@",
            "a@",
            "@example.org",
            "a@localhost",
            "a@@example.org",
            "a b@example.org",
            "a..b@example.org",
            ".a@example.org",
            "\"a\"@example.org",
            "a@[192.0.2.1]",
            "a@example..org",
            "a@-example.org",
            "a@example.org\r\nBcc: b@example.org",
            "a,b@example.org",
            "<a@example.org>",
            "ä@example.org",
            "-oQ/tmp@example.org",
            "a@example.org\n",
            &long,
        ] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_masked_address_does_not_reveal_the_address() {
        let masked = |text: &str| text.parse::<EmailAddress>().unwrap().masked();
        assert_eq!(masked("alice@example.org"), "al…@example.org");
        assert_eq!(masked("al@example.org"), "a…@example.org");
        assert_eq!(
            format!("{:?}", "alice@example.org".parse::<EmailAddress>().unwrap()),
            "EmailAddress(al…@example.org)"
        );
    }
}
