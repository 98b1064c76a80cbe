use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;
use postern_core::config::{Redis as RedisConfig, RedisServers};
use tempfile::TempDir;

use super::{LIMIT, Redis, admin, config, impostor, join, section, write_private};
use crate::guard::{self, Process};
use crate::{FaultProxy, Site, host};

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
    sentinels: Vec<(u16, Process)>,
    dir: TempDir,
}

impl RedisSentinel {
    /// Starts a master with one replica, without which it goes on, and waits until the sentinels could fail over.
    #[must_use]
    pub fn start(name: &str) -> Self {
        Self::start_with(name, 1, "", false)
    }

    /// As many replicas, and no server that writes without one, as the manual wants it for codes.
    #[must_use]
    pub fn guarded(name: &str, replicas: usize) -> Self {
        Self::start_with(name, replicas, GUARD, false)
    }

    /// The same, and the master can be cut off from its replicas and from the sentinels. Left to itself it would go on for a
    /// minute.
    #[must_use]
    pub fn gated(name: &str, replicas: usize) -> Self {
        Self::start_with(name, replicas, &format!("{GUARD}min-replicas-max-lag 60\n"), true)
    }

    fn start_with(name: &str, replicas: usize, lines: &str, is_gated: bool) -> Self {
        let master = Redis::builder(&format!("{name}_1")).line(lines).start();
        let gate = is_gated.then(|| FaultProxy::tcp(master.port));
        let master_port = gate.as_ref().map_or(master.port, FaultProxy::port);
        let mut servers = vec![master];
        for number in 2..replicas + 2 {
            let builder = Redis::builder(&format!("{name}_{number}")).line(lines);
            let replica = builder.secrets(servers[0].secrets()).start();
            replica.follow_at(master_port);
            servers.push(replica);
        }
        servers[0].wait_replicas(replicas);
        let master = &servers[0];
        let dir =
            tempfile::Builder::new().prefix("sentinel.").tempdir_in(host::test_dir()).expect("a directory");
        let sentinels = (1..=3)
            .map(|number| {
                let (port, file) = (guard::free_port(), dir.path().join(format!("{number}.conf")));
                let secret = &master.secrets().admin;
                let conf = format!(
                    "port {port}\nbind 127.0.0.1\nsentinel monitor {SERVICE} 127.0.0.1 {master_port} 2\n\
                     sentinel auth-user {SERVICE} admin\nsentinel auth-pass {SERVICE} {secret}\n\
                     sentinel down-after-milliseconds {SERVICE} 2500\nsentinel failover-timeout {SERVICE} 3000\n"
                );
                write_private(&file, &conf);
                let mut command = Command::new(host::system_program("/usr/bin/redis-sentinel", "redis-sentinel"));
                command.arg(&file).current_dir(dir.path());
                let name = format!("{name}_sentinel");
                let log = host::output_dir(&name).join(format!("{number}.log"));
                (port, Process::spawn(&name, &mut command, &log))
            })
            .collect();
        let all = Self { servers, gate, sentinels, dir };
        for (port, _) in &all.sentinels {
            guard::wait_for("the sentinels", LIMIT, || {
                let seen = ask(*port, &["SENTINEL", "MASTER", SERVICE]);
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
            self.sentinels.iter().map(|(port, _)| format!("127.0.0.1:{port}")).collect();
        let url = format!("redis+sentinel://{}/{SERVICE}", sentinels.join(","));
        section(&url, Some(self.servers[0].secrets()), None, dir)
    }

    /// The position of the server that all sentinels take for the master, once they agree.
    #[must_use]
    pub fn master(&self) -> usize {
        guard::wait_for("one master", LIMIT, || {
            let named = |port| ask(port, &["SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE]);
            let first = named(self.sentinels[0].0);
            if self.sentinels.iter().any(|(port, _)| named(*port) != first) {
                return None;
            }
            let is_at = |port: u16| first == format!("127.0.0.1\n{port}");
            let gated = self.gate.as_ref().filter(|gate| is_at(gate.port())).map(|_| 0);
            gated.or_else(|| self.servers.iter().position(|server| is_at(server.port)))
        })
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
            (ask(self.sentinels[0].0, &["SENTINEL", "FAILOVER", SERVICE]) == "OK").then_some(())
        });
        self.wait_master(next);
    }

    /// Ends a sentinel with SIGKILL.
    pub fn kill_sentinel(&mut self, position: usize) {
        self.sentinels[position].1.kill();
    }

    /// Sends a signal to a sentinel.
    pub fn signal_sentinel(&self, position: usize, signal: Signal) {
        self.sentinels[position].1.signal(signal);
    }
}

// Empty where nothing answers.
fn ask(port: u16, command: &[&str]) -> String {
    let answer = admin::ask_port(port, None, command).unwrap_or_else(|_| Ok(String::new()));
    answer.unwrap_or_else(|error| error)
}

const SERVICE: &str = "mail";
const GUARD: &str = "min-replicas-to-write 1\n";
