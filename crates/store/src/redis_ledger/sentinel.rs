use std::sync::Arc;

use postern_core::config::HostPort;
use postern_core::ledger::LedgerError;
use redis::Value;
use tokio::task::JoinSet;

use super::connect::{Address, Connector};
use super::fault::Fault;
use super::link::Connection;
use super::server::Role;

/// The sentinels that watch a master, and the name by which they know it.
#[derive(Debug)]
pub(super) struct Sentinels {
    pub(super) connector: Arc<Connector>,
    pub(super) sentinels: Vec<HostPort>,
    pub(super) service: Arc<str>,
}

impl Sentinels {
    /// A connection to the master: the first one named by a sentinel that says itself that it is one.
    ///
    /// All are asked at once, for one that is silent or knows older news must not hold up the others.
    pub(super) async fn connect(&self) -> Result<Connection, LedgerError> {
        let mut asked = JoinSet::new();
        for sentinel in &self.sentinels {
            let (connector, service) = (Arc::clone(&self.connector), Arc::clone(&self.service));
            let sentinel = Address::from(sentinel);
            asked.spawn(async move { ask(&connector, &sentinel, &service).await });
        }
        let mut tried = Vec::new();
        let mut last = LedgerError::Down("no sentinel answers".to_owned());
        while let Some(answer) = asked.join_next().await {
            match answer {
                Ok(Ok(master)) if tried.contains(&master) => {}
                Ok(Ok(master)) => {
                    match self.connector.connect(&master, Role::Master).await {
                        Ok(connection) => return Ok(connection),
                        Err(error) => last = error,
                    }
                    tried.push(master);
                }
                Ok(Err(error)) if tried.is_empty() => last = error,
                Ok(Err(_)) | Err(_) => {}
            }
        }
        Err(last)
    }
}

async fn ask(connector: &Connector, sentinel: &Address, service: &str) -> Result<Address, LedgerError> {
    let at = |error: LedgerError| match error {
        LedgerError::Down(why) => LedgerError::Down(format!("sentinel {sentinel}: {why}")),
        LedgerError::Broken(why) => LedgerError::Broken(format!("sentinel {sentinel}: {why}")),
    };
    let (connection, _) = connector.open(sentinel).await.map_err(at)?;
    let mut question = redis::cmd("SENTINEL");
    question.arg("get-master-addr-by-name").arg(service);
    let mut answer = connection.ask(&question).await;
    if answer.as_ref().is_err_and(|error| error.code() == Some("NOAUTH")) {
        connector.authenticate(&connection, false).await.map_err(at)?;
        answer = connection.ask(&question).await;
    }
    let answer = answer.map_err(|error| at(Fault::of(&error).into_error()))?;
    if answer == Value::Nil {
        return Err(at(LedgerError::Broken(format!("watches no master by the name of {service}"))));
    }
    let (host, port) = redis::from_redis_value(answer)
        .map_err(|_| at(LedgerError::Broken("names no master that is one".to_owned())))?;
    Ok(Address::Tcp { host, port })
}
