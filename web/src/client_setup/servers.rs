use postern_ipc::Secret;
use serde_json::{Map, Value};

/// A protocol of mail programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// IMAP.
    Imap,
    /// POP3.
    Pop3,
    /// Submission by SMTP.
    Smtp,
}

/// How a connection is encrypted (RFC 8314). There is no setting without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte.
    Implicit,
    /// After STARTTLS.
    Starttls,
}

/// One server of a mail program's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// What it speaks.
    pub protocol: Protocol,
    /// Its host name.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: Tls,
}

/// The servers that mail programs may use, at most one of each protocol.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailServers(Vec<MailServer>);

/// A record lacks a field, or has one that it cannot have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotARecord;

/// A mail program's account, with the app password that was made for it.
#[derive(Debug, Clone, Copy)]
pub struct NewMailAccount<'a> {
    /// The user name at the servers.
    pub user: &'a str,
    /// The mail address, if the account has one.
    pub address: Option<&'a str>,
    /// The person's name, as recipients see it.
    pub name: &'a str,
    /// What the mail program calls the account.
    pub label: &'a str,
    /// The app password. It is passed on as it is, so leave out what only groups it.
    pub password: &'a Secret,
    /// The servers that this password opens.
    pub servers: &'a MailServers,
}

impl<'a> NewMailAccount<'a> {
    /// The account of a person whose name is not known: recipients see the address, or else the user name. An empty `address` is none.
    pub(crate) fn without_name(
        user: &'a str,
        address: &'a str,
        label: &'a str,
        password: &'a Secret,
        servers: &'a MailServers,
    ) -> Self {
        let address = (!address.is_empty()).then_some(address);
        Self { user, address, name: address.unwrap_or(user), label, password, servers }
    }
}

impl MailServers {
    /// Reads the fields of records `mail_setting`. Protocols that are not known here are left out, as a newer posternd may tell more.
    ///
    /// # Errors
    /// One of them is not what docs/protocol.md says.
    pub fn of_records<'r>(
        records: impl IntoIterator<Item = &'r Map<String, Value>>,
    ) -> Result<Self, NotARecord> {
        let mut servers: Vec<MailServer> = Vec::new();
        for record in records {
            let text = |name: &str| record.get(name).and_then(Value::as_str).ok_or(NotARecord);
            let protocol = match text("protocol")? {
                "IMAP" => Protocol::Imap,
                "POP3" => Protocol::Pop3,
                "SMTP" => Protocol::Smtp,
                _ => continue,
            };
            let tls = match text("tls")? {
                "implicit" => Tls::Implicit,
                "starttls" => Tls::Starttls,
                _ => return Err(NotARecord),
            };
            let port = record.get("port").and_then(Value::as_u64).and_then(|port| port.try_into().ok());
            let port = port.filter(|port| *port > 0).ok_or(NotARecord)?;
            if servers.iter().all(|known| known.protocol != protocol) {
                servers.push(MailServer { protocol, host: text("host")?.to_owned(), port, tls });
            }
        }
        Ok(Self(servers))
    }

    /// The server of a protocol.
    #[must_use]
    pub fn of(&self, protocol: Protocol) -> Option<&MailServer> {
        self.0.iter().find(|server| server.protocol == protocol)
    }

    /// The server that mail is read from: IMAP, or else POP3.
    #[must_use]
    pub fn incoming(&self) -> Option<&MailServer> {
        self.of(Protocol::Imap).or_else(|| self.of(Protocol::Pop3))
    }

    /// The server that mail is sent by.
    #[must_use]
    pub fn outgoing(&self) -> Option<&MailServer> {
        self.of(Protocol::Smtp)
    }
}

/// Servers for tests.
#[cfg(test)]
pub(super) fn servers_of(records: &Value) -> Result<MailServers, NotARecord> {
    MailServers::of_records(records.as_array().unwrap().iter().map(|record| record.as_object().unwrap()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_are_read_and_unknown_protocols_are_left_out() {
        let servers = servers_of(&json!([
            { "protocol": "POP3", "host": "pop.example.org", "port": 995, "tls": "implicit" },
            { "protocol": "JMAP", "host": "jmap.example.org", "port": 443, "tls": "quic" },
            { "protocol": "SMTP", "host": "smtp.example.org", "port": 587, "tls": "starttls" },
        ]))
        .unwrap();
        let incoming = servers.incoming().unwrap();
        assert_eq!((incoming.protocol, incoming.port, incoming.tls), (Protocol::Pop3, 995, Tls::Implicit));
        assert_eq!(servers.outgoing().unwrap().tls, Tls::Starttls);
        assert_eq!(servers.of(Protocol::Imap), None);
        assert_eq!(servers_of(&json!([])).unwrap().incoming(), None);
    }

    #[test]
    fn a_record_that_lacks_encryption_or_has_no_port_is_refused() {
        for wrong in [
            json!({ "protocol": "IMAP", "host": "h", "port": 143, "tls": "none" }),
            json!({ "protocol": "IMAP", "host": "h", "port": 143 }),
            json!({ "protocol": "IMAP", "host": "h", "port": 0, "tls": "implicit" }),
            json!({ "protocol": "IMAP", "host": "h", "port": 65_536, "tls": "implicit" }),
            json!({ "protocol": "IMAP", "host": 1, "port": 993, "tls": "implicit" }),
            json!({}),
        ] {
            assert_eq!(servers_of(&json!([wrong])), Err(NotARecord), "{wrong}");
        }
    }
}
