//! How often codes are sent: for where the person is, whose code it is and where it goes.

use std::time::Duration;

use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::courier::Destination;
use crate::engine::Engine;
use crate::exchange::actor::Actor;
use crate::exchange::context::{Exchange, ResendGap};
use crate::exchange::stop::Stop;
use crate::factor::sms::budget::{self, Counter, Part};
use crate::keyring::{Digest, Keyring};
use crate::ledger::{LedgerError, SendAdmission, Sending};
use crate::limits::{SendLimits, SentCodeLimits, Source};
use crate::sms_rules::{BudgetShare, BudgetWindow};

use super::recipient::{Binding, Recipient};

/// What messages are counted for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// Where the person is.
    Source(&'a Source),
    /// Whose code it is, by each channel. Only the time between two codes is counted here.
    Account(Destination<'a>, &'a AccountId),
    /// The same, by what the code is for.
    AccountFor(Purpose, Destination<'a>, &'a AccountId),
    /// A bound address or number. Only the time between two codes is counted here.
    Bound(Destination<'a>),
    /// The same, by what the code is for.
    BoundFor(Purpose, Destination<'a>),
    /// One that is about to be bound: a user who binds another user's address must not use up the codes of its owner.
    New(Destination<'a>),
    /// A part of the site's budget for text messages.
    Budget(Counter),
}

/// What a code is for. Each has an hourly count of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A login.
    Login,
    /// A change of the account: the proof of its owner, or of a new address or number.
    Change,
}

impl Purpose {
    fn of(actor: Actor, binding: Binding) -> Self {
        match (binding, actor) {
            (Binding::Bound, Actor::Claimant) => Self::Login,
            (Binding::Bound, Actor::UnixUser { .. } | Actor::WebSession { .. } | Actor::Admin)
            | (Binding::New, _) => Self::Change,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Change => "change",
        }
    }

    fn hourly(self, limits: &SentCodeLimits) -> SendLimits {
        SentCodeLimits::hourly(match self {
            Self::Login => limits.for_logins,
            Self::Change => limits.for_changes,
        })
    }
}

impl Subject<'_> {
    pub(crate) fn digest(self, keyring: &Keyring) -> Digest {
        let digest = |parts: [&[u8]; 3]| keyring.digest(SENT, &parts);
        match self {
            Self::Source(source) => digest([b"source", b"", source.as_str().as_bytes()]),
            Self::Account(to, account) => digest([b"account", channel(to), account.as_str().as_bytes()]),
            Self::AccountFor(purpose, to, account) => {
                let (account, purpose) = (account.as_str().as_bytes(), purpose.name().as_bytes());
                keyring.digest(SENT, &[b"account", channel(to), account, purpose])
            }
            Self::Bound(to) => digest([b"to", channel(to), address(to).as_bytes()]),
            Self::BoundFor(purpose, to) => {
                let (address, purpose) = (address(to), purpose.name().as_bytes());
                keyring.digest(SENT, &[b"to", channel(to), address.as_bytes(), purpose])
            }
            Self::New(to) => digest([b"new", channel(to), address(to).as_bytes()]),
            Self::Budget(Counter { part, window }) => {
                digest([b"sms budget", part.name().as_bytes(), window.name().as_bytes()])
            }
        }
    }
}

fn channel(to: Destination<'_>) -> &'static [u8] {
    match to {
        Destination::Email(_) => b"email",
        Destination::Sms(_) => b"sms",
        Destination::WebPush(_) => b"web_push",
        Destination::Ntfy(_) => b"ntfy",
    }
}

fn address(to: Destination<'_>) -> String {
    match to {
        Destination::Email(address) => address.folded(),
        Destination::Sms(number) => number.as_str().to_owned(),
        Destination::WebPush(subscription) => subscription.endpoint.clone(),
        Destination::Ntfy(topic) => topic.to_owned(),
    }
}

/// A message as the limits see it.
#[derive(Debug, Default)]
pub(crate) struct Admitted {
    /// What it was counted as.
    pub(crate) counted: Vec<Sending>,
    /// Until when there is none, where it is one too many. Nothing is counted then.
    pub(crate) until: Option<Timestamp>,
    /// The counter of the budget that is used up, or nearly.
    pub(crate) budget: Option<Counter>,
}

/// Counts it for where it comes from, whose it is and where it goes, and a text message in the site's budgets.
pub(super) async fn admit(
    exchange: &mut Exchange<'_>,
    recipient: Recipient<'_>,
    at: Timestamp,
) -> Result<Admitted, Stop> {
    let mut admitted = count(exchange, &subjects(exchange, recipient), at).await?;
    if admitted.until.is_some() {
        return Ok(admitted);
    }
    let budgets = budget::counters(exchange, recipient, at).await;
    let budgets: Vec<_> =
        budgets.into_iter().map(|(limits, counter)| (limits, Subject::Budget(counter))).collect();
    let of_site = count(exchange, &budgets, at).await?;
    if of_site.until.is_some() {
        withdraw(exchange.engine, &admitted.counted).await;
        return Ok(of_site);
    }
    if recipient.binding == Binding::New {
        exchange.resend_gap = ResendGap::Holds;
    }
    admitted.counted.extend(of_site.counted);
    Ok(Admitted { budget: of_site.budget, ..admitted })
}

/// A budget of the site for text messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsBudgetUse {
    /// The span of time that it is for.
    pub window: BudgetWindow,
    /// How many there may be.
    pub budget: u32,
    /// How many count now.
    pub used: u64,
}

/// What is used of the site's budgets for text messages; nothing where none are sent.
///
/// # Errors
/// The ledger does not answer.
pub async fn sms_budgets(engine: &Engine) -> Result<Vec<SmsBudgetUse>, LedgerError> {
    let Some(rules) = engine.courier.sms_rules() else { return Ok(Vec::new()) };
    let mut uses = Vec::new();
    for window in BudgetWindow::ALL {
        let counter = Counter { part: Part::Share(BudgetShare::Whole), window };
        let subject = Subject::Budget(counter).digest(&engine.keyring);
        let used = engine.ledger.count_sendings(subject, window.length(), engine.clock.now()).await?;
        uses.push(SmsBudgetUse { window, budget: rules.budget(window), used });
    }
    Ok(uses)
}

/// What a code counts for, but for the site's budgets.
fn subjects<'s>(exchange: &'s Exchange<'_>, recipient: Recipient<'s>) -> Vec<(SendLimits, Subject<'s>)> {
    let (limits, to) = (exchange.engine.limits.sent_codes, recipient.to);
    let account = &recipient.account.id;
    let purpose = Purpose::of(exchange.actor, recipient.binding);
    let (hourly, spacing) = (purpose.hourly(&limits), limits.spacing());
    let mut subjects = vec![
        (limits.per_source, Subject::Source(exchange.source)),
        (hourly, Subject::AccountFor(purpose, to, account)),
    ];
    match recipient.binding {
        Binding::Bound => {
            subjects.push((hourly, Subject::BoundFor(purpose, to)));
            subjects.push((spacing, Subject::Bound(to)));
        }
        Binding::New => subjects.push((SendLimits { gap: limits.gap, ..hourly }, Subject::New(to))),
    }
    // It is counted all the same, so that the code after it has to wait.
    let after_proof = SendLimits { gap: Duration::ZERO, ..spacing };
    let is_waived = recipient.binding == Binding::New && exchange.resend_gap == ResendGap::WaivedOnce;
    subjects.push((if is_waived { after_proof } else { spacing }, Subject::Account(to, account)));
    subjects
}

