//! Dovecot's userdb fields, filled from templates over an account's attributes.

use std::collections::BTreeMap;

use crate::account::Account;

/// The settings for lookups by mail servers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Userdb {
    /// A template for each field.
    fields: Vec<(String, Template)>,
    /// The result of a lookup for a disabled or expired account.
    pub disabled_lookup: DisabledLookup,
}

/// The result of a lookup, such as for a delivery, for a disabled or expired account. The account opens nothing in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DisabledLookup {
    /// The account: its mail is still delivered.
    #[default]
    Found,
    /// A temporary failure: its mail waits in the queue.
    Defer,
    /// No account: its mail goes back to the senders.
    Unknown,
}

impl DisabledLookup {
    /// Every value with its name in the configuration.
    pub const NAMED: [(&'static str, Self); 3] =
        [("found", Self::Found), ("defer", Self::Defer), ("unknown", Self::Unknown)];
}

impl Userdb {
    /// Reads the templates by field name.
    ///
    /// # Errors
    /// The wrong field, and what is wrong with it.
    pub fn parse(fields: &BTreeMap<String, String>) -> Result<Self, (String, BadTemplate)> {
        fields
            .iter()
            .map(|(field, template)| {
                let valid = !field.is_empty()
                    && field.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
                let parsed = if valid { Template::parse(template) } else { Err(BadTemplate::FieldName) };
                parsed.map(|parsed| (field.clone(), parsed)).map_err(|error| (field.clone(), error))
            })
            .collect::<Result<_, _>>()
            .map(|fields| Self { fields, disabled_lookup: DisabledLookup::default() })
    }

    /// The fields of `account`. A field is left out if the account lacks an attribute of its template.
    ///
    /// # Errors
    /// A value that must not reach a mail server: with a control character, a uid or gid that is 0 or not a number, or an
    /// attribute with several values, which servers return in any order.
    pub fn fill(&self, account: &Account) -> Result<BTreeMap<String, String>, BadField> {
        let mut fields = BTreeMap::new();
        for (field, template) in &self.fields {
            let several = |attribute: &str| BadField {
                field: field.clone(),
                what: format!("names {attribute}, which has several values"),
            };
            let Some(value) = template.fill(account).map_err(several)? else { continue };
            if value.chars().any(char::is_control) {
                return Err(BadField { field: field.clone(), what: "holds a control character".to_owned() });
            }
            let is_id = matches!(field.as_str(), "uid" | "gid");
            if is_id && !value.parse::<u32>().is_ok_and(|id| id != 0) {
                return Err(BadField { field: field.clone(), what: "is not a number above 0".to_owned() });
            }
            fields.insert(field.clone(), value);
        }
        Ok(fields)
    }

    /// The names of the attributes that the templates refer to.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().flat_map(|(_, template)| &template.0).filter_map(|piece| match piece {
            Piece::Attribute(name) => Some(name.as_str()),
            Piece::Text(_) | Piece::User | Piece::Local | Piece::Domain => None,
        })
    }
}

/// Why a template is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    /// A `{` without its `}`, a `}` alone, or nothing between them.
    #[error(
        "has braces that do not match; write {{user}}, {{local}}, {{domain}} or an attribute's name in braces"
    )]
    Braces,
    /// An attribute name with invalid characters (RFC 4512, section 1.4).
    #[error("names an attribute with characters that no attribute name has")]
    AttributeName,
    /// A field name that Dovecot would not accept.
    #[error("is not a userdb field's name, which has lower-case letters, digits and underscores")]
    FieldName,
}

/// A value of an account that must not reach a mail server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("userdb field {field} {what}")]
pub struct BadField {
    field: String,
    what: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    User,
    Local,
    Domain,
    Attribute(String),
}

