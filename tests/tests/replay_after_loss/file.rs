//! A single host: its database is restored from a backup, or what it remembers beside it is lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use postern_core::clock::Clock;
use postern_core::hashing::{Budget, HashPool};
use postern_core::ledger::{Ledger, LedgerError, Spent};
use postern_store::Embedded;
use postern_tests::{SetClock, guard};
use tempfile::TempDir;

use super::code_user::{CodeUser, token};
use super::scenario::Scenario;
use super::{LATER, PERIOD};

/// A host's /var/lib and /run.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    dir: Arc<TempDir>,
}

impl Host {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["var", "run"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        Self { dir: Arc::new(dir) }
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// As a process opens it that is started now.
    pub(crate) fn open(&self, clock: Arc<dyn Clock>) -> Arc<dyn Ledger> {
        open(&self.at("var"), &self.at("run"), clock)
    }

    /// The database's folder as it is, under another name.
    pub(crate) fn back_up(&self) {
        drop(fs::remove_dir_all(self.at("backup")));
        copy_folder(&self.at("var"), &self.at("backup"));
    }

    /// Copies the backup's files over those that are there, which stay the same files.
    pub(crate) fn restore_in_place(&self) {
        for name in &DATABASE[..2] {
            let (from, to) = (self.at("backup").join(name), self.at("var").join(name));
            match fs::read(&from) {
                Ok(bytes) => fs::write(&to, bytes).unwrap(),
                Err(_) => drop(fs::remove_file(&to)),
            }
        }
    }

    /// Puts other files in the place of those that are there.
    pub(crate) fn restore_by_moving(&self) {
        for name in DATABASE {
            let (from, to) = (self.at("backup").join(name), self.at("var").join(name));
            drop(fs::remove_file(&to));
            if from.exists() {
                fs::copy(&from, self.at("new")).unwrap();
                fs::rename(self.at("new"), &to).unwrap();
            }
        }
    }

    /// Puts another folder in the place of the one that is there.
    pub(crate) fn restore_folder(&self) {
        fs::rename(self.at("var"), self.at("gone")).unwrap();
        copy_folder(&self.at("backup"), &self.at("var"));
        fs::remove_dir_all(self.at("gone")).unwrap();
    }

    /// Waits until no process has the database open.
    pub(crate) fn wait_closed(&self) {
        let var = self.at("var");
        guard::wait_for("the database to be closed", Duration::from_secs(10), || {
            let open = fs::read_dir("/proc/self/fd").unwrap();
            let paths = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
            (!paths.into_iter().any(|path| path.starts_with(&var))).then_some(())
        });
    }

    /// Stops the programs that have the database open, loses something, and starts them again.
    fn while_stopped<'a>(
        &'a self,
        clock: &'a Arc<SetClock>,
        lose: impl Fn(&Self) + 'a,
    ) -> impl FnMut(&mut Vec<Arc<dyn Ledger>>) + 'a {
        move |ledgers| {
            ledgers.clear();
            self.wait_closed();
            lose(self);
            ledgers.extend([self.open(clock.clone()), self.open(clock.clone())]);
        }
    }

    /// What is kept in /run goes away.
    pub(crate) fn forget(&self) {
        for entry in fs::read_dir(self.at("run")).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
    }
}

pub(crate) fn open(var: &Path, run: &Path, clock: Arc<dyn Clock>) -> Arc<dyn Ledger> {
    let budget = Budget { memory_kib: Budget::MIN_MEMORY_KIB, cores: 1 };
    let hasher = Arc::new(HashPool::start(budget).unwrap());
    Arc::new(Embedded::open(&var.join(DATABASE[0]), &hasher, clock).unwrap().ledger(run))
}

/// How a database is restored.
type Restore = fn(&Host);

