use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use postern_tests::guard::{Process, wait_for, wait_for_line};
use postern_tests::{Attempt, Outcome, Site, host};

use crate::{checkpassword, posternd};

/// A supervisor that listens for posternd and starts it when a client connects.
fn supervisor(site: &Site) -> Process {
    let mut command = Command::new(host::system_program("/usr/bin/python3", "python3"));
    command.args(["-I", "-c", ACTIVATE]).arg(site.socket()).arg("postern");
    command.arg(host::program("posternd")).arg("--config").arg(site.config()).current_dir("/");
    let mut process = Process::spawn("activate", &mut command, &site.output().join("posternd.log"));
    process.wait_ready(LIMIT, || site.socket().exists().then_some(()));
    process
}

fn pid(site: &Site) -> i32 {
    let status = site.cli_json(&["status"]);
    i32::try_from(status["status"]["pid"].as_i64().unwrap()).unwrap()
}

#[test]
fn a_passed_socket_is_served_and_left_behind() {
    let site = Site::new("passed");
    let mut supervisor = supervisor(&site);
    let alice = site.account("alice");
    assert!(!supervisor.log().contains("posternd"), "nobody asked yet");
    assert_eq!(checkpassword(&site, "alice", &alice.password).run().code, 0, "the first login starts it");
    drop(wait_for_line(supervisor.log_path(), &["serves"], LIMIT));
    assert_eq!(checkpassword(&site, "alice", "wrong").run().code, 1);
    assert_eq!(supervisor.stop().code(), Some(0), "posternd's own status");
    assert!(site.socket().exists(), "the socket is its maker's");
    assert!(supervisor.log().contains("posternd stops"), "{}", supervisor.log());
}

#[test]
fn after_a_crash_the_next_daemon_serves_clients_that_wait_at_the_socket() {
    let site = Site::new("crash");
    let _supervisor = supervisor(&site);
    let dovecot = site.dovecot();
    drop(site.account("alice"));
    let app = site.app_password("alice", "Phone", &[]).password;
    assert!(dovecot.imap("alice", &app).is_in());
    for _ in 0..3 {
        let killed = pid(&site);
        kill(Pid::from_raw(killed), Signal::SIGKILL).unwrap();
        // A client of the dead daemon gets Defer; new ones wait for the next daemon.
        assert_eq!(checkpassword(&site, "alice", &app).run().code, 0);
        assert_ne!(pid(&site), killed);
    }
    let attempt = Attempt::new("smtp", "alice", &app);
    assert_eq!(dovecot.auth_client().login(&attempt).outcome, Outcome::Accepted);
}

#[test]
fn upgrades_fail_no_login_by_lua_although_its_workers_keep_their_connections() {
    let site = Site::new("upgrade");
    let supervisor = supervisor(&site);
    drop(site.account("alice"));
    let app = site.app_password("alice", "Phone", &[]).password;
    let dovecot = site.dovecot_by_lua();
    let attempt = Attempt::new("imap", "alice", &app);
    let (over, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let more = |count: u64| {
        let goal = done.load(Ordering::SeqCst) + count;
        wait_for("logins to go on", LIMIT, || (done.load(Ordering::SeqCst) >= goal).then_some(()));
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut auth = dovecot.auth_client();
                while !over.load(Ordering::SeqCst) {
                    assert_eq!(auth.login(&attempt).outcome, Outcome::Accepted, "{}", dovecot.log());
                    done.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        let before = pid(&site);
        let mut pids = vec![before];
        for _ in 0..5 {
            more(40);
            kill(Pid::from_raw(i32::try_from(supervisor.pid()).unwrap()), Signal::SIGUSR1).unwrap();
            more(40);
            pids.push(pid(&site));
        }
        over.store(true, Ordering::SeqCst);
        pids.dedup();
        assert_eq!(pids.len(), 6, "{pids:?}");
    });
}

#[test]
fn the_supervisor_hears_ready_reloading_and_stopping() {
    let site = Site::new("notify");
    let path = site.dir().join("run/notify");
    let notices = UnixDatagram::bind(&path).unwrap();
    host::own(&path, host::ids("postern"), 0o600);
    notices.set_nonblocking(true).unwrap();
    let hear = |expected: &str| {
        wait_for(&format!("the notice {expected}"), LIMIT, || {
            let mut buffer = [0; 256];
            match notices.recv(&mut buffer) {
                Ok(length) => Some(String::from_utf8_lossy(&buffer[..length]).into_owned()),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    None
                }
            }
        })
    };
    let mut command = posternd(&site);
    command.env("NOTIFY_SOCKET", &path);
    let mut process = Process::spawn("posternd", &mut command, &site.output().join("posternd.log"));
    assert_eq!(hear("ready").trim(), "READY=1");
    assert!(site.socket().exists(), "ready means that the socket is there");
    process.signal(Signal::SIGHUP);
    let reloading = hear("reloading");
    assert!(reloading.contains("RELOADING=1") && reloading.contains("MONOTONIC_USEC="), "{reloading}");
    assert_eq!(hear("ready again").trim(), "READY=1");
    assert_eq!(process.stop().code(), Some(0));
    assert_eq!(hear("stopping").trim(), "STOPPING=1");
}

const ACTIVATE: &str = include_str!("activate.py");
const LIMIT: Duration = Duration::from_secs(10);
