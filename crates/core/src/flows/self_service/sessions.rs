use serde_json::json;

use crate::account::Account;
use crate::changes::OpenSession;
use crate::changes::sessions::{end_sessions, open_sessions};
use crate::conversation::Choice;
use crate::exchange::stop::Stop;
use crate::flows::refused_change;
use crate::session::Session;
use crate::verdict::Reason;
use crate::words::Phrase;

use super::choosing::{shown, the_one};
use super::session::SelfService;

impl SelfService<'_, '_> {
    /// Says whose session it is.
    pub(super) async fn check_session(&mut self) -> Result<(), Stop> {
        match &self.session {
            Some(session) => session.describe(self.exchange).await,
            None => Err(Stop::explained(Reason::NotPermitted, "a check of a session without one")),
        }
    }

    pub(super) async fn list_sessions(&mut self, account: &Account) -> Result<(), Stop> {
        let sessions = self.sessions(account).await?;
        if sessions.is_empty() {
            self.exchange.person.tell(&Phrase::NoSession {}).await?;
        }
        for one in &sessions {
            self.list_session(&one.session).await?;
        }
        Ok(())
    }

    /// Needs no proof: it opens nothing.
    pub(super) async fn end_session(&mut self, account: &Account) -> Result<(), Stop> {
        let means_all = self.means_all().await?;
        if !means_all
            && self.argument("id").is_none()
            && let Some(session) = &self.session
        {
            session.end(self.exchange).await?;
            let own = session.session().clone();
            self.exchange.person.changed();
            return self.tell_ended(&own).await;
        }
        let picked = if means_all {
            None
        } else {
            let sessions = self.sessions(account).await?;
            if self.argument("id").is_none() {
                if sessions.is_empty() {
                    return Ok(self.exchange.person.tell(&Phrase::NoSession {}).await?);
                }
                for one in &sessions {
                    self.list_session(&one.session).await?;
                }
            }
            let choices: Vec<Choice> = sessions.iter().map(choice).collect();
            let id = self.argument_or_ask("id", &Phrase::WhichSession {}, &choices).await?;
            match the_one(&sessions, |one| one.session.id.is_meant_by(&id)) {
                Some(one) => Some(one.session.id),
                None => {
                    self.exchange.person.complain(&Phrase::NoSuchSession { id: &shown(&id) }).await?;
                    return Err(Stop::reject(Reason::NotPermitted));
                }
            }
        };
        let is_picked = |one: &OpenSession| picked.is_none_or(|id| id == one.session.id);
        let (authority, keyring) = (self.exchange.engine.authority(), &self.exchange.engine.keyring);
        let ended = end_sessions(&authority, keyring, &account.id, is_picked).await;
        let ended = refused_change::told(self.exchange, ended).await?;
        if ended.is_empty() {
            return Ok(self.exchange.person.tell(&Phrase::NoSession {}).await?);
        }
        self.exchange.person.changed();
        for one in &ended {
            self.tell_ended(&one.session).await?;
        }
        Ok(())
    }

    async fn sessions(&self, account: &Account) -> Result<Vec<OpenSession>, Stop> {
        Ok(open_sessions(&self.exchange.engine.authority(), &self.exchange.engine.keyring, account).await?)
    }

    async fn list_session(&mut self, session: &Session) -> Result<(), Stop> {
        let limits = self.exchange.engine.limits.sessions;
        let (id, name) = (session.id.to_string(), session.name());
        let (since, used) = (self.local(session.created), self.local(session.seen));
        let until = self.local(session.idle_ends(limits));
        let is_current = self.session.as_ref().is_some_and(|current| current.id() == session.id);
        let (id, since, used, until) = (&*id, &*since, &*used, &*until);
        let listed = if is_current {
            Phrase::SessionListedHere { id, name: &name, since, used, until }
        } else {
            Phrase::SessionListed { id, name: &name, since, used, until }
        };
        self.exchange.person.list(&listed).await?;
        let value = json!({
            "id": id, "client": session.client, "address": session.address, "created": session.created,
            "seen": session.seen, "idle_ends": session.idle_ends(limits), "ends": session.end(limits),
            "is_current": is_current,
        });
        self.exchange.person.record("open_session", value).await?;
        Ok(())
    }

    async fn tell_ended(&mut self, session: &Session) -> Result<(), Stop> {
        self.exchange.person.tell(&Phrase::SessionEnded { name: &session.name() }).await?;
        self.exchange.person.record("ended", json!({ "id": session.id })).await?;
        Ok(())
    }
}

fn choice(one: &OpenSession) -> Choice {
    Choice { id: one.session.id.to_string(), kind: "session", label: one.session.name() }
}
