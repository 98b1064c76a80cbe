//! Checks a typed code: it is counted before it is verified, and spent before it is accepted. The ledger tells a
//! replayed code (`ledger/replay.rs`), which is refused here.

use crate::account::Account;
use crate::changes::edit::edit;
use crate::changes::error::ChangeError;
use crate::changes::single_use::Once;
use crate::checks::attempts;
use crate::clock::Timestamp;
use crate::directory::DirectoryError;
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::outage::Outage;
use crate::factor::sent_code;
use crate::factor::sent_code::check::SentCode;
use crate::factor::{CodeText, FactorId, RecoveryText, Totp, registry};
use crate::hashing::Purpose;
use crate::keyring::Digest;
use crate::ledger::{
    Admission, CodeAdmission, CodeAttempt, CodeSettlement, Credential, LedgerError, Settlement, Spend, Spent,
};
use crate::limits::{AttemptLimits, Counter, LocalAttempt, Source};
use crate::random::RandomnessGone;
use crate::system_fault::SystemFault;
use crate::turns::Lane;

/// The input at a prompt for a code.
#[derive(Debug)]
pub(crate) enum Typed {
    /// Six or eight digits.
    Code(CodeText),
    /// A recovery code.
    Recovery(RecoveryText),
}

impl Typed {
    /// `None` for anything that is neither.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        CodeText::parse(text).map(Self::Code).or_else(|| RecoveryText::parse(text).map(Self::Recovery))
    }
}

/// What is known of the person whose code it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodeCheckContext<'a> {
    pub(crate) account: &'a Account,
    /// Whether the first factor was proved. Otherwise a wrong code counts only for its own source.
    pub(crate) is_known: bool,
    /// What codes have to be sent for that are taken here; none is where it is `None`.
    pub(crate) purpose: Option<&'a str>,
}

/// What became of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CodeCheck {
    Right(Credential),
    Wrong,
    Replayed,
    /// It is unknown whether it was used before.
    TooEarly {
        until: Timestamp,
    },
    /// Not looked at.
    Limited {
        until: Timestamp,
    },
    /// Not looked at, until an admin unlocks the factors.
    Locked,
    /// It cannot be written down that it is spent, so it is not taken.
    NotSpent(DirectoryError),
}

/// Checks a code against every factor of the account that takes codes, and spends it.
pub(crate) async fn check(
    exchange: &mut Exchange<'_>,
    context: CodeCheckContext<'_>,
    typed: &Typed,
) -> Result<CodeCheck, Outage> {
    match typed {
        Typed::Code(code) => check_code(exchange, context, code).await,
        Typed::Recovery(code) => check_recovery_code(exchange, context, code).await,
    }
}

