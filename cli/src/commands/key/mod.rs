//! The keyring, and what is sealed with it.

mod file;
mod seals;

use std::path::Path;

use postern_core::config::{Config, DirectoryKind};
use serde_json::json;

use crate::args::KeyCommand;
use crate::failure::Failure;
use crate::output::{Output, table};
use crate::privileges;
use crate::site::Site;

/// Does what was asked of the keyring.
pub(crate) async fn run(config: &Path, command: KeyCommand, output: Output) -> Result<(), Failure> {
    match command {
        KeyCommand::List { count } => list(&Site::open(config)?, count, output).await,
        KeyCommand::Rotate { reseal, no_reseal } => rotate(config, (reseal, no_reseal), output).await,
        KeyCommand::Reseal => {
            let done = seals::reseal(&Site::open(config)?).await?;
            output.print(&done.text(), "resealed", done.value())?;
            done.verdict()
        }
    }
}

async fn list(site: &Site, with_count: bool, output: Output) -> Result<(), Failure> {
    let keyring = site.keyring()?;
    let seals = if with_count { Some(seals::count(site).await?) } else { None };
    let sealed = |id: u32| seals.as_ref().map(|seals| seals.by_key.get(&id).copied().unwrap_or(0));
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for (id, created) in keyring.ages() {
        let is_current = id == keyring.current_id();
        let state = if is_current { "current" } else { "older" };
        let mut row = vec![id.to_string(), state.to_owned(), created.to_string()];
        row.extend(sealed(id).map(|count| count.to_string()));
        rows.push(row);
        values.push(json!({ "id": id, "current": is_current, "created": created, "sealed": sealed(id) }));
    }
    let headings: &[&str] =
        if with_count { &["KEY", "STATE", "CREATED", "SEALED"] } else { &["KEY", "STATE", "CREATED"] };
    let mut text = table(headings, rows);
    let unknown = seals.as_ref().map(|seals| {
        let known: Vec<u32> = keyring.ages().map(|(id, _)| id).collect();
        seals.by_key.iter().filter(|(id, _)| !known.contains(id)).map(|(_, count)| count).sum::<u64>()
    });
    if let Some(unknown) = unknown.filter(|unknown| *unknown > 0) {
        text.push_str(&format!("\n{unknown} are sealed with keys that are not in this keyring\n"));
    }
    output.print_all(&text, [("keys", json!(values)), ("unknown", json!(unknown))])?;
    seals.map_or(Ok(()), |seals| seals.verdict())
}

/// The new file is in its place, as a whole, before anything is sealed with its key: whatever happens then, every seal has
/// its key on this host.
async fn rotate(path: &Path, (reseal, no_reseal): (bool, bool), output: Output) -> Result<(), Failure> {
    privileges::refuse_others(path)?;
    // Root's work; Site::open gives that up.
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