const WAYS: [(&str, Restore); 3] = [
    ("database restored in place", Host::restore_in_place),
    ("database restored by moving", Host::restore_by_moving),
    ("database's folder restored", Host::restore_folder),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_database_forgets_no_spent_step_and_no_login_waits() {
    for (name, restore) in WAYS {
        let host = Host::new();
        let mut scenario = Scenario::new(name, |clock| host.open(clock));
        let clock = scenario.clock.clone();
        _ = scenario.spend_latest(&CodeUser::new("somebody")).await;
        host.back_up();
        let again = host.while_stopped(&clock, restore);
        scenario.run(4, 0, again).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_from_before_the_first_spend_is_not_taken_for_one_that_knows() {
    for (name, restore) in WAYS {
        let host = Host::new();
        let mut scenario = Scenario::new(name, |clock| host.open(clock));
        let clock = scenario.clock.clone();
        host.back_up();
        let again = host.while_stopped(&clock, restore);
        scenario.run(4, 2 * PERIOD, again).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_memory_is_noticed_by_all_who_have_it_open() {
    let host = Host::new();
    let mut scenario = Scenario::new("memory in /run removed", |clock| host.open(clock));
    scenario.run(4, 2 * PERIOD, |_| host.forget()).await;
    // Its clock begins where that of the one before did.
    let host = Host::new();
    let mut scenario =
        Scenario::new("memory in /run removed and the host's programs started", |c| host.open(c));
    let clock = scenario.clock.clone();
    let started = host.while_stopped(&clock, Host::forget);
    scenario.run(4, 2 * PERIOD, started).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_file_in_the_place_of_the_memory_is_a_lost_one() {
    let host = Host::new();
    let mut scenario = Scenario::new("memory in /run replaced by an empty file", |clock| host.open(clock));
    let empty = |_: &mut Vec<Arc<dyn Ledger>>| {
        host.forget();
        drop(open(&host.at("var"), &host.at("run"), SetClock::at(0)));
    };
    scenario.run(2, 2 * PERIOD, empty).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_with_another_volatile_file_spends_no_spent_step() {
    let host = Host::new();
    fs::create_dir(host.at("other-run")).unwrap();
    let mut scenario = Scenario::new("two memories of one database", |clock| host.open(clock));
    let clock = scenario.clock.clone();
    // Each takes the database from the other at each call, so no login is ever accepted: safe, and soon noticed.
    let person = CodeUser::new("alice");
    let last = scenario.spend_latest(&person).await;
    let elsewhere = open(&host.at("var"), &host.at("other-run"), clock.clone());
    for now in clock.second()..clock.second() + 3 * PERIOD {
        for ledger in [&elsewhere, &scenario.ledgers[0]] {
            for step in [last - 1, last, now / PERIOD, now / PERIOD + 1] {
                assert_ne!(person.ask(ledger, step, now).await, Spent::Now);
            }
        }
        clock.set(now);
    }
    scenario.ledgers = vec![elsewhere];
    assert!(scenario.wait_and_replay(&person, last).await <= 2 * PERIOD);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_restored_under_running_programs_makes_no_step_spendable_again() {
    for (name, restore) in WAYS {
        let (host, clock) = (Host::new(), SetClock::at(LATER));
        let scenario = Scenario { name, ledgers: vec![host.open(clock.clone())], clock: clock.clone() };
        let people: Vec<CodeUser> = (0..20).map(|number| CodeUser::new(&format!("person{number}"))).collect();
        _ = scenario.spend_latest(&people[0]).await;
        host.back_up();
        let now = clock.second() + 100 * PERIOD;
        clock.set(now);
        for person in &people {
            assert_eq!(person.ask(&scenario.ledgers[0], now / PERIOD, now).await, Spent::Now);
        }
        restore(&host);
        let started = host.open(clock.clone());
        for person in &people {
            for ledger in [&scenario.ledgers[0], &started] {
                // SQLite may well find that the file under it is not the one that it was.
                let again = person.spend(ledger, now / PERIOD, now, token()).await;
                assert!(!matches!(again, Ok(Spent::Now)), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_named_with_the_remedy() {
    let host = Host::new();
    let ledger = open(&host.at("var"), &host.at("nowhere"), SetClock::at(LATER));
    let refused = CodeUser::new("alice").spend(&ledger, LATER / PERIOD, LATER, token()).await;
    let path = host.at("nowhere/postern.db.spent").display().to_string();
    assert!(
        matches!(&refused, Err(LedgerError::Broken(why)) if why.contains(&path) && why.contains("has to exist")),
        "{refused:?}"
    );
    let failures = ledger.health().await.unwrap().failures;
    let remedy = format!("install -d -o postern -g postern -m 0755 {}", host.at("nowhere").display());
    assert!(matches!(&*failures, [one] if one.contains(&path) && one.ends_with(&remedy)), "{failures:?}");
    fs::create_dir(host.at("nowhere")).unwrap();
    assert!(
        CodeUser::new("alice").spend(&ledger, LATER / PERIOD, LATER, token()).await.is_ok(),
        "it is fixed"
    );
    let health = ledger.health().await.unwrap();
    assert_eq!((health.warnings, health.failures), (Vec::new(), Vec::new()));
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

const DATABASE: [&str; 3] = ["postern.db", "postern.db-wal", "postern.db-shm"];
