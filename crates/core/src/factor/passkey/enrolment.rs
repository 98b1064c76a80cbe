//! Binding a passkey: the person's browser makes one.

use crate::account::Account;
use crate::changes::new_factor::NewFactor;
use crate::exchange::context::Exchange;
use crate::exchange::stop::Stop;
use crate::factor::{FactorId, FactorKind, FactorType};
use crate::flows::enrolment::order::{Wanted, default_label};
use crate::limits::MOST_TRIES;
use crate::verdict::Reason;
use crate::words::Phrase;

use super::ceremony::{Failed, Registration};

/// Asks the browser for a new passkey until it makes one.
pub(crate) async fn enrol(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: &Wanted,
    replaces: Option<FactorId>,
) -> Result<NewFactor, Stop> {
    let engine = exchange.engine;
    let Some(party) = exchange.relying_party() else { return Err(Stop::reject(Reason::NotPermitted)) };
    let mut last = Failed::Unreadable;
    for _ in 0..MOST_TRIES {
        let registration = Registration::begin(party, &engine.issuer, account, replaces)
            .map_err(|failed| Stop::explained(Reason::NotPermitted, failed.detail()))?;
        let question = Phrase::CreatePasskey { options: &registration.options };
        let answer = exchange.person.ask_for_code(&question).await?;
        match registration.finish(answer.expose()) {
            Ok(passkey) => {
                let language = exchange.person.language();
                let usual = || default_label(account, FactorType::Passkey, language);
                let label = wanted.label.clone().unwrap_or_else(usual);
                let id = FactorId::draw(engine.random)?;
                return Ok(NewFactor { id, label, kind: FactorKind::Passkey(passkey) });
            }
            // Another try would leave another passkey of no use on the device.
            Err(failed @ Failed::OtherSite) => {
                let stop = Stop::explained(Reason::BadCredential, failed.detail());
                return Err(exchange.explain(&Phrase::PasskeyRefused {}, stop).await);
            }
            Err(failed) => last = failed,
        }
        exchange.person.complain(&Phrase::PasskeyNotCreated {}).await?;
    }
    Err(Stop::explained(Reason::BadCredential, last.detail()))
}
