//! What mail programs are set up with, for a page that passes it on to them. It is public: nothing of an account is in it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::app_password::ScopeWord;
use crate::config::MailServer;
use crate::conversation::Conversation;
use crate::engine::Engine;
use crate::exchange::actor::Actor;
use crate::exchange::context::Exchange;
use crate::exchange::localized_conversation::LocalizedConversation;
use crate::exchange::outcome::Outcome;
use crate::exchange::stop::Stop;
use crate::limits::Source;
use crate::verdict::{Accepted, Verdict};

/// Tells the servers of `[mail_settings]`, each as a record `mail_setting`, and how names follow from addresses as a record
/// `mail_site`. It asks no store.
pub async fn mail_settings(engine: &Engine, person: &mut dyn Conversation) -> Outcome {
    let person = LocalizedConversation::new(person, None, engine.language);
    let source = Source::of(None);
    let mut exchange = Exchange::new(engine, Actor::Claimant, &source, person);
    let decided = tell(&mut exchange).await;
    exchange.end(decided)
}

async fn tell(exchange: &mut Exchange<'_>) -> Result<Verdict, Stop> {
    let settings = &exchange.engine.mail_settings;
    for (word, server) in settings.servers() {
        exchange.person.record("mail_setting", server_record(word, server)).await?;
    }
    let site = json!({
        "user_name": settings.user_name.as_str(), "domains": settings.domains,
        "app_password_help": settings.app_password_help(),
    });
    exchange.person.record("mail_site", site).await?;
    Ok(Verdict::Accept(Accepted { user: String::new(), userdb: BTreeMap::new(), proof: None }))
}

/// The fields of a record `mail_setting`: the server that `word` opens.
pub(super) fn server_record(word: ScopeWord, server: &MailServer) -> Value {
    let MailServer { host, port, tls } = server;
    json!({ "protocol": word.as_str().to_uppercase(), "host": host, "port": port, "tls": tls.as_str() })
}
