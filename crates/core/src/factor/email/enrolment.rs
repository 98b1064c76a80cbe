//! Binding a mailbox.

use crate::account::Account;
use crate::changes::new_factor::NewFactor;
use crate::courier::Channel;
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::stop::Stop;
use crate::factor::FactorKind;
use crate::factor::sent_code::enrolment::{self, HowToRead};
use crate::flows::enrolment::order::Wanted;
use crate::words::Phrase;

use super::{Email, EmailAddress};

/// Whether the site sends e-mail.
pub(crate) fn is_available(engine: &Engine) -> bool {
    engine.courier.carries(Channel::Email)
}

/// Asks for the address, if none was given that will do.
pub(crate) async fn prepare(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: Wanted,
) -> Result<Wanted, Stop> {
    enrolment::prepare(exchange, account, wanted, &HOW).await
}

/// Asks for the code that is sent to the address.
pub(crate) async fn enrol(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: &Wanted,
) -> Result<NewFactor, Stop> {
    enrolment::enrol(exchange, account, wanted, &HOW).await
}

const HOW: HowToRead<'static> = HowToRead { question: Phrase::WhichAddress {}, read };

fn read(_: &Engine, account: &Account, text: &str) -> Result<FactorKind, Phrase<'static>> {
    let address: EmailAddress = text.parse().map_err(|_| Phrase::BadAddress {})?;
    // An attacker who reads that mailbox with the main password would have the second factor as well.
    let own = account.addresses.iter().chain([&account.name]);
    if own.into_iter().any(|own| address.is_delivered_with(own)) {
        return Err(Phrase::OwnAddress {});
    }
    Ok(FactorKind::Email(Email { address }))
}
