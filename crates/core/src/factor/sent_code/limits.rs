//! How often codes are sent: for where the person is, whose code it is and where it goes.

use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::courier::Destination;
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::stop::Stop;
use crate::factor::sms::budget::{self, Counter};
use crate::keyring::{Digest, Keyring};
use crate::ledger::{SendAdmission, Sending};
use crate::limits::Source;

use super::recipient::{Binding, Recipient};

/// What messages are counted for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// Where the person is.
    Source(&'a Source),
    /// Whose code it is, by each channel.
    Account(Destination<'a>, &'a AccountId),
    /// A bound address or number.
    Bound(Destination<'a>),
    /// One that is about to be bound: a user who binds another user's address must not use up the codes of its owner.
    New(Destination<'a>),
    /// A part of the site's budget for text messages.
    Budget(Counter),
}

impl Subject<'_> {
    pub(crate) fn digest(self, keyring: &Keyring) -> Digest {
        let digest = |parts: [&[u8]; 3]| keyring.digest(SENT, &parts);
        match self {
            Self::Source(source) => digest([b"source", b"", source.as_str().as_bytes()]),
            Self::Account(to, account) => digest([b"account", channel(to), account.as_str().as_bytes()]),
            Self::Bound(to) => digest([b"to", channel(to), address(to).as_bytes()]),
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
    exchange: &Exchange<'_>,
    recipient: Recipient<'_>,
    at: Timestamp,
) -> Result<Admitted, Stop> {
    let engine = exchange.engine;
    let (limits, to) = (engine.limits.sent_codes, recipient.to);
    let destination = match recipient.binding {
        Binding::Bound => Subject::Bound(to),
        Binding::New => Subject::New(to),
    };
    let mut subjects = vec![
        (limits.per_source, Subject::Source(exchange.source)),
        (limits.each, Subject::Account(to, &recipient.account.id)),
        (limits.each, destination),
    ];
    let budgets = budget::counters(exchange, recipient, at).await;
    subjects.extend(budgets.into_iter().map(|(limits, counter)| (limits, Subject::Budget(counter))));
    let mut admitted = Admitted::default();
    for (limits, subject) in subjects {
        let sending = Sending { subject: subject.digest(&engine.keyring), at, token: engine.draw_token()? };
        let admission = engine.ledger.admit_sending(&sending, &limits).await?;
        match (admission, subject) {
            (SendAdmission::Proceed, _) => admitted.counted.push(sending),
            // A mark to warn at: past it nothing is refused.
            (SendAdmission::Limited { .. }, Subject::Budget(counter)) if counter.is_mark() => {
                admitted.budget = Some(counter);
            }
            (SendAdmission::Limited { until }, subject) => {
                withdraw(engine, &admitted.counted).await;
                let budget = match subject {
                    Subject::Budget(counter) => Some(counter),
                    Subject::Source(_) | Subject::Account(..) | Subject::Bound(_) | Subject::New(_) => None,
                };
                return Ok(Admitted { counted: Vec::new(), until: Some(until), budget });
            }
        }
    }
    Ok(admitted)
}

pub(super) async fn withdraw(engine: &Engine, counted: &[Sending]) {
    for sending in counted {
        drop(engine.ledger.withdraw_sending(sending).await);
    }
}

const SENT: &str = "sent code";
