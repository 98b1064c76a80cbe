use serde_json::{Map, Value};

use super::servers::NotARecord;

/// How the user name at the servers follows from a mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserName {
    /// It is the whole address.
    Address,
    /// It is the part before the `@`.
    LocalPart,
}

/// What holds for all accounts of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSite {
    /// How user names follow from addresses.
    pub user_name: UserName,
    /// The mail domains; empty if they are not configured.
    pub domains: Vec<String>,
    /// Where people make app passwords: an address or a command.
    pub app_password_help: String,
}

impl MailSite {
    /// Reads the fields of a record `mail_site`.
    ///
    /// # Errors
    /// It is not what docs/protocol.md says.
    pub fn of_record(record: &Map<String, Value>) -> Result<Self, NotARecord> {
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned).ok_or(NotARecord);
        let user_name = match record.get("user_name").and_then(Value::as_str) {
            Some("address") => UserName::Address,
            Some("local_part") => UserName::LocalPart,
            Some(_) | None => return Err(NotARecord),
        };
        let domains = record.get("domains").and_then(Value::as_array).ok_or(NotARecord)?;
        Ok(Self {
            user_name,
            domains: domains.iter().map(text).collect::<Result<_, _>>()?,
            app_password_help: text(record.get("app_password_help").ok_or(NotARecord)?)?,
        })
    }

    /// The page where people make app passwords. `None` if that is done by a command.
    #[must_use]
    pub fn app_password_page(&self) -> Option<&str> {
        let help = self.app_password_help.as_str();
        ["https://", "http://"].iter().any(|scheme| help.starts_with(scheme)).then_some(help)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_is_read_and_only_an_address_is_a_page() {
        let read = |value: Value| MailSite::of_record(value.as_object().unwrap());
        let site = |help: &str| {
            read(json!({ "user_name": "local_part", "domains": ["example.org"], "app_password_help": help }))
        };
        let at_a_page = site("https://account.example.org/mail").unwrap();
        assert_eq!(at_a_page.app_password_page(), Some("https://account.example.org/mail"));
        assert_eq!(
            (at_a_page.user_name, at_a_page.domains.as_slice()),
            (UserName::LocalPart, &["example.org".to_owned()][..])
        );
        for command in ["postern my app-passwords create", "javascript:alert(1)", ""] {
            assert_eq!(site(command).unwrap().app_password_page(), None, "{command}");
        }
        for wrong in [
            json!({}),
            json!({ "user_name": "uid", "domains": [], "app_password_help": "" }),
            json!({ "user_name": "address", "domains": [1], "app_password_help": "" }),
            json!({ "user_name": "address", "domains": [] }),
        ] {
            assert_eq!(read(wrong), Err(NotARecord));
        }
    }
}
