//! `postern key`: the keyring, and the secrets that it seals.

mod drop;
mod file;
mod seals;

use std::collections::BTreeMap;
use std::path::Path;

use postern_core::config::{Config, DirectoryKind};
use postern_core::keyring::KeyAge;
use seals::Seals;
use serde_json::json;

use crate::args::KeyCommand;
use crate::failure::Failure;
use crate::output::{Output, local, table};
use crate::privileges;
use crate::site::Site;

/// Runs a verb for the keyring.
pub(crate) async fn run(config: &Path, command: KeyCommand, output: Output) -> Result<(), Failure> {
    privileges::refuse_others(config)?;
    match command {
        KeyCommand::List { count } => list(&Site::open(config)?, count, output).await,
        KeyCommand::Rotate { reseal, no_reseal } => rotate(config, (reseal, no_reseal), output).await,
        KeyCommand::Reseal { dry_run: true } => seals::dry_run(&Site::open(config)?, output).await,
        KeyCommand::Reseal { dry_run: false } => {
            let done = seals::reseal(&Site::open(config)?).await?;
            output.print(&done.text(), "resealed", done.value())?;
            done.verdict()
        }
        KeyCommand::Drop { id, at_once } => drop::run(config, id, at_once, output),
    }
}

async fn list(site: &Site, with_count: bool, output: Output) -> Result<(), Failure> {
    let keyring = site.keyring()?;
    let seals = if with_count { Some(seals::count(site).await?) } else { None };
    let count = |id: u32, of: fn(&Seals) -> &BTreeMap<u32, u64>| {
        seals.as_ref().map(|seals| of(seals).get(&id).copied().unwrap_or(0))
    };
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for KeyAge { id, created, replaced } in keyring.ages() {
        let state = if replaced.is_none() { "current" } else { "older" };
        let since = replaced.map_or_else(|| "-".to_owned(), local);
        let mut row = vec![id.to_string(), state.to_owned(), local(created), since];
        let sealed = count(id, |seals| &seals.by_key);
        row.extend(sealed.map(|count| count.to_string()));
        rows.push(row);
        values.push(json!({
            "id": id,
            "current": replaced.is_none(),
            "created": created,
            "replaced": replaced,
            "sealed": sealed,
            "numbers": count(id, |seals| &seals.numbers_by_key),
        }));
    }
    let headings = ["KEY", "STATE", "CREATED", "REPLACED", "SEALED"];
    let shown = if with_count { headings.len() } else { headings.len() - 1 };
    let mut text = table(headings.get(..shown).unwrap_or_default(), rows);
    let unknown = seals.as_ref().map(|seals| {
        let known: Vec<u32> = keyring.ages().map(|age| age.id).collect();
        seals.by_key.iter().filter(|(id, _)| !known.contains(id)).map(|(_, count)| count).sum::<u64>()
    });
    if let Some(unknown) = unknown.filter(|unknown| *unknown > 0) {
        text.push_str(&format!("\n{unknown} are sealed with keys that are not in this keyring\n"));
    }
    let tickets = seals.as_ref().map(|seals| seals.tickets);
    let all = [("keys", json!(values)), ("unknown", json!(unknown)), ("tickets", json!(tickets))];
    output.print_all(&text, all)?;
    seals.map_or(Ok(()), |seals| seals.verdict())
}

/// The complete new file is in place before anything is sealed with its key. So every seal has its key on this host, even after
/// a crash.
async fn rotate(path: &Path, (reseal, no_reseal): (bool, bool), output: Output) -> Result<(), Failure> {
    // This needs root, which Site::open gives up.
    let config = Config::load(path)?;
    let id = file::rotate(&config.keyring)?;
    let may_be_shared = match config.directory {
        DirectoryKind::Embedded => false,
        DirectoryKind::Ldap(_) => true,
    };
    let mut text = format!("key {id} is the current one, in {}\n", config.keyring.display());
    let done = if no_reseal || (may_be_shared && !reseal) {
        text.push_str(&format!(
            "Every other host with posternd on these accounts needs this file, root:postern 0640, before anything else:\n\
             until it has it, what is sealed with the new key is a temporary failure there. Copy {} to them,\n\
             then seal the rest: postern key reseal\n",
            config.keyring.display()
        ));
        None
    } else {
        let resealed = async { seals::reseal(&Site::open(path)?).await };
        let done = resealed.await.map_err(|failure| {
            failure.and(format!("key {id} is the current one; seal the rest with: postern key reseal"))
        })?;
        text.push_str(&done.text());
        Some(done)
    };
    let value = done.as_ref().map(seals::Resealed::value);
    output.print_all(&text, [("key", json!(id)), ("resealed", json!(value))])?;
    done.map_or(Ok(()), |done| done.verdict())
}
