use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use postern_ipc::{
    Begin, Client, Failure, Flow, PhoneFlow, Prompter, RejectReason, Secret, Style, Tone, Verdict,
};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json};
use tracing::{error, warn};

use crate::address::Network;
use crate::config::Config;
use crate::connection_slots::ConnectionSlot;
use crate::conversation_places::{ConversationPlace, ConversationPlaces};
use crate::reply::{self, Reply};

/// The flow of a name in the path.
pub(crate) fn flow(name: &str) -> Option<PhoneFlow> {
    match name {
        "bind" => Some(PhoneFlow::Bind),
        "pending" => Some(PhoneFlow::Pending),
        "answer" => Some(PhoneFlow::Answer),
        "ring" => Some(PhoneFlow::Push),
        _ => None,
    }
}

/// Reads a body: a JSON object of strings with exactly the arguments of `flow`, each once. posternd decides whether the values
/// make sense.
///
/// # Errors
/// A text for the client. It never quotes the body.
pub fn arguments(flow: PhoneFlow, body: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let Texts(texts) = reader
        .deserialize_map(TextsVisitor)
        .and_then(|texts| reader.end().map(|()| texts))
        .map_err(|_| "Not a JSON object of texts, each name once.".to_owned())?;
    let fields = flow.arguments();
    if texts.len() != fields.len() || !fields.iter().all(|name| texts.contains_key(*name)) {
        return Err(format!("The fields are {}.", fields.join(", ")));
    }
    Ok(texts)
}

/// Relays requests of the page to posternd.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    socket: PathBuf,
    time: Duration,
    places: ConversationPlaces,
}

/// How a flow that asks nothing ended.
pub(crate) enum Asked {
    /// With these records, which may be secrets.
    Accepted(Vec<Value>),
    /// There is no such session.
    Refused,
    /// Nothing is known.
    Unavailable,
}

/// Whether posternd says that there is no session (docs/protocol.md, *Browsers*).
pub(crate) fn is_session_over(reason: RejectReason) -> bool {
    matches!(reason, RejectReason::Expired | RejectReason::Disabled | RejectReason::UnknownAccount)
}

/// The client of a request.
#[derive(Debug)]
pub(crate) struct Requester {
    /// The client's address as the proxy reports it.
    pub(crate) rhost: Option<String>,
    /// The language of the page.
    pub(crate) language: Option<String>,
}

impl Api {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            socket: config.socket.clone(),
            time: config.limits.request_time,
            places: ConversationPlaces::new(config.limits.conversations),
        }
    }

    /// Holds one conversation with posternd, and returns its end as a reply.
    pub(crate) async fn relay(
        &self,
        connection: &ConnectionSlot,
        flow: PhoneFlow,
        arguments: BTreeMap<String, String>,
        Requester { rhost, language }: Requester,
    ) -> Reply {
        // It ends a little before the request does, so that the reply can still report what was wrong.
        let deadline = Instant::now() + self.time.mul_f32(0.8);
        let client = rhost.as_deref().and_then(Network::of);
        let Some(place) = self.places.take(client, deadline).await else { return unavailable() };
        connection.is_relayed();
        let begin = Begin { rhost, language, arguments, ..Begin::new(flow.into(), SERVICE, "") };
        match self.converse(begin, place, deadline).await {
            Ok((verdict, transcript)) => reply_to(verdict, transcript),
            Err(Failure::Refused(error)) => {
                warn!("{}", Failure::Refused(error));
                reply::refusal(
                    StatusCode::BAD_REQUEST,
                    "malformed",
                    "posternd does not understand this request.",
                )
            }
            Err(failure) => {
                error!("{failure}");
                unavailable()
            }
        }
    }

    /// The records of a flow that asks nothing and is about no account. `None` if posternd does not tell them; the log says why.
    pub(crate) async fn records(&self, flow: Flow) -> Option<Vec<Value>> {
        match self.ask(None, Begin::new(flow, SERVICE, "")).await {
            Asked::Accepted(records) => Some(records),
            Asked::Refused | Asked::Unavailable => None,
        }
    }

    /// What a flow that asks nothing says about a session.
    pub(crate) async fn ask(&self, client: Option<Network>, begin: Begin) -> Asked {
        let deadline = Instant::now() + self.time.mul_f32(0.8);
        let Some(place) = self.places.take(client, deadline).await else { return Asked::Unavailable };
        match self.converse(Begin { service: SERVICE.to_owned(), ..begin }, place, deadline).await {
            Ok((Verdict::Accept(_), transcript)) => Asked::Accepted(transcript.records),
            Ok((Verdict::Reject(reject), _)) if is_session_over(reject.reason) => Asked::Refused,
            Ok((verdict @ (Verdict::Reject(_) | Verdict::Defer(_) | Verdict::Ignore(_)), _)) => {
                warn!("posternd tells nothing: {verdict:?}");
                Asked::Unavailable
            }
            Err(failure) => {
                error!("{failure}");
                Asked::Unavailable
            }
        }
    }

    /// Holds a conversation, and then gives `place` back.
    async fn converse(
        &self,
        begin: Begin,
        place: ConversationPlace,
        deadline: Instant,
    ) -> Result<(Verdict, Transcript), Failure> {
        let socket = self.socket.clone();
        let held = tokio::task::spawn_blocking(move || {
            let mut transcript = Transcript::default();
            let end =
                Client::connect(&socket, deadline).and_then(|client| client.converse(begin, &mut transcript));
            drop(place);
            end.map(|verdict| (verdict, transcript))
        });
        held.await.unwrap_or_else(|error| {
            error!("a conversation broke off: {error}");
            Err(Failure::Closed)
        })
    }
}

