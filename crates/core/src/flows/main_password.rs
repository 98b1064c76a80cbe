//! Checking a main password, at any door: counted before it is looked at, and once for all who ask the same at once.

use crate::account::{Account, AccountId};
use crate::clock::Timestamp;
use crate::engine::Engine;
use crate::keyring::Digest;
use crate::ledger::{Admission, Attempt, Settlement};
use crate::limits::{AttemptLimits, Source};
use crate::name::LoginName;
use crate::secret::Password;

use super::guard::{self, Past};
use super::identity::uid_in_directory;
use super::in_flight::Checked;
use super::outcome::{Outage, Trail};

/// What the log hears of a program that repeats itself. It guesses nothing, and fail2ban's filter leaves it alone.
pub(super) const WRONG_BEFORE: &str = "the same secret was wrong before";

/// A main password that somebody gave.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) password: &'a Password,
    pub(super) source: &'a Source,
    pub(super) at: Timestamp,
}

impl Given<'_> {
    /// Whether it is the account's.
    pub(super) async fn check(
        self,
        engine: &Engine,
        account: &Account,
        trail: &mut Trail,
    ) -> Result<Checked, Outage> {
        let digest = self.digest(engine, &account.id, &account.password_marker);
        let question = self.question(engine, digest);
        let checked =
            engine.memory.in_flight.once(question, self.look(engine, account, digest, trail)).await?;
        if checked == Checked::KnownWrong {
            trail.detail = Some(WRONG_BEFORE);
        }
        Ok(checked)
    }

    async fn look(
        self,
        engine: &Engine,
        account: &Account,
        digest: Digest,
        trail: &mut Trail,
    ) -> Result<Checked, Outage> {
        let attempt = Attempt { account: &account.id, source: self.source, digest, at: self.at };
        let past = guard::history(engine, &account.id, self.source, self.at, trail).await;
        match guard::admit(engine, &attempt, (&self.limits(engine, account), past), trail).await {
            Admission::Proceed => {}
            Admission::KnownWrong => return Ok(Checked::KnownWrong),
            Admission::Limited => return Ok(Checked::Limited),
        }
        let lane = past.lane_for_main_password();
        let checked = engine.directory.check_main_password(Some(account), self.password, lane).await;
        let settlement = if matches!(checked, Ok(false)) { Settlement::Wrong } else { Settlement::Withdrawn };
        guard::settle(engine, &attempt, settlement, trail).await;
        Ok(if checked? { Checked::Right } else { Checked::Wrong })
    }

    /// The person's own user of this host stays in, however many others guess: whoever else would be that user has their uid
    /// already.
    fn limits(self, engine: &Engine, account: &Account) -> AttemptLimits {
        let limits = engine.limits.attempts;
        let is_own = |uid| *self.source == Source::of_user(uid);
        match uid_in_directory(account) {
            Some(uid) if is_own(uid) => AttemptLimits { per_account: u32::MAX, ..limits },
            Some(_) | None => limits,
        }
    }

    /// Does the work that a wrong main password would have cost, and says what would have come of one: for a login that no
    /// secret could open, so that neither the time that it takes nor the limit tells who exists. Counted in this process
    /// alone: strangers fill no ledger.
    pub(super) async fn pretend(self, engine: &Engine, name: &LoginName) -> Result<Checked, Outage> {
        let name = engine.keyring.digest("stranger", &[name.as_str().as_bytes()]);
        let id = AccountId::new(format!("stranger:{}", u128::from_be_bytes(name)));
        let digest = self.digest(engine, &id, "");
        let look = async {
            let attempt = Attempt { account: &id, source: self.source, digest, at: self.at };
            let attempts = &engine.memory.strangers;
            match attempts.admit(&attempt, &engine.limits.attempts) {
                Admission::Proceed => {}
                Admission::KnownWrong => return Ok(Checked::KnownWrong),
                Admission::Limited => return Ok(Checked::Limited),
            }
            let lane = Past::default().lane_for_main_password();
            // Done for the time that it takes. What comes out changes nothing, not even that it was not done.
            drop(engine.directory.check_main_password(None, self.password, lane).await);
            attempts.settle(&attempt, Settlement::Wrong);
            Ok::<_, Outage>(Checked::Wrong)
        };
        engine.memory.in_flight.once(self.question(engine, digest), look).await
    }

    /// What tells a check that counts for this source alone from all others.
    fn question(self, engine: &Engine, attempt: Digest) -> Digest {
        engine.keyring.digest("check", &[self.source.as_str().as_bytes(), &attempt])
    }

    /// What tells this secret from others of the account.
    pub(super) fn digest(self, engine: &Engine, account: &AccountId, marker: &str) -> Digest {
        attempt_digest(engine, account, marker, self.password.expose())
    }
}

/// What tells a secret from others that are offered for the account.
pub(super) fn attempt_digest(engine: &Engine, account: &AccountId, marker: &str, secret: &str) -> Digest {
    engine.keyring.digest("attempt", &[account.as_str().as_bytes(), marker.as_bytes(), secret.as_bytes()])
}
