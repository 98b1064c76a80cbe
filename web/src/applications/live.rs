//! Which sessions are open, as posternd says.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use postern_ipc::{Begin, Flow, Secret};
use serde_json::Value;
use tokio::sync::Mutex;
use tracing::error;
use zeroize::Zeroizing;

use crate::address::Network;
use crate::api::{Api, Asked};

/// An open session, as an application may use it.
pub(super) struct LiveSession {
    pub(super) application: String,
    pub(super) user: String,
    /// What it logs in to mail services with.
    pub(super) password: Zeroizing<String>,
    /// What it asks with from now on.
    pub(super) key: Zeroizing<String>,
    pub(super) id: String,
    /// Unix seconds.
    pub(super) idle_ends: u64,
    /// Unix seconds.
    pub(super) ends: u64,
}

impl fmt::Debug for LiveSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LiveSession({})", self.id)
    }
}

/// What is known of a session.
#[derive(Debug, Clone)]
pub(super) enum Known {
    Live(Arc<LiveSession>),
    Over,
    /// posternd, or something that it needs, is out of order.
    Nothing,
}

/// Asks posternd, once in a while for each key, however many requests of a page want to know.
pub(super) struct LiveSessions {
    api: Api,
    answers: SyncMutex<Answers>,
}

struct Answers {
    slots: HashMap<String, Slot>,
    swept: Instant,
}

/// Held by the request that asks; the others wait for it.
type Slot = Arc<Mutex<Option<Answer>>>;

impl fmt::Debug for LiveSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LiveSessions")
    }
}

struct Answer {
    known: Known,
    until: Instant,
    /// Whether it was noted that a person uses the session.
    is_of_activity: bool,
}

impl LiveSessions {
    pub(super) fn new(api: Api) -> Self {
        Self { api, answers: SyncMutex::new(Answers { slots: HashMap::new(), swept: Instant::now() }) }
    }

    /// Whether the session of a key is open, by an answer that is at most [`KEPT`] old. Requests that ask at once wait for one answer.
    pub(super) async fn recent(&self, key: &str, is_active: bool, client: Option<String>) -> Known {
        let slot = self.slot(key);
        let mut slot = slot.lock().await;
        match &*slot {
            Some(answer) if Instant::now() < answer.until && (answer.is_of_activity || !is_active) => {
                return answer.known.clone();
            }
            Some(_) | None => {}
        }
        let known = self.check(key, is_active, client).await;
        let kept = match &known {
            Known::Live(_) => KEPT,
            Known::Over => OVER_KEPT,
            Known::Nothing => OUTAGE_KEPT,
        };
        let answer = Answer { known: known.clone(), until: Instant::now() + kept, is_of_activity: is_active };
        *slot = Some(answer);
        known
    }

    /// The same, as it is now.
    pub(super) async fn check(&self, key: &str, is_active: bool, client: Option<String>) -> Known {
        let is_active = if is_active { "true" } else { "false" };
        self.ask(Flow::ApplicationCheck, key, &[("is_active", is_active)], client).await
    }

    /// Swaps a code.
    pub(super) async fn redeem(
        &self,
        code: &str,
        application: &str,
        state: &str,
        client: Option<String>,
    ) -> Known {
        let arguments = [("application", application), ("state", state)];
        self.ask(Flow::ApplicationRedeem, code, &arguments, client).await
    }

    /// Ends a session. Whether there is none any more.
    pub(super) async fn end(&self, key: &str, client: Option<String>) -> bool {
        let network = client.as_deref().and_then(Network::of);
        let asked = self.api.ask(network, begin(Flow::ApplicationEnd, key, &[], client)).await;
        self.lock().slots.remove(key);
        !matches!(asked, Asked::Unavailable)
    }

    async fn ask(
        &self,
        flow: Flow,
        secret: &str,
        arguments: &[(&str, &str)],
        client: Option<String>,
    ) -> Known {
        let network = client.as_deref().and_then(Network::of);
        match self.api.ask(network, begin(flow, secret, arguments, client)).await {
            Asked::Accepted(records) => match LiveSession::of(&records) {
                Some(live) => Known::Live(Arc::new(live)),
                None => {
                    error!("posternd told a session that cannot be read; is it of another release?");
                    Known::Nothing
                }
            },
            Asked::Refused => Known::Over,
            Asked::Unavailable => Known::Nothing,
        }
    }

    /// The place of a key's answer. Answers that are too old are forgotten; where there are too many all the same, this one is not kept.
    fn slot(&self, key: &str) -> Slot {
        let mut answers = self.lock();
        let now = Instant::now();
        if now.saturating_duration_since(answers.swept) > SWEEP {
            answers.swept = now;
            // One that is in use by a request stays.
            answers.slots.retain(|_, slot| {
                slot.try_lock().map_or(true, |answer| answer.as_ref().is_some_and(|one| now < one.until))
            });
        }
        if answers.slots.len() >= MOST_ANSWERS && !answers.slots.contains_key(key) {
            return Slot::default();
        }
        Arc::clone(answers.slots.entry(key.to_owned()).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LiveSession {
    fn of(records: &[Value]) -> Option<Self> {
        let is_it =
            |record: &&Value| record.get("name").and_then(Value::as_str) == Some("application_session");
        let value = records.iter().find(is_it)?.get("value")?;
        let text = |name: &str| value.get(name)?.as_str().map(ToOwned::to_owned);
        let time = |name: &str| seconds(&text(name)?);
        Some(Self {
            application: text("application")?,
            user: text("user")?,
            password: Zeroizing::new(text("password")?),
            key: Zeroizing::new(text("key")?),
            id: text("id")?,
            idle_ends: time("idle_ends")?,
            ends: time("ends")?,
        })
    }
}

fn begin(flow: Flow, secret: &str, arguments: &[(&str, &str)], client: Option<String>) -> Begin {
    let arguments: BTreeMap<String, String> =
        arguments.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Begin {
        secret: Some(Secret::new(secret.to_owned())),
        rhost: client,
        arguments,
        ..Begin::new(flow, "", "")
    }
}

/// Of RFC 3339.
fn seconds(time: &str) -> Option<u64> {
    let time: SystemTime = humantime::parse_rfc3339(time).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// How old an answer may be: the pictures and scripts of one page cost one question.
const KEPT: Duration = Duration::from_secs(5);
/// A session that seems to be over may be one whose account is being changed.
const OVER_KEPT: Duration = Duration::from_secs(1);
const SWEEP: Duration = Duration::from_secs(1);
const OUTAGE_KEPT: Duration = Duration::from_secs(1);
const MOST_ANSWERS: usize = 10_000;
