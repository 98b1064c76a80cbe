//! What an application, such as a web mail, asks about the session that let it in. It shows a code or a key, and hears nothing about
//! other sessions or accounts.

use std::collections::BTreeMap;

use crate::checks::application_keys::ApplicationSession;
use crate::conversation::Conversation;
use crate::engine::Engine;
use crate::exchange::actor::Actor;
use crate::exchange::context::Exchange;
use crate::exchange::localized_conversation::LocalizedConversation;
use crate::exchange::outcome::Outcome;
use crate::exchange::stop::Stop;
use crate::limits::Source;
use crate::secret::Offered;
use crate::verdict::{Accepted, Reason, Verdict};

/// The flows of applications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationFlow {
    /// Swap a code for a key and a session mail password. Arguments: `application`, `state`.
    Redeem,
    /// Hear whether the session is open, and the key and the password in force. Arguments: `is_active`, `true` where a person uses the
    /// application, `false` where its page asks by itself: then the session grows idle all the same.
    Check,
    /// End the session, for the person has logged out.
    End,
}

/// What an application asks.
#[derive(Debug)]
pub struct ApplicationRequest<'a> {
    /// What for.
    pub flow: ApplicationFlow,
    /// The code or the key.
    pub secret: &'a Offered,
    /// What was said beforehand.
    pub arguments: &'a BTreeMap<String, String>,
    /// Where the person is, as far as limits tell it apart.
    pub source: &'a Source,
}

/// Answers an application. The record `application_session` says what is in force.
pub async fn application(
    engine: &Engine,
    request: &ApplicationRequest<'_>,
    person: &mut dyn Conversation,
) -> Outcome {
    let person = LocalizedConversation::new(person, None, engine.language);
    let mut exchange = Exchange::new(engine, Actor::Claimant, request.source, person);
    let decided = answer(&mut exchange, request).await;
    exchange.end(decided)
}

async fn answer(exchange: &mut Exchange<'_>, request: &ApplicationRequest<'_>) -> Result<Verdict, Stop> {
    let shown = request.secret.expose();
    let session = match request.flow {
        ApplicationFlow::Redeem => {
            let [application, state] = arguments(request, ["application", "state"])?;
            let session = ApplicationSession::redeem(exchange, shown, application, state).await?;
            session.tell(exchange).await?;
            session
        }
        ApplicationFlow::Check => {
            let is_active = match arguments(request, ["is_active"])? {
                ["true"] => true,
                ["false"] => false,
                [_] => return Err(bad_arguments()),
            };
            let mut session = ApplicationSession::open(exchange, shown).await?;
            if is_active {
                session.note_use(exchange).await?;
            }
            session.tell(exchange).await?;
            session
        }
        ApplicationFlow::End => {
            let [] = arguments(request, [])?;
            let session = ApplicationSession::open(exchange, shown).await?;
            session.end(exchange).await?;
            session
        }
    };
    let user = session.account().name.clone();
    Ok(Verdict::Accept(Accepted { user, userdb: BTreeMap::new(), proof: None }))
}

/// Exactly these.
fn arguments<'a, const N: usize>(
    request: &ApplicationRequest<'a>,
    names: [&str; N],
) -> Result<[&'a str; N], Stop> {
    if request.arguments.len() != N {
        return Err(bad_arguments());
    }
    let mut values = [""; N];
    for (value, name) in values.iter_mut().zip(names) {
        *value = request.arguments.get(name).ok_or_else(bad_arguments)?;
    }
    Ok(values)
}

fn bad_arguments() -> Stop {
    Stop::explained(Reason::NotPermitted, "arguments that cannot be taken")
}
