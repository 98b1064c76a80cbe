use serde_json::json;

use crate::account::Account;
use crate::app_password::Label;
use crate::changes::factors::unbind_factor;
use crate::conversation::Choice;
use crate::courier::Destination;
use crate::deed::Change;
use crate::exchange::stop::Stop;
use crate::factor::{Factor, FactorId, FactorType, registry};
use crate::flows::enrolment::{self, Place, Wanted};
use crate::flows::{recovery_codes, refused_change};
use crate::policy::{ForcedEnrolment, StrictestRule};
use crate::verdict::Reason;
use crate::words::Phrase;

use super::choosing::{shown, the_one};
use super::session::SelfService;

impl SelfService<'_, '_> {
    pub(super) async fn list_factors(&mut self, account: &Account) -> Result<(), Stop> {
        let kind = self.kind().await?;
        let factors = of_kind(account, kind);
        match (&*factors, kind) {
            ([], None) => self.exchange.person.tell(&Phrase::NoFactor {}).await?,
            ([], Some(_)) => self.exchange.person.tell(&Phrase::NoFactorOfKind {}).await?,
            ([_, ..], _) => self.exchange.person.tell(&Phrase::FactorsBound {}).await?,
        }
        for factor in &factors {
            self.list_factor(factor).await?;
        }
        if kind.is_some() {
            return Ok(());
        }
        let count = account.data.recovery_codes.len();
        if !account.data.factors.is_empty() {
            let phrase = match count {
                0 => Phrase::NoRecoveryCodes {},
                _ => Phrase::RecoveryCodesKept { count: count as u64 },
            };
            self.exchange.person.tell(&phrase).await?;
        }
        self.exchange.person.record("recovery", json!({ "codes_left": count })).await?;
        let engine = self.exchange.engine;
        let kinds = FactorType::ALL.into_iter().filter(|kind| registry::is_available(*kind, self.exchange));
        let kinds: Vec<&str> = kinds.map(FactorType::name).collect();
        let is_required = engine.strictest_rule(account.data.policy).is_required;
        let value = json!({ "kinds": kinds, "is_required": is_required });
        self.exchange.person.record("second_factor_rule", value).await?;
        Ok(())
    }

    async fn list_factor(&mut self, factor: &Factor) -> Result<(), Stop> {
        let (id, created) = (factor.id.short(), self.local(factor.created));
        // The user at the terminal may not be the owner.
        let to = factor.kind.record().destination().map(Destination::masked);
        let kind = factor.kind.name();
        let shown_to = to.as_deref().unwrap_or("none");
        let (id, label, created) = (&*id, factor.label.as_str(), &*created);
        let phrase = match factor.locked {
            None => Phrase::FactorListed { id, label, kind, to: shown_to, created },
            Some(_) => Phrase::FactorListedLocked { id, label, kind, to: shown_to, created },
        };
        self.exchange.person.list(&phrase).await?;
        let backup = factor.kind.passkey().map(|passkey| passkey.backup);
        let value = json!({
            "id": factor.id, "label": label, "kind": kind, "created": factor.created, "locked": factor.locked,
            "to": to, "backup": backup,
        });
        self.exchange.person.record("factor", value).await?;
        Ok(())
    }

    pub(super) async fn enrol(&mut self, account: &Account) -> Result<(), Stop> {
        let wanted = self.wanted().await?;
        if self.forced_enrolment(account) == Some(ForcedEnrolment::Never) {
            self.exchange.person.complain(&Phrase::EnrolmentRefused {}).await?;
            return Err(Stop::reject(Reason::NotPermitted));
        }
        let wanted = enrolment::prepare(self.exchange, account, wanted, None).await?;
        let account = self.prove(account, Change::SetUpFactor).await?;
        let mut place = Place::default();
        match self.forced_enrolment(&account) {
            Some(ForcedEnrolment::Ticket) => {
                place.ticket = enrolment::ask_for_ticket(self.exchange, &account).await?;
            }
            Some(ForcedEnrolment::Never) => return Err(Stop::reject(Reason::NotPermitted)),
            Some(ForcedEnrolment::Login) | None => {}
        }
        let bound = enrolment::enrol(self.exchange, &account, wanted, place).await?;
        self.bound = Some(bound.id);
        if !bound.is_first {
            return Ok(());
        }
        match recovery_codes::offer(self.exchange, &account).await {
            // The factor is bound, and a script or a user who left does without.
            Err(stop) if stop.is_cancelled() => Ok(()),
            offered => offered.map(|_| ()),
        }
    }

    /// What was said beforehand of the factor that is to be bound.
    async fn wanted(&mut self) -> Result<Wanted, Stop> {
        let label = self.label().await?;
        let kind = self.kind().await?;
        let to = self.argument("to").map(ToOwned::to_owned);
        Ok(Wanted { kind, label, to, ..Wanted::default() })
    }

    async fn kind(&mut self) -> Result<Option<FactorType>, Stop> {
        match self.argument("kind").map(FactorType::parse) {
            None => Ok(None),
            Some(Some(kind)) => Ok(Some(kind)),
            Some(None) => {
                let known = FactorType::ALL.map(FactorType::name).join(", ");
                self.refuse_argument("kind", &format!("is none of {known}")).await
            }
        }
    }

