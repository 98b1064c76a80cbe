use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use postern_core::config::{FileError, HostPort, Redis, read_private};
use postern_core::ledger::LedgerError;
use postern_core::secret::{BadSecret, Password};
use postern_tls::Trust;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, RedisConnectionInfo, RedisError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::fault::Fault;
use super::link::Connection;
use super::server::{Place, Role, Server};
use crate::tcp;

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Address {
    Unix(PathBuf),
    Tcp { host: String, port: u16 },
}

/// Makes connections, and authenticates on them.
pub(super) struct Connector {
    tls: Option<(Trust, TlsConnector)>,
    username: Option<String>,
    password_file: Option<PathBuf>,
    database: u32,
}

impl Connector {
    /// Reads the certificates, and checks that the password file can be read.
    pub(super) fn of(config: &Redis, database: u32) -> Result<Self, OpenRedisError> {
        let tls = if config.tls {
            let bad = |what| OpenRedisError::Certificates(config.ca_file.clone(), what);
            let trust = Trust::read(&config.ca_file).map_err(bad)?;
            let client = trust.client().map_err(bad)?;
            Some((trust, client.into()))
        } else {
            None
        };
        let connector = Self {
            tls,
            username: config.username.clone(),
            password_file: config.password_file.clone(),
            database,
        };
        connector.password()?;
        Ok(connector)
    }

    /// An authenticated connection to a server that is set up as a ledger has to be.
    pub(super) async fn connect(&self, address: &Address, role: Role) -> Result<Connection, LedgerError> {
        let at = |what: String| format!("{address}: {what}");
        let connected = self.connect_and_verify(address, role).await;
        connected.map_err(|error| match error {
            LedgerError::Down(why) => LedgerError::Down(at(why)),
            LedgerError::Broken(why) => LedgerError::Broken(at(why)),
        })
    }

    /// A connection on which no command was sent yet.
    pub(super) async fn open(&self, address: &Address) -> Result<(Connection, Place), LedgerError> {
        let down = |error: io::Error| LedgerError::Down(format!("cannot connect: {error}"));
        let (stream, place): (Box<dyn Stream>, _) = match address {
            Address::Unix(path) => {
                let place = unix_place(path).map_err(down)?;
                (Box::new(UnixStream::connect(path).await.map_err(down)?), place)
            }
            Address::Tcp { host, port } => {
                let stream = tcp::connect(host, *port, ONE_ADDRESS).await.map_err(down)?;
                let is_local = stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
                match &self.tls {
                    None => (Box::new(stream), Place::Network { is_exposed: !is_local }),
                    Some((trust, tls)) => (
                        Box::new(encrypt(tls, trust, host, stream).await?),
                        Place::Network { is_exposed: false },
                    ),
                }
            }
        };
        let plain = RedisConnectionInfo::default().set_skip_set_lib_name();
        // Callers have deadlines of their own.
        let config = AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(None);
        let (multiplexed, driver) = MultiplexedConnection::new_with_config(&plain, stream, config)
            .await
            .map_err(|error| Fault::of(&error).into_error())?;
        Ok((Connection::new(multiplexed, driver), place))
    }

    async fn connect_and_verify(&self, address: &Address, role: Role) -> Result<Connection, LedgerError> {
        let (mut connection, place) = self.open(address).await?;
        let is_open = answers_strangers(&connection).await?;
        if is_open && place != Place::Private {
            return Err(LedgerError::Broken(place.refusal_of_an_open_server()));
        }
        self.authenticate(&connection, is_open).await?;
        let said = |error: RedisError| Fault::of(&error).into_error();
        if self.database != 0 {
            connection.ask(redis::cmd("SELECT").arg(self.database)).await.map_err(said)?;
        }
        let info = connection.ask(&redis::cmd("INFO")).await.map_err(said)?;
        let info: String =
            redis::from_redis_value(info).map_err(|_| LedgerError::Broken("gives no INFO".to_owned()))?;
        connection.server = Server::read(&info, place).into();
        connection.server.verify(role, is_open)?;
        Ok(connection)
    }

