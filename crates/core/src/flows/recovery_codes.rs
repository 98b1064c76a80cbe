//! Making recovery codes and showing them, the one time that this is possible.

use serde_json::json;

use crate::account::Account;
use crate::changes::notices;
use crate::changes::recovery_codes::create_recovery_codes;
use crate::conversation::Echo;
use crate::exchange::context::Exchange;
use crate::exchange::stop::Stop;
use crate::words::Phrase;

use super::answers::is_yes;
use super::refused_change;

/// Makes new recovery codes in the place of the old ones, and shows them.
pub(crate) async fn make(exchange: &mut Exchange<'_>, account: &Account) -> Result<(), Stop> {
    let made = create_recovery_codes(&exchange.engine.authority(), &account.id).await;
    let made = refused_change::told(exchange, made).await?.0;
    exchange.person.changed();
    exchange.person.tell(&Phrase::NewRecoveryCodes { count: made.len() as u64 }).await?;
    for code in &made {
        let shown = code.grouped();
        exchange.person.tell(&Phrase::NewRecoveryCode { code: &shown }).await?;
        exchange.person.record("recovery_code", json!({ "code": *shown })).await?;
    }
    notices::changed(exchange, account, &Phrase::ChangedRecoveryCodes {}).await;
    Ok(())
}

/// The same before the session begins: what was told may be shown together with the next question only, and the session's own output
/// would follow at once.
pub(crate) async fn offer_before_session(exchange: &mut Exchange<'_>, account: &Account) -> Result<(), Stop> {
    if offer(exchange, account).await? {
        drop(exchange.person.ask(Echo::On, &Phrase::RecoveryCodesNoted {}).await?);
    }
    Ok(())
}

/// Offers recovery codes to a person who has just set up their first factor. They may do without. Says whether they were made.
pub(crate) async fn offer(exchange: &mut Exchange<'_>, account: &Account) -> Result<bool, Stop> {
    let answer = exchange.person.ask(Echo::On, &Phrase::OfferRecoveryCodes {}).await?;
    let is_wanted = is_yes(answer.expose());
    if is_wanted {
        make(exchange, account).await?;
    }
    Ok(is_wanted)
}
