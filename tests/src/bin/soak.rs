//! Lets people in beside a flood of wrong logins, and logs in 100,000 times through one of each process while it samples memory,
//! descriptors, threads and what the stores keep.
//!
//! `soak [LOGINS [FLOOD-SECONDS]]`; run it with `make soak`.

use std::process::ExitCode;
use std::time::Duration;

use postern_tests::login_host::Stores;
use postern_tests::program::fail;
use postern_tests::soak::{SoakPlan, soak};

fn main() -> ExitCode {
    let Some(plan) = plan() else { return fail("usage: soak [LOGINS [FLOOD-SECONDS]]") };
    let mut is_well = true;
    for stores in [Stores::LdapAndRedis, Stores::Embedded] {
        match soak(&plan, stores, &mut std::io::stdout().lock()) {
            Ok(well) => is_well &= well,
            Err(error) => return fail(&format!("soak: {error}")),
        }
    }
    if is_well { ExitCode::SUCCESS } else { fail("soak: not all is as it has to be; see above") }
}

fn plan() -> Option<SoakPlan> {
    let mut args = std::env::args().skip(1);
    let mut plan = SoakPlan::LONG;
    if let Some(logins) = args.next() {
        plan.logins = logins.parse().ok().filter(|&logins| logins >= 1_000)?;
        // Enough samples in each fifth.
        plan.every = plan.every.min(Duration::from_millis(plan.logins as u64 / 20));
    }
    if let Some(seconds) = args.next() {
        plan.flood = Duration::from_secs(seconds.parse().ok()?);
    }
    args.next().is_none().then_some(plan)
}