async fn check_code(
    exchange: &Exchange<'_>,
    context: CodeCheckContext<'_>,
    code: &CodeText,
) -> Result<CodeCheck, Outage> {
    let engine = exchange.engine;
    let account = context.account;
    let factors = &account.data.factors;
    // What takes no codes is never locked for wrong ones, and where nothing takes codes there is nothing to guess.
    if !factors.iter().any(registry::takes_codes) {
        return Ok(CodeCheck::Wrong);
    }
    if registry::are_codes_locked(factors) {
        return Ok(CodeCheck::Locked);
    }
    let open = totp_factors(account).filter(|(_, _, is_locked)| !is_locked);
    let attempt = context.attempt(engine, exchange.source)?;
    let in_a_row = match engine.ledger.admit_code(&attempt, &engine.limits.codes).await? {
        CodeAdmission::Proceed { in_a_row } => in_a_row,
        CodeAdmission::Limited { until } => return Ok(CodeCheck::Limited { until }),
    };
    for (id, totp, _) in open {
        let matching = match totp.matching_step(id, &engine.keyring, code, attempt.at) {
            Ok(matching) => matching,
            Err(error) => {
                withdraw(engine, &attempt).await;
                return Err(error.into());
            }
        };
        let Some(step) = matching else { continue };
        let period = totp.shape.period.seconds();
        let spend = Spend {
            account: &account.id,
            factor: id,
            step,
            period,
            is_first: false,
            at: attempt.at,
            token: engine.draw_token()?,
        };
        // Where it is not known whether the step was spent the attempt stays counted.
        match engine.ledger.spend(&spend).await? {
            Spent::Now => {
                settle(engine, &attempt, CodeSettlement::Right).await;
                return Ok(CodeCheck::Right(Credential::Factor(id)));
            }
            // A right code that was used before is no guess: a program that repeats it must not lock its owner out.
            Spent::Replayed => {
                withdraw(engine, &attempt).await;
                return Ok(CodeCheck::Replayed);
            }
            // Nothing was spent, and the attempt does not count.
            Spent::WrongClock { ahead } => {
                withdraw(engine, &attempt).await;
                return Err(Outage::WrongClock { ahead });
            }
            Spent::Unknown { from } => {
                withdraw(engine, &attempt).await;
                let until = Timestamp::from_unix(from.saturating_mul(period));
                return Ok(CodeCheck::TooEarly { until });
            }
        }
    }
    // A stranger must not use up the tries of a code that was sent to the owner.
    let purpose = context.purpose.filter(|_| context.is_known);
    let sent_to: Vec<FactorId> = factors
        .iter()
        .filter(|factor| factor.locked.is_none() && factor.kind.record().destination().is_some())
        .map(|factor| factor.id)
        .collect();
    // Where it is not known whether it was taken the attempt stays counted.
    if let Some(purpose) = purpose {
        match sent_code::check::look(engine, &account.id, &sent_to, purpose, code, attempt.at).await? {
            SentCode::Right(id) => {
                settle(engine, &attempt, CodeSettlement::Right).await;
                return Ok(CodeCheck::Right(Credential::Factor(id)));
            }
            // No guess either.
            SentCode::Taken => {
                withdraw(engine, &attempt).await;
                return Ok(CodeCheck::Replayed);
            }
            SentCode::Wrong => {}
        }
    }
    if context.is_known && in_a_row >= engine.limits.codes.in_a_row {
        lock(engine, account, attempt.at).await?;
        return Ok(CodeCheck::Locked);
    }
    Ok(CodeCheck::Wrong)
}

/// Spent by its removal from the directory, so that it works while the ledger is down, unless the exchange needs that; wrong ones are
/// counted in this process then. The ledger is told as well, where that is possible: a directory that is restored from a backup has it again.
async fn check_recovery_code(
    exchange: &mut Exchange<'_>,
    context: CodeCheckContext<'_>,
    code: &RecoveryText,
) -> Result<CodeCheck, Outage> {
    let engine = exchange.engine;
    let attempt = context.attempt(engine, exchange.source)?;
    match engine.ledger.admit_code(&attempt, &engine.limits.codes).await {
        Ok(CodeAdmission::Proceed { .. }) => {}
        Ok(CodeAdmission::Limited { until }) => return Ok(CodeCheck::Limited { until }),
        Err(error) if exchange.is_in_browser() => return Err(error.into()),
        Err(LedgerError::Down(_) | LedgerError::Broken(_)) => {
            exchange.trail.is_ledger_down = true;
            if !admit_locally(exchange, context, &attempt) {
                return Ok(CodeCheck::Limited { until: attempt.at.plus(engine.limits.codes.pause) });
            }
        }
    }
    let Some(stored) = context.account.data.recovery_code(code.id()) else { return Ok(CodeCheck::Wrong) };
    let stranger = || attempts::stranger(engine, &context.account.id, exchange.source);
    let lane = if context.is_known { Lane::Fast } else { Lane::Slow(stranger()) };
    if !engine.caches.hasher.verify(&stored.hash, code.secret(), Purpose::RecoveryCode, lane).await? {
        return Ok(CodeCheck::Wrong);
    }
    let spent = edit(&*engine.directory, &context.account.id, |data| {
        let before = data.recovery_codes.len();
        data.recovery_codes.retain(|one| one != stored);
        Ok(data.recovery_codes.len() < before)
    });
    match spent.await {
        Ok(true) => {}
        Ok(false) => return Ok(CodeCheck::Replayed),
        Err(ChangeError::Fault(SystemFault::Directory(error))) => return Ok(CodeCheck::NotSpent(error)),
        Err(error) => return Err(error.into()),
    }
    let once = Once::RecoveryCode(stored);
    match once.use_up(&*engine.ledger, &context.account.id, engine.draw_token()?, attempt.at).await {
        Ok(true) => {}
        Ok(false) => return Ok(CodeCheck::Replayed),
        Err(LedgerError::Down(_) | LedgerError::Broken(_)) => exchange.trail.is_ledger_down = true,
    }
    settle(engine, &attempt, CodeSettlement::Right).await;
    Ok(CodeCheck::Right(Credential::RecoveryCode))
}

