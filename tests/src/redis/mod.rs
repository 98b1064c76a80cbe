//! Real Redis servers on loopback or a Unix socket: alone, watched by sentinels, or as a Cluster.

mod admin;
mod builder;
mod cluster;
mod impostor;
mod probe;
mod sentinel;

use std::fs;
use std::io;
use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::{Gid, Uid};
use postern_core::config::{Config, LedgerKind, Redis as RedisConfig};
use tempfile::TempDir;

use crate::certs::Certs;
use crate::guard::{self, Process};
use crate::site::random_password;
use crate::{Machine, Ran, Site, Stopwatch, canary, host};

pub use builder::RedisBuilder;
pub use cluster::RedisCluster;
pub use impostor::impostor;
pub use probe::{LIMITS, NOW, ONE_DEADLINE, Probe};
pub use sentinel::RedisSentinel;

/// What posternd's user may do in Redis, as docs/redis.md has it.
pub const ACL: &str = "resetchannels -@all ~postern:* +eval +evalsha +hdel +hgetall +hmget +hset +info +pexpire +ping \
                       +select +xadd +xread +zadd +zcard +zincrby +zrangebyscore +zrem +zremrangebyscore +zscore";

/// Where a server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// On an address: 127.0.0.1, or that of its machine.
    Tcp,
    /// The same, TLS alone.
    Tls,
    /// On a Unix socket of this mode, and nowhere else.
    Unix(u32),
}

/// A `redis-server`. It ends with its guard.
#[derive(Debug)]
pub struct Redis {
    name: String,
    process: Process,
    listen: Listen,
    machine: Machine,
    /// Its TCP port.
    pub port: u16,
    certs: Option<Certs>,
    secrets: Secrets,
    dir: TempDir,
}

/// The passwords of a server's users `postern` and `admin`.
#[derive(Clone)]
pub struct Secrets {
    /// Of posternd's user.
    pub postern: String,
    /// The password of the user that the tests use.
    pub admin: String,
}

impl Redis {
    /// A server that is set up as the manual says; `name` names its log.
    #[must_use]
    pub fn start(name: &str, listen: Listen) -> Self {
        Self::builder(name).listen(listen).start()
    }

    /// A server with settings of its own.
    #[must_use]
    pub fn builder(name: &str) -> RedisBuilder {
        RedisBuilder::new(name)
    }

