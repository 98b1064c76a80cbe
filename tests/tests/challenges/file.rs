//! A single host: its database is restored from a backup, or what it remembers beside it is lost.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use postern_core::hashing::{Budget, HashPool};
use postern_core::ledger::{Answered, Ledger};
use postern_store::Embedded;
use postern_tests::SetClock;
use tempfile::TempDir;

use super::LATER;
use super::client::Client;

/// A host's /var/lib and /run.
pub(crate) struct Host {
    var: TempDir,
    run: TempDir,
}

impl Host {
    /// What is in /run is in memory.
    pub(crate) fn new() -> Self {
        Self { var: tempfile::tempdir().unwrap(), run: tempfile::tempdir_in("/dev/shm").unwrap() }
    }

    /// As a process opens it that is started now.
    pub(crate) fn open(&self) -> Arc<dyn Ledger> {
        let budget = Budget { memory_kib: Budget::MIN_MEMORY_KIB, cores: 1 };
        let hasher = Arc::new(HashPool::start(budget).unwrap());
        let store = Embedded::open(&self.database(), &hasher, SetClock::at(LATER)).unwrap();
        Arc::new(store.ledger(self.run.path()))
    }

    fn database(&self) -> PathBuf {
        self.var.path().join("postern.db")
    }

    fn spent(&self) -> PathBuf {
        self.run.path().join("postern.db.spent")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_database_gives_nothing_that_was_taken() {
    let host = Host::new();
    let a = Client::new(&host.open(), "a");
    let (taken, open) = (a.put().await, ());
    assert_eq!(a.answer(taken, "yes").await, Ok(Answered::Now));
    let backup = host.var.path().join("backup");
    // Nothing of a challenge is in the database, so that it may be in use.
    drop(rusqlite::Connection::open(host.database()).unwrap().execute("VACUUM INTO ?1", [backup.to_str()]));
    assert!(a.take(taken).await.unwrap().is_some());
    drop((a, open));
    fs::rename(&backup, host.database()).unwrap();
    for name in ["postern.db-wal", "postern.db-shm"] {
        drop(fs::remove_file(host.var.path().join(name)));
    }
    fs::set_permissions(host.database(), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    Client::new(&host.open(), "a").is_gone(taken).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_memory_a_host_has_no_challenge() {
    let host = Host::new();
    let a = Client::new(&host.open(), "a");
    let id = a.put().await;
    assert_eq!(a.answer(id, "yes").await, Ok(Answered::Now));
    let copy = fs::read(host.spent()).unwrap();
    fs::remove_file(host.spent()).unwrap();
    a.is_gone(id).await;
    let other = a.put().await;
    assert!(a.take(other).await.unwrap().is_some(), "a new one is one");
    // The file is restored: it does not belong to the database any more.
    fs::remove_file(host.spent()).unwrap();
    fs::write(host.spent(), copy).unwrap();
    fs::set_permissions(host.spent(), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    a.is_gone(id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_challenge_taken_by_one_process_is_gone_for_another() {
    let host = Host::new();
    let (a, b) = (Client::new(&host.open(), "a"), Client::new(&host.open(), "a"));
    let id = a.put().await;
    assert_eq!(b.answer(id, "yes").await, Ok(Answered::Now));
    drop(b);
    let b = Client::new(&host.open(), "a");
    assert!(b.take(id).await.unwrap().is_some(), "nothing is lost with a process");
    a.is_gone(id).await;
}
