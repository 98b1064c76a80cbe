use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postern_core::config::HostPort;
use postern_core::ledger::LedgerError;
use redis::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::connect::{Address, Connector};
use super::fault::Fault;
use super::link::{Call, Connection, Link, SILENT};
use super::reconnecting::{LIMIT, Reconnecting};
use super::server::Role;
use super::slot::slot;

/// The servers of a Cluster, and which of them serves which slot.
pub(super) struct Cluster {
    members: Arc<Members>,
    slots: Reconnecting<Arc<[Range]>>,
}

/// Slots with one master.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    first: u16,
    last: u16,
    master: Address,
}

impl Cluster {
    pub(super) fn new(connector: Arc<Connector>, seeds: &[HostPort]) -> Self {
        let seeds: Vec<Address> = seeds.iter().map(Address::from).collect();
        let members = Arc::new(Members { connector, seeds, links: Mutex::default() });
        let asked = Arc::clone(&members);
        let make = move || {
            let members = Arc::clone(&asked);
            Box::pin(async move { members.slots().await }) as _
        };
        Self { members, slots: Reconnecting::new(Box::new(make)) }
    }

    /// Runs a call on the master of its keys, which share the hash tag `tag`.
    pub(super) async fn call(&self, call: &Call, tag: &str, deadline: Instant) -> Result<Value, LedgerError> {
        let (mut link, mut asking) = (self.link_of(tag, deadline).await?, false);
        for _ in 0..MOST_REDIRECTIONS {
            let (node, is_ask) = match link.call(call, asking, deadline).await {
                Ok(value) => return Ok(value),
                Err(Fault::Moved(node)) => (node, false),
                Err(Fault::Ask(node)) => (node, true),
                Err(fault @ (Fault::Lost(_) | Fault::Final(_))) => {
                    self.slots.renew();
                    return Err(fault.into_error());
                }
            };
            if !is_ask {
                self.slots.renew();
            }
            let address = redirection(&node).ok_or_else(nowhere)?;
            (link, asking) = (self.members.link(&address), is_ask);
        }
        Err(rearranged())
    }

    /// As [`Cluster::call`] on a new connection, which is returned as well.
    pub(super) async fn call_on_new_connection(
        &self,
        call: &Call,
        tag: &str,
        deadline: Instant,
    ) -> Result<(Connection, Value), LedgerError> {
        let mut link = self.link_of(tag, deadline).await?;
        for _ in 0..MOST_REDIRECTIONS {
            let connection = link.new_connection().await.inspect_err(|_| self.slots.renew())?;
            match connection.run(call, false).await {
                Ok(value) => return Ok((connection, value)),
                Err(Fault::Moved(node)) => {
                    self.slots.renew();
                    link = self.members.link(&redirection(&node).ok_or_else(nowhere)?);
                }
                Err(Fault::Ask(_)) => break,
                Err(fault @ (Fault::Lost(_) | Fault::Final(_))) => return Err(fault.into_error()),
            }
        }
        Err(rearranged())
    }

    /// The link to the master that serves the slot of `tag`, as far as is known.
    async fn link_of(&self, tag: &str, deadline: Instant) -> Result<Arc<Link>, LedgerError> {
        let slot = slot(tag.as_bytes());
        let lease = timeout_at(deadline, self.slots.lease()).await;
        let slots = lease.map_err(|_| LedgerError::Down(SILENT.to_owned()))??.value;
        let Some(range) = slots.iter().find(|range| (range.first..=range.last).contains(&slot)) else {
            self.slots.renew();
            return Err(LedgerError::Down(format!("no server of the Cluster has slot {slot}")));
        };
        Ok(self.members.link(&range.master))
    }

    /// Every server that was asked before, by its address.
    pub(super) fn links(&self) -> Vec<(Address, Arc<Link>)> {
        self.members.all()
    }

    /// The link to each master.
    pub(super) async fn masters(&self) -> Result<Vec<(Address, Arc<Link>)>, LedgerError> {
        let slots = self.slots.lease().await?.value;
        let mut masters: Vec<(Address, Arc<Link>)> = Vec::new();
        for range in slots.iter() {
            if !masters.iter().any(|(address, _)| *address == range.master) {
                masters.push((range.master.clone(), self.members.link(&range.master)));
            }
        }
        Ok(masters)
    }
}

/// Every known server, by its address.
struct Members {
    connector: Arc<Connector>,
    seeds: Vec<Address>,
    links: Mutex<HashMap<Address, Arc<Link>>>,
}

impl Members {
    fn link(&self, address: &Address) -> Arc<Link> {
        let make = || {
            let (connector, address) = (Arc::clone(&self.connector), address.clone());
            Arc::new(Link::new(Box::new(move || {
                let (connector, address) = (Arc::clone(&connector), address.clone());
                Box::pin(async move { connector.connect(&address, Role::Member).await })
            })))
        };
        Arc::clone(self.links().entry(address.clone()).or_insert_with(make))
    }

