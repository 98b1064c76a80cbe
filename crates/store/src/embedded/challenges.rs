//! Challenges: put, looked at, answered and taken, in the memory that no backup brings back.

use std::time::Duration;

use postern_core::challenge::ChallengeId;
use postern_core::clock::{SKEW, Timestamp};
use postern_core::ledger::{Answered, ChallengeAdmission, KeptChallenge, NewChallenge, Room, Token};
use postern_core::limits::PushLimits;
use rusqlite::{OptionalExtension, Row, ToSql, Transaction, params};

use super::database::DatabaseError;
use super::directory::integer;
use super::memory::{Instance, Memory};
use crate::challenges::{APPROVAL, PUSHES_MEMORY, rings, room_text};

/// A transaction in the memory, for one account at one time.
pub(super) struct Desk<'a> {
    transaction: &'a Transaction<'a>,
    account: &'a str,
    /// The caller's time.
    at: Timestamp,
    /// The host's.
    clock: Timestamp,
    /// That of whoever is further ahead: what is over for one is over for all.
    now: Timestamp,
    instance: Instance,
}

impl<'a> Desk<'a> {
    pub(super) fn of(
        memory: &Memory,
        transaction: &'a Transaction<'a>,
        account: &'a str,
        at: Timestamp,
    ) -> Result<Self, DatabaseError> {
        let (instance, _) = memory.complete_since(transaction, at)?;
        let clock = memory.clock.now();
        Ok(Self { transaction, account, at, clock, now: clock.max(at), instance })
    }

