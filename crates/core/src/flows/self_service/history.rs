use crate::account::Account;
use crate::exchange::stop::Stop;
use crate::flows::login_history::recent_logins;
use crate::login_event::{EventVerdict, LoginEvent, UsedCredential};
use crate::reason::Reason;
use crate::words::{Language, Phrase};

use super::session::SelfService;

impl SelfService<'_, '_> {
    pub(super) async fn list_logins(&mut self, account: &Account) -> Result<(), Stop> {
        let engine = self.exchange.engine;
        if !engine.limits.history.is_on() {
            return Ok(self.exchange.person.tell(&Phrase::NoHistory {}).await?);
        }
        let events = recent_logins(&engine.authority(), &engine.keyring, &account.id).await?;
        if events.is_empty() {
            self.exchange.person.tell(&Phrase::NoLoginEvent {}).await?;
        }
        for event in &events {
            self.list_login(event).await?;
        }
        Ok(())
    }

    async fn list_login(&mut self, event: &LoginEvent) -> Result<(), Stop> {
        let language = self.exchange.person.language();
        let (time, first) = (self.local(event.last), self.local(event.first));
        let title = self.exchange.engine.title(&event.service, language);
        let address = event.address.map_or_else(|| UNKNOWN.to_owned(), |address| address.to_string());
        let credential =
            event.credential.as_ref().map_or_else(|| UNKNOWN.to_owned(), |used| said(used, language));
        let listed = Phrase::LoginEventListed {
            time: &time,
            title: &title,
            address: &address,
            result: &result(event.verdict, language),
            credential: &credential,
            count: event.count,
            first: &first,
        };
        self.exchange.person.list(&listed).await?;
        self.exchange.person.record("event", event.to_json()).await?;
        Ok(())
    }
}

fn result(verdict: EventVerdict, language: Language) -> String {
    match verdict {
        EventVerdict::Accept => language.say(&Phrase::LoginEventResult { result: "accepted" }),
        EventVerdict::Reject { reason, is_first_factor_proved: false } => {
            language.say(&Phrase::LoginEventResult { result: reason.as_str() })
        }
        EventVerdict::Reject { reason, is_first_factor_proved: true } => {
            let result = if reason == Reason::BadCredential { "wrong_code" } else { reason.as_str() };
            language.say(&Phrase::LoginEventResultProved { result })
        }
    }
}

fn said(used: &UsedCredential, language: Language) -> String {
    let kind = used.kind.as_str();
    match (&used.label, &used.id) {
        (Some(label), _) => language.say(&Phrase::LoginEventCredentialNamed { kind, label }),
        (None, Some(id)) => language.say(&Phrase::LoginEventCredentialWithId { kind, id }),
        (None, None) => language.say(&Phrase::LoginEventCredential { kind }),
    }
}

const UNKNOWN: &str = "unknown";
