//! Binding an app: it counts once a code proved that the person has it.

use serde_json::json;
use zeroize::Zeroizing;

use crate::account::Account;
use crate::app_password::Label;
use crate::clock::Timestamp;
use crate::engine::Engine;
use crate::factor::{CodeText, FactorId, NewTotp, RecoveryText, TotpShape};
use crate::ledger::{CodeAdmission, CodeSettlement, Spend, Spent};
use crate::policy::Ticket;
use crate::qr;
use crate::verdict::Reason;
use crate::words::Phrase;

use super::app_password::ChangeError;
use super::codes::{self, Asked};
use super::dialogue::{Dialogue, Stop};
use super::factors::{Expected, NewFactor, bind_where, is_ticket};
use super::outcome::Trail;
use super::second_step::{self, seconds_until};

/// Shows the key of a new app as a QR code and as text, asks for a code that it shows, spends that code and binds the app,
/// where it belongs.
pub(super) async fn enrol(
    engine: &Engine,
    account: &Account,
    label: Option<Label>,
    place: Place,
    dialogue: &mut Dialogue<'_>,
) -> Result<FactorId, Stop> {
    let Place { replaces, ticket } = place;
    let limit = engine.limits.factors_per_account;
    if replaces.is_none() && account.data.factors.len() >= limit as usize {
        dialogue.complain(&Phrase::TooManyFactors { count: limit.into() }).await?;
        return Err(Stop::Reject(Reason::NotPermitted));
    }
    let authority = engine.authority();
    let label = label.unwrap_or_else(|| default_label(account));
    let new = NewFactor::draw(&authority, label, TotpShape::default())?;
    show(engine, account, &new.totp, dialogue).await?;
    first_code(engine, account, &new, dialogue).await?;
    // What was proved to begin with has to be true still: a phone may have been taken out of the account meanwhile, a password
    // changed, an account disabled.
    let now = second_step::read_again(engine, account).await?;
    if now.password_marker != account.password_marker {
        return Err(ChangeError::ChangedMeanwhile.into());
    }
    let expected = Expected::of(account, ticket);
    let bound = bind_where(&authority, &engine.keyring, &account.id, &new, replaces, &expected).await;
    let is_first = match bound {
        Ok(is_first) => is_first,
        Err(ChangeError::TooManyFactors(count)) => {
            dialogue.complain(&Phrase::TooManyFactors { count: count.into() }).await?;
            return Err(Stop::Reject(Reason::NotPermitted));
        }
        Err(error) => return Err(error.into()),
    };
    dialogue.changed();
    let label = new.label.as_str();
    dialogue.tell(&Phrase::FactorBound { label }).await?;
    if is_first {
        dialogue.tell(&Phrase::MailNeedsAppPasswords {}).await?;
    }
    dialogue.record("factor", json!({ "id": new.id, "label": label, "kind": "totp" })).await?;
    Ok(new.id)
}

/// Where a new app belongs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// In the place of this one.
    pub(super) replaces: Option<FactorId>,
    /// Where this ticket still is the account's.
    pub(super) ticket: Option<Ticket>,
}

async fn show(
    engine: &Engine,
    account: &Account,
    totp: &NewTotp,
    dialogue: &mut Dialogue<'_>,
) -> Result<(), Stop> {
    let uri = totp.uri(&engine.issuer, &account.name)?;
    dialogue.tell(&Phrase::ScanThis {}).await?;
    // A code too large for a terminal is left out; the key as text is always there.
    if let Some(lines) = qr::terminal(&uri) {
        dialogue.lines(&lines).await?;
    }
    let secret = totp.base32();
    dialogue.tell(&Phrase::SecretAsText { secret: &grouped(&secret) }).await?;
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
    new: &NewFactor,
    dialogue: &mut Dialogue<'_>,
) -> Result<(), Stop> {
    for _ in 0..MOST_TRIES {
        let answer = dialogue.ask_for_code(&Phrase::FirstCode {}).await?;
        let at = engine.clock.now();
        let step = match CodeText::parse(answer.expose()) {
            Some(code) => new.totp.matching_step(&code, at)?,
            None => None,
        };
        let Some(step) = step else {
            dialogue.complain(&Phrase::FirstCodeWrong {}).await?;
            continue;
        };
        let (period, token) = (new.totp.shape.period.seconds(), codes::token(engine)?);
        let (account, factor) = (&account.id, new.id);
        let spend = Spend { account, factor, step, period, is_first: true, at, token };
        match engine.ledger.spend(&spend).await? {
            Spent::Now => return Ok(()),
            Spent::Replayed => dialogue.complain(&Phrase::CodeWrong {}).await?,
            Spent::Unknown { from } => {
                let until = Timestamp::from_unix(from.saturating_mul(period));
                let seconds = seconds_until(engine, until);
                dialogue.complain(&Phrase::CodeTooEarly { seconds }).await?;
            }
        }
    }
    Err(Stop::Reject(Reason::BadCredential))
}

/// Asks for the ticket that an admin made for the account, and gives it. A wrong one counts as a wrong code does.
pub(super) async fn ask_for_ticket(
    engine: &Engine,
    asked: Asked<'_>,
    dialogue: &mut Dialogue<'_>,
    trail: &mut Trail,
) -> Result<Option<Ticket>, Stop> {
    let answer = dialogue.ask_for_code(&Phrase::Ticket {}).await?;
    let attempt = asked.attempt(engine)?;
    match engine.ledger.admit_code(&attempt, &engine.limits.codes).await? {
        CodeAdmission::Proceed { .. } => {}
        CodeAdmission::Limited { until } => {
            let minutes = seconds_until(engine, until).div_ceil(60);
            dialogue.complain(&Phrase::CodesLimited { minutes }).await?;
            return Err(Stop::Reject(Reason::Limited));
        }
    }
    let ticket = asked.account.data.policy.ticket;
    let is_right = RecoveryText::parse(answer.expose())
        .is_some_and(|typed| is_ticket(&engine.keyring, &asked.account.id, ticket, &typed, attempt.at));
    if !is_right {
        trail.detail = Some("not the ticket of this account");
        dialogue.complain(&Phrase::CodeWrong {}).await?;
        return Err(Stop::Reject(Reason::BadCredential));
    }
    engine.ledger.settle_code(&attempt, CodeSettlement::Right).await?;
    Ok(ticket)
}

/// What a new app is called where nobody says: `authenticator`, and where the account has that already with the first number
/// that is free.
#[must_use]
pub fn default_label(account: &Account) -> Label {
    let is_free = |label: &Label| account.data.factors.iter().all(|factor| factor.label != *label);
    let numbered = (2..).map(|number: u32| format!("authenticator {number}"));
    let labels = std::iter::once("authenticator".to_owned()).chain(numbered);
    // Letters, a space and a number.
    labels.filter_map(|text| Label::new(&text).ok()).find(is_free).unwrap_or_default()
}

/// In groups of four, for typing.
fn grouped(secret: &str) -> Zeroizing<String> {
    let mut shown = Zeroizing::new(String::with_capacity(secret.len() + secret.len() / 4));
    for (index, c) in secret.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            shown.push(' ');
        }
        shown.push(c);
    }
    shown
}

/// Codes that somebody may try until the app is set up right.
const MOST_TRIES: u32 = 5;
