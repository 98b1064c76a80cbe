//! Several processes of one host, some of which are killed in the middle of it.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use postern_core::clock::SystemClock;
use postern_core::ledger::{LedgerError, Spent};
use postern_tests::guard;

use super::code_user::{CodeUser, token};
use super::file::{Host, open};
use super::{LATER, PERIOD};

#[test]
fn of_processes_that_are_killed_now_and_then_no_two_spend_the_same_step() {
    let host = Host::new();
    let start = milliseconds() + 200;
    let mut number = 0;
    let mut begin = || {
        number += 1;
        process(&host, start, number)
    };
    let mut children: Vec<Child> = (0..4).map(|_| begin()).collect();
    for round in 0..24 {
        guard::pause(Duration::from_millis(320));
        // A slow machine needs longer.
        let so_far = had(&host).len();
        guard::wait_for("more steps to be spent", Duration::from_secs(30), || {
            (had(&host).len() >= so_far + 10).then_some(())
        });
        let killed = &mut children[round % 4];
        killed.kill().unwrap();
        drop(killed.wait());
        children[round % 4] = begin();
        if round % 8 == 7 {
            host.forget();
        }
    }
    guard::pause(Duration::from_millis(500));
    for child in &mut children {
        child.kill().unwrap();
        drop(child.wait());
    }
    let had = had(&host);
    assert!(had.len() > 200, "only {} steps were spent", had.len());
    for (step, by) in &had {
        assert_eq!(by.len(), 1, "step {step} was spent by {by:?}");
    }
    let processes: std::collections::BTreeSet<_> = had.values().flatten().collect();
    assert!(processes.len() > 8, "only {processes:?} spent any");
    println!(
        "{} steps, each spent by one of {} processes, 24 of which were killed",
        had.len(),
        processes.len()
    );
}

/// Each step that was spent, and by which processes.
fn had(host: &Host) -> BTreeMap<u64, Vec<String>> {
    let mut had = BTreeMap::<u64, Vec<String>>::new();
    for entry in fs::read_dir(host.at("")).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with("had.") {
            for step in fs::read_to_string(entry.path()).unwrap().lines() {
                had.entry(step.parse().unwrap()).or_default().push(name.clone());
            }
        }
    }
    had
}

/// Not a test: what the processes of the one above run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by another test, as a process of its own"]
async fn a_process_that_spends() {
    let Ok(folder) = std::env::var("FENCE_FOLDER") else { return };
    let setting = |name: &str| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let folder = std::path::Path::new(&folder);
    let (start, number) = (setting("FENCE_START"), setting("FENCE_NUMBER"));
    let ledger = open(&folder.join("var"), &folder.join("run"), std::sync::Arc::new(SystemClock));
    let mut had =
        OpenOptions::new().create(true).append(true).open(folder.join(format!("had.{number}"))).unwrap();
    let person = CodeUser::new("alice");
    while milliseconds() < start {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    loop {
        let step = LATER / PERIOD + (milliseconds() - start) / STEP;
        for step in [step, step + 1] {
            match person.spend(&ledger, step, step * PERIOD, token()).await {
                // In one piece, as it may be killed meanwhile.
                Ok(Spent::Now) => had.write_all(format!("{step}\n").as_bytes()).unwrap(),
                Ok(Spent::Replayed | Spent::Unknown { .. } | Spent::WrongClock { .. })
                | Err(LedgerError::Down(_)) => {}
                Err(LedgerError::Broken(why)) => panic!("{why}"),
            }
        }
    }
}

fn process(host: &Host, start: u64, number: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::a_process_that_spends", "--ignored", "--nocapture"])
        .env("FENCE_FOLDER", host.at(""))
        .env("FENCE_START", start.to_string())
        .env("FENCE_NUMBER", number.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[allow(clippy::disallowed_methods, reason = "processes have nothing in common but the machine's clock")]
fn milliseconds() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// How long the step of the moment is one, in milliseconds.
const STEP: u64 = 5;
