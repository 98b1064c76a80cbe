//! Noting what a login was let in with: for lists, for reports, and so that a source that succeeded is known.

use std::net::IpAddr;

use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::engine::Engine;
use crate::exchange::trail::Trail;
use crate::ledger::{Credential, SourceNote, Use};
use crate::limits::Source;

/// Where and when a login is let in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entrance<'a> {
    pub(crate) service: &'a str,
    pub(crate) source: &'a Source,
    pub(crate) address: Option<IpAddr>,
    pub(crate) at: Timestamp,
}

/// Tells the ledger, unless it heard of the same a short while ago. A login is let in without it, too.
pub(crate) async fn used(
    engine: &Engine,
    account: &AccountId,
    credential: Credential,
    entrance: Entrance<'_>,
    trail: &mut Trail,
) {
    let Entrance { service, source, address, at } = entrance;
    let key = (account.clone(), credential, source.clone());
    if engine.memory.noted.is_recent(&key, at) {
        return;
    }
    let used = Use { credential, at, service: service.to_owned(), address };
    let note = SourceNote::sign(account, source, at, &engine.keyring);
    match engine.ledger.note_use(account, source, &note, &used).await {
        Ok(()) => engine.memory.noted.set(key, at),
        Err(_) => trail.is_ledger_down = true,
    }
}
