//! Whether a phone has answered, for a page that follows a login by itself.

use std::collections::BTreeMap;

use serde_json::json;

use crate::account::AccountId;
use crate::challenge::ChallengeId;
use crate::conversation::Conversation;
use crate::engine::Engine;
use crate::exchange::actor::Actor;
use crate::exchange::context::Exchange;
use crate::exchange::localized_conversation::LocalizedConversation;
use crate::exchange::outcome::Outcome;
use crate::exchange::stop::Stop;
use crate::limits::Source;
use crate::verdict::{Accepted, Reason, Verdict};

/// Says whether the challenge still waits for its answer, by what the record `approval` told: `account` and `id`, which nobody can guess.
/// The answer itself is told to the login that waits for it, and to nobody else.
pub async fn approval_check(
    engine: &Engine,
    arguments: &BTreeMap<String, String>,
    source: &Source,
    person: &mut dyn Conversation,
) -> Outcome {
    let person = LocalizedConversation::new(person, None, engine.language);
    let mut exchange = Exchange::new(engine, Actor::Claimant, source, person);
    let decided = check(&mut exchange, arguments).await;
    exchange.end(decided)
}

async fn check(exchange: &mut Exchange<'_>, arguments: &BTreeMap<String, String>) -> Result<Verdict, Stop> {
    let known = |name: &str| arguments.get(name).map(String::as_str);
    let (Some(account), Some(id), 2) = (known("account"), known("id"), arguments.len()) else {
        return Err(Stop::explained(Reason::NotPermitted, "arguments that cannot be taken"));
    };
    let Ok(id) = id.parse::<ChallengeId>() else {
        return Err(Stop::explained(Reason::NotPermitted, "an id that is none"));
    };
    let (engine, account) = (exchange.engine, AccountId::new(account.to_owned()));
    let open = engine.ledger.challenges(&account, engine.clock.now()).await?;
    let is_waiting = open.iter().any(|challenge| challenge.id == id && challenge.answer.is_none());
    exchange.person.record("approval", json!({ "is_waiting": is_waiting })).await?;
    Ok(Verdict::Accept(Accepted { user: String::new(), userdb: BTreeMap::new(), proof: None }))
}