    pub(super) async fn replace(&mut self, account: &Account) -> Result<(), Stop> {
        let mut wanted = self.wanted().await?;
        let old = self.factor(account, None).await?;
        let kind = wanted.kind.unwrap_or(old.kind.factor_type());
        // A label says what it is: "E-mail" is none for an app.
        if kind == old.kind.factor_type() {
            wanted.label = wanted.label.or_else(|| Some(old.label.clone()));
        }
        wanted.kind = Some(kind);
        let wanted = enrolment::prepare(self.exchange, account, wanted, Some(old.id)).await?;
        let account = self.prove(account, Change::ReplaceFactor).await?;
        let place = Place { replaces: Some(old.id), ticket: None };
        let bound = enrolment::enrol(self.exchange, &account, wanted, place).await?;
        self.bound = Some(bound.id);
        self.exchange.person.tell(&Phrase::FactorReplaced { label: old.label.as_str() }).await?;
        Ok(())
    }

    pub(super) async fn remove(&mut self, account: &Account) -> Result<(), Stop> {
        let kind = self.kind().await?;
        let factor = self.factor(account, kind).await?;
        let may_be_last = !self.strictest_rule(account).is_required;
        if account.data.factors.len() == 1 && !may_be_last {
            self.exchange.person.complain(&Phrase::LastFactorStays {}).await?;
            return Err(Stop::reject(Reason::NotPermitted));
        }
        self.prove(account, Change::RemoveFactor).await?;
        let removed = unbind_factor(
            &self.exchange.engine.authority(),
            &self.exchange.engine.keyring,
            &account.id,
            factor.id,
            may_be_last,
        )
        .await;
        let removed = refused_change::told(self.exchange, removed).await?;
        self.exchange.person.changed();
        self.exchange.person.tell(&Phrase::FactorRemoved { label: removed.label.as_str() }).await?;
        if account.data.factors.len() == 1 {
            self.exchange.person.tell(&Phrase::NoFactorLeft {}).await?;
        }
        self.exchange
            .person
            .record("removed", json!({ "id": removed.id, "label": removed.label.as_str() }))
            .await?;
        let what = Phrase::ChangedFactorRemoved { label: removed.label.as_str(), kind: removed.kind.name() };
        self.tell_owner(account, &what).await;
        Ok(())
    }

    pub(super) async fn recovery_codes(&mut self, account: &Account) -> Result<(), Stop> {
        if account.data.factors.is_empty() {
            self.exchange.person.complain(&Phrase::RecoveryNeedsFactor {}).await?;
            return Err(Stop::reject(Reason::NotPermitted));
        }
        self.prove(account, Change::RecoveryCodes).await?;
        recovery_codes::make(self.exchange, account).await
    }

    async fn label(&mut self) -> Result<Option<Label>, Stop> {
        match self.argument("label").map(Label::new) {
            None => Ok(None),
            Some(Ok(label)) => Ok(Some(label)),
            Some(Err(_)) => self.refuse(&Phrase::BadLabel {}).await,
        }
    }

    /// The factor that is meant, of those of a kind where one is said; of one alone there is no question.
    async fn factor(&mut self, account: &Account, kind: Option<FactorType>) -> Result<Factor, Stop> {
        let factors = of_kind(account, kind);
        if let ([only], None) = (&*factors, self.argument("id")) {
            return Ok((*only).clone());
        }
        if factors.is_empty() {
            let none = if kind.is_some() { Phrase::NoFactorOfKind {} } else { Phrase::NoFactor {} };
            self.exchange.person.complain(&none).await?;
            return Err(Stop::reject(Reason::NotPermitted));
        }
        if self.argument("id").is_none() {
            for factor in &factors {
                self.list_factor(factor).await?;
            }
        }
        let choice = |factor: &&Factor| Choice {
            id: factor.id.short(),
            kind: factor.kind.name(),
            label: factor.label.as_str().to_owned(),
        };
        let choices: Vec<Choice> = factors.iter().map(choice).collect();
        let id = self.argument_or_ask("id", &Phrase::WhichFactor {}, &choices).await?;
        match the_one(&factors, |factor| FactorId::is_meant_by(factor.id, &id)) {
            Some(factor) => Ok((*factor).clone()),
            None => {
                self.exchange.person.complain(&Phrase::NoSuchFactor { id: &shown(&id) }).await?;
                Err(Stop::reject(Reason::NotPermitted))
            }
        }
    }

    /// What a user without a factor needs to bind the first one; `None` if the account has one.
    fn forced_enrolment(&self, account: &Account) -> Option<ForcedEnrolment> {
        (!account.data.is_enrolled()).then(|| self.strictest_rule(account).forced_enrolment)
    }

    fn strictest_rule(&self, account: &Account) -> StrictestRule {
        self.exchange.engine.strictest_rule(account.data.policy)
    }
}

/// The oldest first; all of them, or those of one kind.
fn of_kind(account: &Account, kind: Option<FactorType>) -> Vec<&Factor> {
    let is_of_it = |factor: &&Factor| kind.is_none_or(|kind| kind == factor.kind.factor_type());
    let mut factors: Vec<&Factor> = account.data.factors.iter().filter(is_of_it).collect();
    factors.sort_by_key(|factor| (factor.created, factor.id));
    factors
}
