use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;
use postern_core::config::{Redis as RedisConfig, RedisServers};
use tempfile::TempDir;

use super::{LIMIT, Redis, admin, config, impostor, join, section, write_private};
use crate::guard::{self, Process};
use crate::{FaultProxy, Machine, Site, host};

/// A master and its replicas, watched by three sentinels that fail over when a master says nothing for two and a half seconds.
///
/// On a machine that is short of processors a server may be silent for a second; a failover then would be none that a test asked
/// for.
#[derive(Debug)]
pub struct RedisSentinel {
    /// The servers; the first one is the master at the start.
    pub servers: Vec<Redis>,
    /// The way to the first one for the others and the sentinels, where it can be cut.
    pub gate: Option<FaultProxy>,
    sentinels: Vec<Watcher>,
    dir: TempDir,
}

/// A sentinel, and where it is.
#[derive(Debug)]
struct Watcher {
    machine: Machine,
    port: u16,
    process: Process,
}

impl RedisSentinel {
    /// Starts a master with one replica, without which it goes on, and waits until the sentinels could fail over.
    #[must_use]
    pub fn start(name: &str) -> Self {
        Self::start_with(name, &here(1), "", false)
    }

    /// As many replicas, and no server that writes without one, as the manual wants it for codes.
    #[must_use]
    pub fn guarded(name: &str, replicas: usize) -> Self {
        Self::start_with(name, &here(replicas), GUARD, false)
    }

    /// The same, and the master can be cut off from its replicas and from the sentinels. Left to itself it would go on for a
    /// minute.
    #[must_use]
    pub fn gated(name: &str, replicas: usize) -> Self {
        Self::start_with(name, &here(replicas), &format!("{GUARD}min-replicas-max-lag 60\n"), true)
    }

    /// The same as [`guarded`](Self::guarded), a server and a sentinel on each of three machines.
    #[must_use]
    pub fn on(name: &str, machines: &[Machine; 3]) -> Self {
        Self::start_with(name, machines, GUARD, false)
    }

    fn start_with(name: &str, machines: &[Machine], lines: &str, is_gated: bool) -> Self {
        let replicas = machines.len() - 1;
        let master = Redis::builder(&format!("{name}_1")).on(&machines[0]).line(lines).start();
        let gate = is_gated.then(|| FaultProxy::tcp(master.port));
        let master_port = gate.as_ref().map_or(master.port, FaultProxy::port);
        let mut servers = vec![master];
        for (machine, number) in machines.iter().skip(1).zip(2..) {
            let builder = Redis::builder(&format!("{name}_{number}")).on(machine).line(lines);
            let replica = builder.secrets(servers[0].secrets()).start();
            replica.follow_at(master_port, &servers[0]);
            servers.push(replica);
        }
        servers[0].wait_replicas(replicas);
        let master = &servers[0];
        let dir =
            tempfile::Builder::new().prefix("sentinel.").tempdir_in(host::test_dir()).expect("a directory");
        let sentinels = (1..=3)
            .zip(machines.iter().cycle())
            .map(|(number, machine)| {
                let (port, file) = (guard::free_port(), dir.path().join(format!("{number}.conf")));
                let (secret, address) = (&master.secrets().admin, master.machine.address);
                let conf = format!(
                    "port {port}\nbind {}\nsentinel monitor {SERVICE} {address} {master_port} 2\n\
                     sentinel auth-user {SERVICE} admin\nsentinel auth-pass {SERVICE} {secret}\n\
                     sentinel down-after-milliseconds {SERVICE} 2500\nsentinel failover-timeout {SERVICE} 3000\n",
                    machine.address
                );
                write_private(&file, &conf);
                let mut command = Command::new(host::system_program("/usr/bin/redis-sentinel", "redis-sentinel"));
                command.arg(&file).current_dir(dir.path());
                let name = format!("{name}_sentinel");
                let log = host::output_dir(&name).join(format!("{number}.log"));
                let process = machine.run(|| Process::spawn(&name, &mut command, &log));
                Watcher { machine: machine.clone(), port, process }
            })
            .collect();
        let all = Self { servers, gate, sentinels, dir };
        for sentinel in &all.sentinels {
            guard::wait_for("the sentinels", LIMIT, || {
                let seen = sentinel.ask(&["SENTINEL", "MASTER", SERVICE]);
                let field = |name: &str, value: &str| seen.contains(&format!("{name}\n{value}\n"));
                (field("num-slaves", &replicas.to_string()) && field("num-other-sentinels", "2"))
                    .then_some(())
            });
        }
        all
    }