impl Template {
    fn parse(text: &str) -> Result<Self, BadTemplate> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after.split_once('}').ok_or(BadTemplate::Braces)?;
            if before.contains('}') || name.is_empty() || name.contains('{') {
                return Err(BadTemplate::Braces);
            }
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Self::placeholder(name)?);
            rest = behind;
        }
        if rest.contains('}') {
            return Err(BadTemplate::Braces);
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    fn placeholder(name: &str) -> Result<Piece, BadTemplate> {
        match name {
            "user" => Ok(Piece::User),
            "local" => Ok(Piece::Local),
            "domain" => Ok(Piece::Domain),
            name if name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b';' | b'.')) => {
                Ok(Piece::Attribute(name.to_owned()))
            }
            _ => Err(BadTemplate::AttributeName),
        }
    }

    /// The filled template; `None` if the account lacks an attribute.
    ///
    /// # Errors
    /// The attribute that has several values.
    fn fill<'a>(&'a self, account: &'a Account) -> Result<Option<String>, &'a str> {
        let (local, domain) = account.name.split_once('@').unwrap_or((&account.name, ""));
        let piece = |piece: &'a Piece| match piece {
            Piece::Text(text) => Ok(Some(text.as_str())),
            Piece::User => Ok(Some(account.name.as_str())),
            Piece::Local => Ok(Some(local)),
            Piece::Domain => Ok(Some(domain)),
            Piece::Attribute(name) => match account.attributes.values(name) {
                [] => Ok(None),
                [value] => Ok(Some(value.as_str())),
                _ => Err(name.as_str()),
            },
        };
        let parts: Result<Vec<Option<&str>>, &str> = self.0.iter().map(piece).collect();
        Ok(parts?.into_iter().collect::<Option<Vec<_>>>().map(|parts| parts.concat()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountData, AccountId, Attributes, Freshness, Revision};
    use crate::account_status::AccountStatus;

    fn account() -> Account {
        let mut attributes = Attributes::new();
        attributes.set("uidNumber", vec!["10001".to_owned()]);
        attributes.set("evil", vec!["a\tuserdb_uid=0".to_owned()]);
        attributes.set("root", vec!["0".to_owned()]);
        attributes.set("several", vec!["a".to_owned(), "b".to_owned()]);
        Account {
            id: AccountId::new("1".to_owned()),
            name: "alice@example.org".to_owned(),
            status: AccountStatus::Active,
            attributes,
            addresses: Vec::new(),
            password_marker: String::new(),
            data: AccountData::default(),
            revision: Revision(0),
            locator: String::new(),
            freshness: Freshness::Fresh,
        }
    }

    fn fill(field: &str, template: &str) -> Result<BTreeMap<String, String>, BadField> {
        Userdb::parse(&BTreeMap::from([(field.to_owned(), template.to_owned())])).unwrap().fill(&account())
    }

    #[test]
    fn templates_are_filled_from_the_name_and_the_attributes() {
        assert_eq!(
            fill("home", "/srv/{domain}/{local}/{uidnumber}").unwrap()["home"],
            "/srv/example.org/alice/10001"
        );
        assert_eq!(fill("uid", "{uidNumber}").unwrap()["uid"], "10001");
        assert_eq!(fill("user_name", "{user}").unwrap()["user_name"], "alice@example.org");
    }

    #[test]
    fn a_field_without_its_attribute_is_left_out() {
        assert!(fill("quota_rule", "*:storage={mailQuota}").unwrap().is_empty());
    }

    #[test]
    fn of_several_values_none_is_picked() {
        let error = fill("home", "/srv/{several}").unwrap_err().to_string();
        assert_eq!(error, "userdb field home names several, which has several values");
    }

    #[test]
    fn root_and_control_characters_never_reach_a_mail_server() {
        assert!(fill("uid", "{root}").is_err());
        assert!(fill("gid", "{user}").is_err());
        assert!(fill("home", "/srv/{evil}").is_err());
    }

    #[test]
    fn broken_templates_are_refused() {
        for template in ["{", "}", "{}", "{a", "a}", "{{user}}", "{user name}"] {
            assert!(Template::parse(template).is_err(), "{template}");
        }
        assert!(Userdb::parse(&BTreeMap::from([("Home=".to_owned(), "x".to_owned())])).is_err());
    }
}
