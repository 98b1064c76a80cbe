use lettre::address::AddressError;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use postern_core::config::{EmailCourier, MailTls};
use postern_core::courier::{CourierError, LONGEST_DELIVERY, Message};
use postern_core::factor::EmailAddress;
use postern_core::words::Language;

use crate::wording::{self, Wording};
use crate::{OpenError, not_for_this, secrets, tls};

/// Sends mail by a server that takes it from us (RFC 6409).
pub(crate) struct Email {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    server: String,
    from: Mailbox,
    wording: Wording,
}

impl Email {
    pub(crate) fn open(config: &EmailCourier) -> Result<Self, OpenError> {
        let server = &config.server;
        let tls = match config.tls {
            MailTls::Implicit => Tls::Wrapper(parameters(config)?),
            MailTls::Starttls => Tls::Required(parameters(config)?),
            MailTls::None => Tls::None,
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .hello_name(own_name())
            .timeout(Some(LONGEST_DELIVERY));
        if let Some(path) = &config.credentials_file {
            let [user, password] =
                secrets::lines(SECTION, path, "holds two lines, the user and the password")?;
            let credentials = Credentials::new(user.expose().to_owned(), password.expose().to_owned());
            transport = transport.credentials(credentials);
        }
        let address = address(&config.from.address)
            .map_err(|error| OpenError::new(SECTION, format!("from is no address to write from: {error}")))?;
        Ok(Self {
            transport: transport.build(),
            server: server.to_string(),
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
        let said = self.wording.mail(language, message).ok_or_else(|| not_for_this(message))?;
        let unwritten = || CourierError::Refused("no mail can be written to this address".to_owned());
        let to = Mailbox::new(None, address(to).map_err(|_| unwritten())?);
        let mail = MessageBuilder::new()
            .from(self.from.clone())
            .to(to)
            .subject(said.subject)
            .message_id(Some(self.message_id()?))
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(said.text + "\n")
            .map_err(|_| unwritten())?;
        self.transport.send(mail).await.map(drop).map_err(|error| self.failure(&error))
    }

    /// Connects, says hello and logs in, as for a mail; sends none.
    pub(crate) async fn reach(&self) -> Result<(), CourierError> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.down("does not answer as a mail server")),
            Err(error) => Err(self.failure(&error)),
        }
    }

    /// RFC 5322, section 3.6.4: like no other.
    fn message_id(&self) -> Result<String, CourierError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| CourierError::Down(error.to_string()))?;
        Ok(format!("<{:032x}@{}>", u128::from_be_bytes(random), self.from.email.domain()))
    }

    /// Servers repeat addresses in their answers: of those the code alone is told on.
    fn failure(&self, error: &lettre::transport::smtp::Error) -> CourierError {
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
        let source = std::error::Error::source(error).map(ToString::to_string);
        let what = match source {
            Some(source) if error.is_tls() => format!("TLS failed: {source}"),
            _ if error.is_timeout() => "no answer in time".to_owned(),
            _ if error.is_response() => "did not answer in SMTP".to_owned(),
            _ if error.is_client() => "lacks what is needed: STARTTLS, or a way to log in".to_owned(),
            Some(_) | None => "no connection, or it was ended".to_owned(),
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

fn parameters(config: &EmailCourier) -> Result<TlsParameters, OpenError> {
    let wrong = |error: &dyn std::fmt::Display| OpenError::of_file(SECTION, &config.ca_file, error);
    let mut builder =
        TlsParameters::builder(config.server.host.clone()).certificate_store(CertificateStore::None);
    for one in tls::certificates(SECTION, &config.ca_file)? {
        let one = Certificate::from_der(one.to_vec()).map_err(|error| wrong(&error))?;
        builder = builder.add_root_certificate(one);
    }
    builder.build_rustls().map_err(|error| wrong(&error))
}

fn address(address: &EmailAddress) -> Result<Address, AddressError> {
    address.as_str().parse()
}

/// What we call ourselves: this host, where its name is one for the network.
fn own_name() -> ClientId {
    let host = rustix::system::uname();
    let name = host.nodename().to_str().unwrap_or_default();
    let is_whole = name.contains('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
        && !name.starts_with('.');
    if is_whole { ClientId::Domain(name.to_owned()) } else { ClientId::default() }
}

const SECTION: &str = "courier.email";
/// RFC 3834, section 5.
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");
