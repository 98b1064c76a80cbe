use crate::verdict::Verdict;

use super::outage::Outage;
use super::stop::Stop;
use super::trail::Trail;

/// How a flow ended, and what the log should know of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What the front door is told.
    pub verdict: Verdict,
    /// What the log is told.
    pub trail: Trail,
}

impl Outcome {
    /// The one place where a broken world becomes a verdict.
    pub(crate) fn of(decided: Result<Verdict, Outage>, trail: Trail) -> Self {
        let verdict = decided.unwrap_or_else(|outage| Verdict::Defer(outage.to_string()));
        Self { verdict, trail }
    }

    /// The same for a flow that may be stopped in the middle.
    pub(crate) fn of_stop(decided: Result<Verdict, Stop>, trail: Trail) -> Self {
        let decided = decided.or_else(|stop| match stop {
            Stop::Reject(reason) => Ok(Verdict::Reject(reason)),
            Stop::Defer(outage) => Err(outage),
        });
        Self::of(decided, trail)
    }
}
