//! Fences, on which replay protection rests: since when a server knows all steps that were spent and all challenges that were taken.
//!
//! A server may lose records: it is flushed, restarted, or replaced by a replica that had not received everything. Accounts are
//! spread over buckets, each with a fence: the server's identity, and the moment since which the bucket is complete. A script that
//! finds another server, or no fence, raises it to the present. From then on only steps are accepted that cannot have been spent
//! before that.
//!
//! One clock decides: the server's. [`postern_core::clock::SKEW`] is added wherever a fence says which steps can have been spent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use postern_core::account::AccountId;
use postern_core::clock::{Clock, Timestamp};
use postern_core::config::RedisServers;
use postern_core::ledger::LedgerError;

use super::calls::{Calls, foreign, second, text};
use super::script::{Script, script};
use super::slot::slot;
use crate::Access;

/// Checks fences, and raises them.
pub(super) struct Fences {
    calls: Arc<Calls>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) is_watched: AtomicBool,
    /// By how much a replica that has to know what is spent may lag behind; zero if there need not be any.
    lag: Duration,
    /// The latest second of the ledger's clock that this process knows.
    seen: AtomicU64,
    /// A tool changes nothing, and so raises no fence.
    access: Access,
}

/// The state of a fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fence {
    /// All that was spent since then is known.
    Stands {
        /// The moment.
        since: Timestamp,
        /// Whether it was raised just now.
        is_new: bool,
    },
    /// No step can be spent, for this reason.
    Refused(Refusal),
}

/// Why a server cannot be trusted to remember a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It would go on accepting writes if it were cut off from its replicas.
    MayWriteAlone,
    /// It is cut off from its replicas.
    IsAlone,
}

impl Fences {
    pub(super) fn new(
        calls: Arc<Calls>,
        servers: &RedisServers,
        clock: Arc<dyn Clock>,
        access: Access,
    ) -> Self {
        let lag = match servers {
            RedisServers::Unix(_) | RedisServers::Single { .. } => Duration::ZERO,
            RedisServers::Sentinel { .. } | RedisServers::Cluster(_) => GREATEST_LAG,
        };
        Self { calls, clock, is_watched: AtomicBool::new(false), lag, seen: AtomicU64::new(0), access }
    }

    /// Checks the fence of a bucket, and raises it if records may have been lost.
    pub(super) async fn check(&self, bucket: u16) -> Result<Fence, LedgerError> {
        let now = self.clock.now();
        let mut arguments = self.arguments(now);
        arguments.extend(self.calls.time_arguments(now));
        let (code, since, now): (i64, u64, u64) =
            self.calls.run_at(&tag(bucket), &RAISE_FENCE, &[FENCE], arguments).await?;
        self.note_time(now);
        match code {
            0 | 1 => Ok(Fence::Stands { since: Timestamp::from_unix(since), is_new: code == 1 }),
            code => Refusal::of(code).map(Fence::Refused).ok_or_else(foreign),
        }
    }

    /// The time by the server's clock.
    pub(super) async fn time(&self) -> Result<Timestamp, LedgerError> {
        let arguments = self.calls.time_arguments(self.clock.now()).to_vec();
        let second: u64 = self.calls.run_at(&tag(0), &TIME, &[], arguments).await?;
        self.note_time(second);
        Ok(Timestamp::from_unix(second))
    }

    /// Records the latest second of the ledger's clock.
    pub(super) fn note_time(&self, second: u64) {
        self.seen.fetch_max(second, Ordering::AcqRel);
    }

    /// Why no code is accepted for long, although the ledger works otherwise.
    pub(super) async fn warning(&self, account: &AccountId) -> Result<Option<String>, LedgerError> {
        Ok(match self.check(bucket(account)).await? {
            Fence::Refused(refusal) => Some(format!("no code is taken: it {}", refusal.text())),
            Fence::Stands { since, .. } if since > self.clock.now().plus(WRONG_CLOCK) => Some(format!(
                "no code is taken before {since}, for a clock was wrong once; remove the keys that end in :{FENCE} to end that"
            )),
            Fence::Stands { .. } => None,
        })
    }

    /// The first arguments of a script that checks a fence: see `fence.lua`.
    pub(super) fn arguments(&self, at: Timestamp) -> Vec<Vec<u8>> {
        let grace = if self.lag.is_zero() { Duration::ZERO } else { self.lag + LAG_ROUNDING };
        vec![
            text(second(at)),
            text(self.lag.as_secs()),
            text(grace.as_secs()),
            text(FENCE_RETENTION.as_millis()),
            text(self.seen.load(Ordering::Acquire)),
            text(u8::from(self.access == Access::Daemon)),
        ]
    }
}

impl Refusal {
    /// Reads a script's answer: the codes of `trouble` in `fence.lua`.
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

    /// The error for the ledger's caller.
    pub(super) fn into_error(self) -> LedgerError {
        match self {
            Self::MayWriteAlone => LedgerError::Broken(self.text().to_owned()),
            Self::IsAlone => LedgerError::Down(self.text().to_owned()),
        }
    }
}

/// The bucket of an account's steps and challenges; the same in every version of this program.
pub(super) fn bucket(account: &AccountId) -> u16 {
    slot(account.as_str().as_bytes()) % BUCKETS
}

/// The hash tag of a bucket.
pub(super) fn tag(bucket: u16) -> String {
    format!("steps-{bucket:02}")
}

/// The number of buckets.
pub(super) const BUCKETS: u16 = 64;
/// The key of a bucket's fence.
pub(super) const FENCE: &str = "fence";
/// A replica confirms every second what it has received; the default of min-replicas-max-lag.
const GREATEST_LAG: Duration = Duration::from_secs(10);
/// The lag is counted in whole seconds, by two clocks.
const LAG_ROUNDING: Duration = Duration::from_secs(2);
/// A fence that has expired is raised again.
pub(super) const FENCE_RETENTION: Duration = Duration::from_secs(400 * 86_400);
/// A moment further ahead than this comes from a clock that was wrong.
const WRONG_CLOCK: Duration = Duration::from_secs(600);

static RAISE_FENCE: Script = script!("fence" "raise_fence");
static TIME: Script = script!("fence" "time");
