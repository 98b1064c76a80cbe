use postern_core::account::Account;
use postern_core::changes::{OpenSession, end_sessions, open_sessions};
use postern_core::session::SessionId;
use serde_json::{Value, json};

use crate::args::SessionCommand;
use crate::failure::Failure;
use crate::output::{Output, local, table};
use crate::site::Site;

/// Runs a verb for the browsers that are signed in.
pub(crate) async fn run(site: &Site, command: SessionCommand, output: Output) -> Result<(), Failure> {
    match command {
        SessionCommand::List { name } => list(site, &site.account(&name).await?, output).await,
        SessionCommand::End { name: Some(name), id, .. } => {
            end(site, &site.account(&name).await?, id.as_deref(), output).await
        }
        SessionCommand::End { name: None, .. } => end_all(site, output).await,
    }
}

async fn list(site: &Site, account: &Account, output: Output) -> Result<(), Failure> {
    let sessions = open_sessions(&site.authority(), &site.keyring()?, account).await?;
    let limits = site.config.limits.sessions;
    let rows = sessions.iter().map(|OpenSession { session, .. }| {
        vec![
            session.id.to_string(),
            session.name(),
            local(session.created),
            local(session.seen),
            local(session.idle_ends(limits)),
        ]
    });
    let text = table(&["ID", "BROWSER", "SINCE", "LAST USED", "UNTIL"], rows);
    let text = if text.is_empty() { format!("{} is logged in with no browser", account.name) } else { text };
    let values: Vec<Value> = sessions.iter().map(|one| value(site, one)).collect();
    output.about(account).print(&text, "sessions", values)
}

async fn end(site: &Site, account: &Account, id: Option<&str>, output: Output) -> Result<(), Failure> {
    let (authority, keyring) = (site.authority(), site.keyring()?);
    let which = match id {
        None => None,
        Some(typed) => {
            Some(the_one(&open_sessions(&authority, &keyring, account).await?, typed, &account.name)?)
        }
    };
    let is_meant = |one: &OpenSession| which.is_none_or(|id| id == one.session.id);
    let ended = end_sessions(&authority, &keyring, &account.id, is_meant).await?;
    let text: String = ended
        .iter()
        .map(|OpenSession { session, .. }| format!("ended {} \"{}\"\n", session.id, session.name()))
        .collect();
    let text = if text.is_empty() { "no session to end".to_owned() } else { text };
    let values: Vec<Value> = ended.iter().map(|one| value(site, one)).collect();
    output.about(account).print(&text, "ended", values)
}

async fn end_all(site: &Site, output: Output) -> Result<(), Failure> {
    site.ledger.forget_browsers().await?;
    let text = "ended the sessions of all accounts; no browser is trusted any more";
    output.print(text, "ended", "all")
}

fn the_one(sessions: &[OpenSession], typed: &str, name: &str) -> Result<SessionId, Failure> {
    let mut meant = sessions.iter().filter(|one| one.session.id.is_meant_by(typed));
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(one.session.id),
        (Some(_), Some(_)) => Err(Failure::data(format!("more than one session begins with \"{typed}\""))),
        (None, _) => Err(Failure::data(format!(
            "{name} is logged in with no browser \"{typed}\"; see: postern session list {name}"
        ))),
    }
}

/// A session for scripts.
pub(super) fn value(site: &Site, OpenSession { session, .. }: &OpenSession) -> Value {
    let limits = site.config.limits.sessions;
    json!({
        "id": session.id,
        "client": session.client,
        "address": session.address,
        "created": session.created,
        "seen": session.seen,
        "idle_ends": session.idle_ends(limits),
        "ends": session.end(limits),
    })
}