    /// Sends name and password, if there are any.
    pub(super) async fn authenticate(
        &self,
        connection: &Connection,
        is_open: bool,
    ) -> Result<(), LedgerError> {
        let broken = |what: &str| LedgerError::Broken(what.to_owned());
        let password = self.password().map_err(|error| LedgerError::Broken(error.to_string()))?;
        let Some(password) = password else {
            return if is_open {
                Ok(())
            } else {
                Err(broken("wants a password; add username and password_file"))
            };
        };
        let mut auth = Cmd::new();
        auth.arg("AUTH").arg(&self.username).arg(password.expose());
        let Err(error) = connection.ask(&auth).await else { return Ok(()) };
        // The answer's text may repeat the password.
        Err(match (error.code(), Fault::of(&error)) {
            (Some("WRONGPASS"), _) => broken("refuses the username or the password in password_file"),
            (_, Fault::Lost(_)) => LedgerError::Down("ended the connection at AUTH".to_owned()),
            (Some(code), _) => {
                LedgerError::Broken(format!("answers AUTH with {code}; has it that user and password?"))
            }
            (None, _) => broken("gives no answer to AUTH that is one"),
        })
    }

    fn password(&self) -> Result<Option<Password>, OpenRedisError> {
        let Some(path) = &self.password_file else { return Ok(None) };
        let text = read_private(path).map_err(|error| OpenRedisError::File(path.clone(), error))?;
        let line = text.lines().next().unwrap_or_default().to_owned();
        Password::new(line).map(Some).map_err(|error| OpenRedisError::Password(path.clone(), error))
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl From<&HostPort> for Address {
    fn from(server: &HostPort) -> Self {
        Self::Tcp { host: server.host.clone(), port: server.port }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "{}", path.display()),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
        }
    }
}

/// A file that the configuration of the Redis ledger names cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenRedisError {
    /// The password file.
    #[error("{}: {_1}", .0.display())]
    File(PathBuf, FileError),
    /// The password in it.
    #[error("{}: the password {_1}", .0.display())]
    Password(PathBuf, BadSecret),
    /// The certificate file.
    #[error("{}: {_1}", .0.display())]
    Certificates(PathBuf, String),
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Whether the server accepts commands without authentication.
async fn answers_strangers(connection: &Connection) -> Result<bool, LedgerError> {
    let Err(error) = connection.ask(&redis::cmd("PING")).await else { return Ok(true) };
    match error.code() {
        Some("NOAUTH") => Ok(false),
        // The user without a password may run other commands.
        Some("NOPERM" | "DENIED" | "LOADING" | "MASTERDOWN" | "MISCONF" | "BUSY") => Ok(true),
        _ => Err(Fault::of(&error).into_error()),
    }
}

/// Connecting to a Unix socket needs write permission on it (unix(7)).
fn unix_place(path: &Path) -> io::Result<Place> {
    let mode = std::fs::metadata(path)?.mode();
    Ok(if mode & 0o002 == 0 { Place::Private } else { Place::OpenSocket(mode & 0o777) })
}

async fn encrypt(
    tls: &TlsConnector,
    trust: &Trust,
    host: &str,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, LedgerError> {
    let name = postern_tls::server_name(host)
        .ok_or_else(|| LedgerError::Broken("has no name that a certificate could have".to_owned()))?;
    tls.connect(name, stream).await.map_err(|error| {
        // A bad certificate, or any other error of TLS.
        if error.kind() == io::ErrorKind::InvalidData {
            LedgerError::Broken(format!("TLS: {}", trust.explain(&error)))
        } else {
            LedgerError::Down(format!("cannot connect: {error}"))
        }
    })
}

const ONE_ADDRESS: Duration = Duration::from_millis(250);
