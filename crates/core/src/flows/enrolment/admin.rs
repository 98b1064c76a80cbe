//! Binding a factor by an admin, with the user present.

use std::collections::BTreeMap;

use crate::account::Account;
use crate::app_password::Label;
use crate::conversation::Conversation;
use crate::engine::Engine;
use crate::exchange::actor::Actor;
use crate::exchange::context::Exchange;
use crate::exchange::localized_conversation::LocalizedConversation;
use crate::exchange::outcome::Outcome;
use crate::factor::{FactorId, FactorType};
use crate::limits::Source;
use crate::qr::Screen;
use crate::verdict::{Accepted, Verdict};

use super::bind::enrol;
use super::order::{Bound, Place, Wanted};

/// An admin's order to bind a factor to an account.
#[derive(Debug)]
pub struct EnrolFor<'a> {
    /// The account to bind it to.
    pub account: &'a Account,
    /// What it shall be.
    pub kind: FactorType,
    /// Its name; without one the kind's, with a number from the second on.
    pub label: Option<Label>,
    /// The address or number that codes are sent to.
    pub to: Option<String>,
    /// Which factor it takes the place of.
    pub replaces: Option<FactorId>,
    /// Whether the admin says that the address or number is right, and no code is sent.
    pub is_unproved: bool,
    /// The admin's language (BCP 47), where it is known.
    pub language: Option<&'a str>,
    /// Where the admin is, for the limits on what is sent.
    pub source: &'a Source,
    /// The admin's terminal.
    pub screen: Screen,
}

/// How that ended.
#[derive(Debug)]
pub struct Enrolled {
    /// As for any other flow.
    pub outcome: Outcome,
    /// What was bound, where it was.
    pub bound: Option<Bound>,
}

/// Leads an admin, who has the person at hand, through binding a factor. Neither the account's main password nor a factor of
/// it is asked for; every limit, and all that is to be true of the new factor, holds as it does for its owner.
pub async fn enrol_for(engine: &Engine, order: &EnrolFor<'_>, person: &mut dyn Conversation) -> Enrolled {
    let mut person = LocalizedConversation::new(person, order.language, engine.language);
    person.sees_on(order.screen);
    let mut exchange = Exchange::new(engine, Actor::Admin, order.source, person);
    exchange.trail.account = Some(order.account.id.clone());
    let wanted = Wanted {
        kind: Some(order.kind),
        label: order.label.clone(),
        to: order.to.clone(),
        is_to_typed: false,
        is_unproved: order.is_unproved,
    };
    let place = Place { replaces: order.replaces, ticket: None };
    let (decided, bound) = match enrol(&mut exchange, order.account, wanted, place).await {
        Ok(bound) => {
            let user = order.account.name.clone();
            (Ok(Verdict::Accept(Accepted { user, userdb: BTreeMap::new(), proof: None })), Some(bound))
        }
        Err(stop) => (Err(stop), None),
    };
    Enrolled { outcome: exchange.end(decided), bound }
}
