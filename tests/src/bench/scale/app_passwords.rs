use std::sync::{Mutex, PoisonError};

use postern_core::app_password::{AppPassword, Generated, Label, LiveAppPassword, Networks, Scope};
use postern_core::clock::{Clock, SystemClock};
use postern_core::hashing::{Budget, Cost, HashPool, Purpose, SALT_BYTES};

use crate::flood;

/// An app password that an entry is loaded with.
pub(super) struct Planted {
    /// What its owner types.
    pub(super) secret: String,
    /// The lines of LDIF.
    pub(super) ldif: String,
}

/// So many, as `postern app-password create` would leave them; by LDIF, as each run of that takes its time.
///
/// Each has a hash of its own: posternd remembers an app password by its hash, so with one hash for all it would have one
/// to remember.
pub(super) fn plant(count: u32) -> Vec<Planted> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let budget =
        Budget { memory_kib: 2 * Budget::MIN_MEMORY_KIB, cores: u32::try_from(cores).expect("cores") };
    let pool = HashPool::start(budget).expect("threads");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("a runtime");
    let planted = Mutex::new(Vec::new());
    flood::each(0..count, cores, |_| {
        let one = runtime.block_on(make(&pool));
        planted.lock().unwrap_or_else(PoisonError::into_inner).push(one);
    });
    planted.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// An entry with so many, the last of which is the one in hand.
pub(super) fn plant_many(count: u32) -> Planted {
    let mut all = plant(count);
    let last = all.pop().expect("one at least");
    let others = all.iter().map(|one| one.ldif.lines().last().expect("its line"));
    let ldif = others.fold(last.ldif.clone(), |ldif, line| format!("{ldif}\n{line}"));
    Planted { secret: last.secret, ldif }
}

async fn make(pool: &HashPool) -> Planted {
    let generated = Generated::draw(getrandom::fill).expect("random bytes");
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).expect("random bytes");
    let hash = pool.hash(generated.secret(), &salt, Cost::APP_PASSWORD, Purpose::AppPassword).await;
    let record = AppPassword::Live(LiveAppPassword {
        id: generated.selector(),
        label: Label::new("Thunderbird").expect("a label"),
        scope: Scope::All,
        created: SystemClock.now(),
        expires: None,
        networks: Networks::default(),
        hash: hash.expect("a hash"),
    });
    let ldif = format!(
        "objectClass: posternAccount\nposternRevision: 1\nposternEnrolled: FALSE\nposternPolicy: {{\"v\":1}}\nposternAppPassword: {}",
        record.to_json()
    );
    Planted { secret: generated.grouped().replace(' ', ""), ldif }
}
