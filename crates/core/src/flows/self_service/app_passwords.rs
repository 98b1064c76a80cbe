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
use crate::exchange::stop::Stop;
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
        self.prove(account).await?;
        let created = create_app_password(&self.exchange.engine.authority(), &account.id, &order).await;
        let created = refused_change::told(self.exchange, created).await?;
        self.exchange.person.changed();
        self.show_created(&created).await?;
        self.show_settings(account).await?;
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
                    format!("{} ({}{from})", used.at, used.service)
                }
            };
            let (label, scope) = (live.label.as_str(), live.scope.to_string());
            let listed =
                Phrase::AppPasswordListed { id: live.id.as_str(), label, scope: &scope, used: &when };
            self.exchange.person.tell(&listed).await?;
            let value = json!({
                "id": live.id, "label": label, "scope": live.scope, "created": live.created,
                "expires": live.expires, "networks": live.networks, "last_used": used.map(|used| used.at),
            });
            self.exchange.person.record("app_password", value).await?;
        }
        Ok(())
    }

    pub(super) async fn regenerate_app_passwords(&mut self, account: &Account) -> Result<(), Stop> {
        let id = self.app_password(account).await?;
        let permitted = permits_regeneration(&account.data, id, self.now()).map_err(ChangeError::from);
        refused_change::told(self.exchange, permitted).await?;
        self.prove(account).await?;
        let authority = self.exchange.engine.authority();
        let all = regenerate_app_passwords(&authority, &account.id, Some(id)).await;
        let all = refused_change::told(self.exchange, all).await?;
        self.exchange.person.changed();
        for created in &all {
            self.show_created(created).await?;
        }
        self.show_settings(account).await?;
        for created in &all {
            let label = created.record.label.as_str();
            self.tell_owner(account, &Phrase::ChangedAppPasswordCreated { label }).await;
        }
        Ok(())
    }

    pub(super) async fn revoke_app_passwords(&mut self, account: &Account) -> Result<(), Stop> {
        let id = if self.means_all().await? { None } else { Some(self.app_password(account).await?) };
        self.prove(account).await?;
        let revoked = revoke_app_passwords(&self.exchange.engine.authority(), &account.id, id).await;
        let revoked = match refused_change::told(self.exchange, revoked).await? {
            Revoked::Now(revoked) => revoked,
            Revoked::Before(_) => Vec::new(),
        };
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
        let label = match Label::new(&label) {
            Ok(label) => label,
            Err(error) => return self.refuse_argument("label", &error.to_string()).await,
        };
        let scope = match self.argument("scope").unwrap_or("all").parse::<Scope>() {
            Ok(scope) => scope,
            Err(error) => return self.refuse_argument("scope", &error.to_string()).await,
        };
        let expires = match self.argument("expires").map(str::parse::<Timestamp>).transpose() {
            Ok(expires) => expires,
            Err(error) => return self.refuse_argument("expires", &error.to_string()).await,
        };
        let networks: Vec<&str> =
            self.argument("networks").map_or_else(Vec::new, |all| all.split(',').collect());
        let networks = match Networks::parse(&networks) {
            Ok(networks) => networks,
            Err(error) => return self.refuse_argument("networks", &error.to_string()).await,
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
            (record.label.as_str(), record.scope.to_string(), created.password.grouped());
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

    async fn show_settings(&mut self, account: &Account) -> Result<(), Stop> {
        let engine = self.exchange.engine;
        let settings = &engine.mail_settings;
        self.exchange.person.tell(&Phrase::MailUser { user: &account.name }).await?;
        let servers = [("IMAP", &settings.imap), ("POP3", &settings.pop3), ("SMTP", &settings.smtp)];
        for (protocol, server) in servers {
            let Some(MailServer { host, port, tls }) = server else { continue };
            let (port, tls) = (u64::from(*port), tls.as_str());
            self.exchange.person.tell(&Phrase::MailSetting { protocol, host, port, tls }).await?;
            let value = json!({ "protocol": protocol, "host": host, "port": port, "tls": tls });
            self.exchange.person.record("mail_setting", value).await?;
        }
        Ok(())
    }
}

/// The oldest first.
fn by_age(account: &Account) -> Vec<&LiveAppPassword> {
    let mut all: Vec<&LiveAppPassword> = account.data.live_app_passwords().collect();
    all.sort_by_key(|live| live.created);
    all
}
