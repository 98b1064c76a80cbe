//! Guiding a user through binding a factor.

use serde_json::json;

use crate::account::Account;
use crate::changes::error::ChangeRefusal;
use crate::changes::factors::{Expected, bind_where};
use crate::changes::notices;
use crate::checks::current_account;
use crate::conversation::Choice;
use crate::courier::Destination;
use crate::exchange::context::Exchange;
use crate::exchange::stop::Stop;
use crate::factor::{FactorId, FactorType, registry};
use crate::flows::refused_change;
use crate::limits::MOST_TRIES;
use crate::typed::cleaned;
use crate::verdict::Reason;
use crate::words::Phrase;

use super::order::{Bound, Place, Wanted};

/// What can be found out before the person proves anything: whether there is room for a factor, its kind, and an address or number
/// that will do. Whether the account has that one already is not told before the proof.
pub(crate) async fn prepare(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: Wanted,
    replaces: Option<FactorId>,
) -> Result<Wanted, Stop> {
    let limit = exchange.engine.limits.factors_per_account;
    if replaces.is_none() && account.data.factors.len() >= limit as usize {
        let stop = Stop::reject(Reason::NotPermitted);
        return Err(exchange.explain(&Phrase::TooManyFactors { count: limit.into() }, stop).await);
    }
    let kind = wanted_kind(exchange, &wanted).await?;
    registry::prepare(kind, exchange, account, Wanted { kind: Some(kind), ..wanted }).await
}

/// Guides a user through binding a factor: shows the key or sends the code, asks for the proof, and binds the factor.
pub(crate) async fn enrol(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: Wanted,
    place: Place,
) -> Result<Bound, Stop> {
    let engine = exchange.engine;
    let Place { replaces, ticket } = place;
    let wanted = prepare(exchange, account, wanted, replaces).await?;
    let kind = wanted_kind(exchange, &wanted).await?;
    let new = registry::enrol(kind, exchange, account, &wanted, replaces).await?;
    if exchange.actor.is_owner() {
        // What was proved to begin with has to be true still: a phone may have been taken out of the account meanwhile, a
        // password changed, an account disabled, or the owner may have logged out everywhere.
        let now = current_account::read_again(exchange, account).await?;
        if !current_account::is_as_proved(&now, account) {
            return refused_change::told(exchange, Err(ChangeRefusal::ChangedMeanwhile.into())).await;
        }
    }
    let expected = Expected::of(account, ticket);
    let authority = engine.authority();
    let bound = bind_where(&authority, &engine.keyring, &account.id, &new, replaces, &expected).await;
    let is_first = refused_change::told(exchange, bound).await?;
    exchange.person.changed();
    let (id, factor_type) = (new.id, new.kind.factor_type());
    let kind = factor_type.name();
    let label = new.label.as_str();
    // An admin is told in other words.
    let needed = notices::after_factor(is_first, &engine.mail_settings);
    if exchange.actor.is_owner() {
        let to = new.kind.record().destination().map(Destination::in_full).unwrap_or_default();
        exchange.person.tell(&registry::bound(factor_type, label, &to)).await?;
        if let Some(needed) = &needed {
            exchange.person.tell(needed).await?;
        }
    }
    exchange.person.record("factor", json!({ "id": id, "label": label, "kind": kind })).await?;
    let what = Phrase::ChangedFactorBound { label, kind };
    notices::changed_with(exchange, account, &what, needed.as_ref()).await;
    Ok(Bound { id, label: new.label, kind: factor_type, is_first })
}

/// The kind that was named; else, where the site has several, the one that the person chooses.
async fn wanted_kind(exchange: &mut Exchange<'_>, wanted: &Wanted) -> Result<FactorType, Stop> {
    if let Some(kind) = wanted.kind {
        if registry::is_available(kind, exchange) {
            return Ok(kind);
        }
        exchange.person.complain(&Phrase::KindNotHere {}).await?;
        return Err(Stop::reject(Reason::NotPermitted));
    }
    let kinds: Vec<FactorType> =
        FactorType::ALL.into_iter().filter(|kind| registry::is_available(*kind, exchange)).collect();
    if let [only] = kinds[..] {
        return Ok(only);
    }
    exchange.person.tell(&Phrase::KindsToChooseFrom {}).await?;
    let mut choices = Vec::new();
    for (number, kind) in (1..).zip(&kinds) {
        let label = exchange.person.language().say(&registry::description(*kind));
        exchange.person.tell(&Phrase::KindToChoose { number, label: &label }).await?;
        choices.push(Choice { id: number.to_string(), kind: kind.name(), label });
    }
    for _ in 0..MOST_TRIES {
        let answer = exchange.person.ask_for_code_or_choice(&Phrase::WhichKind {}, &choices).await?;
        let number = cleaned(answer.expose()).parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        if let Some(kind) = number.and_then(|index| kinds.get(index)) {
            return Ok(*kind);
        }
    }
    Err(Stop::reject(Reason::NotPermitted))
}
