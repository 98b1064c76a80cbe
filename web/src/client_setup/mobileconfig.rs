use std::fmt;

use postern_ipc::Secret;

use super::servers::{MailServer, NewMailAccount, Protocol};
use super::xml::Xml;

/// The content type of [`mobileconfig`].
pub const MOBILECONFIG_TYPE: &str = "application/x-apple-aspen-config";

/// A random UUID (RFC 9562, version 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// A new one.
    ///
    /// # Errors
    /// The operating system gives no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        let mut number = u128::from_be_bytes(bytes);
        number = number & !(0xf << 76) | (4 << 76);
        number = number & !(0b11 << 62) | (0b10 << 62);
        Ok(Self(number.to_be_bytes()))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{dash}{byte:02X}")?;
        }
        Ok(())
    }
}

/// An Apple configuration profile that sets up one mail account with its password (payload `com.apple.mail.managed`), as an XML
/// property list. It is not signed. A later profile for the same user at the same server replaces it on the device.
///
/// `organization` is who gives it out. `uuids` are those of the profile and of its payload; make new ones each time. `None` without a
/// server to read from and one to send by, both of which Apple demands. The text holds the password: send it in the reply that made it,
/// with [`MOBILECONFIG_TYPE`], and keep it nowhere.
#[must_use]
pub fn mobileconfig(account: &NewMailAccount<'_>, organization: &str, uuids: [Uuid; 2]) -> Option<Secret> {
    let (incoming, outgoing) = (account.servers.incoming()?, account.servers.outgoing()?);
    let [of_profile, of_payload] = uuids.map(|uuid| uuid.to_string());
    let identifier = identifier(incoming, account.user);
    let mut xml = Xml::new(Some(DOCTYPE));
    xml.element("plist", &[("version", "1.0")], |xml| {
        dict(xml, |profile| {
            profile.string("PayloadType", "Configuration");
            profile.integer("PayloadVersion", 1);
            profile.string("PayloadIdentifier", &identifier);
            profile.string("PayloadUUID", &of_profile);
            profile.string("PayloadDisplayName", account.label);
            profile.string("PayloadOrganization", organization);
            profile.key("PayloadContent");
            profile.0.element("array", &[], |xml| {
                dict(xml, |payload| {
                    payload.string("PayloadType", "com.apple.mail.managed");
                    payload.integer("PayloadVersion", 1);
                    payload.string("PayloadIdentifier", &format!("{identifier}.account"));
                    payload.string("PayloadUUID", &of_payload);
                    payload.string("PayloadDisplayName", account.label);
                    write_account(payload, account, incoming, outgoing);
                });
            });
        });
    });
    Some(Secret::new(xml.finish()))
}

fn write_account(
    payload: &mut PropertyList<'_>,
    account: &NewMailAccount<'_>,
    incoming: &MailServer,
    outgoing: &MailServer,
) {
    let kind = match incoming.protocol {
        Protocol::Imap | Protocol::Smtp => "EmailTypeIMAP",
        Protocol::Pop3 => "EmailTypePOP",
    };
    payload.string("EmailAccountType", kind);
    payload.string("EmailAccountDescription", account.label);
    payload.string("EmailAccountName", account.name);
    if let Some(address) = account.address {
        payload.string("EmailAddress", address);
    }
    payload.string("IncomingMailServerAuthentication", "EmailAuthPassword");
    payload.string("IncomingMailServerHostName", &incoming.host);
    payload.integer("IncomingMailServerPortNumber", incoming.port);
    // With STARTTLS too: the program finds out by the port.
    payload.yes("IncomingMailServerUseSSL");
    payload.string("IncomingMailServerUsername", account.user);
    payload.string("IncomingPassword", account.password.expose());
    payload.string("OutgoingMailServerAuthentication", "EmailAuthPassword");
    payload.string("OutgoingMailServerHostName", &outgoing.host);
    payload.integer("OutgoingMailServerPortNumber", outgoing.port);
    payload.yes("OutgoingMailServerUseSSL");
    payload.string("OutgoingMailServerUsername", account.user);
    payload.yes("OutgoingPasswordSameAsIncomingPassword");
}

/// The same for each profile of this user at this server.
fn identifier(incoming: &MailServer, user: &str) -> String {
    let plain = |text: &str| -> String {
        let each = |c: char| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' => c.to_string(),
            other => format!("_{:x}_", u32::from(other)),
        };
        text.chars().map(each).collect()
    };
    format!("postern.mail.{}.{}", plain(&incoming.host), plain(user))
}

/// Keys and values of a property list (plist(5)).
struct PropertyList<'x>(&'x mut Xml);

fn dict(xml: &mut Xml, content: impl FnOnce(&mut PropertyList<'_>)) {
    xml.element("dict", &[], |xml| content(&mut PropertyList(xml)));
}

impl PropertyList<'_> {
    fn key(&mut self, name: &'static str) {
        self.0.leaf("key", &[], name);
    }

    fn string(&mut self, name: &'static str, value: &str) {
        self.key(name);
        self.0.leaf("string", &[], value);
    }

    fn integer(&mut self, name: &'static str, value: u16) {
        self.key(name);
        self.0.leaf("integer", &[], &value.to_string());
    }

    fn yes(&mut self, name: &'static str) {
        self.key(name);
        self.0.empty("true");
    }
}

const DOCTYPE: &str =
    "plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\"";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::client_setup::servers::{MailServers, servers_of};

    use super::*;

    fn servers() -> MailServers {
        servers_of(&json!([
            { "protocol": "POP3", "host": "pop.example.org", "port": 995, "tls": "implicit" },
            { "protocol": "SMTP", "host": "smtp.example.org", "port": 587, "tls": "starttls" },
        ]))
        .unwrap()
    }

    fn account<'a>(servers: &'a MailServers, password: &'a Secret) -> NewMailAccount<'a> {
        NewMailAccount {
            user: "al<ice",
            address: None,
            name: "A & B",
            label: "\"Mail\"\n",
            password,
            servers,
        }
    }

    #[test]
    fn a_uuid_is_random_and_of_version_4() {
        let (one, other) = (Uuid::random().unwrap(), Uuid::random().unwrap());
        assert_ne!(one, other);
        for uuid in [one, other] {
            let text = uuid.to_string();
            let lengths: Vec<usize> = text.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{text}");
            assert!(
                text.chars().nth(14) == Some('4') && "89AB".contains(text.chars().nth(19).unwrap()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_profile_holds_the_account_escaped_and_no_server_is_missing() {
        let (servers, password) = (servers(), Secret::new("p<&>\"'w".to_owned()));
        let uuids = [Uuid([0x11; 16]), Uuid([0x22; 16])];
        let text = mobileconfig(&account(&servers, &password), "Example & Co", uuids).unwrap();
        for part in [
            "<key>EmailAccountType</key>\n        <string>EmailTypePOP</string>",
            "<key>IncomingPassword</key>\n        <string>p&lt;&amp;&gt;&quot;&#39;w</string>",
            "<key>OutgoingMailServerPortNumber</key>\n        <integer>587</integer>",
            "<key>PayloadIdentifier</key>\n    <string>postern.mail.pop.example.org.al_3c_ice</string>",
            "<string>22222222-2222-2222-2222-222222222222</string>",
            "<string>Example &amp; Co</string>",
        ] {
            assert!(text.expose().contains(part), "{part}: {}", text.expose());
        }
        assert!(!text.expose().contains("EmailAddress"));
        let nothing = MailServers::default();
        assert!(mobileconfig(&account(&nothing, &password), "x", uuids).is_none());
    }
}
