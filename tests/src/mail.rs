//! Mail clients that are not ours: Python's imaplib and poplib log in over TCP.

use serde_json::json;

use crate::Dovecot;
use crate::python::THIRD_PARTY;

/// A login of a mail client.
#[derive(Debug, Clone)]
pub struct Login {
    protocol: Protocol,
    port: u16,
    user: String,
    password: String,
    source: String,
}

/// What the client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// IMAP.
    Imap,
    /// POP3.
    Pop3,
}

/// What the client experienced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailAnswer {
    /// It logged in and opened the mailbox: the server's words about that.
    In(String),
    /// It was refused: the server's full text.
    Refused(String),
}

impl Login {
    /// A login to this Dovecot from 127.0.0.1.
    #[must_use]
    pub fn new(dovecot: &Dovecot, protocol: Protocol, user: &str, password: &str) -> Self {
        let port = match protocol {
            Protocol::Imap => dovecot.imap_port(),
            Protocol::Pop3 => dovecot.pop3_port(),
        };
        let (user, password) = (user.to_owned(), password.to_owned());
        Self { protocol, port, user, password, source: "127.0.0.1".to_owned() }
    }

    /// The same from another address of the loopback network, such as 127.0.0.9.
    #[must_use]
    pub fn from(mut self, source: &str) -> Self {
        source.clone_into(&mut self.source);
        self
    }

    /// Logs in, opens the mailbox, logs out. A client that gets neither a yes nor a no panics.
    #[must_use]
    pub fn run(&self) -> MailAnswer {
        let protocol = match self.protocol {
            Protocol::Imap => "imap",
            Protocol::Pop3 => "pop3",
        };
        let login =
            json!({ "port": self.port, "source": self.source, "user": self.user, "password": self.password });
        let answer = THIRD_PARTY.ask(protocol, login);
        let text = answer["text"].as_str().expect("the mail client's text").to_owned();
        match answer["in"].as_bool() {
            Some(true) => MailAnswer::In(text),
            Some(false) => MailAnswer::Refused(text),
            None => panic!("the mail client said {answer}"),
        }
    }
}

impl MailAnswer {
    /// Whether it logged in.
    #[must_use]
    pub fn is_in(&self) -> bool {
        matches!(self, Self::In(_))
    }

    /// Whether the server said that it could not tell: IMAP's `[UNAVAILABLE]` or POP3's `[SYS/TEMP]`.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Refused(text) if text.contains("[UNAVAILABLE]") || text.contains("[SYS/TEMP]"))
    }

    /// The server's words.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::In(text) | Self::Refused(text) => text,
        }
    }
}

impl Dovecot {
    /// An IMAP login from 127.0.0.1.
    #[must_use]
    pub fn imap(&self, user: &str, password: &str) -> MailAnswer {
        Login::new(self, Protocol::Imap, user, password).run()
    }

    /// A POP3 login from 127.0.0.1.
    #[must_use]
    pub fn pop3(&self, user: &str, password: &str) -> MailAnswer {
        Login::new(self, Protocol::Pop3, user, password).run()
    }
}
