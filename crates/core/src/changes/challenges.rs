//! What waits for an answer, for those who look after an account.

use crate::account::AccountId;
use crate::challenge::{Challenge, ChallengeId};
use crate::changes::authority::Authority;
use crate::changes::error::ChangeError;
use crate::keyring::Keyring;
use crate::ledger::{Answered, LedgerError};
use crate::random::draw_token;

/// A challenge that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingChallenge {
    /// Which one it is.
    pub id: ChallengeId,
    /// What it says.
    pub challenge: Challenge,
    /// Whether there is an answer that was not taken yet.
    pub is_answered: bool,
}

/// The challenges of an account that are open now. Records that say nothing are left out.
///
/// # Errors
/// Where the ledger is out of order.
pub async fn pending_challenges(
    authority: &Authority,
    keyring: &Keyring,
    account: &AccountId,
) -> Result<Vec<PendingChallenge>, LedgerError> {
    let now = authority.clock.now();
    let kept = authority.ledger.challenges(account, now).await?;
    let open = kept.into_iter().filter(|one| one.answer.as_deref() != Some(DENIED)).filter_map(|one| {
        let open = Challenge::open(&one.value, one.id, account, keyring, now)?;
        Some(PendingChallenge { id: one.id, challenge: open.challenge, is_answered: one.answer.is_some() })
    });
    Ok(open.collect())
}

/// Refuses challenges: a login that waits for one ends at once, and no answer to them is worth anything. Tells which of them
/// were there still.
///
/// # Errors
/// [`ChangeError`]; some may be refused then.
pub async fn deny_challenges(
    authority: &Authority,
    account: &AccountId,
    ids: &[ChallengeId],
) -> Result<Vec<ChallengeId>, ChangeError> {
    let (ledger, at) = (&authority.ledger, authority.clock.now());
    let mut denied = Vec::new();
    for id in ids {
        let token = draw_token(authority.random)?;
        let is_denied = match ledger.answer_challenge(account, *id, DENIED, at).await? {
            Answered::Now => true,
            // An earlier answer that was not taken yet is void.
            Answered::Before => ledger.take_challenge(account, *id, token, at).await?.is_some(),
            Answered::Gone => false,
        };
        if is_denied {
            denied.push(*id);
        }
    }
    Ok(denied)
}

/// The answer of an admin or of the account's owner. It needs no signature, because it can only refuse.
pub(crate) const DENIED: &str = "denied";
