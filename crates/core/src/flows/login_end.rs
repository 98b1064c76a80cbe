//! The end of a login with a dialogue: the device is trusted where its owner wants that, and the login is accepted.

use std::time::Duration;

use crate::account::Account;
use crate::checks::current_account;
use crate::conversation::Echo;
use crate::exchange::stop::Stop;
use crate::ledger::Credential;
use crate::login_event::UsedCredential;
use crate::proof::Proof;
use crate::verdict::{Accepted, Reason, Verdict};
use crate::words::Phrase;

use super::answers::is_yes;
use super::interactive::InteractiveLogin;
use super::last_use;
use super::login_device::LoginDevice;

impl InteractiveLogin<'_, '_> {
    pub(super) async fn offer_trust(
        &mut self,
        account: &Account,
        device: &LoginDevice<'_>,
        term: Duration,
    ) -> Result<(), Stop> {
        if term.is_zero() {
            return Ok(());
        }
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
        if term.is_zero() {
            return Ok(());
        }
        let account = self.as_proved(account).await?;
        device.trust(self.exchange, &account, term).await
    }

    /// The account as it is now. If its factors, its main password or the trust in its devices were changed while a question was open,
    /// what was proved before may be what its owner has just taken back.
    async fn as_proved(&mut self, proved: &Account) -> Result<Account, Stop> {
        let now = current_account::as_of_now(self.exchange, proved.clone()).await?;
        let is_same = now.data.policy.trust_generation == proved.data.policy.trust_generation
            && now.password_marker == proved.password_marker;
        if is_same { Ok(now) } else { Err(self.changed_meanwhile().await) }
    }

    pub(super) async fn changed_meanwhile(&mut self) -> Stop {
        let stop = Stop::explained(Reason::NotPermitted, "the account was changed meanwhile");
        self.exchange.explain(&Phrase::ChangedMeanwhile {}, stop).await
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
