//! Codes by e-mail or SMS: counted before they are sent, kept as a keyed digest, good once and for a short while.

use zeroize::Zeroizing;

use crate::account::{Account, AccountId};
use crate::challenge::{Challenge, ChallengeId, ChallengeKind};
use crate::clock::Timestamp;
use crate::courier::{CourierError, Destination, Message};
use crate::engine::Engine;
use crate::factor::{CodeText, Factor, FactorId, FactorKind};
use crate::ledger::{ChallengeAdmission, NewChallenge, Room, SendAdmission, Sending};
use crate::limits::{SendLimits, Source};

use super::codes::token;
use super::dialogue::{Dialogue, Stop, preferred};
use super::occasion::Occasion;
use super::outcome::{Outage, Trail};

/// What became of a code that was to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Posted {
    /// It is on its way.
    Sent,
    /// Too many, or too soon after the last one.
    Limited { until: Timestamp },
    /// There is no way, or none now.
    Failed,
}

/// Somebody who gets a code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recipient<'a> {
    pub(super) account: &'a Account,
    pub(super) source: &'a Source,
    /// The factor, or what is about to become it.
    pub(super) factor: FactorId,
    pub(super) to: Destination<'a>,
    /// Whether it is the account's already.
    pub(super) is_bound: bool,
}

/// Where codes of a factor are sent, where they are.
pub(super) fn destination(factor: &Factor) -> Option<Destination<'_>> {
    match &factor.kind {
        FactorKind::Email(email) => Some(Destination::Email(&email.address)),
        FactorKind::Sms(sms) => Some(Destination::Sms(&sms.number)),
        FactorKind::Totp(_) | FactorKind::Phone(_) => None,
    }
}

/// Sends a new code in the place of the last one. Only for somebody whose first factor was proved.
///
/// # Errors
/// Where the ledger is out of order: without it nobody could tell whether the code is right.
pub(super) async fn post(
    engine: &Engine,
    recipient: Recipient<'_>,
    occasion: &Occasion<'_>,
    dialogue: &mut Dialogue<'_>,
    trail: &mut Trail,
) -> Result<Posted, Stop> {
    if !engine.courier.carries(recipient.to.channel()) {
        return Ok(Posted::Failed);
    }
    let at = engine.clock.now();
    let counted = match admit(engine, recipient, at).await? {
        Ok(counted) => counted,
        Err(until) => return Ok(Posted::Limited { until }),
    };
    let code = draw(engine)?;
    let id = ChallengeId::new(token(engine)?);
    let lifetime = engine.limits.sent_codes.lifetime;
    let challenge = Challenge {
        kind: ChallengeKind::Code(recipient.factor),
        user: recipient.account.name.clone(),
        service: occasion.service.to_owned(),
        rhost: occasion.rhost.clone(),
        created: at,
        expires: at.plus(lifetime),
    };
    let value = challenge.seal(id, &recipient.account.id, &code, &engine.keyring);
    let room = Room::Code(recipient.factor);
    let new = NewChallenge { id, room, value: &value, expires: challenge.expires, at };
    match engine.ledger.put_challenge(&recipient.account.id, &new, &engine.limits.pushes).await? {
        ChallengeAdmission::Put => {}
        ChallengeAdmission::Busy { until } | ChallengeAdmission::Quiet { until } => {
            return Ok(Posted::Limited { until });
        }
    }
    dialogue.pause(crate::courier::LONGEST_DELIVERY).await?;
    let message = Message::Code {
        code: &code,
        minutes: lifetime.as_secs().div_ceil(60),
        account: &recipient.account.name,
        service: occasion.service,
        rhost: occasion.rhost.as_deref(),
    };
    // Who reads it may be somebody else than who sits at the terminal.
    let language = preferred(recipient.account).unwrap_or(dialogue.language());
    match engine.courier.send(&recipient.to, language, &message).await {
        Ok(()) => Ok(Posted::Sent),
        // It may arrive, and then it is good; and it counts, or a slow server would send without end.
        Err(CourierError::Unsure(_)) => {
            trail.is_courier_down = true;
            Ok(Posted::Failed)
        }
        Err(CourierError::Gone | CourierError::Refused(_) | CourierError::Down(_)) => {
            trail.is_courier_down = true;
            // Nothing was sent, and nothing counts. What the ledger does not hear of is over soon.
            for sending in &counted {
                drop(engine.ledger.withdraw_sending(sending).await);
            }
            drop(engine.ledger.take_challenge(&recipient.account.id, id, token(engine)?, at).await);
            Ok(Posted::Failed)
        }
    }
}

