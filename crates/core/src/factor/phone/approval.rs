//! A login that a phone approves: by a number that only the prompt shows, in an answer that the phone signs.

use std::time::Duration;

use crate::account::{Account, AccountId};
use crate::challenge::{Challenge, ChallengeId, ChallengeKind};
use crate::changes::edit::edit;
use crate::clock::Timestamp;
use crate::courier::{CourierError, Destination, LONGEST_DELIVERY, Message};
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::prompt_context::PromptContext;
use crate::exchange::stop::Stop;
use crate::factor::{Factor, FactorId};
use crate::ledger::{ChallengeAdmission, ChallengeSlot, NewChallenge, SendAdmission, Sending};
use crate::limits::SendLimits;
use crate::typed::cleaned;
use crate::words::Language;

use super::answer::{ChallengeAnswer, Choice, PhoneAnswer};
use super::{Phone, Push, PushTarget, link};

/// A challenge that waits for a phone. It has to be given up when no login waits for its answer any more.
pub(crate) struct Approval {
    id: ChallengeId,
    account: AccountId,
    expires: Timestamp,
    /// What is to be typed on the phone.
    pub(crate) match_number: String,
    /// Whether a phone was notified.
    pub(crate) was_pushed: bool,
}

/// Whether a challenge was put.
pub(crate) enum Begun {
    Waiting(Approval),
    /// Another login waits for the phone.
    Busy {
        until: Timestamp,
    },
    /// Too many logins waited for it of late, or its owner disowned one.
    NotNow {
        until: Timestamp,
    },
    /// There is no page that a phone could answer at.
    NoPage,
}

/// Puts a challenge that any phone of the account may answer, and notifies the chosen one where that is possible.
pub(crate) async fn begin(
    exchange: &mut Exchange<'_>,
    account: &Account,
    factor: &Factor,
    phone: &Phone,
    context: &PromptContext<'_>,
) -> Result<Begun, Stop> {
    let engine = exchange.engine;
    if engine.courier.page().is_none() {
        return Ok(Begun::NoPage);
    }
    let target = phone.push.open(factor.id, &engine.keyring).unwrap_or(None);
    let target = target.filter(|target| engine.courier.carries(destination(target).channel()));
    let (id, match_number) = (ChallengeId::new(engine.draw_bits()?), draw(engine)?);
    let at = engine.clock.now();
    let expires = at.plus(engine.limits.pushes.lifetime);
    let kind = ChallengeKind::Approval { trust_days: context.trust_days };
    let challenge = Challenge::new(kind, account.name.clone(), &context.deed(), (at, expires));
    let value = challenge.seal(id, &account.id, &match_number, &engine.keyring);
    // Each stays in the ledger for its time, taken or not.
    let subject = engine.keyring.digest(PUT, &[account.id.as_str().as_bytes()]);
    let sending = Sending { subject, at, token: engine.draw_token()? };
    if let SendAdmission::Limited { until } = engine.ledger.admit_sending(&sending, &MOST).await? {
        return Ok(Begun::NotNow { until });
    }
    let mut pushes = target.is_some();
    loop {
        let new = NewChallenge { id, slot: ChallengeSlot::Approval { pushes }, value: &value, expires, at };
        match engine.ledger.put_challenge(&account.id, &new, &engine.limits.pushes).await? {
            ChallengeAdmission::Put => break,
            ChallengeAdmission::Busy { until } => return Ok(Begun::Busy { until }),
            // It can be scanned all the same.
            ChallengeAdmission::Muted { until } if !pushes => return Ok(Begun::NotNow { until }),
            ChallengeAdmission::Muted { .. } => pushes = false,
        }
    }
    let mut approval = Approval { id, account: account.id.clone(), expires, match_number, was_pushed: false };
    if let Some(target) = target.filter(|_| pushes) {
        // The challenge exists: a user who leaves now leaves it behind.
        if let Err(gone) = exchange.person.pause(LONGEST_DELIVERY).await {
            approval.give_up(engine).await;
            return Err(gone.into());
        }
        let language = exchange.person.language();
        let pushed = push(engine, account, &approval, &target, factor, context, language);
        let pushed = tokio::select! {
            biased;
            pushed = pushed => Ok(pushed),
            gone = exchange.person.gone() => Err(gone),
        };
        match pushed {
            Ok(was_pushed) => {
                approval.was_pushed = was_pushed;
                exchange.trail.is_courier_down |= !was_pushed;
            }
            Err(gone) => {
                approval.give_up(engine).await;
                return Err(gone.into());
            }
        }
    }
    Ok(Begun::Waiting(approval))
}

/// What became of a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// By this phone; and whether the device is to be trusted.
    Approved { phone: FactorId, trusts: bool },
    /// On a phone.
    DeniedOnPhone,
    /// By the user at a terminal, or by an admin.
    Denied,
    /// It was another number.
    WrongNumber,
    /// There was no answer, or none that counts.
    Unanswered,
}

impl Approval {
    /// How long an answer is still taken.
    fn left(&self, engine: &Engine) -> Duration {
        Duration::from_secs(self.expires.as_unix().saturating_sub(engine.clock.now().as_unix()))
    }

