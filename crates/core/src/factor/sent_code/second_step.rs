//! A code that is sent as a second step.

use crate::account::Account;
use crate::clock::Timestamp;
use crate::exchange::context::Exchange;
use crate::exchange::prompt_context::PromptContext;
use crate::exchange::stop::Stop;
use crate::factor::Factor;
use crate::words::Phrase;

use super::check;
use super::recipient::{Binding, Recipient};
use super::send::{SendOutcome, send};

/// Sends a code. Returns the masked address if a code can be there now: this one, or the last one.
pub(crate) async fn request(
    exchange: &mut Exchange<'_>,
    account: &Account,
    factor: &Factor,
    context: &PromptContext<'_>,
) -> Result<Option<String>, Stop> {
    let Some(to) = factor.kind.record().destination() else { return Ok(None) };
    let recipient = Recipient { account, factor: factor.id, to, binding: Binding::Bound };
    let to = recipient.shown();
    match send(exchange, recipient, context).await? {
        SendOutcome::Sent => exchange.person.tell(&Phrase::CodeSent { to: &to }).await?,
        SendOutcome::Limited { until } => {
            if !limited(exchange, recipient, context, until).await? {
                if !account.data.recovery_codes.is_empty() {
                    exchange.person.tell(&Phrase::RecoveryCodesWork {}).await?;
                }
                return Ok(None);
            }
        }
        SendOutcome::Failed => {
            exchange.person.complain(&Phrase::SendingFailed { to: &to }).await?;
            return Ok(None);
        }
    }
    Ok(Some(to))
}

/// Says when the next code can be sent. Returns whether the last one is still good.
pub(crate) async fn limited(
    exchange: &mut Exchange<'_>,
    recipient: Recipient<'_>,
    context: &PromptContext<'_>,
    until: Timestamp,
) -> Result<bool, Stop> {
    let engine = exchange.engine;
    let (account, at) = (&recipient.account.id, engine.clock.now());
    let is_good = check::is_open(engine, account, recipient.factor, context.service, at).await?;
    let seconds = engine.seconds_until(until);
    let (to, wait) = (&*recipient.shown(), &*exchange.person.language().say_span(seconds));
    if is_good {
        exchange.person.tell(&Phrase::LastCodeGood { to, seconds, wait }).await?;
    } else {
        exchange.person.complain(&Phrase::SendingLimited { to, seconds, wait }).await?;
    }
    Ok(is_good)
}

pub(crate) fn question(to: &str, has_others: bool) -> Phrase<'_> {
    if has_others { Phrase::SentCodeOrNumber { to } } else { Phrase::SentCode { to } }
}
