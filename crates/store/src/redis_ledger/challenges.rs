//! Open challenges: stored, answered, tried and taken, each in one script.
//!
//! They are stored beside an account's spent steps, under the fence of its bucket. A challenge remembers the server that it was stored
//! on: one that another server, or the same one after a restart, finds is not granted, as the record that it was taken may be lost.

use std::time::Duration;

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::challenge::ChallengeId;
use postern_core::clock::Timestamp;
use postern_core::ledger::{
    Answered, ChallengeAdmission, ChallengeSlot, Challenges, LedgerError, NewChallenge, StoredChallenge,
    Token,
};
use postern_core::limits::PushLimits;
use tokio::time::Instant;
use uuid::Uuid;

use super::calls::{foreign, hash_tag, second, text};
use super::fence::{FENCE, Refusal, bucket, tag};
use super::granted::Grant;
use super::ledger::RedisLedger;
use super::link::{BUDGET, Call};
use super::script::{DROP_ALL, Script, script};
use crate::challenges::{PUSH_RETENTION, bounded, is_push, slot_text};

#[async_trait]
impl Challenges for RedisLedger {
    async fn put_challenge(
        &self,
        account: &AccountId,
        challenge: &NewChallenge<'_>,
        limits: &PushLimits,
    ) -> Result<ChallengeAdmission, LedgerError> {
        match self.put(account, challenge, limits).await? {
            PutReply::Decided(admission) => Ok(admission),
            PutReply::Refused(refusal) => Err(refusal.into_error()),
        }
    }

    async fn challenges(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Vec<StoredChallenge>, LedgerError> {
        let keys = Keys::of(account);
        let mut arguments = vec![text(second(now))];
        arguments.extend(self.calls.time_arguments(now));
        let shown: Vec<(String, Shown)> =
            self.calls.run_at(&keys.tag, &CHALLENGES, &[&*keys.challenges], arguments).await?;
        let read = |(id, shown): (String, Shown)| stored(id.parse().map_err(|_| foreign())?, shown);
        let mut open = shown.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        open.sort_by_key(|challenge| challenge.id);
        Ok(open)
    }

    async fn answer_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        answer: &str,
        at: Timestamp,
    ) -> Result<Answered, LedgerError> {
        let keys = Keys::of(account);
        let mut arguments = vec![text(second(at)), text(id), text(bounded(answer)?)];
        arguments.extend(self.calls.time_arguments(at));
        let names = [&*keys.challenges, &*keys.pushes, &*keys.wake(id)];
        match self.calls.run_at(&keys.tag, &ANSWER_CHALLENGE, &names, arguments).await? {
            0 => Ok(Answered::Now),
            1 => Ok(Answered::Before),
            2 => Ok(Answered::Gone),
            i64::MIN..=-1 | 3.. => Err(foreign()),
        }
    }

    async fn try_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        most: u32,
        token: Token,
        at: Timestamp,
    ) -> Result<Option<StoredChallenge>, LedgerError> {
        let keys = Keys::of(account);
        let mut arguments = vec![text(second(at)), text(id), text(most), token.bytes().to_vec()];
        arguments.extend(self.calls.time_arguments(at));
        let shown: Shown =
            self.calls.run_at(&keys.tag, &TRY_CHALLENGE, &[&*keys.challenges], arguments).await?;
        if shown.0 == NONE { Ok(None) } else { stored(id, shown).map(Some) }
    }

    async fn take_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        token: Token,
        at: Timestamp,
    ) -> Result<Option<StoredChallenge>, LedgerError> {
        let grant = Grant::Challenge(account.clone(), id);
        if self.granted.is_replay(&grant, 0, token) {
            return Ok(None);
        }
        let keys = Keys::of(account);
        let mut arguments = self.fences.arguments(at);
        arguments.extend([text(id), token.bytes().to_vec()]);
        arguments.extend(self.calls.time_arguments(at));
        let names = [FENCE, &*keys.challenges, &*keys.wake(id)];
        let shown: Shown = self.calls.run_at(&keys.tag, &TAKE_CHALLENGE, &names, arguments).await?;
        if let Some(refusal) = Refusal::of(shown.0) {
            return Err(refusal.into_error());
        }
        if shown.0 == NONE {
            return Ok(None);
        }
        self.granted.record(grant, 0, token);
        stored(id, shown).map(Some)
    }

    /// An answer and a take write to the challenge's stream, which is read from its beginning, so none is missed that comes before the
    /// reading begins. A server that says nothing for a second is asked again: that notices one that went silent, was cut off or has
    /// lost the challenge. A waiter has a connection of its own, and closes it when it stops waiting.
    async fn await_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        longest: Duration,
    ) -> Result<bool, LedgerError> {
        let (end, keys) = (Instant::now() + longest, Keys::of(account));
        let stream = self.calls.key(&keys.tag, &keys.wake(id));
        let question = || self.is_waiting(&keys, id);
        let (connection, mut answer) =
            self.calls.servers.call_on_new_connection(&question(), &keys.tag).await?;
        loop {
            match redis::from_redis_value(answer).map_err(|_| foreign())? {
                0 => {}
                1 => return Ok(true),
                code => return Err(Refusal::of(code).ok_or_else(foreign)?.into_error()),
            }
            let left = end.saturating_duration_since(Instant::now());
            if connection.await_entry(&stream, left.min(LONGEST_SILENCE)).await? {
                return Ok(true);
            }
            if left.is_zero() {
                return Ok(false);
            }
            answer = connection.answer_within(BUDGET, connection.run(&question(), false)).await?;
        }
    }

    async fn mute_pushes(
        &self,
        account: &AccountId,
        until: Timestamp,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let keys = Keys::of(account);
        let mut arguments = vec![text(second(until)), text(second(at)), text(PUSH_RETENTION.as_secs())];
        arguments.extend(self.calls.time_arguments(at));
        self.calls.run_at(&keys.tag, &MUTE_PUSHES, &[&*keys.pushes], arguments).await
    }
}

