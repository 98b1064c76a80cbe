//! What applications show of a session: a code, a key, or the mail password that follows from it.

use std::net::IpAddr;

use serde_json::json;

use crate::account::Account;
use crate::app_password::ScopeWord;
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::stop::Stop;
use crate::session::{
    Application, ApplicationCode, ApplicationGrant, ApplicationKey, Session, SessionMailPassword,
};

use super::sessions::{NOT_OURS, account_of};
use super::stored_session::{StoredSession, over};

/// A session, and the key of an application that it lets in.
pub(crate) struct ApplicationSession {
    application: String,
    key: ApplicationKey,
    stored: StoredSession,
}

impl ApplicationSession {
    /// Swaps a code for the application's key. It is used up before that is known to be right, and no two get something for it.
    pub(crate) async fn redeem(
        exchange: &mut Exchange<'_>,
        code: &str,
        application: &str,
        state: &str,
    ) -> Result<Self, Stop> {
        let engine = exchange.engine;
        let Some(code) = ApplicationCode::parse(code, &engine.keyring) else { return Err(over(NOT_OURS)) };
        let account = account_of(exchange, code.account()).await?;
        let is_granted = |grant: &ApplicationGrant| grant.has_code(&code);
        let look = |session: &Session| session.applications.iter().any(is_granted).then_some(());
        let (mut stored, ()) = StoredSession::find(engine, account.clone(), |_| true, look).await?;
        exchange.trail.session = Some(stored.session().id);
        let now = engine.clock.now();
        let redeem = |session: &mut Session| {
            let Some(grant) = session.applications.iter_mut().find(|grant| grant.has_code(&code)) else {
                return Err(over(BAD_CODE));
            };
            let key = grant.redeem(&code, state, now, &engine.keyring, engine.random)?;
            Ok(key.filter(|_| grant.application == application))
        };
        let key = stored.update(engine, stored.record_id(), &account, redeem).await?;
        // The session may have got another secret since the code was made.
        let found = key.and_then(|key| in_force(engine, stored.session(), &key));
        let (application, key) = found.ok_or_else(|| over(BAD_CODE))?;
        Ok(Self { application, key, stored })
    }

    /// The session of a key that is in force, or was followed by one that is.
    pub(crate) async fn open(exchange: &mut Exchange<'_>, key: &str) -> Result<Self, Stop> {
        let engine = exchange.engine;
        let Some(shown) = ApplicationKey::parse(key, &engine.keyring) else { return Err(over(NOT_OURS)) };
        let account = account_of(exchange, shown.account()).await?;
        let look = |session: &Session| in_force(engine, session, &shown);
        let (stored, (application, key)) = StoredSession::find(engine, account, |_| true, look).await?;
        exchange.trail.session = Some(stored.session().id);
        Ok(Self { application, key, stored })
    }

    /// Notes that the session is used.
    pub(crate) async fn note_use(&mut self, exchange: &Exchange<'_>) -> Result<(), Stop> {
        self.stored.note_use(exchange.engine).await
    }

    /// Ends the session.
    pub(crate) async fn end(&self, exchange: &Exchange<'_>) -> Result<(), Stop> {
        self.stored.end(exchange.engine).await
    }

    pub(crate) fn account(&self) -> &Account {
        self.stored.account()
    }

    /// Tells the application what it logs in to mail services with, and for how long.
    pub(crate) async fn tell(&self, exchange: &mut Exchange<'_>) -> Result<(), Stop> {
        let (limits, session) = (exchange.engine.limits.sessions, self.stored.session());
        let value = json!({
            "application": self.application, "user": self.account().name, "password": *self.key.mail_password().expose(),
            "key": self.key.expose(), "id": session.id, "idle_ends": session.idle_ends(limits),
            "ends": session.end(limits),
        });
        exchange.person.record("application_session", value).await?;
        Ok(())
    }
}

fn in_force(engine: &Engine, session: &Session, key: &ApplicationKey) -> Option<(String, ApplicationKey)> {
    session.applications.iter().find_map(|grant| {
        engine.application(&grant.application)?;
        let key = grant.follow(key, &engine.keyring, engine.random)?;
        Some((grant.application.clone(), key))
    })
}

/// What a session mail password opens: what its grant says, and where this host has the account's pages, what they are configured with
/// now, too.
pub(crate) struct Opened<'a> {
    stored: StoredSession,
    grant: ApplicationGrant,
    configured: Option<&'a Application>,
}

impl Opened<'_> {
    /// The account, as it was when the session was read.
    pub(crate) fn account(&self) -> &Account {
        self.stored.account()
    }

    pub(crate) fn opens(&self, service: Option<ScopeWord>) -> bool {
        self.grant.scope.opens(service) && self.configured.is_none_or(|one| one.scope.opens(service))
    }

    pub(crate) fn admits(&self, peer: Option<IpAddr>) -> bool {
        self.grant.networks.admit(peer) && self.configured.is_none_or(|one| one.networks.admit(peer))
    }
}

/// What a session mail password opens, of an open session of the account.
pub(crate) async fn opened<'a>(
    exchange: &mut Exchange<'a>,
    account: Account,
    password: &SessionMailPassword,
) -> Result<Opened<'a>, Stop> {
    let engine = exchange.engine;
    let now = engine.clock.now();
    let look =
        |session: &Session| session.applications.iter().find(|one| one.is_opened_by(password, now)).cloned();
    let (stored, grant) = StoredSession::find(engine, account, |_| true, look).await?;
    exchange.trail.session = Some(stored.session().id);
    let configured = engine.application(&grant.application);
    if engine.applications.is_some() && configured.is_none() {
        return Err(over(NOT_CONFIGURED));
    }
    Ok(Opened { stored, grant, configured })
}

const NOT_CONFIGURED: &str = "the web mail is not in [web.applications] any more";
const BAD_CODE: &str = "a code that was used, is too old, or was made for another application or browser";
