//! Sessions of browsers: whose they are, and whether they are over.

use std::net::IpAddr;

use serde_json::json;

use crate::account::{Account, AccountId};
use crate::account_status::AccountUse;
use crate::browser_record::{BrowserRecord, BrowserRecordKind};
use crate::checks::current_account;
use crate::clock::Timestamp;
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::exchange::localized_conversation::preferred;
use crate::exchange::stop::Stop;
use crate::ledger::Credential;
use crate::session::{SEEN_EVERY, Session, SessionId, SessionToken};
use crate::verdict::Reason;
use crate::words::Language;

/// An open session of the browser that asks.
pub(crate) struct CurrentSession {
    token: SessionToken,
    record: BrowserRecord,
    pub(crate) session: Session,
    /// The account for which the record was sealed.
    sealed_for: Account,
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
        let token = SessionToken::draw(&account.id, &engine.keyring, engine.random)?;
        let record = session.seal(token.record_id(&engine.keyring), &account, &engine.keyring, limits);
        engine.ledger.put_browser_record(&account.id, &record, None, now).await?;
        exchange.trail.session = Some(session.id);
        let current = Self { token, record, session, sealed_for: account };
        current.tell(exchange).await
    }

    /// The session of this token, and notes that it is used. Whether it ended, never was, or is another site's is not told.
    pub(crate) async fn open(exchange: &mut Exchange<'_>, token: &str) -> Result<Self, Stop> {
        let engine = exchange.engine;
        let Some(token) = SessionToken::parse(token, &engine.keyring) else { return Err(over(NOT_OURS)) };
        let Some(account) = engine.directory.read(token.account()).await? else {
            return Err(over(NO_ACCOUNT));
        };
        exchange.trail.account = Some(account.id.clone());
        account.usable(AccountUse::AnyOther)?;
        let (now, limits) = (engine.clock.now(), engine.limits.sessions);
        let ids = token.record_ids(&engine.keyring, limits, now);
        let records = engine.ledger.browser_records(&account.id, BrowserRecordKind::Session, now).await?;
        let Some(record) = records.into_iter().find(|record| ids.contains(&record.id)) else {
            return Err(over(NO_RECORD));
        };
        let Some(session) = Session::open(&record, &account, &engine.keyring, limits, now) else {
            return Err(over(ACCOUNT_CHANGED));
        };
        exchange.trail.session = Some(session.id);
        let mut current = Self { token, record, session, sealed_for: account };
        current.note_use(exchange, now).await?;
        Ok(current)
    }

    /// The account, as it was when the session was opened.
    pub(crate) fn account(&self) -> &Account {
        &self.sealed_for
    }

    /// At most once in [`SEEN_EVERY`]. If another request of the browser was faster, that one has noted it.
    async fn note_use(&mut self, exchange: &Exchange<'_>, now: Timestamp) -> Result<(), Stop> {
        if now < self.session.seen.plus(SEEN_EVERY) {
            return Ok(());
        }
        let engine = exchange.engine;
        let session = Session { seen: now, ..self.session.clone() };
        let id = self.token.record_id(&engine.keyring);
        let record = session.seal(id, &self.sealed_for, &engine.keyring, engine.limits.sessions);
        let account = &self.sealed_for.id;
        if engine.ledger.put_browser_record(account, &record, Some(&self.record), now).await? {
            (self.session, self.record) = (session, record);
        }
        Ok(())
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
        let mut session = Session { seen: now, ..self.session.clone() };
        session.is_proved(credential, account, now);
        let token = SessionToken::draw(&account.id, &engine.keyring, engine.random)?;
        self.replace(exchange, token, session, account, now).await?;
        self.tell(exchange).await
    }

    /// Keeps the session although a change that was made with it ends all others. Any change that another made meanwhile ends it, too.
    pub(crate) async fn survives(
        &mut self,
        exchange: &mut Exchange<'_>,
        bound: Option<Credential>,
    ) -> Result<(), Stop> {
        let account = current_account::read_again(exchange, &self.sealed_for).await?;
        if account.password_marker != self.sealed_for.password_marker {
            return Err(over(ACCOUNT_CHANGED));
        }
        let engine = exchange.engine;
        let now = engine.clock.now();
        let mut session = self.session.clone();
        // What was bound was proved by its first code, within the time for which the proof before it is good.
        if let (Some(credential), Some(proof)) = (bound, session.proof) {
            session.is_proved(credential, &account, proof.at);
        }
        let token =
            SessionToken::parse(self.token.expose(), &engine.keyring).ok_or_else(|| over(NOT_OURS))?;
        self.replace(exchange, token, session, &account, now).await
    }

    /// What people call it.
    pub(crate) fn id(&self) -> SessionId {
        self.session.id
    }

    /// Whether the last proof is good for a change.
    pub(crate) fn has_fresh_proof(&self, exchange: &Exchange<'_>, account: &Account) -> bool {
        self.session.has_fresh_proof(account, exchange.engine.clock.now())
    }

    /// Tells the front door whose session it is, and how long it lasts.
    pub(crate) async fn describe(&self, exchange: &mut Exchange<'_>) -> Result<(), Stop> {
        let limits = exchange.engine.limits.sessions;
        let value = json!({
            "user": self.sealed_for.name, "id": self.session.id, "created": self.session.created,
            "idle_ends": self.session.idle_ends(limits), "ends": self.session.end(limits),
            "has_fresh_proof": self.has_fresh_proof(exchange, &self.sealed_for),
            "language": preferred(&self.sealed_for).map(Language::as_str),
        });
        exchange.person.record("session", value).await?;
        Ok(())
    }

    /// Signs out.
    pub(crate) async fn end(&self, exchange: &Exchange<'_>) -> Result<(), Stop> {
        let (ledger, account) = (&exchange.engine.ledger, &self.sealed_for.id);
        Ok(ledger.drop_browser_records(account, &[self.record.id]).await?)
    }

    async fn replace(
        &mut self,
        exchange: &Exchange<'_>,
        token: SessionToken,
        session: Session,
        account: &Account,
        now: Timestamp,
    ) -> Result<(), Stop> {
        let engine = exchange.engine;
        let id = token.record_id(&engine.keyring);
        let record = session.seal(id, account, &engine.keyring, engine.limits.sessions);
        for _ in 0..MOST_TRIES {
            if engine.ledger.put_browser_record(&account.id, &record, Some(&self.record), now).await? {
                *self = Self { token, record, session, sealed_for: account.clone() };
                return Ok(());
            }
            // Another request of the same browser may have noted that it is used.
            self.record = self.as_stored(exchange, now).await?.ok_or_else(|| over(NO_RECORD))?;
        }
        Err(over(NO_RECORD))
    }

    async fn as_stored(
        &self,
        exchange: &Exchange<'_>,
        now: Timestamp,
    ) -> Result<Option<BrowserRecord>, Stop> {
        let engine = exchange.engine;
        let (keyring, limits) = (&engine.keyring, engine.limits.sessions);
        let records =
            engine.ledger.browser_records(&self.sealed_for.id, BrowserRecordKind::Session, now).await?;
        let is_it = |record: &BrowserRecord| {
            record.id == self.record.id
                && Session::open(record, &self.sealed_for, keyring, limits, now).is_some()
        };
        Ok(records.into_iter().find(is_it))
    }

    /// Tells the browser its token, and when the session ends.
    async fn tell(&self, exchange: &mut Exchange<'_>) -> Result<(), Stop> {
        let limits = exchange.engine.limits.sessions;
        let value = json!({
            "token": self.token.expose(), "id": self.session.id,
            "idle_ends": self.session.idle_ends(limits), "ends": self.session.end(limits),
            "user": self.sealed_for.name, "language": preferred(&self.sealed_for).map(Language::as_str),
        });
        exchange.person.record("session", value).await?;
        Ok(())
    }
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
                others.filter(|id| current.is_none_or(|current| current.record.id != *id)).collect();
            if others.is_empty() { Ok(()) } else { ledger.drop_browser_records(account, &others).await }
        }
        Err(error) => Err(error),
    };
    exchange.trail.is_ledger_down |= dropped.is_err();
}

/// For the front door it is over, whatever the log says.
fn over(detail: &'static str) -> Stop {
    Stop::explained(Reason::Expired, detail)
}

const MOST_TRIES: u32 = 3;
const NOT_OURS: &str = "a session's secret that is none of this site";
const NO_ACCOUNT: &str = "the account of the session is gone";
const NO_RECORD: &str = "the session is over";
const ACCOUNT_CHANGED: &str = "the account has changed since the session began, or the session is over";
