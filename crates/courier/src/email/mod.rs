mod starttls;
mod stream;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::Address;
use lettre::address::AddressError;
use lettre::message::header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::extension::ClientId;
use postern_core::config::{EmailCourier, HostPort, MailTls};
use postern_core::courier::{CourierError, Message};
use postern_core::factor::EmailAddress;
use postern_core::words::Language;
use rustls_pki_types::ServerName;

use crate::tls::Tls;
use crate::wording::{self, Wording};
use crate::{OpenError, secrets};
use stream::Bounded;

/// Sends mail through a submission server (RFC 6409).
pub(crate) struct Email {
    server: HostPort,
    encryption: Encryption,
    hello: ClientId,
    credentials: Option<Credentials>,
    from: Mailbox,
    wording: Wording,
}

enum Encryption {
    Implicit(Tls, ServerName<'static>),
    Starttls(Tls, ServerName<'static>),
    None,
}

impl Email {
    pub(crate) fn open(config: &EmailCourier) -> Result<Self, OpenError> {
        let encryption = match config.tls {
            MailTls::None => Encryption::None,
            way @ (MailTls::Implicit | MailTls::Starttls) => {
                let name = postern_tls::server_name(&config.server.host).ok_or_else(|| {
                    OpenError::new(SECTION, "host is no name that a certificate could have")
                })?;
                let tls = Tls::open(SECTION, &config.ca_file)?;
                if way == MailTls::Implicit {
                    Encryption::Implicit(tls, name)
                } else {
                    Encryption::Starttls(tls, name)
                }
            }
        };
        let login = |path| {
            let [user, password] =
                secrets::lines(SECTION, path, "holds two lines, the user and the password")?;
            Ok(Credentials::new(user.expose().to_owned(), password.expose().to_owned()))
        };
        let address = address(&config.from.address)
            .map_err(|error| OpenError::new(SECTION, format!("from is no address to write from: {error}")))?;
        Ok(Self {
            server: config.server.clone(),
            encryption,
            hello: own_name(),
            credentials: config.credentials_file.as_deref().map(login).transpose()?,
            from: Mailbox::new(config.from.name.clone(), address),
            wording: Wording::read(SECTION, config.templates.as_deref(), &wording::MAIL)?,
        })
    }

    pub(crate) async fn send(
        &self,
        to: &EmailAddress,
        language: Language,
        message: &Message<'_>,
    ) -> Result<(), CourierError> {
        let said = self.wording.mail(language, message).ok_or_else(|| wording::unsupported(message))?;
        let unwritten = || CourierError::Refused("no mail can be written to this address".to_owned());
        let to = Mailbox::new(None, address(to).map_err(|_| unwritten())?);
        let mail = MessageBuilder::new()
            .from(self.from.clone())
            .to(to)
            .raw_header(subject(said.subject))
            .header(MIME_VERSION_1_0)
            .message_id(Some(self.message_id()?))
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(said.text + "\n")
            .map_err(|_| unwritten())?;
        let mut connection = self.connect().await?;
        let sent = connection.send(mail.envelope(), &mail.formatted()).await;
        sent.map_err(|error| self.refusal(&error))?;
        // The mail was accepted. The server's answer to QUIT does not matter.
        drop(tokio::time::timeout(GOODBYE, connection.quit()).await);
        Ok(())
    }

    /// Connects, says hello and logs in as for a mail, without sending one.
    pub(crate) async fn reach(&self) -> Result<(), CourierError> {
        let mut connection = self.connect().await?;
        drop(tokio::time::timeout(GOODBYE, connection.quit()).await);
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, CourierError> {
        let no_way = |why: String| self.down(&format!("no connection: {why}"));
        let connected = Bounded::connect(&self.server.host, self.server.port).await;
        let mut stream = connected.map_err(|error| no_way(error.to_string()))?;
        let stream: Box<dyn AsyncTokioStream> = match &self.encryption {
            Encryption::Implicit(tls, name) => {
                Box::new(stream.encrypted(tls, name.clone()).await.map_err(no_way)?)
            }
            Encryption::Starttls(tls, name) => {
                starttls::ask(&mut stream, &self.hello).await.map_err(|what| self.down(&what))?;
                Box::new(stream.encrypted(tls, name.clone()).await.map_err(no_way)?.greeted())
            }
            Encryption::None => Box::new(stream),
        };
        self.greet(stream).await.map_err(|error| self.failure(&error))
    }

    async fn greet(&self, stream: Box<dyn AsyncTokioStream>) -> Result<AsyncSmtpConnection, Error> {
        let mut connection = AsyncSmtpConnection::connect_with_transport(stream, &self.hello).await?;
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
        }
        Ok(connection)
    }

    /// A unique message id (RFC 5322, section 3.6.4).
    fn message_id(&self) -> Result<String, CourierError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| CourierError::Down(error.to_string()))?;
        Ok(format!("<{:032x}@{}>", u128::from_be_bytes(random), self.from.email.domain()))
    }

