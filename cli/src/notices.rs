//! Mail to the owners of accounts about an admin's changes.

use postern_core::account::Account;
use postern_core::changes::Notices;
use postern_core::courier::CourierError;
use postern_core::exchange::Actor;
use postern_core::words::Phrase;

use crate::failure;
use crate::site::Site;

impl Site {
    /// Mails a change to the account's owner, if the site is configured to. The change stands whether or not that
    /// succeeds: a fault of the courier is a warning.
    pub(crate) async fn tell_owner(&self, account: &Account, what: &Phrase<'_>) {
        self.tell_owner_with(account, what, None).await;
    }

    /// The same with what the owner has to do next.
    pub(crate) async fn tell_owner_with(
        &self,
        account: &Account,
        what: &Phrase<'_>,
        next: Option<&Phrase<'_>>,
    ) {
        if let Err(error) = self.try_to_tell_owner(account, what, next).await {
            warn(account, &error.to_string());
        }
    }

    /// As [`Site::tell_owner_with`]; the caller reports the failure.
    pub(crate) async fn try_to_tell_owner(
        &self,
        account: &Account,
        what: &Phrase<'_>,
        next: Option<&Phrase<'_>>,
    ) -> Result<(), CourierError> {
        let notices =
            Notices { courier: &*self.courier, clock: &*self.clock, language: self.config.language };
        notices.changed(account, what, next, Actor::Admin).await
    }
}

/// Warns that the owner of an account was not notified of a change.
pub(crate) fn warn(account: &Account, why: &str) {
    failure::warn(format!("the change is made, and {} was not told of it by mail: {why}", account.name));
}
