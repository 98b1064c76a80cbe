//! Noting what a login was let in with: for lists, for reports, and so that a source that succeeded is known.

use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::exchange::context::Exchange;
use crate::ledger::{Credential, SourceNote, Use};

use super::login_request::LoginRequest;

/// Tells the ledger, unless it heard of the same a short while ago. A login is let in without it, too.
pub(crate) async fn note(
    exchange: &mut Exchange<'_>,
    request: &LoginRequest<'_>,
    account: &AccountId,
    credential: Credential,
    at: Timestamp,
) {
    let (engine, source) = (exchange.engine, exchange.source);
    let key = (account.clone(), credential, source.clone());
    if engine.caches.noted.is_recent(&key, at) {
        return;
    }
    let used = Use { credential, at, service: request.service.name.to_owned(), address: request.address };
    let note = SourceNote::sign(account, source, at, &engine.keyring);
    match engine.ledger.note_use(account, source, &note, &used).await {
        Ok(()) => engine.caches.noted.set(key, at),
        Err(_) => exchange.trail.is_ledger_down = true,
    }
}
