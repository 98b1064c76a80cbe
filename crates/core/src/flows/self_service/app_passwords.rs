use serde_json::json;

use crate::account::Account;
use crate::app_password::{Label, LiveAppPassword, Networks, Scope, Selector};
use crate::changes::app_passwords::Created;
use crate::changes::app_passwords::Order;
use crate::changes::app_passwords::Revoked;
use crate::changes::app_passwords::create_app_password;
use crate::changes::app_passwords::permits;
use crate::changes::app_passwords::permits_regeneration;
use crate::changes::app_passwords::regenerate_app_passwords;
use crate::changes::app_passwords::revoke_app_passwords;
use crate::changes::error::ChangeError;
use crate::clock::Timestamp;
use crate::config::MailServer;
use crate::conversation::Choice;
use crate::deed::Change;
use crate::exchange::stop::Stop;
use crate::flows::mail_settings::server_record;
use crate::flows::refused_change;
use crate::ledger::Credential;
use crate::verdict::Reason;
use crate::words::Phrase;

use super::choosing::shown;
use super::session::SelfService;

impl SelfService<'_, '_> {
    pub(super) async fn create_app_password(&mut self, account: &Account) -> Result<(), Stop> {
        let order = self.order().await?;
        let (limit, now) = (self.exchange.engine.limits.app_passwords_per_account, self.now());
        let permitted = permits(&account.data, &order, limit, now).map_err(ChangeError::from);
        refused_change::told(self.exchange, permitted).await?;
        self.prove(account, Change::CreateAppPassword).await?;
        let created = create_app_password(&self.exchange.engine.authority(), &account.id, &order).await;
        let created = refused_change::told(self.exchange, created).await?;
        self.exchange.person.changed();
        self.show_created(&created).await?;
        self.show_settings(account, &[&created]).await?;
        let label = created.record.label.as_str();
        // Two of one name are told apart by their ids alone.
        if let Some(other) = account.data.live_app_passwords().find(|live| live.label.as_str() == label) {
            let id = other.id.as_str();
            self.exchange.person.complain(&Phrase::AppPasswordLabelTwice { label, id }).await?;
        }
        self.tell_owner(account, &Phrase::ChangedAppPasswordCreated { label }).await;
        Ok(())
    }

    pub(super) async fn list_app_passwords(&mut self, account: &Account) -> Result<(), Stop> {
        // The list is of use without it.
        let uses = self.exchange.engine.ledger.last_uses(&account.id).await.unwrap_or_else(|_| {
            self.exchange.trail.is_ledger_down = true;
            Vec::new()
        });
        let all = by_age(account);
        if all.is_empty() {
            self.exchange.person.tell(&Phrase::NoAppPassword {}).await?;
        }
        for live in all {
            let credential = Credential::AppPassword(live.id);
            let used = uses.iter().find(|used| used.credential == credential);
            let when = match used {
                None => self.exchange.person.language().say(&Phrase::NeverUsed {}),
                Some(used) => {
                    let from = used.address.map_or(String::new(), |address| format!(", {address}"));
                    format!("{} ({}{from})", self.local(used.at), used.service)
                }
            };
            let (label, scope) = (live.label.as_str(), self.scope_text(&live.scope));
            let expires = live.expires.map_or_else(|| "never".to_owned(), |expires| self.local(expires));
            let networks = if live.networks.is_empty() {
                "any".to_owned()
            } else {
                live.networks.to_string().replace(',', ", ")
            };
            let listed = Phrase::AppPasswordListed {
                id: live.id.as_str(),
                label,
                scope: &scope,
                used: &when,
                expires: &expires,
                networks: &networks,
            };
            self.exchange.person.list(&listed).await?;
            let value = json!({
                "id": live.id, "label": label, "scope": live.scope, "created": live.created,
                "expires": live.expires, "networks": live.networks, "last_used": used.map(|used| used.at),
                "last_used_service": used.map(|used| &used.service), "last_used_address": used.and_then(|used| used.address),
            });
            self.exchange.person.record("app_password", value).await?;
        }
        Ok(())
    }

    pub(super) async fn regenerate_app_passwords(&mut self, account: &Account) -> Result<(), Stop> {
        let id = self.app_password(account).await?;
        let permitted = permits_regeneration(&account.data, id, self.now()).map_err(ChangeError::from);
        refused_change::told(self.exchange, permitted).await?;
        self.prove(account, Change::RegenerateAppPasswords).await?;
        let authority = self.exchange.engine.authority();
        let all = regenerate_app_passwords(&authority, &account.id, Some(id)).await;
        let all = refused_change::told(self.exchange, all).await?;
        self.exchange.person.changed();
        for created in &all {
            self.show_created(created).await?;
        }
        self.show_settings(account, &all.iter().collect::<Vec<_>>()).await?;
        for created in &all {
            let label = created.record.label.as_str();
            self.tell_owner(account, &Phrase::ChangedAppPasswordCreated { label }).await;
        }
        Ok(())
    }

