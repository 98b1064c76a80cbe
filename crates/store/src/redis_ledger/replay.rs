//! Replay protection: a time step that was spent once is refused, on every host.
//!
//! Steps are stored beside the fence of their account's bucket: see `fence.rs`. One clock decides, the server's. A host whose clock
//! differs from it by more than [`postern_core::clock::SKEW`] spends no step.

use std::time::Duration;

use async_trait::async_trait;
use postern_core::clock::Timestamp;
use postern_core::ledger::{LedgerError, ReplayProtection, Spend, Spent};

use super::calls::{foreign, hash_tag, text};
use super::fence::{FENCE, Refusal, bucket, tag};
use super::granted::Grant;
use super::ledger::RedisLedger;
use super::script::{Script, script};

#[async_trait]
impl ReplayProtection for RedisLedger {
    async fn spend(&self, step: &Spend<'_>) -> Result<Spent, LedgerError> {
        self.watch_fences();
        if step.step.saturating_mul(step.period) > Timestamp::from_unix(u64::MAX).as_unix() {
            return Err(LedgerError::Broken("a time step lies beyond the year 9999".to_owned()));
        }
        let grant = Grant::Factor(step.account.clone(), step.factor);
        if self.granted.is_replay(&grant, step.step, step.token) {
            return Ok(Spent::Replayed);
        }
        let spent = format!("spent:{}:{}", hash_tag(step.account), step.factor);
        let mut arguments = self.fences.arguments(step.at);
        arguments.extend([
            text(step.step),
            text(step.period.max(1)),
            step.token.bytes().to_vec(),
            text(OLDEST_ACCEPTED.as_secs()),
            text(u8::from(step.is_first)),
        ]);
        arguments.extend(self.calls.time_arguments(step.at));
        let tag = tag(bucket(step.account));
        let (code, number, now): (i64, i64, u64) =
            self.calls.run_at(&tag, &SPEND, &[FENCE, &*spent], arguments).await?;
        self.fences.note_time(now);
        match code {
            0 => {
                self.granted.record(grant, step.step, step.token);
                Ok(Spent::Now)
            }
            1 => Ok(Spent::Replayed),
            2 => Ok(Spent::Unknown { from: u64::try_from(number).map_err(|_| foreign())? }),
            5 => Ok(Spent::WrongClock { ahead: number }),
            code => Err(Refusal::of(code).ok_or_else(foreign)?.into_error()),
        }
    }
}

/// An older step is refused for its age. Far more than any clock is set back.
const OLDEST_ACCEPTED: Duration = Duration::from_secs(30 * 86_400);

static SPEND: Script = script!("fence" "spend");
