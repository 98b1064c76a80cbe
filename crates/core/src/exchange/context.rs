use crate::engine::Engine;
use crate::limits::Source;
use crate::verdict::Verdict;

use super::actor::Actor;
use super::details::ECHOED;
use super::localized_conversation::LocalizedConversation;
use super::outcome::Outcome;
use super::stop::Stop;
use super::trail::Trail;

/// A person's exchange with Postern: made once, where a flow begins, and handed to each check and change in it.
pub(crate) struct Exchange<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) actor: Actor,
    /// Where the actor is, as far as limits tell it apart.
    pub(crate) source: &'a Source,
    pub(crate) person: LocalizedConversation<'a>,
    pub(crate) trail: Trail,
}

impl<'a> Exchange<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        actor: Actor,
        source: &'a Source,
        person: LocalizedConversation<'a>,
    ) -> Self {
        Self { engine, actor, source, person, trail: Trail::default() }
    }

    /// Ends it: what was found out on the way goes to the log with the verdict.
    pub(crate) fn end(mut self, decided: Result<Verdict, Stop>) -> Outcome {
        if self.person.is_echoed() {
            self.trail.detail = Some(ECHOED);
        }
        self.trail.is_changed |= self.person.is_changed();
        self.trail.language = Some(self.person.language());
        Outcome::of_stop(decided, self.trail)
    }
}
