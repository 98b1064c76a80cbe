//! Binding a mailbox or a telephone: a code is sent to it, and asked for.

use crate::account::Account;
use crate::changes::new_factor::NewFactor;
use crate::deed::Change;
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::prompt_context::PromptContext;
use crate::exchange::stop::Stop;
use crate::factor::{CodeText, FactorId, FactorKind, FactorType};
use crate::flows::enrolment::order::{Wanted, default_label};
use crate::limits::MOST_TRIES;
use crate::typed::{cleaned, trimmed};
use crate::verdict::Reason;
use crate::words::Phrase;

use super::check::{self, SentCode};
use super::recipient::{Binding, Recipient};
use super::second_step::limited;
use super::send::{SendOutcome, send};

/// How a kind gets its address or number.
pub(crate) struct HowToRead<'a> {
    /// Asks for it.
    pub(crate) question: Phrase<'a>,
    /// Reads what was given or typed, or says why it will not do.
    pub(crate) read: fn(&Engine, &Account, &str) -> Result<FactorKind, Phrase<'static>>,
}

/// Asks for the address or number, if none was given. One that will not do is said so before anything is proved or sent.
pub(crate) async fn prepare(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: Wanted,
    how: &HowToRead<'_>,
) -> Result<Wanted, Stop> {
    let mut to = wanted.to.clone();
    for _ in 0..MOST_TRIES {
        let text = match to.take() {
            Some(given) => given,
            None => exchange.person.ask_for_address(&how.question).await?.expose().to_owned(),
        };
        let Err(complaint) = (how.read)(exchange.engine, account, trimmed(&text)) else {
            let is_to_typed = wanted.is_to_typed || wanted.to.is_none();
            return Ok(Wanted { to: Some(text), is_to_typed, ..wanted });
        };
        let stop = exchange.explain(&complaint, Stop::reject(Reason::NotPermitted)).await;
        if stop.is_cancelled() || (wanted.to.is_some() && !wanted.is_to_typed) {
            return Err(stop);
        }
    }
    Err(Stop::reject(Reason::NotPermitted))
}

/// Sends a code to the address or number, and asks for it. If an admin vouches for it, no code is sent.
pub(crate) async fn enrol(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: &Wanted,
    how: &HowToRead<'_>,
) -> Result<NewFactor, Stop> {
    let kind = new_address(exchange, account, wanted, how).await?;
    let language = exchange.person.language();
    let label = wanted.label.clone().unwrap_or_else(|| default_label(account, kind.factor_type(), language));
    let id = FactorId::draw(exchange.engine.random)?;
    if !wanted.is_unproved {
        prove(exchange, account, id, &kind).await?;
    }
    Ok(NewFactor { id, label, kind })
}

/// One that the account does not have yet.
async fn new_address(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: &Wanted,
    how: &HowToRead<'_>,
) -> Result<FactorKind, Stop> {
    let mut wanted = wanted.clone();
    for _ in 0..MOST_TRIES {
        wanted = prepare(exchange, account, wanted, how).await?;
        let text = wanted.to.as_deref().unwrap_or_default();
        let complaint = match (how.read)(exchange.engine, account, trimmed(text)) {
            Ok(kind) if account.data.factors.iter().any(|factor| factor.kind.has_identity_of(&kind)) => {
                Phrase::BoundAlready {}
            }
            Ok(kind) => return Ok(kind),
            Err(complaint) => complaint,
        };
        let stop = exchange.explain(&complaint, Stop::reject(Reason::NotPermitted)).await;
        if stop.is_cancelled() || !wanted.is_to_typed {
            return Err(stop);
        }
        wanted.to = None;
    }
    Err(Stop::reject(Reason::NotPermitted))
}

/// Sends a code to it, and asks for the code. Enter sends a new one.
async fn prove(
    exchange: &mut Exchange<'_>,
    account: &Account,
    factor: FactorId,
    kind: &FactorKind,
) -> Result<(), Stop> {
    let engine = exchange.engine;
    let to = kind.record().destination().ok_or(Stop::reject(Reason::NotPermitted))?;
    let recipient = Recipient { account, factor, to, binding: Binding::New };
    let shown = recipient.shown();
    let change = match kind.factor_type() {
        FactorType::Sms => Change::SetUpNumber,
        FactorType::Email | FactorType::Phone | FactorType::Totp | FactorType::Passkey => {
            Change::SetUpAddress
        }
    };
    let context = PromptContext::of_change(exchange, change);
    let mut is_there = request(exchange, recipient, &context).await?;
    for _ in 0..MOST_TRIES {
        let question = if is_there { Phrase::SentCodeToBind { to: &shown } } else { Phrase::Resend {} };
        let answer = match exchange.person.ask_for_code(&question).await {
            // A script does not wait, and hears that it is too soon.
            Err(_) if !is_there => return Err(Stop::reject(Reason::Limited)),
            answer => answer?,
        };
        if cleaned(answer.expose()).is_empty() {
            is_there = request(exchange, recipient, &context).await?;
            continue;
        }
        let Some(code) = CodeText::parse(answer.expose()) else {
            exchange.person.complain(&Phrase::CodeUnreadable {}).await?;
            continue;
        };
        let at = engine.clock.now();
        match check::look(engine, &account.id, &[factor], context.service, &code, at).await? {
            SentCode::Right(_) => return Ok(()),
            SentCode::Taken | SentCode::Wrong => exchange.person.complain(&Phrase::CodeWrong {}).await?,
        }
    }
    Err(Stop::reject(Reason::BadCredential))
}

/// Sends a code. Returns whether one is there: this one, or the last one.
async fn request(
    exchange: &mut Exchange<'_>,
    recipient: Recipient<'_>,
    context: &PromptContext<'_>,
) -> Result<bool, Stop> {
    let to = recipient.shown();
    match send(exchange, recipient, context).await? {
        SendOutcome::Sent => exchange.person.tell(&Phrase::CodeSent { to: &to }).await?,
        SendOutcome::Limited { until } => {
            let is_there = limited(exchange, recipient, context, until).await?;
            // A person can wait for a minute, but not for an hour.
            let engine = exchange.engine;
            if !is_there && engine.seconds_until(until) > engine.limits.sent_codes.gap.as_secs() {
                return Err(Stop::reject(Reason::Limited));
            }
            return Ok(is_there);
        }
        SendOutcome::Failed => {
            exchange.person.complain(&Phrase::SendingFailed { to: &to }).await?;
            return Err(Stop::reject(Reason::NotPermitted));
        }
    }
    Ok(true)
}
