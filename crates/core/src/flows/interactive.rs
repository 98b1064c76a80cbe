use crate::conversation::Conversation;
use crate::engine::Engine;
use crate::verdict::{Reason, Verdict};

use super::login::Visit;
use super::outcome::{Outcome, Trail};

/// Decides a login with a dialogue.
pub(super) async fn login(engine: &Engine, visit: &Visit<'_>, person: &mut dyn Conversation) -> Outcome {
    drop((engine, visit, person));
    Outcome { verdict: Verdict::Reject(Reason::NotPermitted), trail: Trail::default() }
}
