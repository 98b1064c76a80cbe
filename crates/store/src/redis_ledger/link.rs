use std::sync::Arc;
use std::time::Duration;

use postern_core::ledger::LedgerError;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, RedisError, Value};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

use super::fault::Fault;
use super::reconnecting::{Lease, Make, Reconnecting};
use super::script::Script;
use super::server::{Place, Server};

/// The connection to one server, made again whenever it is lost.
pub(super) struct Link(Reconnecting<Connection>);

/// A script with its keys and arguments.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) script: &'static Script,
    pub(super) keys: Vec<String>,
    pub(super) arguments: Vec<Vec<u8>>,
}

impl Link {
    pub(super) fn new(make: Make<Connection>) -> Self {
        Self(Reconnecting::new(make))
    }

    /// Runs a call until its end or the deadline. If the connection turns out to be lost, the call is run once more on the next.
    pub(super) async fn call(&self, call: &Call, asking: bool, deadline: Instant) -> Result<Value, Fault> {
        let mut is_second = false;
        loop {
            let lease = self.lease(deadline).await?;
            let why = match timeout_at(deadline, lease.value.run(call, asking)).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(Fault::Lost(why))) => why,
                Ok(Err(fault)) => return Err(fault),
                Err(_) => return Err(self.give_up(&lease, SILENT)),
            };
            if is_second {
                return Err(self.give_up(&lease, &why));
            }
            self.0.report_loss(&lease, None);
            is_second = true;
        }
    }

    /// Whether its server answered when it was last asked; `None` if it has not been asked yet.
    pub(super) fn is_up(&self) -> Option<bool> {
        self.0.is_up()
    }

    /// Sends a single command.
    pub(super) async fn ask(&self, command: &Cmd, deadline: Instant) -> Result<Value, Fault> {
        let lease = self.lease(deadline).await?;
        match timeout_at(deadline, lease.value.ask(command)).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => match Fault::of(&error) {
                Fault::Lost(why) => Err(self.give_up(&lease, &why)),
                fault @ (Fault::Moved(_) | Fault::Ask(_) | Fault::Final(_)) => Err(fault),
            },
            Err(_) => Err(self.give_up(&lease, SILENT)),
        }
    }

    /// A new connection, which is not shared. It is not made again when it is lost.
    pub(super) async fn new_connection(&self) -> Result<Connection, LedgerError> {
        self.0.make_another().await
    }

    /// What the server reported when the connection was made.
    pub(super) async fn server(&self, deadline: Instant) -> Result<Arc<Server>, LedgerError> {
        Ok(self.lease(deadline).await?.value.server)
    }

    async fn lease(&self, deadline: Instant) -> Result<Lease<Connection>, LedgerError> {
        timeout_at(deadline, self.0.lease()).await.map_err(|_| LedgerError::Down(SILENT.to_owned()))?
    }

    fn give_up(&self, lease: &Lease<Connection>, why: &str) -> Fault {
        let error = LedgerError::Down(why.to_owned());
        self.0.report_loss(lease, Some(error.clone()));
        Fault::Final(error)
    }
}

/// A shared connection. It is closed when the last clone is dropped, even if calls are not answered.
#[derive(Clone)]
pub(super) struct Connection {
    /// What the server reported when the connection was made.
    pub(super) server: Arc<Server>,
    multiplexed: MultiplexedConnection,
    _driver: Arc<Driver>,
}

impl Connection {
    pub(super) fn new(
        multiplexed: MultiplexedConnection,
        driver: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let driver = Arc::new(Driver(tokio::spawn(driver).abort_handle()));
        let server = Server::read("", Place::Network { is_exposed: true });
        Self { server: server.into(), multiplexed, _driver: driver }
    }

    /// Sends a command and waits for its answer.
    pub(super) async fn ask(&self, command: &Cmd) -> Result<Value, RedisError> {
        command.query_async(&mut self.multiplexed.clone()).await
    }

    /// Runs a call.
    pub(super) async fn run(&self, call: &Call, asking: bool) -> Result<Value, Fault> {
        if asking {
            let mut pipeline = redis::pipe();
            pipeline.cmd("ASKING").ignore().add_command(call.command("EVAL", call.script.text));
            let answered = pipeline.query_async(&mut self.multiplexed.clone()).await;
            let (value,): (Value,) = answered.map_err(|error| Fault::of(&error))?;
            return Ok(value);
        }
        match self.ask(&call.command("EVALSHA", call.script.hash())).await {
            Err(error) if error.code() == Some("NOSCRIPT") => {
                self.ask(&call.command("EVAL", call.script.text)).await.map_err(|error| Fault::of(&error))
            }
            answered => answered.map_err(|error| Fault::of(&error)),
        }
    }
}

impl Call {
    fn command(&self, eval: &str, script: &str) -> Cmd {
        let mut command = Cmd::new();
        command.arg(eval).arg(script).arg(self.keys.len()).arg(&self.keys).arg(&self.arguments);
        command
    }
}

struct Driver(AbortHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The deadline of a call, for everything that depends on the ledger.
pub(super) const BUDGET: Duration = Duration::from_millis(600);
pub(super) const SILENT: &str = "does not answer in time";
