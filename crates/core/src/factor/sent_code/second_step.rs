//! A code that is sent as a second step.

use crate::account::Account;
use crate::exchange::context::Exchange;
use crate::exchange::prompt_context::PromptContext;
use crate::exchange::stop::Stop;
use crate::factor::Factor;
use crate::words::Phrase;

use super::recipient::{Binding, Recipient};
use super::send::{SendOutcome, send};

/// Sends a code. Returns the masked address if a code may be there now.
pub(crate) async fn request(
    exchange: &mut Exchange<'_>,
    account: &Account,
    factor: &Factor,
    context: &PromptContext<'_>,
) -> Result<Option<String>, Stop> {
    let Some(to) = factor.kind.record().destination() else { return Ok(None) };
    let recipient = Recipient { account, factor: factor.id, to, binding: Binding::Bound };
    let to = to.masked();
    match send(exchange, recipient, context).await? {
        SendOutcome::Sent => exchange.person.tell(&Phrase::CodeSent { to: &to }).await?,
        // The last one may be good still.
        SendOutcome::Limited { until } => {
            let seconds = exchange.engine.seconds_until(until);
            exchange.person.complain(&Phrase::SendingLimited { seconds }).await?;
        }
        SendOutcome::Failed => {
            exchange.person.complain(&Phrase::SendingFailed { to: &to }).await?;
            return Ok(None);
        }
    }
    Ok(Some(to))
}

pub(crate) fn question(to: &str, has_others: bool) -> Phrase<'_> {
    if has_others { Phrase::SentCodeOrNumber { to } } else { Phrase::SentCode { to } }
}
