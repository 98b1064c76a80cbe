//! Sends a code by e-mail or SMS. It is counted before it is sent, and kept as a keyed digest.

use zeroize::Zeroizing;

use crate::challenge::{Challenge, ChallengeId, ChallengeKind};
use crate::clock::Timestamp;
use crate::courier::{CourierError, Destination, Message};
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::localized_conversation::preferred;
use crate::exchange::prompt_context::PromptContext;
use crate::exchange::stop::Stop;
use crate::factor::PhoneNumber;
use crate::factor::sms::budget;
use crate::ledger::{ChallengeAdmission, ChallengeSlot, NewChallenge};

use super::limits::{admit, withdraw};
use super::recipient::Recipient;

/// What became of a code that was to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendOutcome {
    /// It is on its way.
    Sent,
    /// Too many, or too soon after the last one.
    Limited { until: Timestamp },
    /// There is no way, or none now.
    Failed,
}

/// Sends a new code that replaces the last one. Only for a user whose first factor was proved.
///
/// # Errors
/// The ledger is out of order: without it the code could not be checked.
pub(crate) async fn send(
    exchange: &mut Exchange<'_>,
    recipient: Recipient<'_>,
    context: &PromptContext<'_>,
) -> Result<SendOutcome, Stop> {
    let engine = exchange.engine;
    if !engine.courier.carries(recipient.to.channel()) {
        return Ok(SendOutcome::Failed);
    }
    if let Destination::Sms(number) = recipient.to
        && !may_text(engine, number)
    {
        exchange.trail.is_number_forbidden = true;
        return Ok(SendOutcome::Failed);
    }
    let at = engine.clock.now();
    let admitted = admit(exchange, recipient, at).await?;
    budget::warn(exchange, admitted.budget).await;
    let counted = match admitted.until {
        None => admitted.counted,
        Some(until) => return Ok(SendOutcome::Limited { until }),
    };
    let code = draw(engine)?;
    let id = ChallengeId::new(engine.draw_bits()?);
    let lifetime = engine.limits.sent_codes.lifetime;
    let (kind, user) = (ChallengeKind::Code(recipient.factor), recipient.account.name.clone());
    let challenge = Challenge::new(kind, user, &context.deed(), (at, at.plus(lifetime)));
    let value = challenge.seal(id, &recipient.account.id, &code, &engine.keyring);
    let slot = ChallengeSlot::Code(recipient.factor);
    let new = NewChallenge { id, slot, value: &value, expires: challenge.expires, at };
    match engine.ledger.put_challenge(&recipient.account.id, &new, &engine.limits.pushes).await? {
        ChallengeAdmission::Put => {}
        ChallengeAdmission::Busy { until } | ChallengeAdmission::Muted { until } => {
            return Ok(SendOutcome::Limited { until });
        }
    }
    exchange.person.pause(crate::courier::LONGEST_DELIVERY).await?;
    // The reader of the message may be another person than the user at the terminal.
    let language = preferred(recipient.account).unwrap_or(exchange.person.language());
    let message = Message::Code {
        code: &code,
        minutes: lifetime.as_secs().div_ceil(60),
        account: &recipient.account.name,
        deed: &engine.describe(&context.deed(), language),
    };
    match engine.courier.send(&recipient.to, language, &message).await {
        Ok(()) => Ok(SendOutcome::Sent),
        // It may arrive, and then it is good; and it counts, or a slow server would send without end.
        Err(CourierError::Unsure(_)) => {
            exchange.trail.is_courier_down = true;
            Ok(SendOutcome::Failed)
        }
        // It counts: who may ask again at once could find out which mailboxes there are, and have the site send to them all.
        Err(CourierError::Gone | CourierError::Refused(_)) => {
            exchange.trail.is_courier_down = true;
            drop(engine.ledger.take_challenge(&recipient.account.id, id, engine.draw_token()?, at).await);
            Ok(SendOutcome::Failed)
        }
        // Nothing was sent, for no reason of the asker's. What the ledger does not hear of is over soon.
        Err(CourierError::Down(_)) => {
            exchange.trail.is_courier_down = true;
            withdraw(engine, &counted).await;
            drop(engine.ledger.take_challenge(&recipient.account.id, id, engine.draw_token()?, at).await);
            Ok(SendOutcome::Failed)
        }
    }
}

/// Whether the site sends to this number at all.
pub(crate) fn may_text(engine: &Engine, number: &PhoneNumber) -> bool {
    engine.courier.sms_rules().is_some_and(|rules| rules.allows(number))
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

/// NIST SP 800-63B, section 5.1.3.2: at least six digits.
const CODES: u32 = 1_000_000;
