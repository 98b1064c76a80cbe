//! From a URI to a bound connection, name resolution, TLS and bind included, under one deadline.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ldap3::exop::{WhoAmI, WhoAmIResp};
use ldap3::{Ldap as Connection, LdapConnAsync, LdapConnSettings, LdapError, StdStream};
use postern_core::config::{FileError, HostPort, Ldap, LdapLogin, LdapUri, read_private};
use postern_core::secret::{BadSecret, Password};
use postern_tls::Trust;
use rustls::ClientConfig;
use tokio::net::UnixStream;

use super::trouble::Trouble;
use crate::tcp;

/// How connections are made and bound.
pub(super) struct Connector {
    trust: Option<(Trust, Arc<ClientConfig>)>,
    starttls: bool,
    login: Login,
}

enum Login {
    Simple { dn: String, password: Password },
    SaslExternal,
}

impl Connector {
    /// Reads the certificates and the bind password that the configuration names.
    pub(super) fn of(config: &Ldap) -> Result<Self, OpenLdapError> {
        let trust = if config.needs_tls() {
            let bad = |what| OpenLdapError::Certificates(config.ca_file.clone(), what);
            let trust = Trust::read(&config.ca_file).map_err(bad)?;
            let client = trust.client().map_err(bad)?;
            Some((trust, client))
        } else {
            None
        };
        let login = match &config.login {
            LdapLogin::SaslExternal => Login::SaslExternal,
            LdapLogin::Simple { dn, password_file } => {
                let text = read_private(password_file)
                    .map_err(|error| OpenLdapError::File(password_file.clone(), error))?;
                let line = text.lines().next().unwrap_or_default().to_owned();
                let password = Password::new(line)
                    .map_err(|error| OpenLdapError::Password(password_file.clone(), error))?;
                Login::Simple { dn: dn.clone(), password }
            }
        };
        Ok(Self { trust, starttls: config.starttls, login })
    }

    /// An anonymous connection.
    pub(super) async fn connect(&self, uri: &LdapUri, deadline: Instant) -> Result<Connection, Trouble> {
        let opened = within(deadline, self.open(uri)).await?;
        let (connection, handle) = opened
            .map_err(|error| Trouble::Unreachable(format!("cannot connect: {}", self.explain(&error))))?;
        tokio::spawn(async move {
            // Callers that wait for an answer learn that the connection is lost.
            drop(connection.drive().await);
        });
        Ok(handle)
    }

    /// A connection bound as Postern itself.
    pub(super) async fn connect_and_bind(
        &self,
        uri: &LdapUri,
        deadline: Instant,
    ) -> Result<Connection, Trouble> {
        let mut connection = self.connect(uri, deadline).await?;
        let (result, who) = match &self.login {
            Login::SaslExternal => {
                (within(deadline, connection.sasl_external_bind()).await?, "by SASL EXTERNAL")
            }
            Login::Simple { dn, password } => {
                (within(deadline, connection.simple_bind(dn, password.expose())).await?, dn.as_str())
            }
        };
        let result = result.map_err(|error| Trouble::of(&error))?;
        if result.rc != 0 {
            return Err(Trouble::of_code(result.rc, &format!("cannot bind {who}")));
        }
        if who_am_i(&mut connection, deadline).await?.is_empty() {
            return Err(Trouble::Wrong(format!("the bind {who} was taken for an anonymous one")));
        }
        Ok(connection)
    }

    /// Why a connection failed, for an administrator.
    fn explain(&self, error: &LdapError) -> String {
        match (error, &self.trust) {
            (LdapError::Io { source }, Some((trust, _))) => trust.explain(source),
            (LdapError::Io { source }, None) => source.to_string(),
            (error, _) => error.to_string(),
        }
    }

    async fn open(&self, uri: &LdapUri) -> Result<(LdapConnAsync, Connection), LdapError> {
        let settings = LdapConnSettings::new();
        match uri {
            LdapUri::Unix(path) => {
                let stream = UnixStream::connect(path).await?.into_std()?;
                LdapConnAsync::with_settings(settings.set_std_stream(StdStream::Unix(stream)), "ldapi:///")
                    .await
            }
            LdapUri::Plain(server) | LdapUri::Tls(server) => {
                let stream = tcp::connect(&server.host, server.port, ONE_ADDRESS).await?.into_std()?;
                let mut settings =
                    settings.set_std_stream(StdStream::Tcp(stream)).set_starttls(self.starttls);
                let mut called = uri.to_string();
                if let Some((trust, client)) = &self.trust {
                    let (tls, stand_in) = client_of(server, trust, client)?;
                    settings = settings.set_config(tls);
                    if let Some(name) = stand_in {
                        called = uri.with_host(name).to_string();
                    }
                }
                LdapConnAsync::with_settings(settings, &called).await
            }
        }
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

/// The authorization identity of a connection (RFC 4532); empty if it is anonymous.
pub(super) async fn who_am_i(connection: &mut Connection, deadline: Instant) -> Result<String, Trouble> {
    let answer = within(deadline, connection.extended(WhoAmI)).await?.map_err(|error| Trouble::of(&error))?;
    let ldap3::result::ExopResult(exop, result) = answer;
    if result.rc != 0 {
        return Err(Trouble::of_code(result.rc, "cannot ask who is bound (RFC 4532)"));
    }
    // Without a value the parser of ldap3 would panic; the connection is anonymous then.
    if exop.val.is_none() { Ok(String::new()) } else { Ok(exop.parse::<WhoAmIResp>().authzid) }
}

/// Runs one step against the deadline of all of them.
pub(super) async fn within<T>(deadline: Instant, step: impl Future<Output = T>) -> Result<T, Trouble> {
    let silent = |_| Trouble::Silent;
    tokio::time::timeout_at(deadline.into(), step).await.map_err(silent)
}

/// TLS to this server, and the name to pass to the library. The library would expect the brackets of an IPv6 address in the
/// certificate, and cannot parse a zone, so it gets an unused name instead of such an address.
fn client_of(
    server: &HostPort,
    trust: &Trust,
    client: &Arc<ClientConfig>,
) -> io::Result<(Arc<ClientConfig>, Option<&'static str>)> {
    if !server.host.contains(':') {
        return Ok((Arc::clone(client), None));
    }
    let name = postern_tls::server_name(&server.host)
        .ok_or_else(|| io::Error::other("the server has no name that a certificate could have"))?;
    let tls = trust.client_of(name).map_err(io::Error::other)?;
    Ok((tls, Some(STAND_IN)))
}

/// A file that the LDAP configuration names cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenLdapError {
    /// The file of the bind password.
    #[error("{}: {_1}", .0.display())]
    File(PathBuf, FileError),
    /// The password in it.
    #[error("{}: the password {_1}", .0.display())]
    Password(PathBuf, BadSecret),
    /// The certificate file.
    #[error("{}: {_1}", .0.display())]
    Certificates(PathBuf, String),
}

const ONE_ADDRESS: Duration = Duration::from_millis(700);
/// A name that no host has (RFC 2606, section 2).
const STAND_IN: &str = "address.invalid";
