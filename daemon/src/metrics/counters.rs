//! What is counted as it happens.

use std::collections::BTreeMap;
use std::time::Duration;

use postern_core::Verdict;
use postern_core::courier::{Channel, CourierError};
use postern_core::exchange::Outcome;
use postern_core::flows::SelfServiceFlow;
use postern_core::ledger::Credential;
use postern_core::login_event::CredentialKind;
use postern_core::policy::{Class, NamedService};
use prometheus::core::Collector;
use prometheus::{HistogramVec, IntCounter, IntCounterVec, Registry};

use super::calls::{self, Calls};
use super::deliveries;
use crate::task::{CoreFlow, Task};

/// Counters and histograms since posternd's start. They outlive a reload.
#[derive(Debug)]
pub(crate) struct Metrics {
    pub(super) registry: Registry,
    requests: IntCounterVec,
    logins: IntCounterVec,
    login_seconds: HistogramVec,
    sessions_begun: IntCounter,
    sessions_ended: IntCounter,
    pub(crate) directory: Calls,
    pub(crate) ledger: Calls,
    deliveries: IntCounterVec,
    delivery_seconds: HistogramVec,
    refused: IntCounterVec,
    audit_lines_left_out: IntCounter,
}

/// A place that a conversation did not get.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RefusedPlace {
    /// For any conversation.
    Connection,
    /// For the dialogue of a login service.
    Dialogue,
    /// For a person with a browser who is waited for.
    Browser,
    /// For a request of metrics.
    Metrics,
}

impl RefusedPlace {
    const ALL: [Self; 4] = [Self::Connection, Self::Dialogue, Self::Browser, Self::Metrics];

    fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Dialogue => "dialogue",
            Self::Browser => "browser",
            Self::Metrics => "metrics",
        }
    }
}

impl Metrics {
    /// # Errors
    /// Two metrics have one name, or one has none: a mistake in this program.
    pub(crate) fn new() -> prometheus::Result<Self> {
        let to = Registry::new();
        let metrics = Self {
            requests: calls::counters(
                &to,
                "postern_requests_total",
                "Conversations that ended with a verdict, by flow of the protocol",
                &["flow", "result"],
            )?,
            logins: calls::counters(
                &to,
                "postern_logins_total",
                "Decided logins; reason is why one was rejected, or what was out of order when one was deferred",
                &["service", "credential", "result", "reason"],
            )?,
            login_seconds: calls::histograms(
                &to,
                "postern_login_duration_seconds",
                "Time that posternd took for a login, without the time that it waited for the person",
                &["class", "result"],
            )?,
            sessions_begun: calls::counter(
                &to,
                "postern_sessions_begun_total",
                "Sessions of browsers that began",
            )?,
            sessions_ended: calls::counter(
                &to,
                "postern_sessions_ended_total",
                "Requests of people that ended sessions of browsers",
            )?,
            directory: Calls::new(&to, "directory", "call")?,
            ledger: Calls::new(&to, "ledger", "part")?,
            deliveries: calls::counters(
                &to,
                "postern_deliveries_total",
                "Messages that were handed to a courier",
                &["courier", "result"],
            )?,
            delivery_seconds: calls::histograms(
                &to,
                "postern_delivery_duration_seconds",
                "Time that handing over a message took",
                &["courier"],
            )?,
            refused: calls::counters(
                &to,
                "postern_places_refused_total",
                "Conversations and requests that found no place left",
                &["kind"],
            )?,
            audit_lines_left_out: calls::counter(
                &to,
                "postern_audit_lines_left_out_total",
                "Lines about untrusted peers that the audit log left out because there were too many",
            )?,
            registry: to,
        };
        // A counter that has not been there from the start has no rate at its first increase.
        for result in RESULTS {
            drop(metrics.requests.with_label_values(&["login", result]));
        }
        for kind in RefusedPlace::ALL {
            drop(metrics.refused.with_label_values(&[kind.as_str()]));
        }
        Ok(metrics)
    }

