use std::sync::{Mutex, PoisonError};

use postern_core::app_password::AppPassword;
use postern_core::hashing::{Budget, HashPool};

use crate::flood;
use crate::minted::{Minted, mint};

/// An app password that an entry is loaded with.
pub(super) struct Planted {
    /// What its owner types.
    pub(super) secret: String,
    /// The lines of LDIF.
    pub(super) ldif: String,
}

/// So many.
///
/// Each has a hash of its own: posternd remembers an app password by its hash, so with one hash for all it would have one
/// to remember.
pub(super) fn plant(count: u32) -> Vec<Planted> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let budget =
        Budget { memory_kib: 2 * Budget::MIN_MEMORY_KIB, cores: u32::try_from(cores).expect("cores") };
    let pool = HashPool::start(budget).expect("threads");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("a runtime");
    let all = Mutex::new(Vec::new());
    flood::each(0..count, cores, |_| {
        let one = planted(runtime.block_on(mint(&pool, "Thunderbird")));
        all.lock().unwrap_or_else(PoisonError::into_inner).push(one);
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// An entry with so many, the last of which is the one in hand.
pub(super) fn plant_many(count: u32) -> Planted {
    let mut all = plant(count);
    let last = all.pop().expect("one at least");
    let others = all.iter().map(|one| one.ldif.lines().last().expect("its line"));
    let ldif = others.fold(last.ldif.clone(), |ldif, line| format!("{ldif}\n{line}"));
    Planted { secret: last.secret, ldif }
}

fn planted(minted: Minted) -> Planted {
    let record = AppPassword::Live(minted.record).to_json();
    let ldif = format!(
        "objectClass: posternAccount\nposternRevision: 1\nposternEnrolled: FALSE\nposternPolicy: {{\"v\":1}}\nposternAppPassword: {record}"
    );
    Planted { secret: minted.secret, ldif }
}
