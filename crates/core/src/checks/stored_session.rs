//! A session's record in the ledger: reading it, changing it in one step, ending it.

use std::time::Duration;

use crate::account::Account;
use crate::account_status::AccountUse;
use crate::browser_record::{BrowserRecord, BrowserRecordId, BrowserRecordKind};
use crate::clock::Timestamp;
use crate::engine::Engine;
use crate::exchange::outage::Outage;
use crate::exchange::stop::Stop;
use crate::session::{SEEN_EVERY, Session};
use crate::verdict::Reason;

/// An open session, as the ledger has it.
pub(crate) struct StoredSession {
    record: BrowserRecord,
    session: Session,
    /// The account for which the record was sealed.
    sealed_for: Account,
}

impl StoredSession {
    /// Stores a session that begins.
    pub(crate) async fn begin(
        engine: &Engine,
        id: BrowserRecordId,
        session: Session,
        account: Account,
    ) -> Result<Self, Stop> {
        let record = session.seal(id, &account, &engine.keyring, engine.limits.sessions);
        engine.ledger.put_browser_record(&account.id, &record, None, engine.clock.now()).await?;
        Ok(Self { record, session, sealed_for: account })
    }

    /// The open session of the account whose record may be the one and in which `look` finds something, with that. Whether it ended or
    /// never was is not told.
    pub(crate) async fn find<T>(
        engine: &Engine,
        account: Account,
        may_be: impl Fn(BrowserRecordId) -> bool,
        look: impl Fn(&Session) -> Option<T>,
    ) -> Result<(Self, T), Stop> {
        let id = account.id.clone();
        match Self::find_once(engine, account, &may_be, &look).await? {
            Found::It(stored, what) => return Ok((*stored, what)),
            Found::Nothing => return Err(over(NO_RECORD)),
            Found::Unreadable => {}
        }
        // A change that its owner is making just now may be about to seal the record anew.
        tokio::time::sleep(CHANGE_TIME).await;
        let account = engine.directory.read(&id).await?.ok_or_else(|| over(NO_RECORD))?;
        account.usable(AccountUse::AnyOther)?;
        match Self::find_once(engine, account, &may_be, &look).await? {
            Found::It(stored, what) => Ok((*stored, what)),
            Found::Nothing => Err(over(NO_RECORD)),
            Found::Unreadable => Err(over(ACCOUNT_CHANGED)),
        }
    }

    async fn find_once<T>(
        engine: &Engine,
        account: Account,
        may_be: &impl Fn(BrowserRecordId) -> bool,
        look: &impl Fn(&Session) -> Option<T>,
    ) -> Result<Found<T>, Stop> {
        let (now, limits) = (engine.clock.now(), engine.limits.sessions);
        let records = engine.ledger.browser_records(&account.id, BrowserRecordKind::Session, now).await?;
        let mut found = Found::Nothing;
        for record in records.into_iter().filter(|record| may_be(record.id)) {
            let Some(session) = Session::open(&record, &account, &engine.keyring, limits, now) else {
                found = Found::Unreadable;
                continue;
            };
            if let Some(what) = look(&session) {
                return Ok(Found::It(Box::new(Self { record, session, sealed_for: account }), what));
            }
        }
        Ok(found)
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// The account, as it was when the session was read.
    pub(crate) fn account(&self) -> &Account {
        &self.sealed_for
    }

    pub(crate) fn record_id(&self) -> BrowserRecordId {
        self.record.id
    }

    /// Notes that it is used, at most once in [`SEEN_EVERY`]. If another request was faster, that one has noted it.
    pub(crate) async fn note_use(&mut self, engine: &Engine) -> Result<(), Stop> {
        let now = engine.clock.now();
        if now < self.session.seen.plus(SEEN_EVERY) {
            return Ok(());
        }
        let session = Session { seen: now, ..self.session.clone() };
        self.put(engine, self.record.id, session, &self.sealed_for.clone(), now).await.map(drop)
    }

    /// Changes it in one step, beginning anew where another request was faster, and gives what `change` said of what was stored. With
    /// another `id` it gets another token; with another `account` it goes on although that has changed.
    pub(crate) async fn update<T>(
        &mut self,
        engine: &Engine,
        id: BrowserRecordId,
        account: &Account,
        mut change: impl FnMut(&mut Session) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let now = engine.clock.now();
        for _ in 0..MOST_TRIES {
            let mut session = self.session.clone();
            let said = change(&mut session)?;
            if self.put(engine, id, session, account, now).await? {
                return Ok(said);
            }
            let (is_it, sealed_for) = (self.record.id, self.sealed_for.clone());
            (*self, ()) = Self::find(engine, sealed_for, |id| id == is_it, |_| Some(())).await?;
        }
        Err(Outage::Contended.into())
    }

    /// Ends it.
    pub(crate) async fn end(&self, engine: &Engine) -> Result<(), Stop> {
        Ok(engine.ledger.drop_browser_records(&self.sealed_for.id, &[self.record.id]).await?)
    }

    /// Whether it was stored: it is not if the record is not the one that was read any more.
    async fn put(
        &mut self,
        engine: &Engine,
        id: BrowserRecordId,
        session: Session,
        account: &Account,
        now: Timestamp,
    ) -> Result<bool, Stop> {
        let record = session.seal(id, account, &engine.keyring, engine.limits.sessions);
        let is_stored =
            engine.ledger.put_browser_record(&account.id, &record, Some(&self.record), now).await?;
        if is_stored {
            *self = Self { record, session, sealed_for: account.clone() };
        }
        Ok(is_stored)
    }
}

/// What came of looking for a session.
enum Found<T> {
    It(Box<StoredSession>, T),
    Nothing,
    /// There is none, and a record that may be it is sealed for the account as it was, or is over.
    Unreadable,
}

/// For the front door it is over, whatever the log says.
pub(crate) fn over(detail: &'static str) -> Stop {
    Stop::explained(Reason::Expired, detail)
}

const MOST_TRIES: u32 = 5;
/// Longer than a change takes from the directory to the ledger.
const CHANGE_TIME: Duration = Duration::from_millis(300);
const NO_RECORD: &str = "the session is over";
pub(crate) const ACCOUNT_CHANGED: &str =
    "the account has changed since the session began, or the session is over";