    fn links(&self) -> MutexGuard<'_, HashMap<Address, Arc<Link>>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<(Address, Arc<Link>)> {
        self.links().iter().map(|(address, link)| (address.clone(), Arc::clone(link))).collect()
    }

    /// Asks all of them at once which master serves which slots; the first answer counts.
    async fn slots(&self) -> Result<Arc<[Range]>, LedgerError> {
        for seed in &self.seeds {
            drop(self.link(seed));
        }
        let links = self.all();
        let deadline = Instant::now() + LIMIT;
        let mut asked = JoinSet::new();
        for (address, link) in links {
            asked.spawn(async move {
                let answer = link.ask(redis::cmd("CLUSTER").arg("SLOTS"), deadline).await;
                let answer = answer.map_err(Fault::into_error)?;
                ranges(answer, &address)
                    .ok_or_else(|| LedgerError::Broken(format!("{address}: gives no slots that are some")))
            });
        }
        let mut last = LedgerError::Down("no server of the Cluster answers".to_owned());
        while let Some(answer) = asked.join_next().await {
            match answer {
                Ok(Ok(ranges)) => {
                    // Otherwise a server that left would be connected to for ever.
                    self.links().retain(|address, _| {
                        self.seeds.contains(address) || ranges.iter().any(|range| range.master == *address)
                    });
                    return Ok(ranges);
                }
                Ok(Err(error)) => last = error,
                Err(_) => {}
            }
        }
        Err(last)
    }
}

/// Reads the answer of the server at `asked` to CLUSTER SLOTS.
fn ranges(answer: Value, asked: &Address) -> Option<Arc<[Range]>> {
    let Value::Array(entries) = answer else { return None };
    let ranges = entries.into_iter().filter_map(|entry| range(entry, asked)).collect::<Vec<_>>();
    if ranges.is_empty() { None } else { Some(ranges.into()) }
}

/// First slot, last slot, master, replicas. A server that does not know its own name gives none: it is the one asked.
fn range(entry: Value, asked: &Address) -> Option<Range> {
    let Value::Array(fields) = entry else { return None };
    let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = fields.as_slice() else {
        return None;
    };
    let [host, Value::Int(port), ..] = master.as_slice() else { return None };
    let named: Option<String> = redis::from_redis_value(host.clone()).ok()?;
    let host = match (named, asked) {
        (Some(host), _) if host == "?" => return None,
        (Some(host), _) if !host.is_empty() => host,
        (_, Address::Tcp { host, .. }) => host.clone(),
        (_, Address::Unix(_)) => return None,
    };
    let master = Address::Tcp { host, port: u16::try_from(*port).ok()? };
    Some(Range { first: u16::try_from(*first).ok()?, last: u16::try_from(*last).ok()?, master })
}

/// While slots are on their way from one server to another.
pub(super) fn rearranged() -> LedgerError {
    LedgerError::Down("is being rearranged".to_owned())
}

fn nowhere() -> LedgerError {
    LedgerError::Broken("redirects to nowhere".to_owned())
}

/// `host:port` of a redirection; an IPv6 address comes without brackets.
fn redirection(node: &str) -> Option<Address> {
    let (host, port) = node.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Some(Address::Tcp { host: host.to_owned(), port: port.parse().ok()? }).filter(|_| !host.is_empty())
}

const MOST_REDIRECTIONS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_names_its_master() {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let asked = Address::Tcp { host: "seed".to_owned(), port: 7000 };
        let entry = |host: Value| {
            let master = Value::Array(vec![host, Value::Int(7001), text("id"), Value::Array(Vec::new())]);
            Value::Array(vec![Value::Int(0), Value::Int(5460), master.clone(), master])
        };
        let master = |host: Value| match ranges(Value::Array(vec![entry(host)]), &asked).as_deref() {
            Some([Range { first: 0, last: 5460, master }]) => master.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(master(text("192.0.2.1")), "192.0.2.1:7001");
        assert_eq!(master(text("")), "seed:7001");
        assert_eq!(master(Value::Nil), "seed:7001");
        assert_eq!(master(text("?")), "None");
        assert_eq!(ranges(Value::Array(Vec::new()), &asked), None);
    }

    #[test]
    fn a_redirection_names_a_server() {
        let read = |node| redirection(node).map(|address| address.to_string());
        assert_eq!(read("192.0.2.1:7000").as_deref(), Some("192.0.2.1:7000"));
        assert_eq!(read("2001:db8::1:7000").as_deref(), Some("[2001:db8::1]:7000"));
        assert_eq!((read(":7000"), read("host"), read("host:x")), (None, None, None));
    }
}
