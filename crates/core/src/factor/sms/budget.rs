//! The site's budgets for text messages: what a message counts in, and who hears that they come to an end.

use crate::checks::attempts;
use crate::clock::Timestamp;
use crate::conversation::Gone;
use crate::courier::{Destination, Message};
use crate::exchange::context::Exchange;
use crate::exchange::trail::SmsBudget;
use crate::factor::sent_code::recipient::{Binding, Recipient};
use crate::limits::SendLimits;
use crate::sms_rules::{BudgetShare, BudgetWindow, near, send_limits};
use crate::words::Phrase;

/// What counts text messages of the whole site. Every message counts in each counter that holds its share; who can fill one
/// is said at [`BudgetShare`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counter {
    pub(crate) part: Part,
    pub(crate) window: BudgetWindow,
}

/// What a counter is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Full, it refuses.
    Share(BudgetShare),
    /// Full, it warns.
    Mark,
}

impl Part {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Share(share) => share.name(),
            Self::Mark => "mark",
        }
    }
}

impl Counter {
    /// Whether it warns, and refuses nothing.
    pub(crate) fn is_mark(self) -> bool {
        self.part == Part::Mark
    }
}

/// What a message counts in, each with how many there may be. None for what is no text message.
pub(crate) async fn counters(
    exchange: &Exchange<'_>,
    recipient: Recipient<'_>,
    at: Timestamp,
) -> Vec<(SendLimits, Counter)> {
    let Destination::Sms(_) = recipient.to else { return Vec::new() };
    let Some(rules) = exchange.engine.courier.sms_rules() else { return Vec::new() };
    let share = share(exchange, recipient, at).await;
    let mut counters = Vec::new();
    for share in share.and_larger() {
        for window in BudgetWindow::ALL {
            let limits = send_limits(share.of(rules.budget(window)), window);
            counters.push((limits, Counter { part: Part::Share(*share), window }));
        }
    }
    // Last: what is refused above is not counted here.
    for window in BudgetWindow::ALL {
        let limits = send_limits(near(rules.budget(window)), window);
        counters.push((limits, Counter { part: Part::Mark, window }));
    }
    counters
}

async fn share(exchange: &Exchange<'_>, recipient: Recipient<'_>, at: Timestamp) -> BudgetShare {
    match recipient.binding {
        Binding::New if exchange.actor.is_owner() => BudgetShare::NewNumber,
        Binding::New => BudgetShare::Whole,
        Binding::Bound => {
            let (engine, account) = (exchange.engine, &recipient.account.id);
            // Without an authenticated record of the ledger there is no privilege.
            let past = attempts::past(engine, account, exchange.source, at).await.unwrap_or_default();
            if past.has_succeeded() { BudgetShare::Whole } else { BudgetShare::NewSource }
        }
    }
}

/// Notes for the log that a budget is used up or nearly so, and mails it to the admin: once for each counter and window.
pub(crate) async fn warn(exchange: &mut Exchange<'_>, counter: Option<Counter>) {
    let engine = exchange.engine;
    let (Some(counter), Some(rules)) = (counter, engine.courier.sms_rules()) else { return };
    let (hours, budget) = (counter.window.hours(), u64::from(rules.budget(counter.window)));
    let (state, what) = match counter.part {
        Part::Mark => (SmsBudget::Near, Phrase::SmsBudgetNear { budget, hours }),
        Part::Share(BudgetShare::Whole) => (SmsBudget::UsedUp, Phrase::SmsBudgetUsedUp { budget, hours }),
        Part::Share(BudgetShare::NewSource) => {
            (SmsBudget::UsedUpForNewSources, Phrase::SmsBudgetNewSources { budget, hours })
        }
        Part::Share(BudgetShare::NewNumber) => {
            (SmsBudget::UsedUpForNewNumbers, Phrase::SmsBudgetNewNumbers { budget, hours })
        }
    };
    exchange.trail.sms_budget = Some(state);
    let Some(address) = &rules.warn_address else { return };
    let Ok(token) = engine.draw_token() else { return };
    let (name, at) = (counter.part.name().as_bytes(), engine.clock.now());
    let told = engine.keyring.digest(TOLD, &[name, counter.window.name().as_bytes()]);
    // Where the ledger does not say that it is our turn, the log has it all the same.
    if !engine.ledger.claim(told, token, counter.window.length(), at).await.unwrap_or(false) {
        return;
    }
    // It does not matter whether the user still waits.
    let _: Result<(), Gone> = exchange.person.pause(crate::courier::LONGEST_DELIVERY).await;
    let what = engine.language.say(&what);
    let message = Message::SmsBudget { what: &what, at };
    let sent = engine.courier.send(&Destination::Email(address), engine.language, &message).await;
    exchange.trail.is_courier_down |= sent.is_err();
}

const TOLD: &str = "sms budget told";
