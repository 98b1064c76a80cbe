//! Binding a factor: it counts once the person proved that they have it.

mod admin;
mod app;
mod pair;
mod sent;

pub use admin::{EnrolFor, Enrolled, enrol_for};
pub(crate) use pair::HandedIn;

use serde_json::json;

use crate::account::Account;
use crate::app_password::Label;
use crate::changes::error::ChangeError;
use crate::changes::factors::Expected;
use crate::changes::factors::bind_where;
use crate::changes::notices;
use crate::changes::notices::ChangedBy;
use crate::changes::tickets::is_ticket;
use crate::checks::current_account;
use crate::checks::typed_codes::Asked;
use crate::conversation::Choice;
use crate::courier::Channel;
use crate::engine::Engine;
use crate::exchange::dialogue::Dialogue;
use crate::exchange::prompt_context::Enroller;
use crate::exchange::stop::Stop;
use crate::exchange::trail::Trail;
use crate::factor::{FactorId, RecoveryText};
use crate::ledger::{CodeAdmission, CodeSettlement};
use crate::policy::Ticket;
use crate::typed::cleaned;
use crate::verdict::Reason;
use crate::words::Phrase;

/// Leads somebody through binding a factor: shows or sends what there is, asks for the proof, and binds it where it belongs.
pub(crate) async fn enrol(
    engine: &Engine,
    asked: Asked<'_>,
    wanted: &Wanted,
    place: Place,
    dialogue: &mut Dialogue<'_>,
    trail: &mut Trail,
) -> Result<Bound, Stop> {
    let (Asked { account, .. }, Place { replaces, ticket }) = (asked, place);
    let limit = engine.limits.factors_per_account;
    if replaces.is_none() && account.data.factors.len() >= limit as usize {
        dialogue.complain(&Phrase::TooManyFactors { count: limit.into() }).await?;
        return Err(Stop::Reject(Reason::NotPermitted));
    }
    let kind = wanted_kind(engine, wanted, dialogue).await?;
    let new = match (kind, wanted.by) {
        (WantedKind::Totp, _) => app::prove(engine, account, wanted, dialogue).await?,
        (WantedKind::Email | WantedKind::Sms, Enroller::Admin { vouches: true }) => {
            sent::unproved(engine, account, (kind, wanted), dialogue).await?
        }
        (WantedKind::Email | WantedKind::Sms, Enroller::Owner | Enroller::Admin { vouches: false }) => {
            sent::prove(engine, asked, (kind, wanted), dialogue, trail).await?
        }
        (WantedKind::Phone, _) => pair::prove(engine, account, wanted, dialogue).await?,
    };
    let by = match wanted.by {
        Enroller::Owner => {
            // What was proved to begin with has to be true still: a phone may have been taken out of the account meanwhile, a
            // password changed, an account disabled.
            let now = current_account::read_again(engine, account).await?;
            if now.password_marker != account.password_marker {
                return Err(ChangeError::ChangedMeanwhile.into());
            }
            ChangedBy::Owner
        }
        Enroller::Admin { .. } => ChangedBy::Admin,
    };
    let expected = Expected::of(account, ticket);
    let authority = engine.authority();
    let bound = bind_where(&authority, &engine.keyring, &account.id, &new, replaces, &expected).await;
    let is_first = match bound {
        Ok(is_first) => is_first,
        Err(error) => return not_bound(error, dialogue, trail).await,
    };
    dialogue.changed();
    let (id, kind) = (new.id, new.kind.name());
    let label = new.label.as_str();
    // An admin is told in other words.
    if by == ChangedBy::Owner {
        dialogue.tell(&Phrase::FactorBound { label }).await?;
        if is_first {
            dialogue.tell(&Phrase::MailNeedsAppPasswords {}).await?;
        }
    }
    dialogue.record("factor", json!({ "id": id, "label": label, "kind": kind })).await?;
    let what = Phrase::ChangedFactorBound { label, kind };
    notices::changed(engine, account, (&what, by), dialogue, trail).await;
    Ok(Bound { id, label: new.label, kind, is_first })
}

/// A factor that was bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Which one it is.
    pub id: FactorId,
    /// The name that its owner knows it by.
    pub label: Label,
    /// The kind's name.
    pub kind: &'static str,
    /// Whether it is the account's first.
    pub is_first: bool,
}

async fn not_bound<T>(error: ChangeError, dialogue: &mut Dialogue<'_>, trail: &mut Trail) -> Result<T, Stop> {
    let complaint = if let ChangeError::TooManyFactors(count) = error {
        Phrase::TooManyFactors { count: count.into() }
    } else if error == ChangeError::BoundAlready {
        Phrase::BoundAlready {}
    } else if error == ChangeError::NumberTaken {
        Phrase::NumberTaken {}
    } else if error == ChangeError::TicketUsed {
        trail.detail = Some("the ticket was used before, and the directory has it again");
        dialogue.complain(&Phrase::CodeWrong {}).await?;
        return Err(Stop::Reject(Reason::Replayed));
    } else {
        return Err(error.into());
    };
    dialogue.complain(&complaint).await?;
    Err(Stop::Reject(Reason::NotPermitted))
}

