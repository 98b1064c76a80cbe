//! A mailbox or a telephone that codes are sent to.

use crate::account::Account;
use crate::app_password::Label;
use crate::changes::new_factor::{NewFactor, NewKind};
use crate::courier::Destination;
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::prompt_context::PromptContext;
use crate::exchange::stop::Stop;
use crate::factor::sent_code::check::{self as sent_codes, Posted, SentCode};
use crate::factor::sent_code::recipient::{Binding, Recipient};
use crate::factor::{CodeText, EmailAddress, FactorId, FactorKind, PhoneNumber};
use crate::typed::trimmed;
use crate::verdict::Reason;
use crate::words::Phrase;

use crate::flows::enrolment::order::{MOST_TRIES, Wanted, WantedKind, default_label};

/// Sends a code to the address or number, and asks for it.
pub(crate) async fn prove(
    exchange: &mut Exchange<'_>,
    account: &Account,
    kind: WantedKind,
    wanted: &Wanted,
) -> Result<NewFactor, Stop> {
    let engine = exchange.engine;
    let new = address(exchange, account, kind, wanted.to.as_deref()).await?;
    let to = match &new {
        NewKind::Email(address) => Destination::Email(address),
        NewKind::Sms(number) => Destination::Sms(number),
        NewKind::Totp(_) | NewKind::Phone { .. } => return Err(Stop::reject(Reason::NotPermitted)),
    };
    let label = label(account, kind, wanted);
    let factor = FactorId::new(engine.draw_bits()?);
    let recipient = Recipient { account, factor, to, binding: Binding::New };
    let shown = to.masked();
    let context = PromptContext::of_change(exchange.actor);
    match sent_codes::post(exchange, recipient, &context).await? {
        Posted::Sent => {}
        Posted::Limited { until } => {
            let seconds = engine.seconds_until(until);
            exchange.person.complain(&Phrase::SendingLimited { seconds }).await?;
            return Err(Stop::reject(Reason::Limited));
        }
        Posted::Failed => {
            exchange.person.complain(&Phrase::SendingFailed { to: &shown }).await?;
            return Err(Stop::reject(Reason::NotPermitted));
        }
    }
    exchange.person.tell(&Phrase::CodeSent { to: &shown }).await?;
    for _ in 0..MOST_TRIES {
        let answer = exchange.person.ask_for_code(&Phrase::SentCode { to: &shown }).await?;
        let Some(code) = CodeText::parse(answer.expose()) else {
            exchange.person.complain(&Phrase::CodeUnreadable {}).await?;
            continue;
        };
        match sent_codes::look(engine, &account.id, &[factor], context.service, &code, engine.clock.now())
            .await?
        {
            SentCode::Right(_) => return Ok(NewFactor { id: factor, label, kind: new }),
            SentCode::Taken | SentCode::Wrong => exchange.person.complain(&Phrase::CodeWrong {}).await?,
        }
    }
    Err(Stop::reject(Reason::BadCredential))
}

/// Takes an admin's word for the address or number: no code is sent to it.
pub(crate) async fn unproved(
    exchange: &mut Exchange<'_>,
    account: &Account,
    kind: WantedKind,
    wanted: &Wanted,
) -> Result<NewFactor, Stop> {
    let engine = exchange.engine;
    let new = address(exchange, account, kind, wanted.to.as_deref()).await?;
    let label = label(account, kind, wanted);
    Ok(NewFactor { id: FactorId::new(engine.draw_bits()?), label, kind: new })
}

fn label(account: &Account, kind: WantedKind, wanted: &Wanted) -> Label {
    wanted.label.clone().unwrap_or_else(|| default_label(account, kind.name()))
}

/// The address or number, as it was given or as it is asked for. One that will not do is said so before anything is sent.
async fn address(
    exchange: &mut Exchange<'_>,
    account: &Account,
    kind: WantedKind,
    given: Option<&str>,
) -> Result<NewKind, Stop> {
    let question = match kind {
        WantedKind::Email => Phrase::WhichAddress {},
        WantedKind::Totp | WantedKind::Phone | WantedKind::Sms => Phrase::WhichNumber {},
    };
    for _ in 0..MOST_TRIES {
        let text = match given {
            Some(given) => trimmed(given).to_owned(),
            None => trimmed(exchange.person.ask_for_code(&question).await?.expose()).to_owned(),
        };
        let complaint = match read(exchange.engine, account, kind, &text) {
            Ok(new) => return Ok(new),
            Err(complaint) => complaint,
        };
        exchange.person.complain(&complaint).await?;
        if given.is_some() {
            break;
        }
    }
    Err(Stop::reject(Reason::NotPermitted))
}

fn read(
    engine: &Engine,
    account: &Account,
    kind: WantedKind,
    text: &str,
) -> Result<NewKind, Phrase<'static>> {
    let factors = account.data.factors.iter().map(|factor| &factor.kind);
    if kind == WantedKind::Email {
        let address: EmailAddress = text.parse().map_err(|_| Phrase::BadAddress {})?;
        // An attacker who reads that mailbox with the main password would have the second factor as well.
        let own = account.addresses.iter().chain([&account.name]);
        if own.into_iter().any(|own| address.is_delivered_with(own)) {
            return Err(Phrase::OwnAddress {});
        }
        let mut bound = factors.filter_map(|kind| match kind {
            FactorKind::Email(email) => Some(&email.address),
            FactorKind::Totp(_) | FactorKind::Sms(_) | FactorKind::Phone(_) => None,
        });
        if bound.any(|bound| bound.is_same_as(address.as_str())) {
            return Err(Phrase::BoundAlready {});
        }
        return Ok(NewKind::Email(address));
    }
    let number: PhoneNumber = text.parse().map_err(|_| Phrase::BadNumber {})?;
    if !sent_codes::may_text(engine, &number) {
        return Err(Phrase::NumberNotAllowed {});
    }
    let mut bound = factors.filter_map(|kind| match kind {
        FactorKind::Sms(sms) => Some(&sms.number),
        FactorKind::Totp(_) | FactorKind::Email(_) | FactorKind::Phone(_) => None,
    });
    if bound.any(|bound| *bound == number) { Err(Phrase::BoundAlready {}) } else { Ok(NewKind::Sms(number)) }
}