/// Counts a message for each of `subjects`, or for none of them: the time until all of them allow it is found out then.
async fn count(
    exchange: &Exchange<'_>,
    subjects: &[(SendLimits, Subject<'_>)],
    at: Timestamp,
) -> Result<Admitted, Stop> {
    let engine = exchange.engine;
    let mut admitted = Admitted::default();
    for (limits, subject) in subjects {
        let sending = Sending { subject: subject.digest(&engine.keyring), at, token: engine.draw_token()? };
        let until = match engine.ledger.admit_sending(&sending, limits).await? {
            SendAdmission::Proceed => {
                admitted.counted.push(sending);
                continue;
            }
            SendAdmission::Limited { until } => until,
        };
        match subject {
            // A mark to warn at: past it nothing is refused.
            Subject::Budget(counter) if counter.is_mark() => admitted.budget = Some(*counter),
            // The site's budget is not counted any further.
            Subject::Budget(counter) => {
                admitted.budget = Some(*counter);
                admitted.until = Some(until);
                break;
            }
            Subject::Source(_)
            | Subject::Account(..)
            | Subject::AccountFor(..)
            | Subject::Bound(_)
            | Subject::BoundFor(..)
            | Subject::New(_) => admitted.until = admitted.until.max(Some(until)),
        }
    }
    if admitted.until.is_some() {
        withdraw(engine, &admitted.counted).await;
        admitted.counted.clear();
    }
    Ok(admitted)
}

pub(super) async fn withdraw(engine: &Engine, counted: &[Sending]) {
    for sending in counted {
        drop(engine.ledger.withdraw_sending(sending).await);
    }
}

const SENT: &str = "sent code";
