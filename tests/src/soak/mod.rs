//! A flood of wrong logins with people beside it, and logins without end through one of each process, sampled for what they
//! leave behind.

use std::io::{Result, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

mod chart;
mod codes;
mod doors;
mod flat;
mod flood;
mod logins;
mod report;
mod samples;
mod stage;
mod tally;

use crate::bench::machine;
use crate::guard;
use crate::login_host::Stores;
use samples::Samples;
use stage::{Crowd, Stage};

/// How much to do.
#[derive(Debug, Clone, Copy)]
pub struct SoakPlan {
    /// Logins of all kinds, through one auth worker of each Dovecot.
    pub logins: usize,
    /// How long the flood lasts; zero leaves it out.
    pub flood: Duration,
    /// Accounts of each of four kinds.
    pub accounts: usize,
    /// The time from one sample to the next.
    pub every: Duration,
}

impl SoakPlan {
    /// What `make soak` does: 100,000 logins, and a minute of 10,000 wrong ones.
    pub const LONG: Self =
        Self { logins: 100_000, flood: Duration::from_secs(60), accounts: 40, every: Duration::from_secs(2) };
    /// What a test has time for.
    pub const SHORT: Self =
        Self { logins: 2_000, flood: Duration::from_secs(5), accounts: 6, every: Duration::from_millis(100) };
}

/// Does all of it on one kind of stores, prints what it sees to `out`, and says whether all is as it has to be: people get in beside a
/// flood, logins end as they have to, and what runs is flat.
///
/// # Errors
/// `out` or the results cannot be written.
pub fn soak(plan: &SoakPlan, stores: Stores, out: &mut dyn Write) -> Result<bool> {
    let name = match stores {
        Stores::Embedded => "sqlite",
        Stores::LdapAndRedis => "ldap-and-redis",
    };
    writeln!(out, "\nsoak, {name}: {}", machine())?;
    let crowd = Crowd { others: plan.accounts, members: plan.accounts, apps: 8 };
    let mut stage = Stage::new(&format!("soak-{name}"), stores, crowd, USUAL_WORKERS);
    let mut is_well = true;
    if !plan.flood.is_zero() {
        let flooded = flood::run(&stage, plan.flood, WRONG_PER_MINUTE);
        let memory = [stage.host.posternd.peak_resident_kib(), stage.host.web.peak_resident_kib()];
        is_well &= report::flood(out, &format!("flood-{name}"), &flooded, memory)?;
    }
    stage = stage.with_workers(1);
    is_well &= endure(plan, name, &stage, out)?;
    writeln!(out, "afterwards: {}", machine())?;
    Ok(is_well)
}

/// The logins without end.
fn endure(plan: &SoakPlan, name: &str, stage: &Stage, out: &mut dyn Write) -> Result<bool> {
    // Starts what Dovecot starts on demand.
    drop(logins::mixed(stage, 100, IN_FLIGHT, &AtomicUsize::new(0)));
    let (done, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let began = Instant::now();
    let (tally, samples) = std::thread::scope(|scope| {
        let sampler = scope.spawn(|| {
            let mut samples = Samples::of(stage);
            loop {
                let is_last = over.load(Ordering::Relaxed);
                let part = done.load(Ordering::Relaxed) as f64 / plan.logins as f64;
                samples.take(stage, part, began.elapsed().as_secs_f64());
                if is_last {
                    break samples;
                }
                guard::pause(plan.every);
            }
        });
        let tally = logins::mixed(stage, plan.logins, IN_FLIGHT, &done);
        over.store(true, Ordering::Relaxed);
        (tally, sampler.join().expect("samples"))
    });
    let took = began.elapsed();
    let rate = tally.logins() as f64 / took.as_secs_f64();
    writeln!(
        out,
        "\n{} logins of {} accounts in {took:.0?}, {rate:.0} a second, {IN_FLIGHT} in flight; one auth worker for Lua, one for PAM",
        tally.logins(),
        stage.accounts()
    )?;
    report::tally(out, "logins", &tally)?;
    let is_flat = report::samples(out, &samples)?;
    report::keep(out, name, &samples)?;
    let is_idle = settles(stage, out)?;
    Ok(is_flat && is_idle && tally.surprising == 0)
}

/// Once everybody has left, posternd has no conversation open but the one that asks.
fn settles(stage: &Stage, out: &mut dyn Write) -> Result<bool> {
    let began = Instant::now();
    loop {
        let status = stage.host.posternd.status();
        let is_idle = (status.connections, status.dialogues) == (1, 0);
        if is_idle || began.elapsed() > report::SETTLE {
            writeln!(
                out,
                "  afterwards open: {} conversations, {} dialogues",
                status.connections - 1,
                status.dialogues
            )?;
            return Ok(is_idle);
        }
        guard::pause(Duration::from_millis(100));
    }
}

const WRONG_PER_MINUTE: usize = 10_000;
const IN_FLIGHT: usize = 8;
/// What Dovecot has if nothing is said.
const USUAL_WORKERS: usize = 30;
