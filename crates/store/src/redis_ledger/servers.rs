use std::sync::Arc;

use postern_core::config::{Redis, RedisServers};
use postern_core::ledger::{Health, LedgerError};
use redis::Value;
use tokio::time::{Instant, timeout_at};

use crate::server_state::ServerState;

use super::cluster::Cluster;
use super::connect::{Address, Connector, OpenRedisError};
use super::fault::Fault;
use super::link::{BUDGET, Call, Connection, Link, SILENT};
use super::reconnecting::Make;
use super::sentinel::Sentinels;
use super::server::{Role, Server};

/// The servers that the configuration names.
pub(super) enum Servers {
    /// One server, or the one that sentinels name.
    One {
        /// For people.
        name: String,
        /// The connection to it.
        link: Link,
    },
    /// Several servers, each with some of the slots.
    Cluster(Cluster),
}

impl Servers {
    pub(super) fn new(config: &Redis) -> Result<Self, OpenRedisError> {
        let connector = |database| Connector::of(config, database).map(Arc::new);
        Ok(match &config.servers {
            RedisServers::Unix(path) => Self::fixed(connector(0)?, Address::Unix(path.clone())),
            RedisServers::Single { server, database } => Self::fixed(connector(*database)?, server.into()),
            RedisServers::Sentinel { sentinels, service } => {
                let (sentinels, service) = (sentinels.clone(), Arc::from(service.as_str()));
                let name = format!("{service} of {} sentinels", sentinels.len());
                let sentinels = Arc::new(Sentinels { connector: connector(0)?, sentinels, service });
                let make: Make<Connection> = Box::new(move || {
                    let sentinels = Arc::clone(&sentinels);
                    Box::pin(async move { sentinels.connect().await })
                });
                Self::One { name, link: Link::new(make) }
            }
            RedisServers::Cluster(seeds) => Self::Cluster(Cluster::new(connector(0)?, seeds)),
        })
    }

    fn fixed(connector: Arc<Connector>, address: Address) -> Self {
        let name = address.to_string();
        let make: Make<Connection> = Box::new(move || {
            let (connector, address) = (Arc::clone(&connector), address.clone());
            Box::pin(async move { connector.connect(&address, Role::Master).await })
        });
        Self::One { name, link: Link::new(make) }
    }

    /// Runs a call whose keys share the hash tag `tag`; ends within [`BUDGET`].
    pub(super) async fn call(&self, call: &Call, tag: &str) -> Result<Value, LedgerError> {
        let deadline = Instant::now() + BUDGET;
        match self {
            Self::One { link, .. } => link.call(call, false, deadline).await.map_err(Fault::into_error),
            Self::Cluster(cluster) => cluster.call(call, tag, deadline).await,
        }
    }

    /// As [`Servers::call`] on a new connection, which is returned as well.
    pub(super) async fn call_on_new_connection(
        &self,
        call: &Call,
        tag: &str,
    ) -> Result<(Connection, Value), LedgerError> {
        let deadline = Instant::now() + BUDGET;
        let called = async {
            match self {
                Self::One { link, .. } => {
                    let connection = link.new_connection().await?;
                    let value = connection.run(call, false).await.map_err(Fault::into_error)?;
                    Ok((connection, value))
                }
                Self::Cluster(cluster) => cluster.call_on_new_connection(call, tag, deadline).await,
            }
        };
        timeout_at(deadline, called).await.map_err(|_| LedgerError::Down(SILENT.to_owned()))?
    }

    /// Each server that has been needed, as it was when it was last asked.
    pub(super) fn states(&self) -> Vec<ServerState> {
        let state = |server: String, link: &Link| Some(ServerState { server, is_up: link.is_up()? });
        match self {
            Self::One { name, link } => state(name.clone(), link).into_iter().collect(),
            Self::Cluster(cluster) => cluster
                .links()
                .iter()
                .filter_map(|(address, link)| state(address.to_string(), link))
                .collect(),
        }
    }

    /// What each server reports.
    pub(super) async fn health(&self) -> Result<Health, LedgerError> {
        let mut health = Health::default();
        let mut add = |name: &str, server: &Server| {
            if !health.what.is_empty() {
                health.what.push_str(", ");
            }
            health.what.push_str(&format!("{} at {name}", server.product()));
            health.warnings.extend(server.warnings().map(|warning| format!("{name}: {warning}")));
        };
        let deadline = Instant::now() + BUDGET;
        match self {
            Self::One { name, link } => add(name, &*link.server(deadline).await?),
            Self::Cluster(cluster) => {
                for (address, link) in cluster.masters().await? {
                    add(&address.to_string(), &*link.server(deadline).await?);
                }
            }
        }
        Ok(health)
    }
}
