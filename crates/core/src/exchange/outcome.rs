use crate::verdict::Verdict;

use super::outage::OutageKind;
use super::stop::{Stop, StopCause};
use super::trail::Trail;

/// How a flow ended, and what the log should know of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What the front door is told.
    pub verdict: Verdict,
    /// More than the verdict's reason says, for the log.
    pub detail: Option<&'static str>,
    /// What was found out on the way, for the log.
    pub trail: Trail,
}

/// A verdict that a flow reached at its last step, with what the log says beside it.
#[derive(Debug)]
pub(crate) struct Conclusion {
    pub(crate) verdict: Verdict,
    pub(crate) detail: Option<&'static str>,
}

impl From<Verdict> for Conclusion {
    fn from(verdict: Verdict) -> Self {
        Self { verdict, detail: None }
    }
}

impl Outcome {
    /// A deferral that no flow decided; `why` is for the log.
    #[must_use]
    pub fn of_outage(kind: OutageKind, why: String) -> Self {
        let trail = Trail { outage: Some(kind), ..Trail::default() };
        Self { verdict: Verdict::Defer(why), detail: None, trail }
    }

    /// Nothing but a verdict.
    #[must_use]
    pub fn of_verdict(verdict: Verdict) -> Self {
        Self { verdict, detail: None, trail: Trail::default() }
    }

    /// The one place where an outage of a flow becomes a verdict.
    ///
    /// The detail comes from what decided. If that has none, it is what the trail notes.
    pub(crate) fn of(ended: Result<impl Into<Conclusion>, Stop>, mut trail: Trail) -> Self {
        if let Err(Stop { cause: StopCause::Defer(outage), .. }) = &ended {
            trail.outage = Some(outage.kind());
            trail.is_outage_for_all = outage.is_for_all();
        }
        let Conclusion { verdict, detail } = ended.map_or_else(Conclusion::from, Into::into);
        Self { verdict, detail: detail.or_else(|| trail.note()), trail }
    }
}

impl From<Stop> for Conclusion {
    fn from(stop: Stop) -> Self {
        let detail = stop.detail();
        let verdict = match stop.cause {
            StopCause::Reject(reason) => Verdict::Reject(reason),
            StopCause::Defer(outage) => Verdict::Defer(outage.to_string()),
        };
        Self { verdict, detail }
    }
}
