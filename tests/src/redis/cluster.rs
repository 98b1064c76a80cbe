use std::path::Path;
use std::time::Duration;

use postern_core::config::Redis as RedisConfig;

use super::{LIMIT, Redis, age, config, join, section};
use crate::{Machine, Site, guard};

/// A Cluster of three masters, each with a third of the slots.
#[derive(Debug)]
pub struct RedisCluster {
    /// The three masters.
    pub servers: Vec<Redis>,
    /// Their replicas, in the same order, or none.
    pub replicas: Vec<Redis>,
}

impl RedisCluster {
    /// Starts three masters and waits until all of them take the Cluster for complete.
    #[must_use]
    pub fn start(name: &str) -> Self {
        Self::start_with(name, &vec![Machine::here(); 3])
    }

    /// Each master with a replica, and no server that writes without one, as the manual wants it for codes.
    #[must_use]
    pub fn guarded(name: &str) -> Self {
        Self::start_with(name, &vec![Machine::here(); 6])
    }

    /// The same, each server on a machine of its own: the masters, then their replicas in the same order.
    #[must_use]
    pub fn on(name: &str, machines: &[Machine; 6]) -> Self {
        Self::start_with(name, machines)
    }

    fn start_with(name: &str, machines: &[Machine]) -> Self {
        let has_replicas = machines.len() > SLOTS.len();
        let mut servers: Vec<Redis> = Vec::new();
        let mut bus_ports = Vec::new();
        for (machine, number) in machines.iter().zip(1..) {
            let bus_port = guard::free_port();
            let mut builder = Redis::builder(&format!("{name}_{number}"))
                .on(machine)
                .rights("+cluster|slots +asking")
                .line("cluster-enabled yes")
                .line("cluster-require-full-coverage no")
                .line("cluster-node-timeout 2000")
                .line(&format!("cluster-port {bus_port}"));
            if has_replicas {
                builder = builder.line("min-replicas-to-write 1");
            }
            let server = match servers.first() {
                Some(first) => builder.secrets(first.secrets()).start(),
                None => builder.start(),
            };
            assert_eq!(server.cli(&["CLUSTER", "SET-CONFIG-EPOCH", &number.to_string()]), "OK");
            if let Some(slots) = SLOTS.get(number - 1) {
                assert_eq!(server.cli(&["CLUSTER", "ADDSLOTSRANGE", slots[0], slots[1]]), "OK");
            }
            bus_ports.push(bus_port.to_string());
            servers.push(server);
        }
        for (server, bus_port) in servers.iter().zip(&bus_ports).skip(1) {
            let (address, port) = (server.machine.address.to_string(), server.port.to_string());
            assert_eq!(servers[0].cli(&["CLUSTER", "MEET", &address, &port, bus_port]), "OK");
        }
        for server in &servers {
            guard::wait_for("the Cluster", LIMIT, || is_complete(server, servers.len()).then_some(()));
        }
        let replicas = servers.split_off(SLOTS.len());
        for (master, replica) in servers.iter().zip(&replicas) {
            assert_eq!(replica.cli(&["CLUSTER", "REPLICATE", &master.cli(&["CLUSTER", "MYID"])]), "OK");
        }
        if has_replicas {
            servers.iter().for_each(|master| master.wait_replicas(1));
            for server in servers.iter().chain(&replicas) {
                guard::wait_for("the Cluster to know its replicas", LIMIT, || {
                    (server.cli(&["CLUSTER", "NODES"]).matches("slave ").count() == 3).then_some(())
                });
            }
        }
        Self { servers, replicas }
    }

    /// What posternd would read of it.
    #[must_use]
    pub fn config(&self) -> RedisConfig {
        config(&self.section(self.servers[0].dir()))
    }

    /// Has a site keep its ledger here.
    pub fn join(&self, site: &Site) {
        join(site, |dir| self.section(dir));
    }

    fn section(&self, dir: &Path) -> String {
        let servers: Vec<String> = self.servers.iter().map(|server| server.place().to_string()).collect();
        let url = format!("redis+cluster://{}", servers.join(","));
        section(&url, Some(self.servers[0].secrets()), None, dir)
    }

    /// Has it be complete for an hour, as posternd sees it: every code is taken at once. posternd has to be there.
    pub fn age(&self) {
        age(&self.servers.iter().collect::<Vec<_>>());
    }

    /// The slot of an account, and the position of the server that has it.
    #[must_use]
    pub fn place_of(&self, account: &str) -> (u16, usize) {
        let slot = self.servers[0].cli(&["CLUSTER", "KEYSLOT", account]);
        let slot: u16 = slot.parse().expect("a slot");
        let is_within =
            |range: &[&str; 2]| (range[0].parse().unwrap()..=range[1].parse().unwrap()).contains(&slot);
        (slot, SLOTS.iter().position(is_within).expect("a server"))
    }

    /// Has the slot on its way from one server to another; [`RedisCluster::finish_move`] ends it.
    pub fn begin_move(&self, slot: u16, from: usize, to: usize) {
        let slot = slot.to_string();
        assert_eq!(self.servers[to].cli(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &self.id(from)]), "OK");
        assert_eq!(self.servers[from].cli(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &self.id(to)]), "OK");
    }

    /// Gives the slot's keys and the slot to its new server.
    pub fn finish_move(&self, slot: u16, from: usize, to: usize) {
        let keys = self.servers[from].cli(&["CLUSTER", "GETKEYSINSLOT", &slot.to_string(), "1000"]);
        let (port, secret) = (self.servers[to].port.to_string(), &self.servers[to].secrets().admin);
        for key in keys.lines() {
            let moved = ["MIGRATE", "127.0.0.1", &port, key, "0", "5000", "AUTH2", "admin", secret];
            assert_eq!(self.servers[from].cli(&moved), "OK");
        }
        for server in [to, 0, 1, 2] {
            assert_eq!(
                self.servers[server].cli(&["CLUSTER", "SETSLOT", &slot.to_string(), "NODE", &self.id(to)]),
                "OK"
            );
        }
    }

    /// Whether every server takes the Cluster for complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let servers = self.servers.len() + self.replicas.len();
        self.servers.iter().chain(&self.replicas).all(|server| is_complete(server, servers))
    }

    /// Has a replica take its master's place, and the master follow it.
    pub fn swap(master: &Redis, replica: &Redis) {
        guard::wait_for("a failover", LIMIT, || {
            // Servers hear of their replicas by and by.
            if replica.cli(&["INFO", "replication"]).contains("role:slave") {
                assert_eq!(replica.cli(&["CLUSTER", "FAILOVER"]), "OK");
                guard::pause(Duration::from_millis(500));
                return None;
            }
            Some(())
        });
        master.wait_demoted();
        replica.wait_replicas(1);
    }

    fn id(&self, position: usize) -> String {
        self.servers[position].cli(&["CLUSTER", "MYID"])
    }
}

/// Whether the server knows so many, and takes the Cluster for complete.
fn is_complete(server: &Redis, servers: usize) -> bool {
    let info = server.cli(&["CLUSTER", "INFO"]);
    let is = |field: &str| info.lines().any(|line| line.trim_end() == field);
    is("cluster_state:ok") && is("cluster_slots_ok:16384") && is(&format!("cluster_known_nodes:{servers}"))
}

const SLOTS: [[&str; 2]; 3] = [["0", "5460"], ["5461", "10922"], ["10923", "16383"]];
