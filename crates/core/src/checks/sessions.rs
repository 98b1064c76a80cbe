//! Sessions of browsers: whose they are, and whether they are over.

use std::net::IpAddr;

use serde_json::json;

use crate::account::{Account, AccountId};
use crate::account_status::AccountUse;
use crate::browser_record::BrowserRecordKind;
use crate::checks::current_account;
use crate::checks::stored_session::{ACCOUNT_CHANGED, StoredSession, over};
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::localized_conversation::preferred;
use crate::exchange::stop::Stop;
use crate::ledger::Credential;
use crate::session::{
    Application, ApplicationCode, ApplicationGrant, ApplicationKey, Session, SessionId, SessionToken,
};
use crate::words::Language;

/// An open session of the browser that asks.
pub(crate) struct CurrentSession {
    token: SessionToken,
    stored: StoredSession,
}

impl CurrentSession {
    /// Begins a session for the owner of the account, who has just proved who they are, and tells the browser its token.
    pub(crate) async fn begin(
        exchange: &mut Exchange<'_>,
        account: &Account,
        credential: Credential,
        client: Option<&str>,
        address: Option<IpAddr>,
    ) -> Result<(), Stop> {
        // As it is now: any later change ends the session.
        let account = current_account::read_again(exchange, account).await?;
        let engine = exchange.engine;
        let (now, limits) = (engine.clock.now(), engine.limits.sessions);
        let mut session = Session::begin(client, address, now, limits, engine.random)?;
        session.is_proved(credential, &account, now);
        let id = session.id;
        let token = SessionToken::draw(&account.id, &engine.keyring, engine.random)?;
        let stored = StoredSession::begin(engine, token.record_id(&engine.keyring), session, account).await?;
        exchange.trail.session = Some(id);
        let current = Self { token, stored };
        current.tell(exchange).await
    }

    /// The session of this token, and notes that it is used. Whether it ended, never was, or is another site's is not told.
    pub(crate) async fn open(exchange: &mut Exchange<'_>, token: &str) -> Result<Self, Stop> {
        let engine = exchange.engine;
        let Some(token) = SessionToken::parse(token, &engine.keyring) else { return Err(over(NOT_OURS)) };
        let account = account_of(exchange, token.account()).await?;
        let ids = token.record_ids(&engine.keyring, engine.limits.sessions, engine.clock.now());
        let (mut stored, ()) =
            StoredSession::find(engine, account, |id| ids.contains(&id), |_| Some(())).await?;
        exchange.trail.session = Some(stored.session().id);
        stored.note_use(engine).await?;
        Ok(Self { token, stored })
    }

    /// The account, as it was when the session was opened.
    pub(crate) fn account(&self) -> &Account {
        self.stored.account()
    }

    /// What is known of it.
    pub(crate) fn session(&self) -> &Session {
        self.stored.session()
    }

    /// Notes a new proof. The session gets a new token, which the browser is told, and the old one is good no more.
    pub(crate) async fn is_proved(
        &mut self,
        exchange: &mut Exchange<'_>,
        account: &Account,
        credential: Credential,
    ) -> Result<(), Stop> {
        let engine = exchange.engine;
        let now = engine.clock.now();
        let token = SessionToken::draw(&account.id, &engine.keyring, engine.random)?;
        let id = token.record_id(&engine.keyring);
        let earlier = &self.token;
        let change = |session: &mut Session| {
            session.seen = now;
            session.is_proved(credential, account, now);
            Ok(session.rotate_applications(earlier, &token, now, &engine.keyring, engine.random)?)
        };
        self.stored.update(engine, id, account, change).await?;
        self.token = token;
        self.tell(exchange).await
    }

    /// Keeps the session although a change that was made with it ends all others. Any change that another made meanwhile ends it, too.
    pub(crate) async fn survives(
        &mut self,
        exchange: &mut Exchange<'_>,
        bound: Option<Credential>,
    ) -> Result<(), Stop> {
        let account = current_account::read_again(exchange, self.account()).await?;
        if account.password_marker != self.account().password_marker {
            return Err(over(ACCOUNT_CHANGED));
        }
        let engine = exchange.engine;
        let id = self.token.record_id(&engine.keyring);
        let change = |session: &mut Session| {
            // What was bound was proved by its first code, within the time for which the proof before it is good.
            if let (Some(credential), Some(proof)) = (bound, session.proof) {
                session.is_proved(credential, &account, proof.at);
            }
            Ok(())
        };
        self.stored.update(engine, id, &account, change).await
    }

