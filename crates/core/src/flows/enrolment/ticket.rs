//! Asking for the ticket that a first factor may need.

use crate::account::Account;
use crate::changes::tickets::is_ticket;
use crate::checks::typed_codes::CodeCheckContext;
use crate::exchange::context::Exchange;
use crate::exchange::stop::Stop;
use crate::factor::RecoveryText;
use crate::ledger::{CodeAdmission, CodeSettlement};
use crate::policy::Ticket;
use crate::verdict::Reason;
use crate::words::Phrase;

/// Asks for the ticket that an admin made for the account, and gives it. A wrong one counts as a wrong code does.
pub(crate) async fn ask_for_ticket(
    exchange: &mut Exchange<'_>,
    account: &Account,
) -> Result<Option<Ticket>, Stop> {
    let engine = exchange.engine;
    let answer = exchange.person.ask_for_code(&Phrase::Ticket {}).await?;
    let Some(typed) = RecoveryText::parse(answer.expose()) else {
        let stop = Stop::explained(Reason::BadCredential, "no code at all");
        return Err(exchange.explain(&Phrase::TicketUnreadable {}, stop).await);
    };
    let check = CodeCheckContext { account, is_known: true, purpose: None };
    let attempt = check.attempt(engine, exchange.source)?;
    match engine.ledger.admit_code(&attempt, &engine.limits.codes).await? {
        CodeAdmission::Proceed { .. } => {}
        CodeAdmission::Limited { until } => {
            let minutes = engine.seconds_until(until).div_ceil(60);
            exchange.person.complain(&Phrase::CodesLimited { minutes }).await?;
            return Err(Stop::reject(Reason::Limited));
        }
    }
    let ticket = account.data.policy.ticket;
    if !is_ticket(&engine.keyring, &account.id, ticket, &typed, attempt.at) {
        let stop = Stop::explained(Reason::BadCredential, "not the ticket of this account");
        return Err(exchange.explain(&Phrase::CodeWrong {}, stop).await);
    }
    engine.ledger.settle_code(&attempt, CodeSettlement::Right).await?;
    Ok(ticket)
}
