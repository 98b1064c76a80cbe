//! An app that shows codes.

use serde_json::json;
use zeroize::Zeroizing;

use crate::account::Account;
use crate::changes::new_factor::NewFactor;
use crate::changes::new_factor::NewKind;
use crate::changes::new_factor::SEED_BYTES;
use crate::clock::Timestamp;
use crate::engine::Engine;
use crate::exchange::dialogue::Dialogue;
use crate::exchange::outage::Outage;
use crate::exchange::stop::Stop;
use crate::factor::{CodeText, FactorId, NewTotp, Seed, TotpShape};
use crate::ledger::{Spend, Spent};
use crate::verdict::Reason;
use crate::words::Phrase;

use super::{MOST_TRIES, Wanted, default_label};

/// Shows the key of a new app as a QR code and as text, asks for a code that it shows, and spends that code.
pub(super) async fn prove(
    engine: &Engine,
    account: &Account,
    wanted: &Wanted,
    dialogue: &mut Dialogue<'_>,
) -> Result<NewFactor, Stop> {
    let label = wanted.label.clone().unwrap_or_else(|| default_label(account, "authenticator"));
    let mut seed = Zeroizing::new([0; SEED_BYTES]);
    (engine.random)(seed.as_mut())?;
    let totp = NewTotp::new(TotpShape::default(), Seed::new(seed.as_ref())?);
    let id = FactorId::new(engine.draw_bits()?);
    show(engine, account, &totp, dialogue).await?;
    first_code(engine, account, (id, &totp), dialogue).await?;
    Ok(NewFactor { id, label, kind: NewKind::Totp(totp) })
}

async fn show(
    engine: &Engine,
    account: &Account,
    totp: &NewTotp,
    dialogue: &mut Dialogue<'_>,
) -> Result<(), Stop> {
    let uri = totp.uri(&engine.issuer, &account.name)?;
    let short = totp.short_uri(&engine.issuer, &account.name)?;
    dialogue.tell(&Phrase::ScanThis {}).await?;
    // The key as text is always there: below it, with the question.
    dialogue.qr(&uri, Some(&short), 3).await?;
    let secret = totp.base32();
    dialogue.tell(&Phrase::SecretAsText { secret: &totp.base32_grouped() }).await?;
    let shape = totp.shape;
    let (digits, seconds) = (shape.digits().into(), shape.period.seconds());
    dialogue.tell(&Phrase::SecretShape { algorithm: shape.algorithm.name(), digits, seconds }).await?;
    let value = json!({ "uri": *uri, "secret": *secret });
    dialogue.record("key", value).await?;
    Ok(())
}

/// Asks for a code of the new app until one is right, and spends it.
async fn first_code(
    engine: &Engine,
    account: &Account,
    (factor, totp): (FactorId, &NewTotp),
    dialogue: &mut Dialogue<'_>,
) -> Result<(), Stop> {
    let mut is_too_early = false;
    for _ in 0..MOST_TRIES {
        let answer = dialogue.ask_for_code(&Phrase::FirstCode {}).await?;
        let at = engine.clock.now();
        let Some(code) = CodeText::parse(answer.expose()) else {
            dialogue.complain(&Phrase::CodeUnreadable {}).await?;
            continue;
        };
        let Some(step) = totp.matching_step(&code, at)? else {
            dialogue.complain(&Phrase::FirstCodeWrong {}).await?;
            continue;
        };
        let (period, token) = (totp.shape.period.seconds(), engine.draw_token()?);
        let account = &account.id;
        let spend = Spend { account, factor, step, period, is_first: true, at, token };
        match engine.ledger.spend(&spend).await? {
            Spent::Now => return Ok(()),
            Spent::WrongClock { ahead } => return Err(Stop::Defer(Outage::WrongClock { ahead })),
            Spent::Replayed => dialogue.complain(&Phrase::CodeWrong {}).await?,
            Spent::Unknown { from } => {
                is_too_early = true;
                let until = Timestamp::from_unix(from.saturating_mul(period));
                let seconds = engine.seconds_until(until);
                dialogue.complain(&Phrase::CodeTooEarly { seconds }).await?;
            }
        }
    }
    Err(if is_too_early { Outage::ForgottenCodes.into() } else { Stop::Reject(Reason::BadCredential) })
}
