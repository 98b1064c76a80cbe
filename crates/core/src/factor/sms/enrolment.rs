//! Binding a telephone.

use crate::account::Account;
use crate::changes::new_factor::NewFactor;
use crate::courier::Channel;
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::stop::Stop;
use crate::factor::FactorKind;
use crate::factor::sent_code::enrolment::{self, HowToRead};
use crate::factor::sent_code::send::may_text;
use crate::flows::enrolment::order::Wanted;
use crate::words::Phrase;

use super::{CountryCode, PhoneNumber, Sms};

/// Whether the site sends text messages.
pub(crate) fn is_available(engine: &Engine) -> bool {
    engine.courier.carries(Channel::Sms)
}

/// Asks for the number, if none was given that will do.
pub(crate) async fn prepare(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: Wanted,
) -> Result<Wanted, Stop> {
    let country = default_country(exchange.engine).map(ToString::to_string);
    enrolment::prepare(exchange, account, wanted, &how_to_read(country.as_deref())).await
}

/// Asks for the code that is sent to the number.
pub(crate) async fn enrol(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: &Wanted,
) -> Result<NewFactor, Stop> {
    enrolment::enrol(exchange, account, wanted, &how_to_read(None)).await
}

/// Numbers of `country` are taken without its code.
fn how_to_read(country: Option<&str>) -> HowToRead<'_> {
    let question = match country {
        Some(country) => Phrase::WhichNumberAt { country },
        None => Phrase::WhichNumber {},
    };
    HowToRead { question, read }
}

fn read(engine: &Engine, _: &Account, text: &str) -> Result<FactorKind, Phrase<'static>> {
    let number = PhoneNumber::typed(text, default_country(engine)).map_err(|_| Phrase::BadNumber {})?;
    if !may_text(engine, &number) {
        return Err(Phrase::NumberNotAllowed {});
    }
    Ok(FactorKind::Sms(Sms { number }))
}

fn default_country(engine: &Engine) -> Option<&CountryCode> {
    engine.courier.sms_rules()?.default_country.as_ref()
}
