//! Checking a main password, at any door: counted before it is looked at, and once for all who ask the same at once.

use crate::account::uid_in_directory;
use crate::account::{Account, AccountId};
use crate::checks::attempts;
use crate::checks::in_flight::SecretCheck;
use crate::clock::Timestamp;
use crate::directory::PasswordCheck;
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::outage::Outage;
use crate::keyring::Digest;
use crate::ledger::{Admission, Attempt, Settlement};
use crate::limits::{AttemptLimits, Counter, LocalAttempt, Source, UnderLock};
use crate::name::LoginName;
use crate::policy::Class;
use crate::secret::Password;
use crate::turns::Lane;

/// A typed main password.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MainPasswordCheck<'a> {
    pub(crate) password: &'a Password,
    /// The class of the service that it was given at; self-service counts as a login.
    pub(crate) class: Class,
    pub(crate) at: Timestamp,
}

impl MainPasswordCheck<'_> {
    /// Whether it is the account's.
    pub(crate) async fn check(
        self,
        exchange: &mut Exchange<'_>,
        account: &Account,
    ) -> Result<SecretCheck, Outage> {
        let engine = exchange.engine;
        let digest = self.digest(engine, &account.id, &account.password_marker);
        let question = self.question(exchange, digest);
        engine.caches.in_flight.once(question, self.look(exchange, account, digest)).await
    }

    async fn look(
        self,
        exchange: &mut Exchange<'_>,
        account: &Account,
        digest: Digest,
    ) -> Result<SecretCheck, Outage> {
        let (engine, source) = (exchange.engine, exchange.source);
        let attempt = Attempt { account: &account.id, source, digest, at: self.at };
        let past = attempts::history(exchange, &account.id, self.at).await;
        let limits = limits(exchange, account);
        match attempts::admit(exchange, &attempt, &limits, past).await {
            Admission::Proceed => {}
            Admission::KnownWrong => return Ok(SecretCheck::KnownWrong),
            Admission::Limited => return Ok(SecretCheck::Limited),
        }
        // While the directory may have locked the password, its owner is told "wrong" of the right one as well: such a secret
        // stays counted once, and is not settled as wrong, so that it is asked for again.
        let under_lock = is_locked_for_a_time(account).then(|| {
            let question = self.question(exchange, digest);
            (question, engine.caches.wrong_under_lock.recall(question, limits.window, self.at))
        });
        if let Some((_, UnderLock::TooEarly)) = under_lock {
            return Ok(SecretCheck::KnownWrong);
        }
        let lane = past.lane_for_main_password(attempts::stranger(engine, &account.id, source));
        let checked =
            engine.directory.check_main_password(Some(account), self.password, self.class, lane).await;
        // Where the directory refuses any password, it did not say whether this one is wrong.
        let is_wrong = matches!(checked, Ok(PasswordCheck::Wrong));
        if is_wrong && let Some((question, before)) = under_lock {
            engine.caches.wrong_under_lock.remember(question, limits.window, self.at);
            return Ok(match before {
                UnderLock::New => SecretCheck::WrongOrLocked,
                UnderLock::Due | UnderLock::TooEarly => SecretCheck::KnownWrong,
            });
        }
        let settlement = if is_wrong { Settlement::Wrong } else { Settlement::Withdrawn };
        attempts::settle(exchange, &attempt, settlement).await;
        Ok(match checked? {
            PasswordCheck::Right => SecretCheck::Right,
            PasswordCheck::RightButDue => SecretCheck::RightButDue,
            PasswordCheck::Wrong => SecretCheck::Wrong,
            PasswordCheck::Refused(refusal) => SecretCheck::Refused(refusal),
        })
    }

    /// Does the work that a wrong main password would have cost, and says what would have come of one: for a login that no
    /// secret could open, so that neither the time that it takes nor the limit tells who exists. Counted in this process
    /// alone: strangers fill no ledger.
    pub(crate) async fn pretend(
        self,
        exchange: &Exchange<'_>,
        name: &LoginName,
    ) -> Result<SecretCheck, Outage> {
        let (engine, source) = (exchange.engine, exchange.source);
        let name = engine.keyring.digest("unknown name", &[name.as_str().as_bytes()]);
        let parts = [name.as_ref(), self.password.expose().as_bytes()];
        let digest = engine.keyring.digest("main password for an unknown name", &parts);
        let look = async {
            let attempt = LocalAttempt { counter: Counter::UnknownName(name), source, digest, at: self.at };
            let counted = &engine.caches.strangers;
            match counted.admit(&attempt, &engine.limits.attempts) {
                Admission::Proceed => {}
                Admission::KnownWrong => return Ok(SecretCheck::KnownWrong),
                Admission::Limited => return Ok(SecretCheck::Limited),
            }
            let lane = Lane::Slow(attempts::stranger_to_all(engine, name, source));
            // Done for the time that it takes, and deferred where an account's would be: whichever comes out, it is no yes.
            let checked = engine.directory.check_main_password(None, self.password, self.class, lane).await;
            let settlement = if checked.is_ok() { Settlement::Wrong } else { Settlement::Withdrawn };
            counted.settle(&attempt, settlement);
            checked?;
            Ok::<_, Outage>(SecretCheck::Wrong)
        };
        engine.caches.in_flight.once(self.question(exchange, digest), look).await
    }

    /// What tells a check that counts for this source, at services of this class, from all others.
    fn question(self, exchange: &Exchange<'_>, attempt: Digest) -> Digest {
        let class: &[u8] = match self.class {
            Class::Mail => b"mail",
            Class::Login => b"login",
        };
        exchange
            .engine
            .keyring
            .digest("check", &[exchange.source.as_str().as_bytes(), class, attempt.as_ref()])
    }

    /// What tells this secret from others of the account.
    pub(crate) fn digest(self, engine: &Engine, account: &AccountId, marker: &str) -> Digest {
        attempt_digest(engine, account, marker, self.password.expose())
    }
}

/// The account's own user of this host is not held to the limit of the account, however many others guess: an attacker with that
/// user's uid has the user's rights already.
fn limits(exchange: &Exchange<'_>, account: &Account) -> AttemptLimits {
    let limits = exchange.engine.limits.attempts;
    let is_own = |uid| *exchange.source == Source::of_user(uid);
    match uid_in_directory(account) {
        Some(uid) if is_own(uid) => AttemptLimits { per_account: u32::MAX, ..limits },
        Some(_) | None => limits,
    }
}

/// Whether the directory has, or had, locked the main password after too many wrong ones. It takes the mark away only when
/// the right one comes, so the lock may be over. One that only an admin lifts is the account's status.
fn is_locked_for_a_time(account: &Account) -> bool {
    !account.attributes.values(LOCKED_SINCE).is_empty()
}

/// What tells a secret from others that are offered for the account.
pub(crate) fn attempt_digest(engine: &Engine, account: &AccountId, marker: &str, secret: &str) -> Digest {
    engine.keyring.digest("attempt", &[account.as_str().as_bytes(), marker.as_bytes(), secret.as_bytes()])
}

/// When the overlay ppolicy locked the main password (draft-behera-ldap-password-policy-10, section 5.3.3).
const LOCKED_SINCE: &str = "pwdAccountLockedTime";
