use serde_json::json;

use crate::account::Account;
use crate::challenge::ChallengeId;
use crate::changes::challenges::PendingChallenge;
use crate::changes::challenges::deny_challenges;
use crate::changes::challenges::pending_challenges;
use crate::conversation::Choice;
use crate::deed::DeedText;
use crate::exchange::stop::Stop;
use crate::flows::refused_change;
use crate::verdict::Reason;
use crate::words::Phrase;

use super::choosing::{shown, the_one};
use super::session::SelfService;

impl SelfService<'_, '_> {
    pub(super) async fn list_challenges(&mut self, account: &Account) -> Result<(), Stop> {
        let authority = self.exchange.engine.authority();
        let pending = pending_challenges(&authority, &self.exchange.engine.keyring, &account.id).await?;
        if pending.is_empty() {
            self.exchange.person.tell(&Phrase::NoChallenge {}).await?;
        }
        for one in &pending {
            self.tell_challenge(one).await?;
        }
        Ok(())
    }

    async fn tell_challenge(&mut self, one: &PendingChallenge) -> Result<(), Stop> {
        let (id, until) = (one.id.to_string(), self.local(one.challenge.expires));
        let (kind, service) = (one.challenge.kind.name(), one.challenge.service.as_str());
        let rhost = one.challenge.rhost.as_deref();
        let short: String = id.chars().take(8).collect();
        let DeedText { what, place, .. } = self.described(one);
        let phrase = Phrase::ChallengeListed { id: &short, kind, what: &what, place: &place, until: &until };
        self.exchange.person.list(&phrase).await?;
        let value = json!({
            "id": id, "kind": kind, "service": service, "rhost": rhost,
            "created": one.challenge.created, "expires": one.challenge.expires, "answered": one.is_answered,
        });
        self.exchange.person.record("challenge", value).await?;
        Ok(())
    }

    /// The user at the terminal may refuse without a password, because it opens nothing.
    pub(super) async fn deny_challenges(&mut self, account: &Account) -> Result<(), Stop> {
        let means_all = self.means_all().await?;
        let authority = self.exchange.engine.authority();
        let pending = pending_challenges(&authority, &self.exchange.engine.keyring, &account.id).await?;
        if pending.is_empty() && self.argument("id").is_none() {
            self.exchange.person.tell(&Phrase::NoChallenge {}).await?;
            return Ok(());
        }
        let ids: Vec<ChallengeId> = if means_all {
            pending.iter().map(|one| one.id).collect()
        } else {
            if self.argument("id").is_none() {
                for one in &pending {
                    self.tell_challenge(one).await?;
                }
            }
            let choices: Vec<Choice> = pending.iter().map(|one| self.challenge_choice(one)).collect();
            let id = self.argument_or_ask("id", &Phrase::WhichChallenge {}, &choices).await?;
            let Some(one) = the_one(&pending, |one| one.id.is_meant_by(&id)) else {
                self.exchange.person.complain(&Phrase::NoSuchChallenge { id: &shown(&id) }).await?;
                return Err(Stop::reject(Reason::NotPermitted));
            };
            vec![one.id]
        };
        let denied = deny_challenges(&authority, &account.id, &ids).await;
        let denied = refused_change::told(self.exchange, denied).await?;
        if !denied.is_empty() {
            self.exchange.person.changed();
        }
        for one in pending.iter().filter(|one| denied.contains(&one.id)) {
            let what = self.described(one).what;
            self.exchange.person.tell(&Phrase::ChallengeDenied { what: &what }).await?;
            self.exchange.person.record("denied", json!({ "id": one.id.to_string() })).await?;
        }
        Ok(())
    }

    fn described(&self, one: &PendingChallenge) -> DeedText {
        self.exchange.engine.describe(&one.challenge.deed(), self.exchange.person.language())
    }

    fn challenge_choice(&self, one: &PendingChallenge) -> Choice {
        let DeedText { what, place, .. } = self.described(one);
        Choice { id: one.id.to_string(), kind: "challenge", label: format!("{what}, {place}") }
    }
}
