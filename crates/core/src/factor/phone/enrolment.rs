//! Binding a phone: it scans a code, and terminal and phone show six digits for the person to compare.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use crate::account::Account;
use crate::app_password::Label;
use crate::challenge::{Challenge, ChallengeId, ChallengeKind};
use crate::changes::new_factor::NewFactor;
use crate::conversation::Echo;
use crate::deed::Change;
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::localized_conversation::QrCode;
use crate::exchange::prompt_context::PromptContext;
use crate::exchange::stop::Stop;
use crate::factor::{FactorId, FactorKind, FactorType};
use crate::flows::answers::is_yes;
use crate::flows::enrolment::order::{Wanted, default_label};
use crate::ledger::{ChallengeAdmission, ChallengeSlot, NewChallenge, StoredChallenge};
use crate::verdict::Reason;
use crate::words::Phrase;

use super::{PAIRING_BYTES, Pairing, Phone, PhoneKey, Push, link};

/// Whether the site has a page for phones.
pub(crate) fn is_available(engine: &Engine) -> bool {
    engine.courier.page().is_some()
}

/// Shows a QR code, takes the phone's key that comes back under the secret in it, and has the person compare six digits.
pub(crate) async fn enrol(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: &Wanted,
) -> Result<NewFactor, Stop> {
    let engine = exchange.engine;
    let mut secret = Zeroizing::new([0; PAIRING_BYTES]);
    (engine.random)(secret.as_mut())?;
    let pairing = Pairing::new(secret);
    let id = ChallengeId::new(pairing.id());
    put(exchange, account, id).await?;
    let bound = with_phone(exchange, account, wanted, id, &pairing).await;
    // The waiting is over in any case; a phone that comes later is told so.
    let left = engine.ledger.take_challenge(&account.id, id, engine.draw_token()?, engine.clock.now()).await;
    drop(left);
    bound
}

async fn put(exchange: &Exchange<'_>, account: &Account, id: ChallengeId) -> Result<(), Stop> {
    let engine = exchange.engine;
    let at = engine.clock.now();
    let context = PromptContext::of_change(exchange, Change::SetUpPhone);
    let kind = ChallengeKind::Pairing(FactorId::new(id.bytes()));
    let challenge =
        Challenge::new(kind, account.name.clone(), &context.deed(), (at, at.plus(LONGEST_PAIRING)));
    let value = challenge.seal(id, &account.id, "", &engine.keyring);
    let new =
        NewChallenge { id, slot: ChallengeSlot::Pairing, value: &value, expires: challenge.expires, at };
    match engine.ledger.put_challenge(&account.id, &new, &engine.limits.pushes).await? {
        ChallengeAdmission::Put => Ok(()),
        ChallengeAdmission::Busy { .. } | ChallengeAdmission::Muted { .. } => {
            Err(Stop::reject(Reason::Limited))
        }
    }
}

async fn with_phone(
    exchange: &mut Exchange<'_>,
    account: &Account,
    wanted: &Wanted,
    id: ChallengeId,
    pairing: &Pairing,
) -> Result<NewFactor, Stop> {
    let engine = exchange.engine;
    let page = engine.courier.page().ok_or(Stop::reject(Reason::NotPermitted))?;
    let uri = link::binding(page, &account.id, pairing);
    let code = QrCode {
        content: &uri,
        shorter: None,
        above: &[Phrase::OpenThis { address: &uri }],
        below: &[],
        question: &Phrase::PhoneScanned {},
        instead: &Phrase::QrTooLargeToBind {},
    };
    exchange.person.show_qr(&code).await?;
    exchange.person.record("key", json!({ "uri": *uri })).await?;
    // What was told may be shown together with the next question only.
    drop(exchange.person.ask(Echo::On, &Phrase::PhoneScanned {}).await?);
    let Some(handed_in) = handed_in(exchange, account, id).await? else {
        exchange.person.complain(&Phrase::PhoneNotThere {}).await?;
        return Err(Stop::reject(Reason::Cancelled));
    };
    let answer = handed_in.answer.as_deref().and_then(|answer| serde_json::from_str::<HandedIn>(answer).ok());
    let phone = answer.and_then(|answer| {
        let key = PhoneKey::parse(&answer.key).ok()?;
        pairing.vouches(&key, &answer.name, &answer.proof).then_some((key, answer.name))
    });
    let Some((key, name)) = phone else {
        exchange.person.complain(&Phrase::PhoneNotIt {}).await?;
        return Err(Stop::reject(Reason::BadCredential));
    };
    let code = pairing.compared(&key);
    let answer = exchange.person.ask(Echo::On, &Phrase::PhoneShows { code: &code }).await?;
    if !is_yes(answer.expose()) {
        exchange.person.complain(&Phrase::PhoneNotIt {}).await?;
        return Err(Stop::reject(Reason::BadCredential));
    }
    let named = Label::new(name.trim()).ok();
    let is_free = |label: &Label| account.data.factors.iter().all(|factor| factor.label != *label);
    let label = wanted.label.clone().or(named.filter(is_free));
    let label =
        label.unwrap_or_else(|| default_label(account, FactorType::Phone, exchange.person.language()));
    let id = FactorId::new(id.bytes());
    let mut nonce = [0; 24];
    (engine.random)(&mut nonce)?;
    let totp = pairing.totp()?.seal(id, &engine.keyring, nonce)?;
    Ok(NewFactor { id, label, kind: FactorKind::Phone(Phone { key, totp, push: Push::None }) })
}

/// Waits for the phone; `None` where it does not come.
async fn handed_in(
    exchange: &mut Exchange<'_>,
    account: &Account,
    id: ChallengeId,
) -> Result<Option<StoredChallenge>, Stop> {
    let engine = exchange.engine;
    exchange.person.pause(LONGEST_WAIT).await?;
    let awaited = engine.ledger.await_challenge(&account.id, id, LONGEST_WAIT);
    tokio::select! {
        biased;
        awaited = awaited => { awaited?; }
        gone = exchange.person.gone() => return Err(gone.into()),
    }
    let kept = engine.ledger.challenges(&account.id, engine.clock.now()).await?;
    Ok(kept.into_iter().find(|one| one.id == id && one.answer.is_some()))
}

/// What a phone hands in; see [`Pairing::vouches`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandedIn {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) proof: String,
}

/// From the QR code to the phone's key.
const LONGEST_PAIRING: Duration = Duration::from_secs(5 * 60);
/// After the person says that the phone has scanned.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
