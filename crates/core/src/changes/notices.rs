//! Telling an account's owner by mail what was changed, so that a change that they did not make is noticed.

use crate::account::Account;
use crate::clock::Clock;
use crate::conversation::Gone;
use crate::courier::{Courier, CourierError, Destination, Message};
use crate::engine::Engine;
use crate::exchange::dialogue::Dialogue;
use crate::exchange::dialogue::preferred;
use crate::exchange::trail::Trail;
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

/// Who changed an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangedBy {
    /// Whose it is.
    Owner,
    /// Somebody with the rights of the site's admins.
    Admin,
}

impl Notices<'_> {
    /// Mails what was changed to the account. Nothing is sent where the site does not, or the account has no address.
    ///
    /// # Errors
    /// Where the courier fails; the change stands all the same.
    pub async fn changed(
        &self,
        account: &Account,
        what: &Phrase<'_>,
        by: ChangedBy,
    ) -> Result<(), CourierError> {
        let Some(address) = self.address(account) else { return Ok(()) };
        let language = preferred(account).unwrap_or(self.language);
        let by = match by {
            ChangedBy::Owner => None,
            ChangedBy::Admin => Some(language.say(&Phrase::ByAdministrator {})),
        };
        let what = language.say(what);
        let (account, at) = (account.name.as_str(), self.clock.now());
        let message = Message::Changed { account, what: &what, at, by: by.as_deref() };
        self.courier.send(&Destination::Email(&address), language, &message).await
    }

    /// Mails that somebody else knows the main password.
    async fn disowned(
        &self,
        account: &Account,
        (service, rhost): (&str, Option<&str>),
    ) -> Result<(), CourierError> {
        let Some(address) = self.address(account) else { return Ok(()) };
        let language = preferred(account).unwrap_or(self.language);
        let message = Message::Disowned { account: &account.name, service, rhost, at: self.clock.now() };
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

/// As [`Notices::changed`], from the middle of a conversation. The change stands whether that succeeds or not.
pub(crate) async fn changed(
    engine: &Engine,
    account: &Account,
    (what, by): (&Phrase<'_>, ChangedBy),
    dialogue: &mut Dialogue<'_>,
    trail: &mut Trail,
) {
    let notices = Notices::of(engine);
    if notices.address(account).is_none() {
        return;
    }
    // Whoever does not wait any longer has the change all the same.
    let _: Result<(), Gone> = dialogue.pause(crate::courier::LONGEST_DELIVERY).await;
    trail.is_courier_down |= notices.changed(account, what, by).await.is_err();
}

/// As [`Notices::disowned`].
pub(crate) async fn disowned(
    engine: &Engine,
    account: &Account,
    whence: (&str, Option<&str>),
    trail: &mut Trail,
) {
    trail.is_courier_down |= Notices::of(engine).disowned(account, whence).await.is_err();
}