    /// For clients that do not reach the sentinels: by way of one with older data, which names the first master for ever.
    #[must_use]
    pub fn config_of_first_master(&self) -> RedisConfig {
        let port = self.servers[0].port.to_string();
        let answer = format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{port}\r\n", port.len());
        let sentinel = impostor(move |command| match command {
            "PING" => "+PONG\r\n".to_owned(),
            _ => answer.clone(),
        });
        let servers = RedisServers::Sentinel { sentinels: vec![sentinel], service: "mail".to_owned() };
        RedisConfig { servers, ..self.config() }
    }

    /// What posternd would read of it.
    #[must_use]
    pub fn config(&self) -> RedisConfig {
        config(&self.section(self.dir.path()))
    }

    /// Has a site keep its ledger here.
    pub fn join(&self, site: &Site) {
        join(site, |dir| self.section(dir));
    }

    fn section(&self, dir: &Path) -> String {
        let sentinels: Vec<String> =
            self.sentinels.iter().map(|one| format!("{}:{}", one.machine.address, one.port)).collect();
        let url = format!("redis+sentinel://{}/{SERVICE}", sentinels.join(","));
        section(&url, Some(self.servers[0].secrets()), None, dir)
    }

    /// The position of the server that all sentinels take for the master, once they agree.
    #[must_use]
    pub fn master(&self) -> usize {
        guard::wait_for("one master", LIMIT, || self.agreed())
    }

    /// The same, if they agree now.
    #[must_use]
    pub fn agreed(&self) -> Option<usize> {
        let first = self.named(0)?;
        (1..self.sentinels.len()).all(|sentinel| self.named(sentinel) == Some(first)).then_some(first)
    }

    /// The position of the server that one sentinel takes for the master.
    #[must_use]
    pub fn named(&self, sentinel: usize) -> Option<usize> {
        let named = self.sentinels[sentinel].ask(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE]);
        let is_gate = |gate: &&FaultProxy| named == format!("127.0.0.1\n{}", gate.port());
        let is_at = |server: &Redis| named == server.place().to_string().replace(':', "\n");
        let gated = self.gate.as_ref().filter(is_gate).map(|_| 0);
        gated.or_else(|| self.servers.iter().position(is_at))
    }

    /// Waits until the sentinels have made the server at `position` the master.
    pub fn wait_master(&self, position: usize) {
        guard::wait_for("a failover", LIMIT, || (self.master() == position).then_some(()));
    }

    /// Waits until the sentinels have another master than the first one, with all other replicas; its position.
    #[must_use]
    pub fn wait_promoted(&self) -> usize {
        let promoted =
            guard::wait_for("a failover", LIMIT, || Some(self.master()).filter(|master| *master != 0));
        self.servers[promoted].wait_replicas(self.servers.len() - 2);
        promoted
    }

    /// Has the sentinels swap master and replica.
    pub fn swap(&self) {
        let next = 1 - self.master();
        guard::wait_for("sentinels that are ready to fail over", LIMIT, || {
            (self.sentinels[0].ask(&["SENTINEL", "FAILOVER", SERVICE]) == "OK").then_some(())
        });
        self.wait_master(next);
    }

    /// Ends a sentinel with SIGKILL.
    pub fn kill_sentinel(&mut self, position: usize) {
        self.sentinels[position].process.kill();
    }

    /// Sends a signal to a sentinel.
    pub fn signal_sentinel(&self, position: usize, signal: Signal) {
        self.sentinels[position].process.signal(signal);
    }
}

impl Watcher {
    // Empty where nothing answers.
    fn ask(&self, command: &[&str]) -> String {
        let place = (self.machine.address, self.port);
        let answer = self.machine.run(|| admin::ask_port(place, None, command));
        answer.unwrap_or_else(|_| Ok(String::new())).unwrap_or_else(|error| error)
    }
}

/// A master and so many replicas, all on this host.
fn here(replicas: usize) -> Vec<Machine> {
    vec![Machine::here(); replicas + 1]
}

const SERVICE: &str = "mail";
const GUARD: &str = "min-replicas-to-write 1\n";
