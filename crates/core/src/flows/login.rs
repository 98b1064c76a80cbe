use crate::conversation::Conversation;
use crate::engine::Engine;
use crate::exchange::details::UNCONFIGURED;
use crate::exchange::outcome::Outcome;
use crate::exchange::stop::Stop;
use crate::exchange::trail::Trail;
use crate::policy::ServiceKind;
use crate::verdict::{Reason, Verdict};

use super::login_request::LoginRequest;
use super::{interactive, mail};

/// Decides a login, as the class of its service asks for.
pub async fn login(engine: &Engine, request: &LoginRequest<'_>, person: &mut dyn Conversation) -> Outcome {
    let Some(service) = request.service.settings else {
        return Outcome::of(
            Err::<Verdict, _>(Stop::explained(Reason::NotPermitted, UNCONFIGURED)),
            Trail::default(),
        );
    };
    match &service.kind {
        ServiceKind::Mail(mail) => mail::login(engine, request, mail, service.observe, person).await,
        ServiceKind::Login(login) => {
            interactive::login(engine, request, login, service.observe, person).await
        }
    }
}
