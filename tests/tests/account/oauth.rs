//! The session mail password as a bearer token, for a web mail that can do nothing but OAuth: Dovecot 2.3 hands the token of XOAUTH2
//! and OAUTHBEARER (RFC 7628) to checkpassword as a password.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postern_tests::account_host::AccountHost;
use postern_tests::dovecot::{Dovecot, DovecotConfig};
use postern_tests::form_client::FormClient;
use postern_tests::login_host::Stores;

use crate::applications::let_in;

/// Whether IMAP lets `user` in with `token`, by a mechanism with an initial response.
fn is_in(dovecot: &Dovecot, mechanism: &str, response: &str) -> bool {
    let mut stream = TcpStream::connect(("127.0.0.1", dovecot.imap_port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    assert!(line.contains(&format!("AUTH={mechanism}")), "{line}");
    write!(stream, "a AUTHENTICATE {mechanism} {}\r\n", STANDARD.encode(response)).unwrap();
    loop {
        line.clear();
        lines.read_line(&mut line).unwrap();
        match line.split(' ').next() {
            // What is wrong with the token; an empty answer ends it (RFC 7628, section 3.2.3).
            Some("+") => stream.write_all(b"AQ==\r\n").unwrap(),
            Some("a") => return line.starts_with("a OK"),
            Some(_) | None => assert!(!line.is_empty(), "the end of the connection"),
        }
    }
}

/// The initial response of a mechanism, for a user and a token.
type Response = fn(&str, &str) -> String;

fn xoauth2(user: &str, token: &str) -> String {
    format!("user={user}\x01auth=Bearer {token}\x01\x01")
}

fn oauthbearer(user: &str, token: &str) -> String {
    format!("n,a={user},\x01host=localhost\x01port=143\x01auth=Bearer {token}\x01\x01")
}

#[test]
fn a_session_mail_password_is_a_bearer_token_until_its_session_ends() {
    let host = AccountHost::shared(Stores::Embedded);
    let more = "auth_mechanisms = plain login xoauth2 oauthbearer".to_owned();
    let dovecot = Dovecot::start(&DovecotConfig { more, ..host.site.dovecot_config() });
    let (anna, bert) = (host.user("anna"), host.user("bert"));
    let mut client = FormClient::logged_in(&host, &anna);
    let in_mail = let_in(&host, &mut client);
    let mechanisms = [("XOAUTH2", xoauth2 as Response), ("OAUTHBEARER", oauthbearer)];
    for (mechanism, response) in mechanisms {
        assert!(is_in(&dovecot, mechanism, &response(&anna.unix.name, &in_mail.password)), "{mechanism}");
        assert!(!is_in(&dovecot, mechanism, &response(&bert.unix.name, &in_mail.password)), "{mechanism}");
        let wrong = in_mail.password.replace("mail_", "mail_A");
        assert!(!is_in(&dovecot, mechanism, &response(&anna.unix.name, &wrong)), "{mechanism}");
    }
    client.get("/security");
    client.submit("/log-out", &[]);
    for (mechanism, response) in mechanisms {
        assert!(!is_in(&dovecot, mechanism, &response(&anna.unix.name, &in_mail.password)), "{mechanism}");
    }
}
