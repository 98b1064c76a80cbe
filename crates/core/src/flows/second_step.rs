//! Asking for a code, until one is right or enough were wrong.

use crate::account::{Account, Freshness, Standing};
use crate::clock::Timestamp;
use crate::engine::Engine;
use crate::factor::{Factor, RecoveryText};
use crate::ledger::Credential;
use crate::name::LoginName;
use crate::policy::Class;
use crate::verdict::Reason;
use crate::words::Phrase;

use super::codes::{self, Asked, CodeCheck, Typed};
use super::dialogue::{Dialogue, Stop};
use super::outcome::{Outage, Trail};

/// Asks for a code of any bound factor, or a recovery code.
///
/// The factor that was used last is proposed, the others can be chosen by their number; but a right code of any of them is
/// taken at once.
///
/// Whoever leaves after a code that was not right leaves with that on record, or guessing would go unnoticed.
pub(super) async fn prove(
    engine: &Engine,
    asked: Asked<'_>,
    dialogue: &mut Dialogue<'_>,
    trail: &mut Trail,
) -> Result<Credential, Stop> {
    let mut refused = None;
    match ask(engine, asked, dialogue, trail, &mut refused).await {
        Err(Stop::Reject(Reason::Cancelled)) if !dialogue.is_echoed() => {
            Err(Stop::Reject(refused.unwrap_or(Reason::Cancelled)))
        }
        ended => ended,
    }
}

async fn ask(
    engine: &Engine,
    asked: Asked<'_>,
    dialogue: &mut Dialogue<'_>,
    trail: &mut Trail,
    refused: &mut Option<Reason>,
) -> Result<Credential, Stop> {
    let factors = by_last_use(engine, asked, trail).await;
    if factors.len() > 1 {
        dialogue.tell(&Phrase::FactorsToChooseFrom {}).await?;
        for (number, factor) in (1..).zip(&factors) {
            dialogue.tell(&Phrase::FactorToChoose { number, label: factor.label.as_str() }).await?;
        }
    }
    let mut proposed = factors.first().copied();
    let mut questions = 0;
    let mut wrong = 0;
    while wrong < MOST_WRONG && questions < MOST_QUESTIONS {
        questions += 1;
        let answer = dialogue.ask_for_code(&question(proposed, factors.len())).await?;
        let text = answer.expose().trim();
        if let Some(chosen) = choice(text, &factors) {
            proposed = Some(chosen);
            continue;
        }
        let Some(typed) = Typed::parse(text) else {
            wrong += 1;
            dialogue.complain(&Phrase::CodeWrong {}).await?;
            continue;
        };
        // A factor is gone as soon as it is removed.
        let account = as_of_now(engine, asked.account.clone(), dialogue).await?;
        match codes::check(engine, Asked { account: &account, ..asked }, &typed, trail).await? {
            CodeCheck::Right(credential) => return Ok(credential),
            CodeCheck::Wrong => *refused = Some(Reason::BadCredential),
            CodeCheck::Replayed => *refused = Some(Reason::Replayed),
            CodeCheck::TooEarly { until } => {
                let seconds = seconds_until(engine, until);
                dialogue.complain(&Phrase::CodeTooEarly { seconds }).await?;
                continue;
            }
            CodeCheck::Limited { until } => {
                *refused = Some(Reason::Limited);
                let minutes = seconds_until(engine, until).div_ceil(60);
                dialogue.complain(&Phrase::CodesLimited { minutes }).await?;
                return Err(Stop::Reject(Reason::Limited));
            }
            CodeCheck::Locked => {
                *refused = Some(Reason::Locked);
                dialogue.complain(&Phrase::FactorLocked {}).await?;
                return Err(Stop::Reject(Reason::Locked));
            }
        }
        wrong += 1;
        dialogue.complain(&Phrase::CodeWrong {}).await?;
    }
    Err(Stop::Reject(refused.unwrap_or(Reason::BadCredential)))
}

/// The account as it is now, where it still may log in: read again where a question was asked since it was read.
pub(super) async fn as_of_now(
    engine: &Engine,
    account: Account,
    dialogue: &mut Dialogue<'_>,
) -> Result<Account, Stop> {
    if dialogue.has_waited() { read_again(engine, &account).await } else { Ok(account) }
}

/// The account as it is now, where it still may log in.
pub(super) async fn read_again(engine: &Engine, account: &Account) -> Result<Account, Stop> {
    let name = LoginName::new(&account.name).map_err(|_| Stop::Reject(Reason::UnknownAccount))?;
    let found = engine.directory.find(&name, Class::Login).await?;
    let found = found.filter(|found| found.id == account.id).ok_or(Stop::Reject(Reason::UnknownAccount))?;
    if found.freshness == Freshness::Stale {
        return Err(Outage::Stale.into());
    }
    match found.standing {
        Standing::Active => Ok(found),
        Standing::Disabled => Err(Stop::Reject(Reason::Disabled)),
        Standing::Expired => Err(Stop::Reject(Reason::Expired)),
    }
}

/// How long somebody has to wait, in whole seconds, at least one.
pub(super) fn seconds_until(engine: &Engine, until: Timestamp) -> u64 {
    until.as_unix().saturating_sub(engine.clock.now().as_unix()).max(1)
}

fn question(proposed: Option<&Factor>, count: usize) -> Phrase<'_> {
    match proposed.map(|factor| factor.label.as_str()) {
        Some(label) if count > 1 => Phrase::CodeOrNumber { label },
        Some(label) => Phrase::Code { label },
        None => Phrase::RecoveryCode {},
    }
}

/// A number of the list. Six digits and more are a code, whatever the list is long.
fn choice<'a>(text: &str, factors: &[&'a Factor]) -> Option<&'a Factor> {
    if factors.len() < 2 || text.len() > 2 || RecoveryText::parse(text).is_some() {
        return None;
    }
    let number: usize = text.parse().ok()?;
    factors.get(number.checked_sub(1)?).copied()
}

/// The one used last goes first; those that never were go by their age.
async fn by_last_use<'a>(engine: &Engine, asked: Asked<'a>, trail: &mut Trail) -> Vec<&'a Factor> {
    let uses = engine.ledger.last_uses(&asked.account.id).await.unwrap_or_else(|_| {
        trail.is_ledger_down = true;
        Vec::new()
    });
    let last_use = |factor: &Factor| {
        let credential = Credential::Factor(factor.id);
        uses.iter().find(|used| used.credential == credential).map(|used| used.at)
    };
    let mut factors: Vec<&Factor> = asked.account.data.factors.iter().collect();
    factors
        .sort_by(|a, b| last_use(b).cmp(&last_use(a)).then(a.created.cmp(&b.created)).then(a.id.cmp(&b.id)));
    factors
}

/// Wrong answers in one conversation.
const MOST_WRONG: u32 = 3;
/// Questions in one conversation, choices among them.
const MOST_QUESTIONS: u32 = 10;
