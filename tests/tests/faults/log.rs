use std::fs::File;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use postern_ipc::{Begin, Client, Failure, Flow, NonInteractive, Status};
use postern_tests::guard::wait_for;
use postern_tests::{CHECK_FAILED, Site, Stopwatch, host};

use crate::{checkpassword, posternd};

/// posternd with a standard error of its own, stopped when dropped.
struct Loud(Child);

impl Loud {
    fn start(site: &Site, log: Stdio) -> Self {
        let mut command: Command = posternd(site);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("posternd");
        let loud = Self(child);
        wait_for("posternd to answer", LIMIT, || status(site).ok());
        loud
    }
}

impl Drop for Loud {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn status(site: &Site) -> Result<Status, Failure> {
    Client::connect(&site.socket(), Instant::now() + LIMIT)?.status(Begin::new(Flow::Status, "", ""))
}

/// Logins that are refused, with lines as long as a name can make them.
fn fill(site: &Site, count: u32) {
    let user = "\u{e4}".repeat(127);
    for _ in 0..count {
        let mut begin = Begin::new(Flow::Login, "imap", &user);
        begin.secret = Some(postern_ipc::Secret::new("wrong".to_owned()));
        let client = Client::connect(&site.socket(), Instant::now() + LIMIT).expect("a connection");
        drop(client.converse(begin, &mut NonInteractive).expect("a verdict"));
    }
}

#[test]
fn logins_go_on_without_a_reader_of_the_log_and_lost_lines_are_counted_and_reported() {
    host::require_test_host();
    let site = Site::new("stuck_log");
    let alice = site.account("alice");
    let mut posternd = Loud::start(&site, Stdio::piped());
    let login = || checkpassword(&site, "alice", &alice.password).run();
    assert_eq!(login().code, 0);
    assert_ne!(site.check().code, CHECK_FAILED);
    // A pipe holds 64 KiB, and the queue some MiB.
    fill(&site, 6_000);
    let began = Stopwatch::start();
    assert_eq!(login().code, 0);
    began.assert_within(Duration::from_secs(4));
    let stuck = wait_for("the log to be stuck", LIMIT, || {
        status(&site).ok().filter(|status| status.log_stuck_seconds >= 2)
    });
    assert!(stuck.log_lines_lost > 0, "{stuck:?}");
    let shown = site.cli_ok(&["status"]);
    assert!(shown.contains("no process has read it") && shown.contains("lines were lost"), "{shown}");
    let check = site.check();
    assert!(check.code == CHECK_FAILED && check.stdout.contains("FAIL  posternd: its log: "), "{check:?}");

    let mut pipe = posternd.0.stderr.take().unwrap();
    let (read, seen) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let (text, has_told) = (Arc::clone(&read), Arc::clone(&seen));
    let reader = std::thread::spawn(move || {
        let mut chunk = [0; 65_536];
        loop {
            let length = pipe.read(&mut chunk).expect("text");
            if length == 0 {
                return;
            }
            let mut text = text.lock().unwrap();
            // A chunk may end in the middle of the words.
            let from = text.len().saturating_sub(LOST.len());
            text.extend_from_slice(&chunk[..length]);
            if String::from_utf8_lossy(&text[from..]).contains(LOST) {
                has_told.store(true, Ordering::SeqCst);
            }
        }
    });
    wait_for("the log to be written again", LIMIT, || {
        status(&site).ok().filter(|status| status.log_stuck_seconds == 0)
    });
    wait_for("the lost lines to be reported", LIMIT, || seen.load(Ordering::SeqCst).then_some(()));
    assert_eq!(login().code, 0);
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(posternd.0.id().cast_signed()),
        nix::sys::signal::Signal::SIGTERM,
    )
    .unwrap();
    assert!(posternd.0.wait().unwrap().success());
    reader.join().unwrap();
    let text = String::from_utf8(read.lock().unwrap().clone()).unwrap();
    assert!(text.lines().all(|line| line.contains(" posternd") || line.contains("postern")), "whole lines");
    let last: Vec<&str> = text.lines().rev().take(4).collect();
    assert!(last[0].ends_with("posternd stops"), "and the last words are heard: {last:#?}");
}

#[test]
fn logins_go_on_while_the_disk_of_the_log_is_full() {
    host::require_test_host();
    let site = Site::new("full_log");
    let alice = site.account("alice");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let _posternd = Loud::start(&site, full.into());
    for _ in 0..5 {
        assert_eq!(checkpassword(&site, "alice", &alice.password).run().code, 0);
    }
    let status = status(&site).unwrap();
    assert!(status.log_lines_lost >= 5, "{status:?}");
    let check = site.check();
    assert!(check.code == CHECK_FAILED && check.stdout.contains("lines were lost"), "{check:?}");
}

#[test]
fn a_log_without_a_reader_does_not_keep_posternd_from_stopping() {
    host::require_test_host();
    let site = Site::new("stuck_stop");
    let mut posternd = Loud::start(&site, Stdio::piped());
    fill(&site, 200);
    let began = Stopwatch::start();
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(posternd.0.id().cast_signed()),
        nix::sys::signal::Signal::SIGTERM,
    )
    .unwrap();
    assert!(posternd.0.wait().unwrap().success());
    began.assert_within(Duration::from_secs(15));
}

const LIMIT: Duration = Duration::from_secs(60);
const LOST: &str = "lines of this log were lost";
