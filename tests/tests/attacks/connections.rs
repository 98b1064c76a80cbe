//! Hundreds of connections.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use postern_tests::stopwatch::{Stopwatch, median};
use postern_tests::{Account, Site, guard, unix_users};
use serde_json::{Value, json};

use crate::Target;
use crate::conversation::{RawConversation, own, world_with_person};
use crate::raw::{Said, login, peer, peer_with, say, say_as};

#[test]
fn one_untrusted_user_holds_few_connections_and_mail_goes_on() {
    let target = Target::new("mallory fills connections");
    let socket = target.site.socket().display().to_string();
    let mut filling = peer("mallory", &["fill", &socket, "6"]);
    let mut filling = filling.stdout(Stdio::piped()).spawn().expect("python3");
    let report = std::thread::scope(|scope| {
        let output = filling.stdout.take().unwrap();
        let report = scope.spawn(move || std::io::read_to_string(output).unwrap());
        guard::wait_for("mallory to fill", Duration::from_secs(20), || {
            target.posternd.log().contains("no room").then_some(())
        });
        let mut times = Vec::new();
        for _ in 0..40 {
            let before = Stopwatch::start();
            assert_eq!(target.checkpassword("alice", &target.thunderbird.password), 0);
            times.push(before.elapsed());
        }
        median(&times).assert_within(Duration::from_millis(500));
        report.join().unwrap()
    });
    assert!(filling.wait().unwrap().success());
    let report: Value = serde_json::from_str(report.lines().last().unwrap()).expect("what it held");
    assert!(report["most"].as_u64().unwrap() <= 4, "limits.connections_per_user: {report}");
    assert!(report["refused"].as_u64().unwrap() > 100, "it did try: {report}");
    // Refusals are logged, but not with a line for each.
    let noted = target.posternd.log().lines().filter(|line| line.contains("no room")).count();
    assert!((1..=12).contains(&noted), "{noted} lines in 6 s for {report}");
    guard::wait_for("the connections to be gone", Duration::from_secs(10), || {
        (target.posternd.status().connections == 1).then_some(())
    });
    target.assert_alice_gets_in();
}

#[test]
fn half_of_the_places_are_kept_for_mail_servers() {
    let settings = "connections = 10\nconnections_per_user = 1000";
    let target = Target::of(Site::builder("half for mail servers").setting("[limits]", settings).build());
    let socket = target.site.socket().display().to_string();
    let mut filling = peer("mallory", &["fill", &socket, "4"]);
    let filling = filling.stdout(Stdio::piped()).spawn().expect("python3");
    guard::wait_for("mallory to fill", Duration::from_secs(20), || {
        target.posternd.log().contains("no room").then_some(())
    });
    for _ in 0..20 {
        assert_eq!(target.checkpassword("alice", &target.thunderbird.password), 0);
    }
    let report = filling.wait_with_output().unwrap();
    let report = String::from_utf8(report.stdout).unwrap();
    let report: Value = serde_json::from_str(report.lines().last().unwrap()).expect("what it held");
    assert!((1..=5).contains(&report["most"].as_u64().unwrap()), "half of 10: {report}");
    target.assert_alice_gets_in();
}

#[test]
fn every_place_can_be_taken_without_running_out_of_files() {
    let settings = "connections = 3000";
    let target =
        with_few_files(|| Target::of(Site::builder("all places").setting("[limits]", settings).build()));
    // Twice as many as the files that a process may have open by default.
    let held: Vec<UnixStream> =
        (0..2000).map(|_| UnixStream::connect(target.site.socket()).expect("a place")).collect();
    let message = login("alice", &target.thunderbird.password, &json!({}));
    assert_eq!(say(&target.site.socket(), &message), Said::Accept("alice".to_owned()));
    assert!(target.posternd.status().connections > 2000);
    drop(held);
    guard::wait_for("the places to be given back", Duration::from_secs(10), || {
        (target.posternd.status().connections == 1).then_some(())
    });
    assert!(!target.posternd.log().contains("cannot accept"), "it ran out of files");
    assert!(target.posternd.peak_resident_kib() < 256 * 1024);
    target.assert_alice_gets_in();
}

/// Uids that each hold as many connections as they can, until dropped.
struct Crowd(std::process::Child);

impl Crowd {
    fn of(target: &Target, first: u32, count: u32) -> Self {
        let socket = target.site.socket().display().to_string();
        let mut command =
            peer_with((0.into(), 0.into()), &["crowd", &socket, &first.to_string(), &count.to_string(), "4"]);
        let mut crowd = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3");
        let mut line = String::new();
        BufReader::new(crowd.stdout.take().unwrap()).read_line(&mut line).expect("its word");
        assert_eq!(line, "crowded\n");
        Self(crowd)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        drop(self.0.wait());
    }
}

/// While many uids crowd the socket, the phone page, a user and mail are served.
fn others_are_served(target: &Target, ann: &Account) {
    let pending = json!({ "flow": "phone_pending", "service": "web", "secret": null, "arguments": {
        "account": "a", "factor": "f", "time": "1", "signature": "s" } });
    let factors = json!({ "flow": "factors", "service": "", "rhost": null, "secret": null });
    let ids = (ann.uid.into(), ann.uid.into());
    for _ in 0..10 {
        let said = say_as("postern-web", &target.site.socket(), &[login("", "", &pending)]);
        assert_eq!(said, [Said::reject("bad_credential")], "the page: there is no such factor");
        let mut talk = RawConversation::begin_as(ids, &target.site.socket(), &own("factors", &factors));
        assert_eq!(talk.ended().0, Said::Accept(ann.name.clone()));
        assert_eq!(target.checkpassword("alice", &target.thunderbird.password), 0);
    }
}

#[test]
fn a_hundred_and_forty_uids_at_the_socket_keep_out_neither_the_page_nor_a_person_nor_mail() {
    let site = Site::builder("crowded").setting("[web]", "url = \"https://2fa.example.org/\"").build();
    let (target, ann) = world_with_person(site);
    // The uids of one user who has subordinate uids.
    let crowd = Crowd::of(&target, 2_000_000, 140);
    others_are_served(&target, &ann);
    assert!(target.posternd.status().connections < 50, "they share what one user has");
    drop(crowd);
    // The uids of as many users.
    let names: Vec<String> = (0..140).map(|number| format!("crowd{number}")).collect();
    unix_users::add_names(names.iter().map(String::as_str).zip(2_100_000..));
    let _crowd = Crowd::of(&target, 2_100_000, 140);
    assert!(target.posternd.status().connections > 140, "each has a place");
    others_are_served(&target, &ann);
}

/// Starts a process with the default limit of open files of most systems.
fn with_few_files<T>(start: impl FnOnce() -> T) -> T {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    assert!(hard >= 4096, "this test needs to open 2000 connections; raise the hard limit (ulimit -Hn)");
    setrlimit(Resource::RLIMIT_NOFILE, 1024, hard).unwrap();
    let started = start();
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(4096), hard).unwrap();
    started
}
