//! Codes by e-mail or SMS: counted before they are sent, kept as a keyed digest, good once and for a short while.

use zeroize::Zeroizing;

use crate::account::AccountId;
use crate::challenge::{Challenge, ChallengeId, ChallengeKind};
use crate::clock::Timestamp;
use crate::courier::{CourierError, Destination, Message};
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::localized_conversation::preferred;
use crate::exchange::outage::Outage;
use crate::exchange::prompt_context::PromptContext;
use crate::exchange::stop::Stop;
use crate::factor::sent_code::recipient::{Binding, Recipient};
use crate::factor::sms::budget as sms_budget;
use crate::factor::sms::budget::Counter;
use crate::factor::{CodeText, Factor, FactorId, FactorKind, PhoneNumber};
use crate::keyring::{Digest, Keyring};
use crate::ledger::{ChallengeAdmission, ChallengeSlot, NewChallenge, SendAdmission, Sending};
use crate::limits::Source;

/// What became of a code that was to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Posted {
    /// It is on its way.
    Sent,
    /// Too many, or too soon after the last one.
    Limited { until: Timestamp },
    /// There is no way, or none now.
    Failed,
}

/// Where codes of a factor are sent, where they are.
pub(crate) fn destination(factor: &Factor) -> Option<Destination<'_>> {
    match &factor.kind {
        FactorKind::Email(email) => Some(Destination::Email(&email.address)),
        FactorKind::Sms(sms) => Some(Destination::Sms(&sms.number)),
        FactorKind::Totp(_) | FactorKind::Phone(_) => None,
    }
}

/// Sends a new code that replaces the last one. Only for a user whose first factor was proved.
///
/// # Errors
/// The ledger is out of order: without it the code could not be checked.
pub(crate) async fn post(
    exchange: &mut Exchange<'_>,
    recipient: Recipient<'_>,
    context: &PromptContext<'_>,
) -> Result<Posted, Stop> {
    let engine = exchange.engine;
    if !engine.courier.carries(recipient.to.channel()) {
        return Ok(Posted::Failed);
    }
    if let Destination::Sms(number) = recipient.to
        && !may_text(engine, number)
    {
        exchange.trail.detail = Some("a telephone number that allowed_prefixes does not name");
        return Ok(Posted::Failed);
    }
    let at = engine.clock.now();
    let admitted = admit(exchange, recipient, at).await?;
    sms_budget::warn(exchange, admitted.budget).await;
    let counted = match admitted.until {
        None => admitted.counted,
        Some(until) => return Ok(Posted::Limited { until }),
    };
    let code = draw(engine)?;
    let id = ChallengeId::new(engine.draw_bits()?);
    let lifetime = engine.limits.sent_codes.lifetime;
    let challenge = Challenge {
        kind: ChallengeKind::Code(recipient.factor),
        user: recipient.account.name.clone(),
        service: context.service.to_owned(),
        rhost: context.rhost.clone(),
        created: at,
        expires: at.plus(lifetime),
    };
    let value = challenge.seal(id, &recipient.account.id, &code, &engine.keyring);
    let slot = ChallengeSlot::Code(recipient.factor);
    let new = NewChallenge { id, slot, value: &value, expires: challenge.expires, at };
    match engine.ledger.put_challenge(&recipient.account.id, &new, &engine.limits.pushes).await? {
        ChallengeAdmission::Put => {}
        ChallengeAdmission::Busy { until } | ChallengeAdmission::Muted { until } => {
            return Ok(Posted::Limited { until });
        }
    }
    exchange.person.pause(crate::courier::LONGEST_DELIVERY).await?;
    let message = Message::Code {
        code: &code,
        minutes: lifetime.as_secs().div_ceil(60),
        account: &recipient.account.name,
        service: context.service,
        rhost: context.rhost.as_deref(),
    };
    // The reader of the message may be another person than the user at the terminal.
    let language = preferred(recipient.account).unwrap_or(exchange.person.language());
    match engine.courier.send(&recipient.to, language, &message).await {
        Ok(()) => Ok(Posted::Sent),
        // It may arrive, and then it is good; and it counts, or a slow server would send without end.
        Err(CourierError::Unsure(_)) => {
            exchange.trail.is_courier_down = true;
            Ok(Posted::Failed)
        }
        // It counts: who may ask again at once could find out which mailboxes there are, and have the site send to them all.
        Err(CourierError::Gone | CourierError::Refused(_)) => {
            exchange.trail.is_courier_down = true;
            drop(engine.ledger.take_challenge(&recipient.account.id, id, engine.draw_token()?, at).await);
            Ok(Posted::Failed)
        }
        // Nothing was sent, for no reason of the asker's. What the ledger does not hear of is over soon.
        Err(CourierError::Down(_)) => {
            exchange.trail.is_courier_down = true;
            withdraw(engine, &counted).await;
            drop(engine.ledger.take_challenge(&recipient.account.id, id, engine.draw_token()?, at).await);
            Ok(Posted::Failed)
        }
    }
}