    /// Counts a conversation that has ended.
    pub(crate) fn count(&self, task: Task, flow: &str, service: NamedService<'_>, outcome: &Outcome) {
        let result = outcome.verdict.name();
        self.requests.with_label_values(&[flow, result]).inc();
        let is_accepted = matches!(outcome.verdict, Verdict::Accept(_));
        match task {
            Task::Flow(CoreFlow::Login) => {
                let service = service.settings.map_or(UNCONFIGURED, |_| service.name);
                let labels = [service, credential(outcome), result, reason(outcome)];
                self.logins.with_label_values(&labels).inc();
                if is_accepted
                    && outcome.trail.session.is_some()
                    && outcome.trail.credential != Some(Credential::Session)
                {
                    self.sessions_begun.inc();
                }
            }
            Task::Flow(CoreFlow::SelfService(flow) | CoreFlow::Browser(flow)) => {
                if is_accepted && flow == SelfServiceFlow::SessionEnd {
                    self.sessions_ended.inc();
                }
            }
            Task::Flow(
                CoreFlow::Lookup
                | CoreFlow::Account
                | CoreFlow::Application(_)
                | CoreFlow::ApprovalCheck
                | CoreFlow::MailSettings
                | CoreFlow::Phone(_),
            )
            | Task::Status => {}
        }
    }

    /// Records how long a login of this class took.
    pub(crate) fn login_took(&self, class: Option<Class>, verdict: &Verdict, took: Duration) {
        let class = match class {
            Some(Class::Mail) => "mail",
            Some(Class::Login) => "login",
            None => return,
        };
        self.login_seconds.with_label_values(&[class, verdict.name()]).observe(took.as_secs_f64());
    }

    /// Counts a conversation or request that found no place.
    pub(crate) fn refuse(&self, place: RefusedPlace) {
        self.refused.with_label_values(&[place.as_str()]).inc();
    }

    /// Counts lines that the audit log leaves out.
    pub(crate) fn leave_out(&self, lines: u64) {
        self.audit_lines_left_out.inc_by(lines);
    }

    /// Conversations that ended with each verdict.
    pub(crate) fn verdicts(&self) -> BTreeMap<String, u64> {
        let mut counts: BTreeMap<String, u64> = RESULTS.map(|result| (result.to_owned(), 0)).into();
        for metric in self.requests.collect().iter().flat_map(|family| family.get_metric()) {
            let result = metric.get_label().iter().find(|label| label.name() == "result");
            if let Some(count) = result.and_then(|result| counts.get_mut(result.value())) {
                // Counted one by one: far below 2^53, where the next whole number is missing.
                *count += metric.get_counter().get_value() as u64;
            }
        }
        counts
    }

    pub(super) fn delivered(&self, channel: Channel, result: &Result<(), CourierError>, took: Duration) {
        let (courier, result) = (deliveries::name(channel), deliveries::result(result));
        self.deliveries.with_label_values(&[courier, result]).inc();
        self.delivery_seconds.with_label_values(&[courier]).observe(took.as_secs_f64());
    }

    /// So that the first message of a configured courier has a rate.
    pub(crate) fn expect_deliveries(&self, channel: Channel) {
        for result in deliveries::RESULTS {
            drop(self.deliveries.with_label_values(&[deliveries::name(channel), result]));
        }
        drop(self.delivery_seconds.with_label_values(&[deliveries::name(channel)]));
    }
}

/// What the secret was taken for, as in the audit log; a factor by its kind, where that is known.
fn credential(outcome: &Outcome) -> &'static str {
    let trail = &outcome.trail;
    match (trail.credential, &trail.used) {
        (Some(Credential::Factor(_)) | None, Some(used)) => match used.kind {
            CredentialKind::Factor(kind) => kind.name(),
            CredentialKind::AppPassword
            | CredentialKind::MainPassword
            | CredentialKind::RecoveryCode
            | CredentialKind::TrustedDevice => used.kind.as_str(),
        },
        (Some(credential), _) => credential.name(),
        (None, None) => "none",
    }
}

fn reason(outcome: &Outcome) -> &'static str {
    match &outcome.verdict {
        Verdict::Accept(_) | Verdict::Ignore(_) => "",
        Verdict::Reject(reason) => reason.as_str(),
        Verdict::Defer(_) => outcome.trail.outage.map_or("other", |kind| kind.as_str()),
    }
}

const RESULTS: [&str; 4] = ["accept", "reject", "defer", "ignore"];
/// The service of all requests whose service the configuration does not name: clients name it as they like.
const UNCONFIGURED: &str = "unconfigured";

#[cfg(test)]
mod tests;
