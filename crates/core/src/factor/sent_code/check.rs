//! Whether a code was sent by e-mail or SMS. It is good once, and for a short while.

use crate::account::AccountId;
use crate::challenge::{Challenge, ChallengeKind};
use crate::clock::Timestamp;
use crate::engine::Engine;
use crate::exchange::outage::Outage;
use crate::factor::{CodeText, FactorId};
use crate::ledger::StoredChallenge;

/// The result of checking a code that may have been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SentCode {
    /// It was sent to this factor, and is gone now.
    Right(FactorId),
    /// It was sent, and another login has just taken it, or the ledger no longer knows whether one did.
    Taken,
    /// None that was sent.
    Wrong,
}

/// Whether the last code that was sent to this factor for `purpose` can still be typed: it was neither taken, nor refused, nor tried
/// too often, and is not expired.
pub(crate) async fn is_open(
    engine: &Engine,
    account: &AccountId,
    factor: FactorId,
    purpose: &str,
    at: Timestamp,
) -> Result<bool, Outage> {
    let most = engine.limits.sent_codes.tries;
    let is_it = |kept: &StoredChallenge| {
        kept.answer.is_none()
            && kept.tries < most
            && Challenge::open(&kept.value, kept.id, account, &engine.keyring, at).is_some_and(|open| {
                open.challenge.kind == ChallengeKind::Code(factor) && open.challenge.service == purpose
            })
    };
    Ok(engine.ledger.challenges(account, at).await?.iter().any(is_it))
}

/// Whether `code` is one that was sent to any of these factors for `purpose`. Counted before it is looked at.
pub(crate) async fn look(
    engine: &Engine,
    account: &AccountId,
    factors: &[FactorId],
    purpose: &str,
    code: &CodeText,
    at: Timestamp,
) -> Result<SentCode, Outage> {
    let mut found = SentCode::Wrong;
    if factors.is_empty() || code.digits() != 6 {
        return Ok(found);
    }
    let most = engine.limits.sent_codes.tries;
    for kept in engine.ledger.challenges(account, at).await? {
        let Some(open) = Challenge::open(&kept.value, kept.id, account, &engine.keyring, at) else {
            continue;
        };
        let ChallengeKind::Code(factor) = open.challenge.kind else { continue };
        // An answered challenge was refused by an admin or by the owner.
        if kept.answer.is_some() || !factors.contains(&factor) || open.challenge.service != purpose {
            continue;
        }
        let tried = engine.ledger.try_challenge(account, kept.id, most, engine.draw_token()?, at).await?;
        // What the ledger says the second time is held against what it said the first time.
        let is_it = tried.is_some_and(|tried| tried.value == kept.value)
            && open.is_answered_by(code.expose(), &engine.keyring);
        if is_it {
            match engine.ledger.take_challenge(account, kept.id, engine.draw_token()?, at).await? {
                Some(_) => return Ok(SentCode::Right(factor)),
                None => found = SentCode::Taken,
            }
        }
    }
    Ok(found)
}