/// Counts it for where it comes from, whose it is and where it goes; until when there is none, where it is one too many.
async fn admit(
    engine: &Engine,
    recipient: Recipient<'_>,
    at: Timestamp,
) -> Result<Result<Vec<Sending>, Timestamp>, Stop> {
    let limits = engine.limits.sent_codes;
    let account = recipient.account.id.as_str().as_bytes();
    let (channel, address): (&[u8], String) = match recipient.to {
        Destination::Email(address) => (b"email", address.folded()),
        Destination::Sms(number) => (b"sms", number.as_str().to_owned()),
        Destination::WebPush(_) | Destination::Ntfy(_) => return Ok(Err(at)),
    };
    // Whoever binds an address that is not theirs must not use up what its owner gets for logins.
    let to: &[u8] = if recipient.is_bound { b"to" } else { b"new" };
    let subjects: [(SendLimits, [&[u8]; 3]); 3] = [
        (limits.per_source, [b"source", b"", recipient.source.as_str().as_bytes()]),
        (limits.each, [b"account", channel, account]),
        (limits.each, [to, channel, address.as_bytes()]),
    ];
    let mut counted: Vec<Sending> = Vec::new();
    for (limits, parts) in subjects {
        let sending = Sending { subject: engine.keyring.digest(SENT, &parts), at, token: token(engine)? };
        match engine.ledger.admit_sending(&sending, &limits).await? {
            SendAdmission::Proceed => counted.push(sending),
            SendAdmission::Limited { until } => {
                for sending in &counted {
                    drop(engine.ledger.withdraw_sending(sending).await);
                }
                return Ok(Err(until));
            }
        }
    }
    Ok(Ok(counted))
}

/// Six digits, each as likely as any other.
fn draw(engine: &Engine) -> Result<Zeroizing<String>, Stop> {
    loop {
        let mut bytes = Zeroizing::new([0; 4]);
        (engine.random)(bytes.as_mut())?;
        let number = u32::from_be_bytes(*bytes);
        // What is left over above the last whole million would make some codes more likely.
        if number < u32::MAX - u32::MAX % CODES {
            return Ok(Zeroizing::new(format!("{:06}", number % CODES)));
        }
    }
}

/// Whether `code` is one that was sent to any of these factors for `purpose`; it is gone then. Counted before it is looked at.
pub(super) async fn is_right(
    engine: &Engine,
    account: &AccountId,
    (factors, purpose): (&[FactorId], &str),
    code: &CodeText,
    at: Timestamp,
) -> Result<Option<FactorId>, Outage> {
    if factors.is_empty() || code.digits() != 6 {
        return Ok(None);
    }
    let most = engine.limits.sent_codes.tries;
    for kept in engine.ledger.challenges(account, at).await? {
        let Some(open) = Challenge::open(&kept.value, kept.id, account, &engine.keyring, at) else {
            continue;
        };
        let ChallengeKind::Code(factor) = open.challenge.kind else { continue };
        // One that was answered was refused by whoever looks after the account.
        if kept.answer.is_some() || !factors.contains(&factor) || open.challenge.service != purpose {
            continue;
        }
        let tried = engine.ledger.try_challenge(account, kept.id, most, token(engine)?, at).await?;
        // What the ledger says the second time is held against what it said the first time.
        let is_it = tried.is_some_and(|tried| tried.value == kept.value)
            && open.is_answered_by(code.expose(), &engine.keyring);
        if is_it && engine.ledger.take_challenge(account, kept.id, token(engine)?, at).await?.is_some() {
            return Ok(Some(factor));
        }
    }
    Ok(None)
}

const SENT: &str = "sent code";
/// NIST SP 800-63B, section 5.1.3.2: at least six digits.
const CODES: u32 = 1_000_000;
