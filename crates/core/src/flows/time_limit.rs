use std::time::Duration;

use crate::clock::Timestamp;
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::stop::Stop;
use crate::verdict::Reason;
use crate::words::Phrase;

/// The end of the time that the front door gives to a login. It refuses what is typed after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeLimit {
    end: Timestamp,
}

impl TimeLimit {
    /// `limit` from now on.
    pub(super) fn from_now(engine: &Engine, limit: Duration) -> Self {
        Self { end: engine.clock.now().plus(limit) }
    }

    /// Tells a person who has a factor to set up how much time there is for it, if it is enough to tell.
    pub(super) async fn tell(self, exchange: &mut Exchange<'_>) -> Result<(), Stop> {
        let seconds = rounded_down(self.left(exchange.engine, MARGIN));
        if seconds == 0 {
            return Ok(());
        }
        let wait = exchange.person.language().say_span(seconds);
        Ok(exchange.person.tell(&Phrase::EnrolmentTime { seconds, wait: &wait }).await?)
    }

    /// Refuses the login with `why` if its time is over: the person would hear of a refusal alone.
    pub(super) async fn require(self, exchange: &mut Exchange<'_>, why: &Phrase<'_>) -> Result<(), Stop> {
        if self.left(exchange.engine, REACTION) > 0 {
            return Ok(());
        }
        Err(exchange.explain(why, Stop::explained(Reason::Cancelled, TOO_LATE)).await)
    }

    /// Whether ten codes can be copied before it is over.
    pub(super) fn suffices_for_recovery_codes(self, engine: &Engine) -> bool {
        self.left(engine, MARGIN) >= FOR_RECOVERY_CODES
    }

    fn left(self, engine: &Engine, margin: Duration) -> u64 {
        self.end.minus(margin).as_unix().saturating_sub(engine.clock.now().as_unix())
    }
}

/// A round number of seconds, or whole minutes: nobody has more time than they were told.
fn rounded_down(seconds: u64) -> u64 {
    if seconds < 120 { (seconds / 10 * 10).min(90) } else { seconds / 60 * 60 }
}

/// sshd counts its `LoginGraceTime` from the connection on, and the front door its own time from the first question on.
const MARGIN: Duration = Duration::from_secs(20);
/// The front door's time began a moment before.
const REACTION: Duration = Duration::from_secs(2);
/// In seconds, for ten codes.
const FOR_RECOVERY_CODES: u64 = 40;
const TOO_LATE: &str = "the answer came after interactive_deadline";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_is_told_is_round_and_never_too_long() {
        for (seconds, told) in [(0, 0), (9, 0), (44, 40), (90, 90), (119, 90), (120, 120), (299, 240)] {
            assert_eq!(rounded_down(seconds), told);
        }
    }
}
