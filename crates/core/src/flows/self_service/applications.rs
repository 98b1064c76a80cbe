use serde_json::json;

use crate::exchange::stop::Stop;
use crate::verdict::Reason;
use crate::words::Phrase;

use super::choosing::shown;
use super::session::SelfService;

impl SelfService<'_, '_> {
    /// Lets an application of `[web.applications]` in, by a code that the browser carries to it. The record `application_code` says
    /// where to.
    pub(super) async fn grant_application(&mut self) -> Result<(), Stop> {
        let Some(session) = &mut self.session else {
            return Err(Stop::explained(Reason::NotPermitted, "an application without a session"));
        };
        let argument = |name: &str| self.request.arguments.get(name).map_or("", String::as_str);
        let (name, state) = (argument("application"), argument("state"));
        let Some(application) = self.exchange.engine.application(name) else {
            return self.refuse(&Phrase::NoSuchApplication { name: &shown(name) }).await;
        };
        if !is_state(state) {
            return self.refuse_argument("state", "is not 16 to 128 letters, digits, - and _").await;
        }
        let code = session.lets_in(self.exchange, application, state).await?;
        let value = json!({
            "application": name, "url": application.url, "code": code.expose(), "state": state,
        });
        self.exchange.person.record("application_code", value).await?;
        Ok(())
    }
}

/// What an application draws at random, and recognises its browser by.
fn is_state(state: &str) -> bool {
    (16..=128).contains(&state.len())
        && state.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}
