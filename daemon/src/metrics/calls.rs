//! The calls of a store: how long they took, and how they failed.

use std::time::Instant;

use postern_core::directory::DirectoryError;
use postern_core::ledger::LedgerError;
use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// What the calls of one store took, and how they failed.
#[derive(Debug)]
pub(crate) struct Calls {
    seconds: HistogramVec,
    errors: IntCounterVec,
    is_up: IntGauge,
}

/// An error of a store.
pub(super) trait StoreError {
    /// Its name in metrics; `None` if the store is in order.
    fn kind(&self) -> Option<&'static str>;
}

impl StoreError for DirectoryError {
    fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Down(_) | Self::BindUnanswered(_) => Some(DOWN),
            Self::Broken(_) => Some(BROKEN),
            Self::BindsWait(_) | Self::NotCompared(_) => None,
        }
    }
}

impl StoreError for LedgerError {
    fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Down(_) => Some(DOWN),
            Self::Broken(_) => Some(BROKEN),
        }
    }
}

impl Calls {
    /// The calls of `store`, told apart by the label `by`.
    pub(super) fn new(to: &Registry, store: &str, by: &str) -> prometheus::Result<Self> {
        let calls = Self {
            seconds: histograms(
                to,
                &format!("postern_{store}_call_duration_seconds"),
                &format!("Time that calls of the {store} took, failed ones included"),
                &[by],
            )?,
            errors: counters(
                to,
                &format!("postern_{store}_errors_total"),
                &format!(
                    "Calls of the {store} that failed: it did not answer, or an administrator has to repair it"
                ),
                &["kind"],
            )?,
            is_up: IntGauge::new(
                format!("postern_{store}_up"),
                format!("Whether the newest call of the {store} was answered"),
            )?,
        };
        to.register(Box::new(calls.is_up.clone()))?;
        calls.is_up.set(1);
        for kind in [DOWN, BROKEN] {
            drop(calls.errors.with_label_values(&[kind]));
        }
        Ok(calls)
    }

    /// Runs a call and measures it. One that is dropped half-way is not measured.
    pub(super) async fn measure<T, E: StoreError>(
        &self,
        what: &str,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let began = Instant::now();
        let answer = call.await;
        self.seconds.with_label_values(&[what]).observe(began.elapsed().as_secs_f64());
        self.note(&answer);
        answer
    }

    /// Notes how a call ended, without its time.
    pub(super) fn note<T, E: StoreError>(&self, answer: &Result<T, E>) {
        let kind = answer.as_ref().err().and_then(StoreError::kind);
        if let Some(kind) = kind {
            self.errors.with_label_values(&[kind]).inc();
        }
        let is_up = i64::from(kind != Some(DOWN));
        // Most calls find it as it was: nothing is written that another processor would have to fetch.
        if self.is_up.get() != is_up {
            self.is_up.set(is_up);
        }
    }
}

pub(super) fn counter(to: &Registry, name: &str, help: &str) -> prometheus::Result<IntCounter> {
    let counter = IntCounter::new(name, help)?;
    to.register(Box::new(counter.clone()))?;
    Ok(counter)
}

pub(super) fn counters(
    to: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> prometheus::Result<IntCounterVec> {
    let counters = IntCounterVec::new(Opts::new(name, help), labels)?;
    to.register(Box::new(counters.clone()))?;
    Ok(counters)
}

pub(super) fn histograms(
    to: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> prometheus::Result<HistogramVec> {
    let options = HistogramOpts::new(name, help).buckets(BUCKETS_SECONDS.to_vec());
    let histograms = HistogramVec::new(options, labels)?;
    to.register(Box::new(histograms.clone()))?;
    Ok(histograms)
}

const DOWN: &str = "down";
const BROKEN: &str = "broken";
/// From a search on this host to the deadline of a mail login.
const BUCKETS_SECONDS: [f64; 13] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
