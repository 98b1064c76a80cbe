//! Which time steps are spent, and from which moment on that is known.
//!
//! A server may lose its memory: flushed, restarted, or replaced by a replica that had not heard of everything. Accounts are
//! spread over buckets, each with a fence: the server's identity, and since when the bucket is complete. A script that
//! finds another server, or no fence, raises it. From then on only steps are to be had that nobody can have spent by then.
//!
//! One clock decides: the server's. A host whose own is further from it than [`postern_core::clock::SKEW`] spends nothing, and that
//! much is added where a fence says which steps somebody can have spent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use postern_core::account::AccountId;
use postern_core::clock::{Clock, Timestamp};
use postern_core::config::RedisServers;
use postern_core::ledger::{LedgerError, Spend, Spent};

use super::calls::{Calls, foreign, hash_tag, second, text};
use super::cluster::slot;
use super::had::{Had, Which};
use super::scripts;

/// Spends steps and raises fences.
pub(super) struct Steps {
    pub(super) calls: Arc<Calls>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) is_watched: AtomicBool,
    /// How late a replica may be that is to know of what is spent; zero where there need not be any.
    lag: Duration,
    /// The latest second of the ledger's clock that this process has heard of.
    seen: AtomicU64,
    /// Whether this process may say that the ledger begins anew; one that only asks changes nothing.
    raises: bool,
    /// What was spent and taken by this process: it is not taken here again, whatever Redis says of it.
    pub(super) had: Had,
}

/// How a fence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fence {
    /// All that was spent since then is known.
    Stands {
        /// When.
        since: Timestamp,
        /// Whether that was not so before.
        is_new: bool,
    },
    /// No step is to be had, and why.
    Refused(Refusal),
}

/// Why a server is not to be trusted with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It would go on alone where it is cut off from the others.
    MayWriteAlone,
    /// It is cut off from the others.
    IsAlone,
}

impl Steps {
    pub(super) fn new(
        calls: Arc<Calls>,
        servers: &RedisServers,
        clock: Arc<dyn Clock>,
        raises: bool,
    ) -> Self {
        let lag = match servers {
            RedisServers::Unix(_) | RedisServers::Single { .. } => Duration::ZERO,
            RedisServers::Sentinel { .. } | RedisServers::Cluster(_) => GREATEST_LAG,
        };
        let (is_watched, seen, had) = (AtomicBool::new(false), AtomicU64::new(0), Had::new());
        Self { calls, clock, is_watched, lag, seen, raises, had }
    }

    pub(super) async fn spend(&self, step: &Spend<'_>) -> Result<Spent, LedgerError> {
        if step.step.saturating_mul(step.period) > Timestamp::from_unix(u64::MAX).as_unix() {
            return Err(LedgerError::Broken("a time step lies beyond the year 9999".to_owned()));
        }
        let spent = format!("spent:{}:{}", hash_tag(step.account), step.factor);
        let mut arguments = self.fence_arguments(step.at);
        arguments.extend([
            text(step.step),
            text(step.period.max(1)),
            step.token.to_vec(),
            text(SPENT_MEMORY.as_secs()),
            text(u8::from(step.is_first)),
        ]);
        arguments.extend(self.calls.time_arguments(step.at));
        let which = Which::Factor(step.account.clone(), step.factor);
        if self.had.is_anothers(&which, step.step, step.token) {
            return Ok(Spent::Replayed);
        }
        let tag = tag(bucket(step.account));
        let (code, number, now): (i64, i64, u64) =
            self.calls.run_at(&tag, &scripts::SPEND, &[FENCE, &*spent], arguments).await?;
        self.seen.fetch_max(now, Ordering::AcqRel);
        match code {
            0 => {
                self.had.note(which, step.step, step.token);
                Ok(Spent::Now)
            }
            1 => Ok(Spent::Replayed),
            2 => Ok(Spent::Unknown { from: u64::try_from(number).map_err(|_| foreign())? }),
            5 => Ok(Spent::WrongClock { ahead: number }),
            code => Err(Refusal::of(code).ok_or_else(foreign)?.into_error()),
        }
    }

