//! A real SOGo behind the gate, as `packaging/sogo` has it, with the PostgreSQL and the memcached that it needs.

use std::ffi::OsStr;
use std::fs;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::guard::{Process, free_port};
use crate::site::random_password;
use crate::slapd::SERVICE;
use crate::{Ran, Slapd, canary, host};

/// A running SOGo, stopped when dropped.
#[derive(Debug)]
pub struct Sogo {
    // In the order in which they end.
    process: Process,
    _memcached: Process,
    _postgres: Process,
    _dir: TempDir,
    /// Its port on 127.0.0.1, where it believes everybody.
    pub port: u16,
}

/// The servers that SOGo talks to.
#[derive(Debug, Clone, Copy)]
pub struct Servers<'a> {
    /// Where it looks people up.
    pub slapd: &'a Slapd,
    /// The port of IMAP on 127.0.0.1.
    pub imap: u16,
    /// The port of submission on 127.0.0.1.
    pub submission: u16,
}

impl Drop for Sogo {
    /// Its processes end by themselves only once the browsers' connections are idle for long.
    fn drop(&mut self) {
        killpg(Pid::from_raw(i32::try_from(self.process.pid()).expect("a pid")), Signal::SIGKILL).ok();
    }
}

impl Sogo {
    /// The packaged example before these servers; `name` names its logs.
    #[must_use]
    pub fn start(name: &str, servers: Servers<'_>) -> Self {
        host::require_test_host();
        let program = host::system_program("/usr/sbin/sogod", "sogo");
        let logs = host::output_dir(name);
        let dir = tempfile::Builder::new().prefix("sogo.").tempdir_in(host::test_dir()).expect("a directory");
        host::own(dir.path(), (0.into(), 0.into()), 0o755);
        let [postgres_port, memcached_port, port] = [(); 3].map(|()| free_port());
        let password = random_password();
        canary::register(&password);
        let postgres = postgres(dir.path(), &logs, postgres_port, &password);
        let memcached = memcached(&logs, memcached_port);
        let ports = [("20000", port), ("5432", postgres_port), ("11211", memcached_port)];
        let ports = [&ports[..], &[("389", servers.slapd.ports().0), ("143", servers.imap)]].concat();
        let mut text = include_str!("../../packaging/sogo/sogo.conf").to_owned();
        for (usual, port) in [&ports[..], &[("587", servers.submission)]].concat() {
            text = replaced(&text, &format!("127.0.0.1:{usual}"), &format!("127.0.0.1:{port}"));
        }
        text = replaced(&text, ":PASSWORD@", &format!(":{password}@"));
        text = replaced(&text, "cn=sogo,ou=services,dc=example,dc=org", SERVICE);
        text = replaced(&text, "BIND-PASSWORD", servers.slapd.service_password());
        text = replaced(&text, "  SOGoTimeZone", &format!("{SETTINGS_OF_TESTS}  SOGoTimeZone"));
        let (etc, home) = (dir.path().join("etc"), dir.path().join("home"));
        let user = host::ids("sogo");
        host::make_dir(&etc, user, 0o700);
        host::make_dir(&home, user, 0o700);
        fs::write(etc.join("sogo.conf"), text).expect("sogo.conf");
        host::own(&etc.join("sogo.conf"), user, 0o600);
        // It reads /etc/sogo/sogo.conf and nothing else.
        let mut command = Command::new(host::system_program("/usr/bin/unshare", "util-linux"));
        command
            .args(["--mount", "--propagation", "private", "sh", "-c", IN_ITS_PLACE, "sh"])
            .args([etc.as_os_str(), home.as_os_str(), program.as_os_str()])
            .current_dir("/")
            .process_group(0);
        let mut process = Process::spawn("sogo", &mut command, &logs.join("sogo.log"));
        process.wait_ready(LIMIT, || TcpStream::connect(("127.0.0.1", port)).ok());
        Self { process, _memcached: memcached, _postgres: postgres, _dir: dir, port }
    }

    /// The requests that it has served so far: method, path and query, status.
    #[must_use]
    pub fn served(&self) -> Vec<(String, String, String)> {
        let log = self.process.log();
        let served = log.lines().filter_map(|line| {
            let (_, rest) = line.split_once(" \"")?;
            let (request, rest) = rest.split_once(" HTTP/1.")?;
            let (method, target) = request.split_once(' ')?;
            let status = rest.split(' ').nth(1)?;
            Some((method.to_owned(), target.to_owned(), status.to_owned()))
        });
        served.collect()
    }
}

fn postgres(dir: &Path, logs: &Path, port: u16, password: &str) -> Process {
    let data = dir.join("postgres");
    let user = host::ids("postgres");
    host::make_dir(&data, user, 0o700);
    let secret = data.with_extension("password");
    fs::write(&secret, password).expect("a file");
    host::own(&secret, user, 0o600);
    let mut init = as_user("postgres", &postgres_program("initdb"));
    init.args([
        "--auth=scram-sha-256",
        "--username=sogo",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    ]);
    init.arg("--pgdata").arg(&data).arg("--pwfile").arg(&secret);
    drop(Ran::of(&mut init, b"", LIMIT).succeeded());
    let mut command = as_user("postgres", &postgres_program("postgres"));
    command.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k", "", "-F"]);
    let mut process = Process::spawn("postgres", &mut command, &logs.join("postgres.log"));
    let port = port.to_string();
    process.wait_ready(LIMIT, || {
        let mut create = Command::new(postgres_program("createdb"));
        create.args(["-h", "127.0.0.1", "-p", &port, "-U", "sogo", "sogo"]).env("PGPASSWORD", password);
        (Ran::of(create.current_dir("/"), b"", LIMIT).code == 0).then_some(())
    });
    process
}

fn memcached(logs: &Path, port: u16) -> Process {
    let program = host::system_program("/usr/bin/memcached", "memcached");
    let mut command = as_user("memcache", &program);
    command.args(["-l", "127.0.0.1", "-p", &port.to_string(), "-U", "0"]);
    let mut process = Process::spawn("memcached", &mut command, &logs.join("memcached.log"));
    process.wait_ready(LIMIT, || TcpStream::connect(("127.0.0.1", port)).ok());
    process
}

/// A program that root does not run.
fn as_user(user: &str, program: &Path) -> Command {
    let mut command = Command::new(host::system_program("/usr/bin/setpriv", "util-linux"));
    command.args(["--reuid", user, "--regid", user, "--clear-groups"]).arg(program).current_dir("/");
    command
}

/// A program of the newest PostgreSQL that is here.
fn postgres_program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let newest = versions.map(|entry| entry.path()).max();
    let newest = newest.unwrap_or_else(|| PathBuf::from("/usr/lib/postgresql/15"));
    let program = newest.join("bin").join(name);
    host::system_program(&OsStr::to_string_lossy(program.as_os_str()), "postgresql")
}

/// The example with what a test has in the place of what a host has.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the example has changed: {from}");
    text.replace(from, to)
}

const IN_ITS_PLACE: &str = "mount --bind \"$1\" /etc/sogo && export HOME=\"$2\" && exec setpriv --reuid sogo --regid sogo \
                            --clear-groups \"$3\" -WONoDetach YES -WOLogFile - -WOPidFile \"$2/pid\" -WOWorkersCount 3";
/// Drafts are saved each minute and not each fifth, and written where a test can type.
const SETTINGS_OF_TESTS: &str = "  SOGoMailAutoSave = 1;\n  SOGoMailComposeMessageType = text;\n";
const LIMIT: Duration = Duration::from_secs(40);
