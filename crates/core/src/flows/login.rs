use crate::conversation::Conversation;
use crate::engine::Engine;
use crate::policy::ServiceKind;
use crate::verdict::{Reason, Verdict};

use super::details::UNCONFIGURED;
use super::login_request::Visit;
use super::{interactive, mail};
use crate::exchange::{Outcome, Trail};

/// Decides a login, as the class of its service asks for.
pub async fn login(engine: &Engine, visit: &Visit<'_>, person: &mut dyn Conversation) -> Outcome {
    match engine.services.get(visit.service).map(|service| &service.kind) {
        Some(ServiceKind::Mail(_)) => mail::login(engine, visit, person).await,
        Some(ServiceKind::Login(_)) => interactive::login(engine, visit, person).await,
        None => {
            let trail = Trail { detail: Some(UNCONFIGURED), ..Trail::default() };
            Outcome { verdict: Verdict::Reject(Reason::NotPermitted), trail }
        }
    }
}