    /// The URL for `[ledger]`.
    #[must_use]
    pub fn url(&self) -> String {
        match self.listen {
            Listen::Tcp => format!("redis://{}", self.place()),
            Listen::Tls => format!("rediss://{}", self.place()),
            Listen::Unix(_) => format!("unix://{}", self.socket().display()),
        }
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

    /// Its configuration for users that it does not ask for a password.
    #[must_use]
    pub fn config_without_password(&self) -> RedisConfig {
        config(&section(&self.url(), None, self.certs.as_ref(), self.dir.path()))
    }

    /// Runs a command as its admin and gives what it answers.
    #[must_use]
    pub fn cli(&self, command: &[&str]) -> String {
        let answer = self.ask(command).unwrap_or_else(|error| panic!("{}: {command:?}: {error}", self.name));
        let answer = answer.unwrap_or_else(|error| panic!("{}: {command:?}: {error}", self.name));
        answer.trim().to_owned()
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Sends it a signal: STOP makes it silent, CONT lets it speak again.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Ends it with SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again after [`Redis::kill`], on the same address with what it had kept.
    pub fn start_again(&mut self) {
        self.process = Self::spawn(&self.name, &self.machine, self.dir.path());
        self.wait_ready();
    }

    /// Makes it a replica of `master`.
    pub fn follow(&self, master: &Self) {
        self.follow_at(master.port, master);
    }

    /// Makes it a replica of the master that is at this port of `master`'s machine.
    fn follow_at(&self, port: u16, master: &Self) {
        let address = master.machine.address.to_string();
        assert_eq!(self.cli(&["REPLICAOF", &address, &port.to_string()]), "OK");
    }

    /// Makes it a master.
    pub fn lead(&self) {
        assert_eq!(self.cli(&["REPLICAOF", "NO", "ONE"]), "OK");
    }

    /// Waits until it is a replica.
    pub fn wait_demoted(&self) {
        // In the moment of its demotion it closes every connection (CLIENT KILL), this one too.
        let is_replica = || {
            let info = self.ask(&["INFO", "replication"]).ok()?.ok()?;
            info.contains("role:slave").then_some(())
        };
        guard::wait_for("the demotion", LIMIT, is_replica);
    }

    /// Waits until so many replicas have all that it has.
    pub fn wait_replicas(&self, count: usize) {
        guard::wait_for("the replicas", LIMIT, || (self.replicas() == Some(count)).then_some(()));
    }

    /// How many replicas it has that follow it; `None` if it is a replica itself.
    #[must_use]
    pub fn replicas(&self) -> Option<usize> {
        let info = self.ask(&["INFO", "replication"]).ok()?.ok()?;
        info.contains("role:master").then(|| info.matches("state=online").count())
    }

    /// Has it be complete for an hour, as posternd sees it: every code is taken at once. posternd has to be there.
    pub fn age(&self) {
        age(&[self]);
    }

    /// The passwords of its users.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// A directory that lasts as long as the server.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    fn section(&self, dir: &Path) -> String {
        section(&self.url(), Some(&self.secrets), self.certs.as_ref(), dir)
    }

    /// Its machine's address, and its port.
    fn place(&self) -> SocketAddrV4 {
        SocketAddrV4::new(self.machine.address, self.port)
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("redis.sock")
    }

    fn spawn(name: &str, machine: &Machine, dir: &Path) -> Process {
        let mut command = Command::new(host::system_program("/usr/bin/redis-server", "redis-server"));
        command.arg(dir.join("redis.conf")).current_dir(dir);
        let log = host::output_dir(name).join("redis.log");
        machine.run(|| Process::spawn(name, &mut command, &log))
    }

    fn wait_ready(&mut self) {
        let waited = Stopwatch::start();
        loop {
            if self.ask(&["PING"]).is_ok_and(|answer| answer.is_ok_and(|text| text == "PONG")) {
                return;
            }
            assert!(self.process.ended().is_none(), "{}", self.process.log_tail());
            assert!(!waited.is_over(LIMIT), "{}: {}", waited.elapsed(), self.process.log_tail());
            guard::pause(Duration::from_millis(20));
        }
    }

    fn ask(&self, command: &[&str]) -> io::Result<admin::Answer> {
        let secret = &self.secrets.admin;
        let login = (!secret.is_empty()).then_some(("admin", secret.as_str()));
        match (self.listen, &self.certs) {
            (Listen::Unix(_), _) => admin::ask_socket(&self.socket(), login, command),
            (Listen::Tcp | Listen::Tls, None) => {
                self.machine.run(|| admin::ask_port((self.machine.address, self.port), login, command))
            }
            (Listen::Tcp | Listen::Tls, Some(certs)) => Ok(self.redis_cli(certs, command)),
        }
    }

    fn redis_cli(&self, certs: &Certs, command: &[&str]) -> admin::Answer {
        let mut cli = Command::new(host::system_program("/usr/bin/redis-cli", "redis-tools"));
        cli.args(["--tls", "--cacert"]).arg(&certs.ca);
        cli.args(["-h", &self.machine.address.to_string(), "-p", &self.port.to_string()]);
        if !self.secrets.admin.is_empty() {
            cli.args(["--user", "admin"]).env("REDISCLI_AUTH", &self.secrets.admin);
        }
        let ran = self.machine.run(|| Ran::of(cli.arg("-e").args(command), b"", LIMIT));
        if ran.code == 0 { Ok(ran.stdout.trim_end().to_owned()) } else { Err(ran.stdout + &ran.stderr) }
    }
}

/// Has masters that share the fences be complete for an hour.
fn age(masters: &[&Redis]) {
    let fences = |master: &&Redis| master.cli(&["KEYS", FENCES]).lines().count();
    guard::wait_for("posternd to have looked at every fence", LIMIT, || {
        (masters.iter().map(fences).sum::<usize>() == 64).then_some(())
    });
    for master in masters {
        drop(master.cli(&["EVAL", AGE, "0"]));
    }
}

impl Drop for Redis {
    // One that is stopped by a signal would not hear SIGTERM.
    fn drop(&mut self) {
        self.process.kill();
    }
}

impl Secrets {
    fn random() -> Self {
        let random = || {
            let password = random_password();
            canary::register(&password);
            password
        };
        Self { postern: random(), admin: random() }
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

/// A `[ledger]` section; the files that it names go into `dir`.
fn section(url: &str, secrets: Option<&Secrets>, certs: Option<&Certs>, dir: &Path) -> String {
    let mut section = format!("[ledger]\nkind = \"redis\"\nurl = \"{url}\"\n");
    let group = host::ids("postern").1;
    if let Some(secrets) = secrets.filter(|secrets| !secrets.postern.is_empty()) {
        let file = dir.join("redis.secret");
        write(&file, &format!("{}\n", secrets.postern), (0.into(), group), 0o640);
        section += &format!("username = \"postern\"\npassword_file = \"{}\"\n", file.display());
    }
    if let Some(certs) = certs {
        let file = dir.join("redis-ca.pem");
        let authority = fs::read_to_string(&certs.ca).expect("the authority's certificate");
        write(&file, &authority, (0.into(), group), 0o644);
        section += &format!("ca_file = \"{}\"\n", file.display());
    }
    section
}

fn join(site: &Site, section: impl Fn(&Path) -> String) {
    let section = section(&site.dir().join("etc"));
    site.edit_config(|text| {
        assert!(text.contains(EMBEDDED), "the site has another ledger already: {text}");
        text.replace(EMBEDDED, &section)
    });
}

fn config(section: &str) -> RedisConfig {
    let text = format!("[directory]\nkind = \"embedded\"\n{section}");
    match Config::parse(Path::new("test"), &text).expect("a configuration").ledger {
        LedgerKind::Redis(redis) => redis,
        LedgerKind::Embedded => panic!("no Redis in {section}"),
    }
}

fn write_private(path: &Path, text: &str) {
    write(path, text, (0.into(), 0.into()), 0o600);
}

fn write(path: &Path, text: &str, owner: (Uid, Gid), mode: u32) {
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    host::own(path, owner, mode);
}

const FENCES: &str = "postern:{steps-*}:fence";
const AGE: &str = "local fences = redis.call('KEYS', 'postern:{steps-*}:fence')
    for _, fence in ipairs(fences) do redis.call('HINCRBY', fence, 'since', -3600) end
    return #fences";
const EMBEDDED: &str = "[ledger]\nkind = \"embedded\"\n";
const LIMIT: Duration = Duration::from_secs(20);