/// Whether the site sends to this number at all.
pub(crate) fn may_text(engine: &Engine, number: &PhoneNumber) -> bool {
    engine.courier.sms_rules().is_some_and(|rules| rules.allows(number))
}

/// What messages are counted for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// Where the person is.
    Source(&'a Source),
    /// Whose code it is, by each channel.
    Account(Destination<'a>, &'a AccountId),
    /// A bound address or number.
    Bound(Destination<'a>),
    /// One that is about to be bound: a user who binds another user's address must not use up the codes of its owner.
    New(Destination<'a>),
    /// A part of the site's budget for text messages.
    Budget(Counter),
}

impl Subject<'_> {
    pub(crate) fn digest(self, keyring: &Keyring) -> Digest {
        let digest = |parts: [&[u8]; 3]| keyring.digest(SENT, &parts);
        match self {
            Self::Source(source) => digest([b"source", b"", source.as_str().as_bytes()]),
            Self::Account(to, account) => digest([b"account", channel(to), account.as_str().as_bytes()]),
            Self::Bound(to) => digest([b"to", channel(to), address(to).as_bytes()]),
            Self::New(to) => digest([b"new", channel(to), address(to).as_bytes()]),
            Self::Budget(Counter { part, window }) => {
                digest([b"sms budget", part.name().as_bytes(), window.name().as_bytes()])
            }
        }
    }
}

fn channel(to: Destination<'_>) -> &'static [u8] {
    match to {
        Destination::Email(_) => b"email",
        Destination::Sms(_) => b"sms",
        Destination::WebPush(_) => b"web_push",
        Destination::Ntfy(_) => b"ntfy",
    }
}

fn address(to: Destination<'_>) -> String {
    match to {
        Destination::Email(address) => address.folded(),
        Destination::Sms(number) => number.as_str().to_owned(),
        Destination::WebPush(subscription) => subscription.endpoint.clone(),
        Destination::Ntfy(topic) => topic.to_owned(),
    }
}

/// A message as the limits see it.
#[derive(Debug, Default)]
pub(crate) struct Admitted {
    /// What it was counted as.
    pub(crate) counted: Vec<Sending>,
    /// Until when there is none, where it is one too many. Nothing is counted then.
    pub(crate) until: Option<Timestamp>,
    /// The counter of the budget that is used up, or nearly.
    pub(crate) budget: Option<Counter>,
}

/// Counts it for where it comes from, whose it is and where it goes, and a text message in the site's budgets.
async fn admit(exchange: &Exchange<'_>, recipient: Recipient<'_>, at: Timestamp) -> Result<Admitted, Stop> {
    let engine = exchange.engine;
    let (limits, to) = (engine.limits.sent_codes, recipient.to);
    let destination = match recipient.binding {
        Binding::Bound => Subject::Bound(to),
        Binding::New => Subject::New(to),
    };
    let mut subjects = vec![
        (limits.per_source, Subject::Source(exchange.source)),
        (limits.each, Subject::Account(to, &recipient.account.id)),
        (limits.each, destination),
    ];
    let budgets = sms_budget::counters(exchange, recipient, at).await;
    subjects.extend(budgets.into_iter().map(|(limits, counter)| (limits, Subject::Budget(counter))));
    let mut admitted = Admitted::default();
    for (limits, subject) in subjects {
        let sending = Sending { subject: subject.digest(&engine.keyring), at, token: engine.draw_token()? };
        let admission = engine.ledger.admit_sending(&sending, &limits).await?;
        match (admission, subject) {
            (SendAdmission::Proceed, _) => admitted.counted.push(sending),
            // A mark to warn at: past it nothing is refused.
            (SendAdmission::Limited { .. }, Subject::Budget(counter)) if counter.is_mark() => {
                admitted.budget = Some(counter);
            }
            (SendAdmission::Limited { until }, subject) => {
                withdraw(engine, &admitted.counted).await;
                let budget = match subject {
                    Subject::Budget(counter) => Some(counter),
                    Subject::Source(_) | Subject::Account(..) | Subject::Bound(_) | Subject::New(_) => None,
                };
                return Ok(Admitted { counted: Vec::new(), until: Some(until), budget });
            }
        }
    }
    Ok(admitted)
}

async fn withdraw(engine: &Engine, counted: &[Sending]) {
    for sending in counted {
        drop(engine.ledger.withdraw_sending(sending).await);
    }
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

const SENT: &str = "sent code";
/// NIST SP 800-63B, section 5.1.3.2: at least six digits.
const CODES: u32 = 1_000_000;