    pub(super) fn put(&self, new: &New, limits: &PushLimits) -> Result<ChallengeAdmission, DatabaseError> {
        self.transaction
            .prepare_cached(
                "DELETE FROM challenge
                 WHERE expires <= ?1 OR memory <> ?2 OR account = ?3 AND expires <= ?4",
            )?
            .execute(params![
                integer(self.clock.as_unix())?,
                self.instance,
                self.account,
                integer(self.now.as_unix())?
            ])?;
        if self.one(new.id)?.is_some() {
            return Ok(ChallengeAdmission::Put);
        }
        let room = room_text(new.room);
        // One that lasts longer than this one was put by a clock that was ahead.
        self.transaction
            .prepare_cached("DELETE FROM challenge WHERE account = ?1 AND room = ?2 AND expires > ?3")?
            .execute(params![self.account, room, integer(new.expires.plus(SKEW).as_unix())?])?;
        match new.room {
            Room::Approval { .. } => {
                if let Some(until) = self.busy()? {
                    return Ok(ChallengeAdmission::Busy { until });
                }
            }
            Room::Code(_) | Room::Pairing => {
                self.transaction
                    .prepare_cached(
                        "DELETE FROM challenge WHERE account = ?1 AND room = ?2 AND taken IS NULL",
                    )?
                    .execute(params![self.account, room])?;
            }
        }
        if rings(new.room)
            && let Some(until) = self.ring(limits)?
        {
            return Ok(ChallengeAdmission::Quiet { until });
        }
        self.transaction
            .prepare_cached(
                "INSERT INTO challenge (account, id, room, value, expires, memory) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                self.account,
                new.id.bytes(),
                room,
                new.value,
                integer(new.expires.as_unix())?,
                self.instance
            ])?;
        Ok(ChallengeAdmission::Put)
    }

    /// Those that are neither over nor taken, by id.
    pub(super) fn open(&self) -> Result<Vec<KeptChallenge>, DatabaseError> {
        let mut select = self.transaction.prepare_cached(
            "SELECT id, value, expires, tried, answer, taken FROM challenge
             WHERE account = ?1 AND expires > ?2 AND memory = ?3 AND taken IS NULL ORDER BY id",
        )?;
        let rows = select
            .query_map(params![self.account, integer(self.now.as_unix())?, self.instance], Kept::read)?;
        Ok(rows.map(|row| row.map(Kept::shown)).collect::<Result<_, _>>()?)
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

    pub(super) fn look(
        &self,
        id: ChallengeId,
        most: u32,
        token: Token,
    ) -> Result<Option<KeptChallenge>, DatabaseError> {
        let Some(mut one) = self.one(id)?.filter(|one| one.taken.is_none()) else { return Ok(None) };
        if one.tried.chunks_exact(token.len()).any(|known| known == token) {
            return Ok(Some(one.shown()));
        }
        if one.tries() >= most {
            return Ok(None);
        }
        one.tried.extend(token);
        self.set(TRIED, id, &one.tried)?;
        Ok(Some(one.shown()))
    }

    /// What was taken is kept until it is over, for the one who took it and may not have heard so.
    pub(super) fn take(&self, id: ChallengeId, token: Token) -> Result<Option<KeptChallenge>, DatabaseError> {
        let Some(one) = self.one(id)? else { return Ok(None) };
        match &one.taken {
            Some(holder) if *holder == token => {}
            Some(_) => return Ok(None),
            None => self.set(TAKEN, id, token)?,
        }
        Ok(Some(one.shown()))
    }

    /// Whether there is nothing to look at.
    pub(super) fn waits(&self, id: ChallengeId) -> Result<bool, DatabaseError> {
        Ok(self.one(id)?.is_some_and(|one| one.taken.is_none() && one.answer.is_none()))
    }

    pub(super) fn quiet(&self, until: Timestamp) -> Result<(), DatabaseError> {
        self.transaction
            .prepare_cached(
                "INSERT INTO push (account, quiet) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET quiet = max(quiet, excluded.quiet)",
            )?
            .execute(params![self.account, integer(until.as_unix())?])?;
        Ok(())
    }

    /// One that is not over, and of which nothing can have been forgotten.
    fn one(&self, id: ChallengeId) -> Result<Option<Kept>, DatabaseError> {
        let mut select = self.transaction.prepare_cached(
            "SELECT id, value, expires, tried, answer, taken FROM challenge
             WHERE account = ?1 AND id = ?2 AND expires > ?3 AND memory = ?4",
        )?;
        let now = integer(self.now.as_unix())?;
        Ok(select.query_row(params![self.account, id.bytes(), now, self.instance], Kept::read).optional()?)
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

    /// Counts a push, or tells until when there is none.
    fn ring(&self, limits: &PushLimits) -> Result<Option<Timestamp>, DatabaseError> {
        let at = integer(self.at.as_unix())?;
        self.transaction
            .prepare_cached("DELETE FROM push WHERE max(newest, quiet) <= ?1")?
            .execute([integer(self.clock.minus(PUSHES_MEMORY).as_unix())?])?;
        let (unanswered, newest, quiet): (u32, i64, i64) = self
            .transaction
            .prepare_cached("SELECT unanswered, newest, quiet FROM push WHERE account = ?1")?
            .query_row([self.account], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?
            .unwrap_or_default();
        // What lies further ahead than any pause was written by a clock that was wrong, and begins now.
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

/// A [`NewChallenge`] that another thread may take along.
#[derive(Debug)]
pub(super) struct New {
    pub(super) id: ChallengeId,
    pub(super) room: Room,
    pub(super) value: String,
    pub(super) expires: Timestamp,
}

impl New {
    pub(super) fn of(new: &NewChallenge<'_>) -> Self {
        Self { id: new.id, room: new.room, value: new.value.to_owned(), expires: new.expires }
    }
}

struct Kept {
    id: [u8; 16],
    value: String,
    expires: i64,
    /// A token for each look.
    tried: Vec<u8>,
    answer: Option<String>,
    taken: Option<Token>,
}

impl Kept {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            value: row.get(1)?,
            expires: row.get(2)?,
            tried: row.get(3)?,
            answer: row.get(4)?,
            taken: row.get(5)?,
        })
    }

    fn tries(&self) -> u32 {
        u32::try_from(self.tried.len() / size_of::<Token>()).unwrap_or(u32::MAX)
    }

    fn shown(self) -> KeptChallenge {
        KeptChallenge {
            id: ChallengeId::new(self.id),
            tries: self.tries(),
            value: self.value,
            expires: timestamp(self.expires),
            answer: self.answer,
        }
    }
}

fn timestamp(seconds: i64) -> Timestamp {
    Timestamp::from_unix(u64::try_from(seconds).unwrap_or(0))
}

const ANSWER: &str = "UPDATE challenge SET answer = ?3 WHERE account = ?1 AND id = ?2";
const TRIED: &str = "UPDATE challenge SET tried = ?3 WHERE account = ?1 AND id = ?2";
const TAKEN: &str = "UPDATE challenge SET taken = ?3 WHERE account = ?1 AND id = ?2";
/// What depends on the ledger gives up after this.
pub(super) const BUDGET: Duration = Duration::from_millis(600);
