//! The end of a login with a dialogue: the device is trusted where its owner wants that, and the login is accepted.

use std::time::Duration;

use crate::account::Account;
use crate::changes::error::ChangeRefusal;
use crate::checks::current_account;
use crate::conversation::Echo;
use crate::exchange::stop::Stop;
use crate::ledger::Credential;
use crate::login_event::UsedCredential;
use crate::proof::Proof;
use crate::verdict::{Accepted, Verdict};
use crate::words::Phrase;

use super::answers::is_yes;
use super::interactive::InteractiveLogin;
use super::last_use;
use super::login_device::LoginDevice;
use super::refused_change;

impl InteractiveLogin<'_, '_> {
    pub(super) async fn offer_trust(
        &mut self,
        account: &Account,
        device: &LoginDevice<'_>,
        term: Duration,
    ) -> Result<(), Stop> {
        let days = term.as_secs().div_ceil(86_400);
        let answer = self.exchange.person.ask(Echo::On, &Phrase::TrustDevice { days }).await?;
        if is_yes(answer.expose()) {
            self.trust(account, device, term).await?;
        }
        Ok(())
    }

    pub(super) async fn trust(
        &mut self,
        account: &Account,
        device: &LoginDevice<'_>,
        term: Duration,
    ) -> Result<(), Stop> {
        let account = self.as_proved(account).await?;
        device.trust(self.exchange, &account, term).await
    }

    /// The account as it is now, if it is still the one for which the person proved who they are.
    async fn as_proved(&mut self, proved: &Account) -> Result<Account, Stop> {
        let now = current_account::as_of_now(self.exchange, proved.clone()).await?;
        if current_account::is_as_proved(&now, proved) { Ok(now) } else { self.changed_meanwhile().await }
    }

    pub(super) async fn changed_meanwhile<T>(&mut self) -> Result<T, Stop> {
        refused_change::told(self.exchange, Err(ChangeRefusal::ChangedMeanwhile.into())).await
    }

    pub(super) async fn accept(
        &mut self,
        account: &Account,
        credential: Credential,
    ) -> Result<Verdict, Stop> {
        self.exchange.person.let_read().await?;
        let engine = self.exchange.engine;
        self.time.require(self.exchange, &Phrase::TimeIsUp {}).await?;
        let account = self.as_proved(account).await?;
        let at = engine.clock.now();
        if let Some(device) = LoginDevice::of(self.request, self.service) {
            device.sign_in(self.exchange, &account, credential).await?;
        }
        last_use::note(self.exchange, self.request, &account.id, credential, at).await;
        self.exchange.trail.credential = Some(credential);
        if let Some(used) = UsedCredential::of_factor_used(&account, credential) {
            self.exchange.trail.used = Some(used);
        }
        let proof = Proof::of(&account.id, self.request.service.name, at, &engine.keyring);
        let user = account.name;
        Ok(Verdict::Accept(Accepted { user, userdb: Default::default(), proof: Some(proof) }))
    }
}