    /// The meaning of an answer from `MAIL FROM` on. It is never an outage: any answer, even 421 from a server that closes, may
    /// concern the recipient (greylisting, a mailbox that is verified first), and if the connection ended, the mail may have been
    /// accepted.
    fn refusal(&self, error: &Error) -> CourierError {
        match self.failure(error) {
            CourierError::Down(what) if error.status().is_some() || error.is_client() => {
                CourierError::Refused(what)
            }
            CourierError::Down(what) => CourierError::Unsure(what),
            failure @ (CourierError::Refused(_) | CourierError::Unsure(_) | CourierError::Gone) => failure,
        }
    }

    /// The error of a connection. It contains only the code of an answer, because servers repeat addresses in their texts.
    fn failure(&self, error: &Error) -> CourierError {
        if let Some(code) = error.status() {
            let code = code.to_string();
            return match code.as_str() {
                "530" | "534" | "535" | "538" => self
                    .down(&format!("answered {code}: it takes no mail from this user; see credentials_file")),
                _ if error.is_permanent() => {
                    CourierError::Refused(format!("{}: the mail server answered {code}", self.server))
                }
                _ => self.down(&format!("the mail server answered {code}")),
            };
        }
        if error.is_timeout() {
            return CourierError::Unsure(format!("{}: no answer in time", self.server));
        }
        let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
        let source = causes.last().map(ToString::to_string);
        let what = match source {
            _ if error.is_response() => "did not answer in SMTP".to_owned(),
            _ if error.is_client() => "lacks what is needed: STARTTLS, or a way to log in".to_owned(),
            Some(source) => format!("no connection: {source}"),
            None => "no connection".to_owned(),
        };
        self.down(&what)
    }

    fn down(&self, what: &str) -> CourierError {
        CourierError::Down(format!("{}: {what}", self.server))
    }
}

impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Email({})", self.server)
    }
}

/// The subject as encoded words (RFC 2047, section 2), also if it is ASCII that looks like an encoded word.
fn subject(text: String) -> HeaderValue {
    if text.is_ascii() && !text.contains("=?") {
        return HeaderValue::new(SUBJECT, text);
    }
    let mut words = vec![String::new()];
    for c in text.chars() {
        let is_full = words.last().is_none_or(|word| word.len() + c.len_utf8() > WORD_BYTES);
        if is_full {
            words.push(String::new());
        }
        words.iter_mut().last().into_iter().for_each(|word| word.push(c));
    }
    let words: Vec<String> =
        words.iter().map(|word| format!("=?utf-8?b?{}?=", STANDARD.encode(word))).collect();
    HeaderValue::dangerous_new_pre_encoded(SUBJECT, text, words.join("\r\n "))
}

fn address(address: &EmailAddress) -> Result<Address, AddressError> {
    address.as_str().parse()
}

/// The name for EHLO: that of this host, if it is a fully qualified one.
fn own_name() -> ClientId {
    let name = crate::host_name::host_name();
    let is_whole = name.contains('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
        && !name.starts_with('.');
    if is_whole { ClientId::Domain(name) } else { ClientId::default() }
}

/// The bytes that fit an encoded word, which has at most 75 characters.
const WORD_BYTES: usize = 45;
const SUBJECT: HeaderName = HeaderName::new_from_ascii_str("Subject");
const GOODBYE: Duration = Duration::from_millis(300);
const SECTION: &str = "courier.email";
/// RFC 3834, section 5.
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");