fn reply_to(verdict: Verdict, transcript: Transcript) -> Reply {
    let Transcript { records, lines } = transcript;
    match verdict {
        Verdict::Accept(_) => {
            let text = lines.join("\n");
            let value = json!({"verdict": "accept", "reason": null, "text": text, "records": records});
            reply::json(StatusCode::OK, &value)
        }
        Verdict::Reject(reject) => {
            let value = json!({
                "verdict": "reject", "reason": reject.reason, "text": reject.text, "records": records
            });
            reply::json(StatusCode::FORBIDDEN, &value)
        }
        Verdict::Defer(defer) => {
            warn!("posternd defers: {}", defer.reason);
            unavailable()
        }
        Verdict::Ignore(ignore) => {
            warn!("posternd has nothing to say: {}", ignore.reason);
            unavailable()
        }
    }
}

// The fault itself goes to the log only: its text may name servers.
fn unavailable() -> Reply {
    let value = json!({
        "verdict": "defer", "reason": "unavailable", "records": [],
        "text": "The login service cannot be reached right now. Try again in a moment.",
    });
    reply::json(StatusCode::SERVICE_UNAVAILABLE, &value)
}

#[derive(Debug, Default)]
struct Transcript {
    records: Vec<Value>,
    lines: Vec<String>,
}

impl Prompter for Transcript {
    // The flows of the page ask no questions.
    fn ask(&mut self, _: Style, _: &str) -> Option<Secret> {
        None
    }

    fn tell(&mut self, _: Tone, text: &str) {
        self.lines.push(text.to_owned());
    }

    fn record(&mut self, name: &str, value: Map<String, Value>) {
        self.records.push(json!({"name": name, "value": value}));
    }
}

struct Texts(BTreeMap<String, String>);

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
        let mut texts = BTreeMap::new();
        while let Some((name, text)) = map.next_entry::<String, String>()? {
            if texts.insert(name, text).is_some() {
                return Err(serde::de::Error::custom("twice"));
            }
        }
        Ok(Texts(texts))
    }
}

/// The service of this process' conversations, for posternd's log.
const SERVICE: &str = "web";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_an_object_of_exactly_the_flows_texts() {
        let right = br#"{"account":"a","factor":"f","time":"1","signature":"s"}"#;
        assert_eq!(arguments(PhoneFlow::Pending, right).unwrap().len(), 4);
        for wrong in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"account":"a","factor":"f","time":1,"signature":"s"}"#,
            r#"{"account":"a","factor":"f","time":"1"}"#,
            r#"{"account":"a","factor":"f","time":"1","signature":"s","more":"x"}"#,
            r#"{"account":"a","account":"a","factor":"f","time":"1","signature":"s"}"#,
            r#"{"account":"a","factor":"f","time":"1","signature":"s"} x"#,
        ] {
            let told = arguments(PhoneFlow::Pending, wrong.as_bytes()).unwrap_err();
            assert!(!told.contains('x') || !wrong.contains('x') || !told.contains("more"), "{told}");
        }
    }
}
