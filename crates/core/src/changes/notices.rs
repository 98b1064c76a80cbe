//! Telling an account's owner by mail what was changed, so that a change that they did not make is noticed.

use crate::account::Account;
use crate::clock::Clock;
use crate::config::MailSettings;
use crate::conversation::Gone;
use crate::courier::{Courier, CourierError, Destination, Message};
use crate::deed::Deed;
use crate::engine::Engine;
use crate::exchange::actor::Actor;
use crate::exchange::context::Exchange;
use crate::exchange::localized_conversation::preferred;
use crate::factor::EmailAddress;
use crate::words::{Language, Phrase};

/// Writes to the owners of accounts, where the site does that.
#[derive(Debug, Clone, Copy)]
pub struct Notices<'a> {
    /// Carries it.
    pub courier: &'a dyn Courier,
    /// Tells when it was.
    pub clock: &'a dyn Clock,
    /// For those whose account names no language.
    pub language: Language,
}

impl Notices<'_> {
    /// Mails what was changed to the account, and `next`, what the owner has to do now. Nothing is sent where the site does not, or
    /// the account has no address.
    ///
    /// # Errors
    /// Where the courier fails; the change stands all the same.
    pub async fn changed(
        &self,
        account: &Account,
        what: &Phrase<'_>,
        next: Option<&Phrase<'_>>,
        by: Actor,
    ) -> Result<(), CourierError> {
        let Some(address) = self.address(account) else { return Ok(()) };
        let language = preferred(account).unwrap_or(self.language);
        let by = match by {
            Actor::Claimant | Actor::UnixUser { .. } | Actor::WebSession { .. } => None,
            Actor::Admin => Some(language.say(&Phrase::ByAdministrator {})),
        };
        let what = language.say(what);
        let next = next.map(|next| language.say(next));
        let (account, at) = (account.name.as_str(), self.clock.now());
        let message = Message::Changed { account, what: &what, next: next.as_deref(), at, by: by.as_deref() };
        self.courier.send(&Destination::Email(&address), language, &message).await
    }

    /// Mails the fraud report: another person knows the main password.
    async fn fraud_report(
        &self,
        engine: &Engine,
        account: &Account,
        deed: &Deed<'_>,
    ) -> Result<(), CourierError> {
        let Some(address) = self.address(account) else { return Ok(()) };
        let language = preferred(account).unwrap_or(self.language);
        let deed = &engine.describe(deed, language);
        let message = Message::Disowned { account: &account.name, deed, at: self.clock.now() };
        self.courier.send(&Destination::Email(&address), language, &message).await
    }

    fn address(&self, account: &Account) -> Option<EmailAddress> {
        if !self.courier.tells_of_changes() {
            return None;
        }
        account.addresses.iter().find_map(|address| address.parse().ok())
    }

    fn of(engine: &Engine) -> Notices<'_> {
        Notices { courier: &*engine.courier, clock: &*engine.clock, language: engine.language }
    }
}

/// What the owner of an account has to do after a factor was bound.
#[must_use]
pub fn after_factor(is_first: bool, settings: &MailSettings) -> Option<Phrase<'_>> {
    is_first.then(|| Phrase::MailNeedsAppPasswords { how: settings.app_password_help() })
}

/// As [`Notices::changed`] without a next step, from the middle of a conversation. The change stands whether that succeeds or not.
pub(crate) async fn changed(exchange: &mut Exchange<'_>, account: &Account, what: &Phrase<'_>) {
    changed_with(exchange, account, what, None).await;
}

/// The same with a next step.
pub(crate) async fn changed_with(
    exchange: &mut Exchange<'_>,
    account: &Account,
    what: &Phrase<'_>,
    next: Option<&Phrase<'_>>,
) {
    let notices = Notices::of(exchange.engine);
    if notices.address(account).is_none() {
        return;
    }
    // The change stands even if the user does not wait any longer.
    let _: Result<(), Gone> = exchange.person.pause(crate::courier::LONGEST_DELIVERY).await;
    exchange.trail.is_courier_down |= notices.changed(account, what, next, exchange.actor).await.is_err();
}

/// As [`Notices::fraud_report`].
pub(crate) async fn fraud_report(exchange: &mut Exchange<'_>, account: &Account, deed: &Deed<'_>) {
    let engine = exchange.engine;
    let sent = Notices::of(engine).fraud_report(engine, account, deed).await;
    exchange.trail.is_courier_down |= sent.is_err();
}