    /// Looks at the fence of a bucket, and raises it where it has to be.
    pub(super) async fn fence(&self, bucket: u16) -> Result<Fence, LedgerError> {
        let now = self.clock.now();
        let mut arguments = self.fence_arguments(now);
        arguments.extend(self.calls.time_arguments(now));
        let (code, since, now): (i64, u64, u64) =
            self.calls.run_at(&tag(bucket), &scripts::RAISE_FENCE, &[FENCE], arguments).await?;
        self.seen.fetch_max(now, Ordering::AcqRel);
        match code {
            0 | 1 => Ok(Fence::Stands { since: Timestamp::from_unix(since), is_new: code == 1 }),
            code => Refusal::of(code).map(Fence::Refused).ok_or_else(foreign),
        }
    }

    /// What time it is by the server's clock.
    pub(super) async fn time(&self) -> Result<Timestamp, LedgerError> {
        let mut arguments = self.fence_arguments(self.clock.now());
        arguments.extend(self.calls.time_arguments(self.clock.now()));
        let second: u64 = self.calls.run_at(&tag(0), &scripts::TIME, &[], arguments).await?;
        self.seen.fetch_max(second, Ordering::AcqRel);
        Ok(Timestamp::from_unix(second))
    }

    /// What is amiss, though the ledger works without: no code is taken, or none for long.
    pub(super) async fn warning(&self, account: &AccountId) -> Result<Option<String>, LedgerError> {
        Ok(match self.fence(bucket(account)).await? {
            Fence::Refused(refusal) => Some(format!("no code is taken: it {}", refusal.text())),
            Fence::Stands { since, .. } if since > self.clock.now().plus(WRONG_CLOCK) => Some(format!(
                "no code is taken before {since}, for a clock was wrong once; remove the keys that end in :{FENCE} to end that"
            )),
            Fence::Stands { .. } => None,
        })
    }

    /// What a script has to know that looks at a fence.
    pub(super) fn fence_arguments(&self, at: Timestamp) -> Vec<Vec<u8>> {
        let grace = if self.lag.is_zero() { Duration::ZERO } else { self.lag + LAG_OF_LAG };
        vec![
            text(second(at)),
            text(self.lag.as_secs()),
            text(grace.as_secs()),
            text(FENCE_MEMORY.as_millis()),
            text(self.seen.load(Ordering::Acquire)),
            text(u8::from(self.raises)),
        ]
    }
}

impl Refusal {
    /// Reads a script's answer.
    pub(super) fn of(code: i64) -> Option<Self> {
        match code {
            3 => Some(Self::MayWriteAlone),
            4 => Some(Self::IsAlone),
            i64::MIN..=2 | 5.. => None,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::MayWriteAlone => {
                "would count alone where it is cut off from its replicas; set min-replicas-to-write 1 on every server"
            }
            Self::IsAlone => "has not heard from enough of its replicas for 10 s",
        }
    }

    /// What the caller of the ledger hears.
    pub(super) fn into_error(self) -> LedgerError {
        match self {
            Self::MayWriteAlone => LedgerError::Broken(self.text().to_owned()),
            Self::IsAlone => LedgerError::Down(self.text().to_owned()),
        }
    }
}

/// Where an account's steps and challenges are; the same in every version of this program.
pub(super) fn bucket(account: &AccountId) -> u16 {
    slot(account.as_str().as_bytes()) % BUCKETS
}

/// The hash tag of a bucket.
pub(super) fn tag(bucket: u16) -> String {
    format!("steps-{bucket:02}")
}

/// In how many buckets accounts are.
pub(super) const BUCKETS: u16 = 64;
pub(super) const FENCE: &str = "fence";
/// A replica confirms every second what it has; the default of min-replicas-max-lag.
const GREATEST_LAG: Duration = Duration::from_secs(10);
/// The lag is counted in whole seconds, of two clocks.
const LAG_OF_LAG: Duration = Duration::from_secs(2);
/// After that a step is refused for its age. Far more than any clock is set back.
const SPENT_MEMORY: Duration = Duration::from_secs(30 * 86_400);
/// A fence that is forgotten is raised anew.
const FENCE_MEMORY: Duration = Duration::from_secs(400 * 86_400);
/// A moment that is further ahead than this comes from a clock that was wrong.
const WRONG_CLOCK: Duration = Duration::from_secs(600);
