use std::sync::Arc;
use std::time::Duration;

use postern_core::ledger::LedgerError;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, RedisError, Value};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

use super::fault::Fault;
use super::kept::{Held, Kept, Make};
use super::scripts::Script;
use super::server::{Place, Server};

/// The connection to one server, made anew whenever it is lost.
pub(super) struct Link(Kept<Connection>);

/// A script with its keys and arguments.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) script: &'static Script,
    pub(super) keys: Vec<String>,
    pub(super) arguments: Vec<Vec<u8>>,
}

impl Link {
    pub(super) fn new(make: Make<Connection>) -> Self {
        Self(Kept::new(make))
    }

    /// Runs a call to its end or to the deadline. Where the connection turns out to be lost it is run once more on the next.
    pub(super) async fn call(&self, call: &Call, asking: bool, deadline: Instant) -> Result<Value, Fault> {
        let mut is_second = false;
        loop {
            let held = self.held(deadline).await?;
            let why = match timeout_at(deadline, held.thing.run(call, asking)).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(Fault::Lost(why))) => why,
                Ok(Err(fault)) => return Err(fault),
                Err(_) => return Err(self.give_up(&held, SILENT)),
            };
            if is_second {
                return Err(self.give_up(&held, &why));
            }
            self.0.lost(&held, None);
            is_second = true;
        }
    }

    /// Sends a command that is no call.
    pub(super) async fn ask(&self, command: &Cmd, deadline: Instant) -> Result<Value, Fault> {
        let held = self.held(deadline).await?;
        match timeout_at(deadline, held.thing.ask(command)).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => match Fault::of(&error) {
                Fault::Lost(why) => Err(self.give_up(&held, &why)),
                fault @ (Fault::Moved(_) | Fault::Ask(_) | Fault::Final(_)) => Err(fault),
            },
            Err(_) => Err(self.give_up(&held, SILENT)),
        }
    }

    /// A connection that nobody shares. It is not made again when it is lost.
    pub(super) async fn apart(&self) -> Result<Connection, LedgerError> {
        self.0.another().await
    }

    /// What the server said of itself when the connection was made.
    pub(super) async fn server(&self, deadline: Instant) -> Result<Arc<Server>, LedgerError> {
        Ok(self.held(deadline).await?.thing.server)
    }

    async fn held(&self, deadline: Instant) -> Result<Held<Connection>, LedgerError> {
        timeout_at(deadline, self.0.get()).await.map_err(|_| LedgerError::Down(SILENT.to_owned()))?
    }

    fn give_up(&self, held: &Held<Connection>, why: &str) -> Fault {
        let error = LedgerError::Down(why.to_owned());
        self.0.lost(held, Some(error.clone()));
        Fault::Final(error)
    }
}

/// A connection that many share. The last one to let go of it ends it, answered or not.
#[derive(Clone)]
pub(super) struct Connection {
    /// What the server says of itself.
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

/// What depends on the ledger gives up after this.
pub(super) const BUDGET: Duration = Duration::from_millis(600);
pub(super) const SILENT: &str = "does not answer in time";