impl RedisLedger {
    async fn put(
        &self,
        account: &AccountId,
        challenge: &NewChallenge<'_>,
        limits: &PushLimits,
    ) -> Result<PutReply, LedgerError> {
        let keys = Keys::of(account);
        let mut arguments = self.fences.arguments(challenge.at);
        arguments.extend([
            text(challenge.id),
            text(slot_text(challenge.slot)),
            text(challenge.value),
            text(second(challenge.expires)),
            text(u8::from(is_push(challenge.slot))),
            text(limits.unanswered.max(1)),
            text(limits.pause.as_secs()),
            text(PUSH_RETENTION.as_secs()),
            text(limits.pause.max(limits.disowned_pause).as_secs()),
        ]);
        arguments.extend(self.calls.time_arguments(challenge.at));
        let after = |wait| challenge.at.plus(Duration::from_secs(wait));
        let names = [FENCE, &*keys.challenges, &*keys.pushes];
        match self.calls.run_at(&keys.tag, &PUT_CHALLENGE, &names, arguments).await? {
            (0, _) => Ok(PutReply::Decided(ChallengeAdmission::Put)),
            (1, wait) => Ok(PutReply::Decided(ChallengeAdmission::Busy { until: after(wait) })),
            (2, wait) => Ok(PutReply::Decided(ChallengeAdmission::Muted { until: after(wait) })),
            (code, _) => Ok(PutReply::Refused(Refusal::of(code).ok_or_else(foreign)?)),
        }
    }

    /// The call that asks whether a challenge still waits for its answer.
    fn is_waiting(&self, keys: &Keys, id: ChallengeId) -> Call {
        let now = self.fences.clock.now();
        let mut arguments = self.fences.arguments(now);
        arguments.push(text(id));
        arguments.extend(self.calls.time_arguments(now));
        self.calls.call(&keys.tag, &CHALLENGE_WAITS, &[FENCE, &*keys.challenges], arguments)
    }

    /// Has every script about challenges run every command in it, if the server can be trusted with challenges at all.
    pub(super) async fn try_challenges(&self, account: &AccountId) -> Result<(), LedgerError> {
        let (id, at) = (ChallengeId::new(Uuid::new_v4().into_bytes()), self.fences.clock.now());
        let (token, expires) = (Token::new(id.bytes()), at.plus(PushLimits::default().lifetime));
        for slot in [ChallengeSlot::Pairing, ChallengeSlot::Approval { pushes: true }] {
            let challenge = NewChallenge { id, slot, value: "check", expires, at };
            match self.put(account, &challenge, &PushLimits::default()).await? {
                PutReply::Decided(_) => {}
                PutReply::Refused(_) => return Ok(()),
            }
            self.try_challenge(account, id, 1, token, at).await?;
            self.await_challenge(account, id, Duration::from_millis(1)).await?;
            self.answer_challenge(account, id, "check", at).await?;
            self.take_challenge(account, id, token, at).await?;
        }
        self.challenges(account, at).await?;
        self.mute_pushes(account, at, at).await?;
        let keys = Keys::of(account);
        let names = [&*keys.challenges, &*keys.pushes, &*keys.wake(id)];
        self.calls.run_at(&keys.tag, &DROP_ALL, &names, Vec::new()).await
    }
}

/// Redis's reply to a new challenge.
enum PutReply {
    /// Whether the challenge was put.
    Decided(ChallengeAdmission),
    /// The server cannot be trusted with challenges.
    Refused(Refusal),
}

/// The keys of an account's challenges.
struct Keys {
    /// The hash tag that they share.
    tag: String,
    challenges: String,
    pushes: String,
    wake: String,
}

impl Keys {
    fn of(account: &AccountId) -> Self {
        let name = hash_tag(account);
        Self {
            tag: tag(bucket(account)),
            challenges: format!("challenges:{name}"),
            pushes: format!("pushes:{name}"),
            wake: format!("wake:{name}"),
        }
    }

    /// The stream that wakes those who wait for this challenge.
    fn wake(&self, id: ChallengeId) -> String {
        format!("{}:{id}", self.wake)
    }
}

/// The answer of `shown` in `challenge.lua`.
type Shown = (i64, String, u64, u32, bool, String);

fn stored(id: ChallengeId, shown: Shown) -> Result<StoredChallenge, LedgerError> {
    match shown {
        (0, value, expires, tries, has_answer, answer) => Ok(StoredChallenge {
            id,
            value,
            expires: Timestamp::from_unix(expires),
            tries,
            answer: has_answer.then_some(answer),
        }),
        _ => Err(foreign()),
    }
}

const NONE: i64 = 1;
/// How long a waiter waits before it asks again.
const LONGEST_SILENCE: Duration = Duration::from_secs(1);

static PUT_CHALLENGE: Script = script!("fence" "challenge" "put_challenge");
static CHALLENGES: Script = script!("fence" "challenge" "challenges");
static ANSWER_CHALLENGE: Script = script!("fence" "challenge" "answer_challenge");
static TRY_CHALLENGE: Script = script!("fence" "challenge" "try_challenge");
static TAKE_CHALLENGE: Script = script!("fence" "challenge" "take_challenge");
static CHALLENGE_WAITS: Script = script!("fence" "challenge" "challenge_waits");
static MUTE_PUSHES: Script = script!("now" "mute_pushes");