    pub(super) async fn revoke_app_passwords(&mut self, account: &Account) -> Result<(), Stop> {
        let id = if self.means_all().await? { None } else { Some(self.app_password(account).await?) };
        self.prove(account, Change::RevokeAppPasswords).await?;
        let revoked = revoke_app_passwords(&self.exchange.engine.authority(), &account.id, id).await;
        let mut revoked = match refused_change::told(self.exchange, revoked).await? {
            Revoked::Now(revoked) => revoked,
            Revoked::Before(_) => Vec::new(),
        };
        // As they are listed; a directory has no order.
        revoked.sort_by_key(|live| live.created);
        if revoked.is_empty() {
            self.exchange.person.tell(&Phrase::NoAppPassword {}).await?;
        } else {
            self.exchange.person.changed();
        }
        for live in &revoked {
            self.exchange.person.tell(&Phrase::AppPasswordRevoked { label: live.label.as_str() }).await?;
            let value = json!({ "id": live.id, "label": live.label.as_str() });
            self.exchange.person.record("revoked", value).await?;
        }
        for live in &revoked {
            let label = live.label.as_str();
            self.tell_owner(account, &Phrase::ChangedAppPasswordRevoked { label }).await;
        }
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.exchange.engine.clock.now()
    }

    async fn order(&mut self) -> Result<Order, Stop> {
        let label = self.argument_or_ask("label", &Phrase::AppPasswordLabel {}, &[]).await?;
        let Ok(label) = Label::new(&label) else { return self.refuse(&Phrase::BadLabel {}).await };
        let given = self.argument("scope").unwrap_or("all").to_owned();
        let Ok(scope) = given.parse::<Scope>() else {
            return self.refuse(&Phrase::BadScope { given: &shown(&given) }).await;
        };
        let given = self.argument("expires").map(ToOwned::to_owned);
        let Ok(expires) = given.as_deref().map(str::parse::<Timestamp>).transpose() else {
            return self.refuse(&Phrase::BadExpiry { given: &shown(&given.unwrap_or_default()) }).await;
        };
        let given = self.argument("networks").map(ToOwned::to_owned);
        let networks: Vec<&str> = given.iter().flat_map(|all| all.split(',')).collect();
        let Ok(networks) = Networks::parse(&networks) else {
            return self.refuse(&Phrase::BadNetworks { given: &shown(&given.unwrap_or_default()) }).await;
        };
        Ok(Order { label, scope, expires, networks })
    }

    /// The app password that is meant, by its first four characters.
    async fn app_password(&mut self, account: &Account) -> Result<Selector, Stop> {
        if self.argument("id").is_none() {
            self.list_app_passwords(account).await?;
        }
        let choice = |live: &LiveAppPassword| Choice {
            id: live.id.as_str().to_owned(),
            kind: "app_password",
            label: live.label.as_str().to_owned(),
        };
        let choices: Vec<Choice> = by_age(account).into_iter().map(choice).collect();
        let id = self.argument_or_ask("id", &Phrase::WhichAppPassword {}, &choices).await?;
        let selector = id.trim_end_matches('…').parse::<Selector>().ok();
        let known = selector.filter(|id| account.data.live_app_passwords().any(|live| live.id == *id));
        match known {
            Some(id) => Ok(id),
            None => {
                self.exchange.person.complain(&Phrase::NoSuchAppPassword { id: &shown(&id) }).await?;
                Err(Stop::reject(Reason::NotPermitted))
            }
        }
    }

    async fn show_created(&mut self, created: &Created) -> Result<(), Stop> {
        let record = &created.record;
        let (label, scope, password) =
            (record.label.as_str(), self.scope_text(&record.scope), created.password.grouped());
        self.exchange.person.tell(&Phrase::NewAppPassword { label }).await?;
        self.exchange.person.tell(&Phrase::AppPassword { password: &password }).await?;
        self.exchange.person.tell(&Phrase::AppPasswordUse { scope: &scope }).await?;
        let value = json!({
            "id": record.id, "label": label, "scope": record.scope, "expires": record.expires,
            "networks": record.networks, "password": *password, "replaces": created.replaces,
        });
        self.exchange.person.record("app_password", value).await?;
        Ok(())
    }

    /// Shows the settings of the services that any of these opens.
    async fn show_settings(&mut self, account: &Account, all: &[&Created]) -> Result<(), Stop> {
        let settings = &self.exchange.engine.mail_settings;
        self.exchange.person.tell(&Phrase::MailUser { user: &account.name }).await?;
        let names = json!({ "user": account.name, "address": account.addresses.first() });
        self.exchange.person.record("mail_account", names).await?;
        for (word, server) in settings.servers() {
            if !all.iter().any(|created| created.record.scope.opens(Some(word))) {
                continue;
            }
            let MailServer { host, port, tls } = server;
            let (protocol, port) = (&*word.as_str().to_uppercase(), u64::from(*port));
            self.exchange.person.tell(&Phrase::MailSetting { protocol, host, port, tls: tls.name() }).await?;
            self.exchange.person.record("mail_setting", server_record(word, server)).await?;
        }
        Ok(())
    }

    /// The scope in the person's words.
    fn scope_text(&self, scope: &Scope) -> String {
        let language = self.exchange.person.language();
        let words = scope.words().into_iter().map(|scope| language.say(&Phrase::ScopeWord { scope }));
        words.collect::<Vec<_>>().join(&language.say(&Phrase::ListDivider {}))
    }
}

/// The oldest first.
fn by_age(account: &Account) -> Vec<&LiveAppPassword> {
    let mut all: Vec<&LiveAppPassword> = account.data.live_app_passwords().collect();
    all.sort_by_key(|live| live.created);
    all
}
