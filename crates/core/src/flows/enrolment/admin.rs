//! Binding a factor for somebody whom an admin has at hand.

use std::collections::BTreeMap;

use crate::account::Account;
use crate::app_password::Label;
use crate::checks::typed_codes::Asked;
use crate::conversation::Conversation;
use crate::engine::Engine;
use crate::exchange::dialogue::Dialogue;
use crate::exchange::outcome::Outcome;
use crate::exchange::prompt_context::Enroller;
use crate::exchange::stop::Stop;
use crate::exchange::trail::Trail;
use crate::factor::FactorId;
use crate::limits::Source;
use crate::qr::Screen;
use crate::verdict::{Accepted, Verdict};

use super::{Bound, Place, Wanted, WantedKind, enrol};

/// What an admin wants bound, and to whom.
#[derive(Debug)]
pub struct EnrolFor<'a> {
    /// To whom.
    pub account: &'a Account,
    /// What it shall be.
    pub kind: WantedKind,
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
    let mut dialogue = Dialogue::new(person, order.language, engine.language);
    dialogue.sees_on(order.screen);
    let mut trail = Trail { account: Some(order.account.id.clone()), ..Trail::default() };
    let wanted = Wanted {
        kind: Some(order.kind),
        label: order.label.clone(),
        to: order.to.clone(),
        by: Enroller::Admin { vouches: order.is_unproved },
    };
    let asked = Asked { account: order.account, source: order.source, is_known: true, purpose: None };
    let place = Place { replaces: order.replaces, ticket: None };
    let bound = enrol(engine, asked, &wanted, place, &mut dialogue, &mut trail).await;
    trail.language = Some(dialogue.language());
    let (decided, bound): (Result<Verdict, Stop>, _) = match bound {
        Ok(bound) => {
            let user = order.account.name.clone();
            (Ok(Verdict::Accept(Accepted { user, userdb: BTreeMap::new(), proof: None })), Some(bound))
        }
        Err(stop) => (Err(stop), None),
    };
    Enrolled { outcome: Outcome::of_stop(decided, trail), bound }
}
