use postern_ipc::Secret;
use serde_json::json;

use super::servers::{MailServer, NewMailAccount, Protocol, Tls};

/// The text of a QR code that Thunderbird for Android imports ("Export for Mobile" of Thunderbird, format 1): one account with its
/// password. Draw it in byte mode.
///
/// `None` without a server to read from, one to send by, or a mail address, all of which the format demands. The text holds the
/// password: show it in the reply that made it and keep it nowhere.
#[must_use]
pub fn thunderbird_qr(account: &NewMailAccount<'_>) -> Option<Secret> {
    let (incoming, outgoing) = (account.servers.incoming()?, account.servers.outgoing()?);
    let (address, password) = (account.address?, account.password.expose());
    let protocol = match incoming.protocol {
        Protocol::Imap => 0,
        Protocol::Pop3 => 1,
        Protocol::Smtp => return None,
    };
    let text = json!([
        FORMAT,
        PART_ONE_OF_ONE,
        [
            protocol,
            incoming.host,
            incoming.port,
            security(incoming),
            PASSWORD,
            account.user,
            account.label,
            password
        ],
        [[
            [SMTP, outgoing.host, outgoing.port, security(outgoing), PASSWORD, account.user, password],
            [address, account.name],
        ]],
    ]);
    Some(Secret::new(text.to_string()))
}

fn security(server: &MailServer) -> u8 {
    match server.tls {
        Tls::Starttls => 2,
        Tls::Implicit => 3,
    }
}

const FORMAT: u8 = 1;
const PART_ONE_OF_ONE: [u8; 2] = [1, 1];
const SMTP: u8 = 0;
/// The usual password, in the clear inside TLS.
const PASSWORD: u8 = 1;

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::client_setup::servers::{MailServers, servers_of};

    use super::*;

    fn account<'a>(servers: &'a MailServers, password: &'a Secret) -> NewMailAccount<'a> {
        NewMailAccount {
            user: "user",
            address: Some("mail@x.example"),
            name: "Name",
            label: "account",
            password,
            servers,
        }
    }

    fn both() -> MailServers {
        servers_of(&json!([
            { "protocol": "IMAP", "host": "imap.host", "port": 993, "tls": "implicit" },
            { "protocol": "SMTP", "host": "smtp.host", "port": 587, "tls": "starttls" },
        ]))
        .unwrap()
    }

    #[test]
    fn the_text_equals_the_documented_format() {
        let (servers, password) = (both(), Secret::new("PASSWORD".to_owned()));
        let text = thunderbird_qr(&account(&servers, &password)).unwrap();
        assert_eq!(
            text.expose(),
            r#"[1,[1,1],[0,"imap.host",993,3,1,"user","account","PASSWORD"],[[[0,"smtp.host",587,2,1,"user","PASSWORD"],["mail@x.example","Name"]]]]"#
        );
    }

    #[test]
    fn hostile_texts_come_back_as_they_were() {
        let (servers, password) = (both(), Secret::new("\"],[<&'\n邮".to_owned()));
        let hostile = NewMailAccount { label: "\"]]]\u{0}\n", ..account(&servers, &password) };
        let text = thunderbird_qr(&hostile).unwrap();
        let read: Value = serde_json::from_str(text.expose()).unwrap();
        assert_eq!((read[2][6].as_str(), read[2][7].as_str()), (Some("\"]]]\u{0}\n"), Some("\"],[<&'\n邮")));
    }

    #[test]
    fn what_the_format_demands_is_there_or_there_is_none() {
        let (servers, password) = (both(), Secret::new("x".to_owned()));
        assert!(thunderbird_qr(&NewMailAccount { address: None, ..account(&servers, &password) }).is_none());
        assert!(thunderbird_qr(&account(&MailServers::default(), &password)).is_none());
    }
}
