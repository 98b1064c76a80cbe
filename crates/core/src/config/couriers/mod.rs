//! `[courier.*]`.

mod read;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::factor::EmailAddress;
use crate::sms_rules::SmsRules;

use super::http_url::HttpUrl;
use super::redis::HostPort;
use super::template::Template;

pub(super) use read::couriers;

/// The couriers. Each is absent until it is configured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Couriers {
    /// `[courier.email]`
    pub email: Option<EmailCourier>,
    /// `[courier.sms]`
    pub sms: Option<SmsCourier>,
    /// `[courier.web_push]`
    pub web_push: Option<WebPushCourier>,
    /// `[courier.ntfy]`
    pub ntfy: Option<NtfyCourier>,
}

impl Couriers {
    /// The files that are read with the configuration, without the texts of messages.
    pub(super) fn files(&self) -> Vec<&Path> {
        let mut files: Vec<&Path> = Vec::new();
        if let Some(email) = &self.email {
            files.push(&email.ca_file);
            files.extend(email.credentials_file.as_deref());
        }
        if let Some(SmsWay::Gateway(gateway)) = self.sms.as_ref().map(|sms| &sms.way) {
            files.push(&gateway.ca_file);
            files.extend(gateway.secret_file.as_deref());
        }
        if let Some(push) = &self.web_push {
            files.extend([&*push.ca_file, &*push.key_file]);
        }
        if let Some(ntfy) = &self.ntfy {
            files.push(&ntfy.ca_file);
            files.extend(ntfy.token_file.as_deref());
        }
        files
    }
}

/// `[courier.email]`: a message submission server (RFC 6409).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailCourier {
    /// The host and port.
    pub server: HostPort,
    /// How the connection is encrypted.
    pub tls: MailTls,
    /// The file of trusted certificates (PEM).
    pub ca_file: PathBuf,
    /// A file of two lines, user and password; without it posternd does not authenticate.
    pub credentials_file: Option<PathBuf>,
    /// The sender.
    pub from: Mailbox,
    /// Whether changes of an account are mailed to its owner.
    pub tells_of_changes: bool,
    /// A folder with texts that replace Postern's own.
    pub templates: Option<PathBuf>,
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// From the first byte (RFC 8314).
    Implicit,
    /// After STARTTLS (RFC 3207), which is required.
    Starttls,
    /// Not encrypted; for loopback only.
    None,
}

impl MailTls {
    fn port(self) -> u16 {
        match self {
            Self::Implicit => 465,
            Self::Starttls => 587,
            Self::None => 25,
        }
    }
}

/// A name and an address, `Example Login <login@example.org>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name, if any.
    pub name: Option<String>,
    /// The address.
    pub address: EmailAddress,
}

impl FromStr for Mailbox {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "is not an address such as Example Login <login@example.org>";
        let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => (name.trim(), address),
            None => ("", text),
        };
        let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
        if name.chars().any(|c| c.is_control() || matches!(c, '<' | '>' | '"')) {
            return Err(wrong);
        }
        let name = (!name.is_empty()).then(|| name.to_owned());
        Ok(Self { name, address: address.parse().map_err(|_| wrong)? })
    }
}

/// `[courier.sms]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsCourier {
    /// How messages are sent.
    pub way: SmsWay,
    /// The permitted numbers and the budgets.
    pub rules: SmsRules,
    /// The sender's name at the beginning of each text.
    pub signature: Option<String>,
    /// A folder with texts that replace Postern's own.
    pub templates: Option<PathBuf>,
}

/// How a text message is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmsWay {
    /// By an HTTP request.
    Gateway(Box<SmsGateway>),
    /// By a program with its arguments, run without a shell. The text is on its standard input.
    Command {
        /// The program.
        program: PathBuf,
        /// Its arguments.
        arguments: Vec<Template>,
    },
}

/// An HTTP request that sends a text message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsGateway {
    /// The URL; its path and query are replaced by [`Self::target`].
    pub url: HttpUrl,
    /// The path and the query.
    pub target: Template,
    /// The method.
    pub method: HttpMethod,
    /// The format of the body.
    pub encoding: Encoding,
    /// Header fields.
    pub headers: BTreeMap<String, Template>,
    /// The body.
    pub body: Option<Template>,
    /// The file with `{secret}`.
    pub secret_file: Option<PathBuf>,
    /// A text that a successful answer has to contain.
    pub expect: Option<String>,
    /// The file of trusted certificates (PEM).
    pub ca_file: PathBuf,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpMethod {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
}

/// The format of a body, which determines how inserted values are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 8259.
    Json,
    /// `application/x-www-form-urlencoded`
    Form,
    /// Without escaping.
    Plain,
}

impl Encoding {
    /// The value, escaped for a body of this encoding.
    #[must_use]
    pub fn escaped(self, value: &str) -> String {
        match self {
            Self::Json => {
                let quoted = serde_json::Value::from(value).to_string();
                quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
            }
            Self::Form => percent_encoded(value),
            Self::Plain => value.to_owned(),
        }
    }
}

/// Percent-encodes all characters but unreserved ones (RFC 3986, section 2.1).
#[must_use]
pub fn percent_encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// `[courier.web_push]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebPushCourier {
    /// The file with the key that identifies the site to push services (RFC 8292): PKCS#8, PEM.
    pub key_file: PathBuf,
    /// A contact for their operators: `mailto:` or `https:`.
    pub contact: String,
    /// The permitted push services.
    pub hosts: Vec<HostPattern>,
    /// The file of trusted certificates (PEM).
    pub ca_file: PathBuf,
}

/// A host, or all hosts below a domain; with a port, 443 by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    host: HostPort,
    is_suffix: bool,
}

impl HostPattern {
    /// Whether it matches this server.
    #[must_use]
    pub fn matches(&self, server: &HostPort) -> bool {
        let is_host = if self.is_suffix {
            let front = server.host.strip_suffix(&self.host.host).and_then(|front| front.strip_suffix('.'));
            front.is_some_and(|front| !front.is_empty())
        } else {
            server.host == self.host.host
        };
        is_host && server.port == self.host.port
    }

    /// The URL of the host's root; `None` if it matches many hosts.
    #[must_use]
    pub fn url(&self) -> Option<HttpUrl> {
        let url = HttpUrl { is_tls: true, server: self.host.clone(), target: "/".to_owned() };
        (!self.is_suffix).then_some(url)
    }
}

impl FromStr for HostPattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "is not a host such as fcm.googleapis.com or *.notify.windows.com";
        let (is_suffix, plain) = text.strip_prefix("*.").map_or((false, text), |rest| (true, rest));
        let mut host = HostPort::parse(plain, 443).map_err(|_| wrong)?;
        host.host.make_ascii_lowercase();
        let is_whole = !is_suffix || (host.host.contains('.') && !is_number(&host.host));
        if is_whole && !host.host.starts_with('.') { Ok(Self { host, is_suffix }) } else { Err(wrong) }
    }
}

fn is_number(host: &str) -> bool {
    host.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b':')
}

/// `[courier.ntfy]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NtfyCourier {
    /// The URL of the server's root.
    pub url: HttpUrl,
    /// The file with the access token; without it posternd does not authenticate.
    pub token_file: Option<PathBuf>,
    /// The file of trusted certificates (PEM).
    pub ca_file: PathBuf,
}
