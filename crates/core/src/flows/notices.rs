//! Telling an account's owner by mail what was changed, so that a change that they did not make is noticed.

use crate::account::Account;
use crate::conversation::Gone;
use crate::courier::{Destination, Message};
use crate::engine::Engine;
use crate::factor::EmailAddress;
use crate::words::{Language, Phrase};

use super::dialogue::{Dialogue, PREFERRED_LANGUAGE};
use super::outcome::Trail;

/// Mails what was changed to the account, where the site does that. The change stands whether that succeeds or not.
pub(super) async fn changed(
    engine: &Engine,
    account: &Account,
    what: &Phrase<'_>,
    dialogue: &mut Dialogue<'_>,
    trail: &mut Trail,
) {
    let Some(address) = address(engine, account) else { return };
    // Whoever does not wait any longer has the change all the same.
    let _: Result<(), Gone> = dialogue.pause(crate::courier::LONGEST_DELIVERY).await;
    let language = language(engine, account);
    let message = Message::Changed {
        account: &account.name,
        what: &language.say(what),
        at: engine.clock.now(),
        by: None,
    };
    if engine.courier.send(&Destination::Email(&address), language, &message).await.is_err() {
        trail.is_courier_down = true;
    }
}

/// Mails that somebody else knows the main password.
pub(super) async fn disowned(
    engine: &Engine,
    account: &Account,
    (service, rhost): (&str, Option<&str>),
    trail: &mut Trail,
) {
    let Some(address) = address(engine, account) else { return };
    let message = Message::Disowned { account: &account.name, service, rhost, at: engine.clock.now() };
    let sent = engine.courier.send(&Destination::Email(&address), language(engine, account), &message).await;
    trail.is_courier_down |= sent.is_err();
}

fn address(engine: &Engine, account: &Account) -> Option<EmailAddress> {
    if !engine.courier.tells_of_changes() {
        return None;
    }
    account.addresses.iter().find_map(|address| address.parse().ok())
}

/// The account's own, whoever makes the change.
fn language(engine: &Engine, account: &Account) -> Language {
    let preferred = account.attributes.values(PREFERRED_LANGUAGE);
    preferred.iter().find_map(|wanted| Language::wanted(wanted)).unwrap_or(engine.language)
}