    /// Which challenge it is.
    pub(crate) fn id(&self) -> ChallengeId {
        self.id
    }

    /// Where a phone answers, on the page at this address.
    pub(crate) fn address(&self, page: &str) -> String {
        link::approval(page, &self.account, self.id)
    }

    /// Waits for the phone's answer as long as it is taken, and takes it.
    pub(crate) async fn decide(&self, exchange: &mut Exchange<'_>) -> Result<Decision, Stop> {
        let engine = exchange.engine;
        let left = self.left(engine);
        let waited = match exchange.person.pause(left).await {
            Ok(()) => {
                let awaited = engine.ledger.await_challenge(&self.account, self.id, left);
                tokio::select! {
                    biased;
                    awaited = awaited => awaited.map(|_| ()).map_err(Stop::from),
                    gone = exchange.person.gone() => Err(gone.into()),
                }
            }
            Err(gone) => Err(gone.into()),
        };
        if let Err(stop) = waited {
            self.give_up(engine).await;
            return Err(stop);
        }
        let at = engine.clock.now();
        let taken = engine.ledger.take_challenge(&self.account, self.id, engine.draw_token()?, at).await?;
        // Nor does it live longer for what the ledger says. One that is not there may be over by the ledger's clock, or
        // forgotten: that is no refusal.
        let Some(taken) = taken.filter(|_| self.expires > at) else { return Ok(Decision::Unanswered) };
        let answer = match ChallengeAnswer::read(taken.answer.as_deref()) {
            ChallengeAnswer::Denied => return Ok(Decision::Denied),
            ChallengeAnswer::None => return Ok(Decision::Unanswered),
            ChallengeAnswer::Phone(answer) => answer,
        };
        // The phone may have been unbound a moment ago.
        let account = engine.directory.read(&self.account).await?;
        Ok(account.map_or(Decision::Denied, |account| self.judge(&answer, &account)))
    }

    /// Nothing is believed that the ledger says: the phone's key is in the directory, and the challenge and its number are
    /// known here.
    fn judge(&self, answer: &PhoneAnswer, account: &Account) -> Decision {
        if !answer.is_signed(account, self.id) {
            return Decision::Unanswered;
        }
        let phone = answer.factor;
        match answer.choice {
            Choice::Deny | Choice::NotMe => Decision::DeniedOnPhone,
            Choice::Approve | Choice::ApproveTrust if *cleaned(&answer.match_number) != self.match_number => {
                Decision::WrongNumber
            }
            Choice::Approve => Decision::Approved { phone, trusts: false },
            Choice::ApproveTrust => Decision::Approved { phone, trusts: true },
        }
    }

    /// Removes the challenge, because no login waits for its answer any more. If the ledger cannot be reached, a later answer has no
    /// effect all the same.
    pub(crate) async fn give_up(&self, engine: &Engine) {
        if let Ok(token) = engine.draw_token() {
            drop(engine.ledger.take_challenge(&self.account, self.id, token, engine.clock.now()).await);
        }
    }
}

#[allow(clippy::too_many_arguments, reason = "what a message says has many parts")]
async fn push(
    engine: &Engine,
    account: &Account,
    approval: &Approval,
    target: &PushTarget,
    factor: &Factor,
    context: &PromptContext<'_>,
    language: Language,
) -> bool {
    let fragment = link::challenge_fragment(&approval.account, approval.id);
    let message = Message::Push {
        account: &account.name,
        deed: &engine.describe(&context.deed(), language),
        fragment: &fragment,
        seconds: approval.left(engine).as_secs(),
    };
    match engine.courier.send(&destination(target), language, &message).await {
        Ok(()) => true,
        Err(error) => {
            match error {
                CourierError::Gone => forget_push(engine, &account.id, factor).await,
                CourierError::Refused(_) | CourierError::Unsure(_) | CourierError::Down(_) => {}
            }
            false
        }
    }
}

/// The subscription has ended (RFC 8030, section 7.3).
async fn forget_push(engine: &Engine, account: &AccountId, pushed: &Factor) {
    let forgotten = edit(&*engine.directory, account, |data| {
        for factor in data.factors.iter_mut().filter(|factor| **factor == *pushed) {
            if let Some(phone) = factor.kind.phone_mut() {
                phone.push = Push::None;
            }
        }
        Ok(())
    });
    // Where that fails it is found out again next time.
    drop(forgotten.await);
}

fn destination(target: &PushTarget) -> Destination<'_> {
    match target {
        PushTarget::Ntfy(topic) => Destination::Ntfy(topic),
        PushTarget::WebPush(subscription) => Destination::WebPush(subscription),
    }
}

/// Two digits, each as likely as any other, the first one not 0.
fn draw(engine: &Engine) -> Result<String, Stop> {
    loop {
        let mut byte = [0];
        (engine.random)(&mut byte)?;
        let [number] = byte;
        if number < 180 {
            return Ok((10 + number % 90).to_string());
        }
    }
}

const PUT: &str = "approval";
/// How many challenges are put for one account.
const MOST: SendLimits = SendLimits { count: 60, window: Duration::from_secs(60), gap: Duration::ZERO };
