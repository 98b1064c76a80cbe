//! An app that shows codes.

use serde_json::json;
use zeroize::Zeroizing;

use crate::account::Account;
use crate::changes::new_factor::{NewFactor, NewKind, SEED_BYTES};
use crate::clock::Timestamp;
use crate::exchange::context::Exchange;
use crate::exchange::outage::Outage;
use crate::exchange::stop::Stop;
use crate::factor::{CodeText, FactorId, NewTotp, Seed, TotpShape};
use crate::ledger::{Spend, Spent};
use crate::verdict::Reason;
use crate::words::Phrase;

use crate::flows::enrolment::order::{MOST_TRIES, Wanted, default_label};

/// Shows the key of a new app as a QR code and as text, asks for a code that it shows, and spends that code.
pub(crate) async fn prove(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: &Wanted,
) -> Result<NewFactor, Stop> {
    let engine = exchange.engine;
    let label = wanted.label.clone().unwrap_or_else(|| default_label(account, "authenticator"));
    let mut seed = Zeroizing::new([0; SEED_BYTES]);
    (engine.random)(seed.as_mut())?;
    let totp = NewTotp::new(TotpShape::default(), Seed::new(seed.as_ref())?);
    let id = FactorId::new(engine.draw_bits()?);
    show(exchange, account, &totp).await?;
    first_code(exchange, account, id, &totp).await?;
    Ok(NewFactor { id, label, kind: NewKind::Totp(totp) })
}

async fn show(exchange: &mut Exchange<'_>, account: &Account, totp: &NewTotp) -> Result<(), Stop> {
    let engine = exchange.engine;
    let uri = totp.uri(&engine.issuer, &account.name)?;
    let short = totp.short_uri(&engine.issuer, &account.name)?;
    exchange.person.tell(&Phrase::ScanThis {}).await?;
    // The key as text is always there: below it, with the question.
    exchange.person.qr(&uri, Some(&short), 3).await?;
    let secret = totp.base32();
    exchange.person.tell(&Phrase::SecretAsText { secret: &totp.base32_grouped() }).await?;
    let shape = totp.shape;
    let (digits, seconds) = (shape.digits().into(), shape.period.seconds());
    exchange.person.tell(&Phrase::SecretShape { algorithm: shape.algorithm.name(), digits, seconds }).await?;
    let value = json!({ "uri": *uri, "secret": *secret });
    exchange.person.record("key", value).await?;
    Ok(())
}

/// Asks for a code of the new app until one is right, and spends it.
async fn first_code(
    exchange: &mut Exchange<'_>,
    account: &Account,
    factor: FactorId,
    totp: &NewTotp,
) -> Result<(), Stop> {
    let engine = exchange.engine;
    let mut is_too_early = false;
    for _ in 0..MOST_TRIES {
        let answer = exchange.person.ask_for_code(&Phrase::FirstCode {}).await?;
        let at = engine.clock.now();
        let Some(code) = CodeText::parse(answer.expose()) else {
            exchange.person.complain(&Phrase::CodeUnreadable {}).await?;
            continue;
        };
        let Some(step) = totp.matching_step(&code, at)? else {
            exchange.person.complain(&Phrase::FirstCodeWrong {}).await?;
            continue;
        };
        let (period, token) = (totp.shape.period.seconds(), engine.draw_token()?);
        let account = &account.id;
        let spend = Spend { account, factor, step, period, is_first: true, at, token };
        match engine.ledger.spend(&spend).await? {
            Spent::Now => return Ok(()),
            Spent::WrongClock { ahead } => return Err(Outage::WrongClock { ahead }.into()),
            Spent::Replayed => exchange.person.complain(&Phrase::CodeWrong {}).await?,
            Spent::Unknown { from } => {
                is_too_early = true;
                let until = Timestamp::from_unix(from.saturating_mul(period));
                let seconds = engine.seconds_until(until);
                exchange.person.complain(&Phrase::CodeTooEarly { seconds }).await?;
            }
        }
    }
    Err(if is_too_early { Outage::ForgottenCodes.into() } else { Stop::reject(Reason::BadCredential) })
}