/// What somebody wants to bind, as far as they said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) kind: Option<WantedKind>,
    pub(crate) label: Option<Label>,
    /// The address or number that codes are sent to.
    pub(crate) to: Option<String>,
    pub(crate) by: Enroller,
}

/// A kind of factor that can be bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedKind {
    /// An app that shows codes.
    Totp,
    /// A phone that approves logins.
    Phone,
    /// A mailbox that codes are sent to.
    Email,
    /// A telephone that codes are sent to.
    Sms,
}

impl WantedKind {
    /// In the order in which they are offered: the safest first.
    const ALL: [Self; 4] = [Self::Totp, Self::Phone, Self::Email, Self::Sms];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }

    /// The name of factors of this kind.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }

    /// Whether the site has what it needs.
    fn is_to_be_had(self, engine: &Engine) -> bool {
        match self {
            Self::Totp => true,
            Self::Phone => engine.courier.page().is_some(),
            Self::Email => engine.courier.carries(Channel::Email),
            Self::Sms => engine.courier.carries(Channel::Sms),
        }
    }

    /// Describes it to somebody who is to choose.
    fn description(self) -> Phrase<'static> {
        match self {
            Self::Totp => Phrase::KindTotp {},
            Self::Phone => Phrase::KindPhone {},
            Self::Email => Phrase::KindEmail {},
            Self::Sms => Phrase::KindSms {},
        }
    }
}

/// The kind that was named; else, where the site has several, the one that the person chooses.
async fn wanted_kind(
    engine: &Engine,
    wanted: &Wanted,
    dialogue: &mut Dialogue<'_>,
) -> Result<WantedKind, Stop> {
    if let Some(kind) = wanted.kind {
        if kind.is_to_be_had(engine) {
            return Ok(kind);
        }
        dialogue.complain(&Phrase::KindNotHere {}).await?;
        return Err(Stop::Reject(Reason::NotPermitted));
    }
    let kinds: Vec<WantedKind> =
        WantedKind::ALL.into_iter().filter(|kind| kind.is_to_be_had(engine)).collect();
    if let [only] = kinds[..] {
        return Ok(only);
    }
    dialogue.tell(&Phrase::KindsToChooseFrom {}).await?;
    let mut choices = Vec::new();
    for (number, kind) in (1..).zip(&kinds) {
        let label = dialogue.language().say(&kind.description());
        dialogue.tell(&Phrase::KindToChoose { number, label: &label }).await?;
        choices.push(Choice { id: number.to_string(), kind: kind.name(), label });
    }
    for _ in 0..MOST_TRIES {
        let answer = dialogue.ask_for_code_or_choice(&Phrase::WhichKind {}, &choices).await?;
        let number = cleaned(answer.expose()).parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        if let Some(kind) = number.and_then(|index| kinds.get(index)) {
            return Ok(*kind);
        }
    }
    Err(Stop::Reject(Reason::NotPermitted))
}

/// Where a new factor belongs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    /// In the place of this one.
    pub(crate) replaces: Option<FactorId>,
    /// Where this ticket still is the account's.
    pub(crate) ticket: Option<Ticket>,
}

/// Asks for the ticket that an admin made for the account, and gives it. A wrong one counts as a wrong code does.
pub(crate) async fn ask_for_ticket(
    engine: &Engine,
    asked: Asked<'_>,
    dialogue: &mut Dialogue<'_>,
    trail: &mut Trail,
) -> Result<Option<Ticket>, Stop> {
    let answer = dialogue.ask_for_code(&Phrase::Ticket {}).await?;
    let Some(typed) = RecoveryText::parse(answer.expose()) else {
        trail.detail = Some("no code at all");
        dialogue.complain(&Phrase::TicketUnreadable {}).await?;
        return Err(Stop::Reject(Reason::BadCredential));
    };
    let attempt = asked.attempt(engine)?;
    match engine.ledger.admit_code(&attempt, &engine.limits.codes).await? {
        CodeAdmission::Proceed { .. } => {}
        CodeAdmission::Limited { until } => {
            let minutes = engine.seconds_until(until).div_ceil(60);
            dialogue.complain(&Phrase::CodesLimited { minutes }).await?;
            return Err(Stop::Reject(Reason::Limited));
        }
    }
    let ticket = asked.account.data.policy.ticket;
    if !is_ticket(&engine.keyring, &asked.account.id, ticket, &typed, attempt.at) {
        trail.detail = Some("not the ticket of this account");
        dialogue.complain(&Phrase::CodeWrong {}).await?;
        return Err(Stop::Reject(Reason::BadCredential));
    }
    engine.ledger.settle_code(&attempt, CodeSettlement::Right).await?;
    Ok(ticket)
}

/// What a new factor is called where nobody says: `name`, and where the account has that already with the first number that
/// is free.
#[must_use]
pub fn default_label(account: &Account, name: &str) -> Label {
    let is_free = |label: &Label| account.data.factors.iter().all(|factor| factor.label != *label);
    let numbered = (2..).map(|number: u32| format!("{name} {number}"));
    let labels = std::iter::once(name.to_owned()).chain(numbered);
    // Letters, a space and a number.
    labels.filter_map(|text| Label::new(&text).ok()).find(is_free).unwrap_or_default()
}

/// Answers that somebody may try until it is the right one.
const MOST_TRIES: u32 = 5;