    /// Lets an application in. The code that its browser carries to it.
    pub(crate) async fn lets_in(
        &mut self,
        exchange: &Exchange<'_>,
        application: &Application,
        state: &str,
    ) -> Result<ApplicationCode, Stop> {
        let engine = exchange.engine;
        let (keyring, random, now) = (&engine.keyring, engine.random, engine.clock.now());
        let account = self.account().clone();
        let code = ApplicationCode::draw(&account.id, keyring, random)?;
        let key = ApplicationKey::of(&self.token, &application.name, keyring, random)?;
        let change = |session: &mut Session| {
            let grant = ApplicationGrant::begin(application, &key, &code, state, now, random)?;
            session.lets_in(grant, now);
            Ok(())
        };
        self.stored.update(engine, self.stored.record_id(), &account, change).await?;
        Ok(code)
    }

    /// What people call it.
    pub(crate) fn id(&self) -> SessionId {
        self.session().id
    }

    /// Whether the last proof is good for a change.
    pub(crate) fn has_fresh_proof(&self, exchange: &Exchange<'_>, account: &Account) -> bool {
        self.session().has_fresh_proof(account, exchange.engine.clock.now())
    }

    /// Tells the front door whose session it is, and how long it lasts.
    pub(crate) async fn describe(&self, exchange: &mut Exchange<'_>) -> Result<(), Stop> {
        let limits = exchange.engine.limits.sessions;
        let (session, account) = (self.session(), self.account());
        let value = json!({
            "user": account.name, "id": session.id, "created": session.created,
            "idle_ends": session.idle_ends(limits), "ends": session.end(limits),
            "has_fresh_proof": self.has_fresh_proof(exchange, account),
            "language": preferred(account).map(Language::as_str),
        });
        exchange.person.record("session", value).await?;
        Ok(())
    }

    /// Signs out.
    pub(crate) async fn end(&self, exchange: &Exchange<'_>) -> Result<(), Stop> {
        self.stored.end(exchange.engine).await
    }

    /// Tells the browser its token, and when the session ends.
    async fn tell(&self, exchange: &mut Exchange<'_>) -> Result<(), Stop> {
        let limits = exchange.engine.limits.sessions;
        let (session, account) = (self.session(), self.account());
        let value = json!({
            "token": self.token.expose(), "id": session.id,
            "idle_ends": session.idle_ends(limits), "ends": session.end(limits),
            "user": account.name, "language": preferred(account).map(Language::as_str),
        });
        exchange.person.record("session", value).await?;
        Ok(())
    }
}

/// The account that a secret of a session names, if it may be used.
pub(super) async fn account_of(exchange: &mut Exchange<'_>, id: &AccountId) -> Result<Account, Stop> {
    let account = exchange.engine.directory.read(id).await?.ok_or_else(|| over(NO_ACCOUNT))?;
    exchange.trail.account = Some(account.id.clone());
    account.usable(AccountUse::AnyOther)?;
    Ok(account)
}

/// Makes sure that the ledger is there for a session that is about to begin.
pub(crate) async fn require_ledger(engine: &Engine, account: &AccountId) -> Result<(), Stop> {
    let now = engine.clock.now();
    drop(engine.ledger.browser_records(account, BrowserRecordKind::Session, now).await?);
    Ok(())
}

/// Drops the records of all sessions of the account but that of `current`: a change of the account has ended them, and none may be sealed
/// anew by a request that is under way.
pub(crate) async fn drop_others(
    exchange: &mut Exchange<'_>,
    account: &AccountId,
    current: Option<&CurrentSession>,
) {
    let engine = exchange.engine;
    let (ledger, now) = (&engine.ledger, engine.clock.now());
    let dropped = match ledger.browser_records(account, BrowserRecordKind::Session, now).await {
        Ok(records) => {
            let others = records.iter().map(|record| record.id);
            let others: Vec<_> =
                others.filter(|id| current.is_none_or(|current| current.stored.record_id() != *id)).collect();
            if others.is_empty() { Ok(()) } else { ledger.drop_browser_records(account, &others).await }
        }
        Err(error) => Err(error),
    };
    exchange.trail.is_ledger_down |= dropped.is_err();
}

pub(super) const NOT_OURS: &str = "a session's secret that is none of this site";
const NO_ACCOUNT: &str = "the account of the session is gone";