fn admit_locally(exchange: &Exchange<'_>, context: CodeCheckContext<'_>, attempt: &CodeAttempt<'_>) -> bool {
    let engine = exchange.engine;
    let codes = engine.limits.codes;
    let limits = AttemptLimits { per_source: codes.wrong, per_account: codes.wrong, window: codes.window };
    // As in the ledger, what strangers do counts for their source alone. Each one counts, so each has a digest of its own.
    let one = LocalAttempt {
        counter: Counter::Codes { account: context.account.id.clone(), source: attempt.source.cloned() },
        source: exchange.source,
        digest: Digest::new(attempt.token.bytes()),
        at: attempt.at,
    };
    let admitted = engine.caches.attempts.admit(&one, &limits) == Admission::Proceed;
    engine.caches.attempts.settle(&one, Settlement::Wrong);
    admitted
}

/// No code of the account is looked at from now on. What takes no codes, such as a passkey, cannot be guessed.
async fn lock(engine: &Engine, account: &Account, at: Timestamp) -> Result<(), ChangeError> {
    edit(&*engine.directory, &account.id, |data| {
        for factor in data.factors.iter_mut().filter(|factor| registry::takes_codes(factor)) {
            factor.locked = factor.locked.or(Some(at));
        }
        Ok(())
    })
    .await
}

/// How many digits the codes of the account's apps have, each length once.
pub(crate) fn lengths(account: &Account) -> Vec<u8> {
    let mut all: Vec<u8> = totp_factors(account).map(|(_, totp, _)| totp.shape.digits()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The factors that take codes of an app, each with whether it is locked.
fn totp_factors(account: &Account) -> impl Iterator<Item = (FactorId, &Totp, bool)> {
    let factors = account.data.factors.iter();
    factors.filter_map(|factor| Some((factor.id, factor.kind.record().totp()?, factor.locked.is_some())))
}

impl<'a> CodeCheckContext<'a> {
    /// A code that is about to be looked at.
    pub(crate) fn attempt(
        self,
        engine: &Engine,
        source: &'a Source,
    ) -> Result<CodeAttempt<'a>, RandomnessGone> {
        let source = (!self.is_known).then_some(source);
        Ok(CodeAttempt {
            account: &self.account.id,
            source,
            at: engine.clock.now(),
            token: engine.draw_token()?,
        })
    }
}

async fn withdraw(engine: &Engine, attempt: &CodeAttempt<'_>) {
    settle(engine, attempt, CodeSettlement::Withdrawn).await;
}

/// Where the ledger fails now the attempt stays counted, which is the safe side.
async fn settle(engine: &Engine, attempt: &CodeAttempt<'_>, settlement: CodeSettlement) {
    drop(engine.ledger.settle_code(attempt, settlement).await);
}
