//! Binding a mailbox or a telephone: a code is sent to it, and asked for.

use crate::account::Account;
use crate::changes::new_factor::NewFactor;
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::prompt_context::PromptContext;
use crate::exchange::stop::Stop;
use crate::factor::{CodeText, FactorId, FactorKind};
use crate::flows::enrolment::order::{Wanted, default_label};
use crate::limits::MOST_TRIES;
use crate::typed::trimmed;
use crate::verdict::Reason;
use crate::words::Phrase;

use super::check::{self, SentCode};
use super::recipient::{Binding, Recipient};
use super::send::{SendOutcome, send};

/// Reads a typed address or number, or says why it will not do.
pub(crate) type Read = fn(&Engine, &Account, &str) -> Result<FactorKind, Phrase<'static>>;

/// Asks `question` where no address or number was given, sends a code there, and asks for it. If an admin vouches for it, no
/// code is sent.
pub(crate) async fn enrol(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: &Wanted,
    question: &Phrase<'_>,
    read: Read,
) -> Result<NewFactor, Stop> {
    let kind = address(exchange, account, wanted, question, read).await?;
    let label = wanted.label.clone().unwrap_or_else(|| default_label(account, kind.name()));
    let id = FactorId::draw(exchange.engine.random)?;
    if !wanted.is_unproved {
        prove(exchange, account, id, &kind).await?;
    }
    Ok(NewFactor { id, label, kind })
}

/// The address or number, as it was given or as it is asked for. One that will not do is said so before anything is sent.
async fn address(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: &Wanted,
    question: &Phrase<'_>,
    read: Read,
) -> Result<FactorKind, Stop> {
    for _ in 0..MOST_TRIES {
        let text = match &wanted.to {
            Some(given) => trimmed(given).to_owned(),
            None => trimmed(exchange.person.ask_for_code(question).await?.expose()).to_owned(),
        };
        let complaint = match read(exchange.engine, account, &text) {
            Ok(kind) if account.data.factors.iter().any(|factor| factor.kind.has_identity_of(&kind)) => {
                Phrase::BoundAlready {}
            }
            Ok(kind) => return Ok(kind),
            Err(complaint) => complaint,
        };
        exchange.person.complain(&complaint).await?;
        if wanted.to.is_some() {
            break;
        }
    }
    Err(Stop::reject(Reason::NotPermitted))
}

/// Sends a code to it, and asks for the code.
async fn prove(
    exchange: &mut Exchange<'_>,
    account: &Account,
    factor: FactorId,
    kind: &FactorKind,
) -> Result<(), Stop> {
    let engine = exchange.engine;
    let to = kind.record().destination().ok_or(Stop::reject(Reason::NotPermitted))?;
    let recipient = Recipient { account, factor, to, binding: Binding::New };
    let shown = to.masked();
    let context = PromptContext::of_change(exchange.actor);
    match send(exchange, recipient, &context).await? {
        SendOutcome::Sent => {}
        SendOutcome::Limited { until } => {
            let seconds = engine.seconds_until(until);
            exchange.person.complain(&Phrase::SendingLimited { seconds }).await?;
            return Err(Stop::reject(Reason::Limited));
        }
        SendOutcome::Failed => {
            exchange.person.complain(&Phrase::SendingFailed { to: &shown }).await?;
            return Err(Stop::reject(Reason::NotPermitted));
        }
    }
    exchange.person.tell(&Phrase::CodeSent { to: &shown }).await?;
    for _ in 0..MOST_TRIES {
        let answer = exchange.person.ask_for_code(&Phrase::SentCode { to: &shown }).await?;
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
