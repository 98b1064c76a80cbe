//! Whoever waits for a challenge has a connection of their own, on which the server speaks when there is something to say.

use std::time::Duration;

use postern_core::account::AccountId;
use postern_core::challenge::ChallengeId;
use postern_core::ledger::LedgerError;
use redis::{Cmd, Value};
use tokio::time::{Instant, timeout};

use super::calls::{foreign, text};
use super::challenges::Keys;
use super::cluster::rearranged;
use super::fault::Fault;
use super::link::{BUDGET, Call, Connection, SILENT};
use super::scripts;
use super::steps::{FENCE, Refusal, Steps};

impl Steps {
    /// Waits until there is something to look at, or until time is up.
    ///
    /// Whoever answers or takes a challenge writes to its stream, and a stream is read from its beginning: nothing is missed
    /// that comes before the reading begins. A server that says nothing for a second is asked again, so that one that went
    /// silent, was cut off or has forgotten the challenge is noticed. Who stops waiting ends the connection.
    pub(super) async fn await_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        longest: Duration,
    ) -> Result<bool, LedgerError> {
        let (end, keys) = (Instant::now() + longest, Keys::of(account));
        let stream = self.calls.key(&keys.tag, &keys.wake(id));
        let (connection, mut answer) =
            self.calls.servers.call_apart(&self.question(&keys, id), &keys.tag).await?;
        loop {
            match redis::from_redis_value(answer).map_err(|_| foreign())? {
                0 => {}
                1 => return Ok(true),
                code => return Err(Refusal::of(code).ok_or_else(foreign)?.into_error()),
            }
            let left = end.saturating_duration_since(Instant::now());
            if connection.is_woken(&stream, left.min(BEAT)).await? {
                return Ok(true);
            }
            if left.is_zero() {
                return Ok(false);
            }
            answer = connection.hear(BUDGET, connection.run(&self.question(&keys, id), false)).await?;
        }
    }

    fn question(&self, keys: &Keys, id: ChallengeId) -> Call {
        let now = self.clock.now();
        let mut arguments = self.fence_arguments(now);
        arguments.push(text(id));
        arguments.extend(self.calls.time_arguments(now));
        self.calls.call(&keys.tag, &scripts::CHALLENGE_WAITS, &[FENCE, &*keys.challenges], arguments)
    }
}

impl Connection {
    /// Whether something is written to the stream, or was before, within `time`.
    async fn is_woken(&self, stream: &str, time: Duration) -> Result<bool, LedgerError> {
        // Zero is for ever.
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut read = Cmd::new();
        read.arg("XREAD")
            .arg("COUNT")
            .arg(1)
            .arg("BLOCK")
            .arg(milliseconds)
            .arg("STREAMS")
            .arg(stream)
            .arg(0);
        let asked = async { self.ask(&read).await.map_err(|error| Fault::of(&error)) };
        Ok(self.hear(time + BUDGET, asked).await? != Value::Nil)
    }

    async fn hear(
        &self,
        time: Duration,
        asked: impl Future<Output = Result<Value, Fault>>,
    ) -> Result<Value, LedgerError> {
        let heard = timeout(time, asked).await.map_err(|_| LedgerError::Down(SILENT.to_owned()))?;
        heard.map_err(|fault| match fault {
            Fault::Moved(_) | Fault::Ask(_) => rearranged(),
            fault @ (Fault::Lost(_) | Fault::Final(_)) => fault.into_error(),
        })
    }
}

/// How long nothing may be heard.
const BEAT: Duration = Duration::from_secs(1);
