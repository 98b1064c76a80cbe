use crate::conversation::Gone;
use crate::engine::Engine;
use crate::factor::RelyingParty;
use crate::limits::Source;
use crate::policy::Class;
use crate::reason::Reason;
use crate::words::Phrase;

use super::actor::{Actor, Origin};
use super::details::ECHOED;
use super::localized_conversation::LocalizedConversation;
use super::outcome::{Conclusion, Outcome};
use super::stop::Stop;
use super::trail::Trail;

/// A person's exchange with Postern: made once, where a flow begins, and handed to each check and change in it.
pub(crate) struct Exchange<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) actor: Actor,
    /// Where the actor is, as far as limits tell it apart.
    pub(crate) source: &'a Source,
    /// Where the actor is, as messages name it.
    pub(crate) origin: Origin,
    pub(crate) person: LocalizedConversation<'a>,
    pub(crate) trail: Trail,
    /// The class of services whose names and conditions are those of the actor. At logins an account is that of a user of the host; a
    /// person with a browser may have a mailbox alone.
    pub(crate) names: Class,
    /// Whether the next code to a new address or number has to wait for the gap after the last one.
    pub(crate) resend_gap: ResendGap,
}

/// The minimum time between two codes of an account, as it holds for a code to a new address or number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResendGap {
    /// It holds.
    Holds,
    /// A code that was sent has just proved the owner in this exchange, and was spent. One code to the new address or number may
    /// follow at once, so that an address can take the place of an address. It counts in the hourly budgets all the same.
    WaivedOnce,
}

impl<'a> Exchange<'a> {
    /// A claimant's origin is unknown until [`Exchange::at_origin`] tells it. Users of this host and admins are here.
    pub(crate) fn new(
        engine: &'a Engine,
        actor: Actor,
        source: &'a Source,
        person: LocalizedConversation<'a>,
    ) -> Self {
        let origin = Origin { address: actor.address(), is_here: actor.is_here() };
        Self {
            engine,
            actor,
            source,
            origin,
            person,
            trail: Trail::default(),
            names: Class::Login,
            resend_gap: ResendGap::Holds,
        }
    }

    /// The same, where the front door says where the person is.
    pub(crate) fn at_origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// Whether the person is at the account's pages. A passkey can be asked for there, and a proof is of use only while the ledger is
    /// there, which keeps the sessions: no recovery code is used up without it.
    pub(crate) fn is_in_browser(&self) -> bool {
        match self.actor {
            Actor::WebSession { .. } => true,
            // A page that logs a browser in.
            Actor::Claimant => self.names == Class::Mail,
            Actor::UnixUser { .. } | Actor::Admin => false,
        }
    }

    /// Whom passkeys are made for, where the person is at the account's pages.
    pub(crate) fn relying_party(&self) -> Option<&'a RelyingParty> {
        self.engine.relying_party.as_ref().filter(|_| self.is_in_browser())
    }

    /// Tells the person why the flow stops. If the person is gone they did not read it, and the reason becomes `Cancelled`.
    pub(crate) async fn explain(&mut self, phrase: &Phrase<'_>, stop: Stop) -> Stop {
        match self.person.complain(phrase).await {
            Ok(()) => stop,
            Err(Gone::Cancelled | Gone::Closed) => stop.with_reason(Reason::Cancelled),
        }
    }

    /// Ends it: what was found out on the way goes to the log with the verdict. If a program answers every question alike, that
    /// explains the end better than what the flow says of it.
    pub(crate) fn end(mut self, ended: Result<impl Into<Conclusion>, Stop>) -> Outcome {
        self.trail.is_changed |= self.person.is_changed();
        self.trail.language = Some(self.person.language());
        let outcome = Outcome::of(ended, self.trail);
        if self.person.is_echoed() { Outcome { detail: Some(ECHOED), ..outcome } } else { outcome }
    }
}
