//! `[mail_settings]`: what mail programs are set up with.

use crate::app_password::ScopeWord;
use crate::factor::EmailAddress;

use super::reader::Section;

/// The settings for mail programs, shown beside a new app password.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailSettings {
    /// The IMAP server.
    pub imap: Option<MailServer>,
    /// The POP3 server.
    pub pop3: Option<MailServer>,
    /// The submission server.
    pub smtp: Option<MailServer>,
    /// Where users make app passwords: an address, or a command. `None` means `postern my`.
    pub app_password_help: Option<String>,
    /// The mail domains, in lower case. Programs that set themselves up are told them.
    pub domains: Vec<String>,
    /// What mail programs have to give as the user name, as far as it follows from a mail address.
    pub user_name: MailUserName,
}

/// How the user name at mail services follows from a mail address, for a program that knows only the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MailUserName {
    /// It is the whole address.
    #[default]
    Address,
    /// It is the part before the `@`.
    LocalPart,
}

impl MailUserName {
    /// The value in the configuration, and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::LocalPart => "local_part",
        }
    }
}

impl MailSettings {
    /// Where users make app passwords, as messages say it.
    #[must_use]
    pub fn app_password_help(&self) -> &str {
        self.app_password_help.as_deref().unwrap_or("postern my app-passwords create")
    }

    /// The servers that are set, each with the scope that opens it.
    pub fn servers(&self) -> impl Iterator<Item = (ScopeWord, &MailServer)> {
        let all =
            [(ScopeWord::Imap, &self.imap), (ScopeWord::Pop3, &self.pop3), (ScopeWord::Smtp, &self.smtp)];
        all.into_iter().filter_map(|(word, server)| Some((word, server.as_ref()?)))
    }
}

/// One server in [`MailSettings`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// The host name.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: Tls,
}

/// How a mail program encrypts its connection (RFC 8314).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte.
    Implicit,
    /// After STARTTLS.
    Starttls,
}

impl Tls {
    /// The value in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::Starttls => "starttls",
        }
    }

    /// The name of the setting in mail programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Implicit => "SSL/TLS",
            Self::Starttls => "STARTTLS",
        }
    }
}

/// Reads the section. `user_name` is what works with the directory.
pub(super) fn read(mut section: Section<'_, '_>, user_name: MailUserName) -> MailSettings {
    let named = [MailUserName::Address, MailUserName::LocalPart].map(|name| (name.as_str(), name));
    let settings = MailSettings {
        imap: mail_server(section.section("imap")),
        pop3: mail_server(section.section("pop3")),
        smtp: mail_server(section.section("smtp")),
        app_password_help: app_password_help(&mut section),
        domains: domains(&mut section),
        user_name: section.word("user_name", &named).unwrap_or(user_name),
    };
    section.done();
    settings
}

/// Servers pass it on to mail programs, in whose protocols it has to be ASCII.
fn app_password_help(section: &mut Section<'_, '_>) -> Option<String> {
    let help = section.name("app_password_help")?;
    if !help.is_ascii() {
        section.complain("app_password_help", "has to be ASCII, as in \"https://account.example.org/mail\"");
    }
    Some(help)
}

fn domains(section: &mut Section<'_, '_>) -> Vec<String> {
    let domains = section.strings("domains").unwrap_or_default();
    for domain in &domains {
        // RFC 5321, section 4.5.1: every domain that accepts mail has this address.
        if format!("postmaster@{domain}").parse::<EmailAddress>().is_err() {
            section.complain("domains", format!("\"{domain}\" is not a mail domain such as example.org"));
        }
    }
    domains.iter().map(|domain| domain.to_ascii_lowercase()).collect()
}

fn mail_server(mut section: Section<'_, '_>) -> Option<MailServer> {
    if !section.is_present() {
        return None;
    }
    let host = section.required("host", "\"mail.example.org\"");
    let port = section.number("port", 1..=65_535).and_then(|port| u16::try_from(port).ok());
    if port.is_none() && !section.names().iter().any(|key| key == "port") {
        section.complain("port", "is missing; add port = 993");
    }
    let tls = section
        .word("tls", &[("implicit", Tls::Implicit), ("starttls", Tls::Starttls)])
        .unwrap_or(Tls::Implicit);
    section.done();
    Some(MailServer { host: host?, port: port?, tls })
}
