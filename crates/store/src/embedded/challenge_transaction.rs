//! What a challenge undergoes within one transaction of the volatile database.

use postern_core::challenge::ChallengeId;
use postern_core::clock::{SKEW, Timestamp};
use postern_core::ledger::{
    Answered, ChallengeAdmission, ChallengeSlot, NewChallenge, StoredChallenge, Token,
};
use postern_core::limits::PushLimits;
use rusqlite::{OptionalExtension, Row, ToSql, Transaction, params};

use super::error::DatabaseError;
use super::generation::Generation;
use super::integers::{integer, timestamp};
use super::volatile_db::VolatileDb;
use crate::challenges::{APPROVAL, PUSH_RETENTION, is_push, slot_text};

/// A transaction of the volatile database, for one account at one time.
pub(super) struct ChallengeTransaction<'a> {
    transaction: &'a Transaction<'a>,
    account: &'a str,
    /// The caller's time.
    at: Timestamp,
    /// The host's time.
    clock: Timestamp,
    /// The later of the two: a challenge that is expired for one caller is expired for all.
    now: Timestamp,
    generation: Generation,
}

impl<'a> ChallengeTransaction<'a> {
    pub(super) fn new(
        volatile: &VolatileDb,
        transaction: &'a Transaction<'a>,
        account: &'a str,
        at: Timestamp,
    ) -> Result<Self, DatabaseError> {
        let (generation, _) = volatile.complete_since(transaction, at)?;
        let clock = volatile.clock.now();
        Ok(Self { transaction, account, at, clock, now: clock.max(at), generation })
    }

    pub(super) fn put(&self, new: &New, limits: &PushLimits) -> Result<ChallengeAdmission, DatabaseError> {
        self.transaction
            .prepare_cached(
                "DELETE FROM challenge
                 WHERE expires <= ?1 OR memory <> ?2 OR account = ?3 AND expires <= ?4",
            )?
            .execute(params![
                integer(self.clock.as_unix())?,
                self.generation,
                self.account,
                integer(self.now.as_unix())?
            ])?;
        if self.one(new.id)?.is_some() {
            return Ok(ChallengeAdmission::Put);
        }
        let slot = slot_text(new.slot);
        // One that lasts longer than this one was stored by a clock that was ahead.
        self.transaction
            .prepare_cached("DELETE FROM challenge WHERE account = ?1 AND room = ?2 AND expires > ?3")?
            .execute(params![self.account, slot, integer(new.expires.plus(SKEW).as_unix())?])?;
        match new.slot {
            ChallengeSlot::Approval { .. } => {
                if let Some(until) = self.busy()? {
                    return Ok(ChallengeAdmission::Busy { until });
                }
            }
            ChallengeSlot::Code(_) | ChallengeSlot::Pairing => {
                self.transaction
                    .prepare_cached(
                        "DELETE FROM challenge WHERE account = ?1 AND room = ?2 AND taken IS NULL",
                    )?
                    .execute(params![self.account, slot])?;
            }
        }
        if is_push(new.slot)
            && let Some(until) = self.count_push(limits)?
        {
            return Ok(ChallengeAdmission::Muted { until });
        }
        self.transaction
            .prepare_cached(
                "INSERT INTO challenge (account, id, room, value, expires, memory) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                self.account,
                new.id.bytes(),
                slot,
                new.value,
                integer(new.expires.as_unix())?,
                self.generation
            ])?;
        Ok(ChallengeAdmission::Put)
    }

    /// The challenges that are neither expired nor taken, sorted by id.
    pub(super) fn open(&self) -> Result<Vec<StoredChallenge>, DatabaseError> {
        let mut select = self.transaction.prepare_cached(
            "SELECT id, value, expires, tried, answer, taken FROM challenge
             WHERE account = ?1 AND expires > ?2 AND memory = ?3 AND taken IS NULL ORDER BY id",
        )?;
        let rows = select.query_map(
            params![self.account, integer(self.now.as_unix())?, self.generation],
            ChallengeRow::read,
        )?;
        Ok(rows.map(|row| row.map(ChallengeRow::into_challenge)).collect::<Result<_, _>>()?)
    }

    pub(super) fn answer(&self, id: ChallengeId, answer: &str) -> Result<Answered, DatabaseError> {
        let Some(one) = self.one(id)?.filter(|one| one.taken.is_none()) else { return Ok(Answered::Gone) };
        if let Some(before) = one.answer {
            return Ok(if before == answer { Answered::Now } else { Answered::Before });
        }
        self.set(ANSWER, id, answer)?;
        self.transaction
            .prepare_cached(
                "UPDATE push SET unanswered = 0 WHERE account = ?1
                 AND EXISTS (SELECT 1 FROM challenge WHERE account = ?1 AND id = ?2 AND room = ?3)",
            )?
            .execute(params![self.account, id.bytes(), APPROVAL])?;
        Ok(Answered::Now)
    }

    pub(super) fn try_code(
        &self,
        id: ChallengeId,
        most: u32,
        token: Token,
    ) -> Result<Option<StoredChallenge>, DatabaseError> {
        let Some(mut one) = self.one(id)?.filter(|one| one.taken.is_none()) else { return Ok(None) };
        if one.tried.chunks_exact(Token::BYTES).any(|known| known == token.bytes()) {
            return Ok(Some(one.into_challenge()));
        }
        if one.tries() >= most {
            return Ok(None);
        }
        one.tried.extend(token.bytes());
        self.set(TRIED, id, &one.tried)?;
        Ok(Some(one.into_challenge()))
    }

    /// Refuses a replay. A taken challenge is kept until it expires, for the caller who took it and may not have received the answer.
    pub(super) fn take(
        &self,
        id: ChallengeId,
        token: Token,
    ) -> Result<Option<StoredChallenge>, DatabaseError> {
        let Some(one) = self.one(id)? else { return Ok(None) };
        match &one.taken {
            Some(holder) if *holder == token => {}
            Some(_) => return Ok(None),
            None => self.set(TAKEN, id, token.bytes())?,
        }
        Ok(Some(one.into_challenge()))
    }

    /// Whether it is neither answered nor taken nor expired.
    pub(super) fn is_waiting(&self, id: ChallengeId) -> Result<bool, DatabaseError> {
        Ok(self.one(id)?.is_some_and(|one| one.taken.is_none() && one.answer.is_none()))
    }

    pub(super) fn mute_pushes(&self, until: Timestamp) -> Result<(), DatabaseError> {
        self.transaction
            .prepare_cached(
                "INSERT INTO push (account, quiet) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET quiet = max(quiet, excluded.quiet)",
            )?
            .execute(params![self.account, integer(until.as_unix())?])?;
        Ok(())
    }

    /// A challenge that is not expired, and of which no record can have been lost.
    fn one(&self, id: ChallengeId) -> Result<Option<ChallengeRow>, DatabaseError> {
        let mut select = self.transaction.prepare_cached(
            "SELECT id, value, expires, tried, answer, taken FROM challenge
             WHERE account = ?1 AND id = ?2 AND expires > ?3 AND memory = ?4",
        )?;
        let now = integer(self.now.as_unix())?;
        Ok(select
            .query_row(params![self.account, id.bytes(), now, self.generation], ChallengeRow::read)
            .optional()?)
    }

    fn set(&self, update: &str, id: ChallengeId, value: impl ToSql) -> Result<(), DatabaseError> {
        self.transaction.prepare_cached(update)?.execute(params![self.account, id.bytes(), value])?;
        Ok(())
    }

    /// Until when another approval waits for its answer.
    fn busy(&self) -> Result<Option<Timestamp>, DatabaseError> {
        let until: Option<i64> = self
            .transaction
            .prepare_cached(
                "SELECT max(expires) FROM challenge
                 WHERE account = ?1 AND room = ?2 AND answer IS NULL AND taken IS NULL",
            )?
            .query_row(params![self.account, APPROVAL], |row| row.get(0))?;
        Ok(until.map(timestamp))
    }

    /// Counts a push, or answers until when there may be none.
    fn count_push(&self, limits: &PushLimits) -> Result<Option<Timestamp>, DatabaseError> {
        let at = integer(self.at.as_unix())?;
        self.transaction
            .prepare_cached("DELETE FROM push WHERE max(newest, quiet) <= ?1")?
            .execute([integer(self.clock.minus(PUSH_RETENTION).as_unix())?])?;
        let (unanswered, newest, quiet): (u32, i64, i64) = self
            .transaction
            .prepare_cached("SELECT unanswered, newest, quiet FROM push WHERE account = ?1")?
            .query_row([self.account], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?
            .unwrap_or_default();
        // A pause that ends later than any can was written by a clock that was wrong, and begins now.
        let longest = integer(self.at.plus(limits.pause.max(limits.disowned_pause)).as_unix())?;
        if newest > at || quiet > longest {
            self.transaction
                .prepare_cached(
                    "UPDATE push SET newest = min(newest, ?2), quiet = min(quiet, ?3) WHERE account = ?1",
                )?
                .execute(params![self.account, at, longest])?;
        }
        let (newest, quiet) = (newest.min(at), quiet.min(longest));
        let are_too_many = unanswered >= limits.unanswered.max(1);
        let paused =
            if are_too_many { timestamp(newest).plus(limits.pause) } else { Timestamp::from_unix(0) };
        let until = paused.max(timestamp(quiet));
        if until > self.at {
            return Ok(Some(until));
        }
        let unanswered = if are_too_many { 1 } else { unanswered.saturating_add(1) };
        self.transaction
            .prepare_cached(
                "INSERT INTO push (account, unanswered, newest) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET unanswered = excluded.unanswered, newest = excluded.newest",
            )?
            .execute(params![self.account, unanswered, at])?;
        Ok(None)
    }
}

/// A [`NewChallenge`] that can be sent to another thread.
#[derive(Debug)]
pub(super) struct New {
    pub(super) id: ChallengeId,
    pub(super) slot: ChallengeSlot,
    pub(super) value: String,
    pub(super) expires: Timestamp,
}

impl New {
    pub(super) fn of(new: &NewChallenge<'_>) -> Self {
        Self { id: new.id, slot: new.slot, value: new.value.to_owned(), expires: new.expires }
    }
}

struct ChallengeRow {
    id: [u8; 16],
    value: String,
    expires: i64,
    /// A token for each attempt at its code.
    tried: Vec<u8>,
    answer: Option<String>,
    taken: Option<Token>,
}

impl ChallengeRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            value: row.get(1)?,
            expires: row.get(2)?,
            tried: row.get(3)?,
            answer: row.get(4)?,
            taken: row.get::<_, Option<_>>(5)?.map(Token::new),
        })
    }

    fn tries(&self) -> u32 {
        u32::try_from(self.tried.len() / Token::BYTES).unwrap_or(u32::MAX)
    }

    fn into_challenge(self) -> StoredChallenge {
        StoredChallenge {
            id: ChallengeId::new(self.id),
            tries: self.tries(),
            value: self.value,
            expires: timestamp(self.expires),
            answer: self.answer,
        }
    }
}

const ANSWER: &str = "UPDATE challenge SET answer = ?3 WHERE account = ?1 AND id = ?2";
const TRIED: &str = "UPDATE challenge SET tried = ?3 WHERE account = ?1 AND id = ?2";
const TAKEN: &str = "UPDATE challenge SET taken = ?3 WHERE account = ?1 AND id = ?2";
