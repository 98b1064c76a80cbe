//! Challenges: put, looked at, answered and taken, each in one script.
//!
//! They are kept beside an account's spent steps, under the fence of its bucket. A challenge remembers the server that it was
//! put on; whatever that server may have forgotten, or another one has not heard of, is nothing that could be taken again.

use std::time::Duration;

use postern_core::account::AccountId;
use postern_core::challenge::ChallengeId;
use postern_core::clock::Timestamp;
use postern_core::ledger::{
    Answered, ChallengeAdmission, KeptChallenge, LedgerError, NewChallenge, Room, Token,
};
use postern_core::limits::PushLimits;
use uuid::Uuid;

use super::calls::{foreign, hash_tag, second, text};
use super::had::Which;
use super::scripts;
use super::steps::{FENCE, Refusal, Steps, bucket, tag};
use crate::challenges::{PUSHES_MEMORY, bounded, rings, room_text};

/// The keys of an account, and the tag under which they are.
pub(super) struct Keys {
    pub(super) tag: String,
    pub(super) challenges: String,
    pushes: String,
    wake: String,
}

impl Keys {
    pub(super) fn of(account: &AccountId) -> Self {
        let name = hash_tag(account);
        Self {
            tag: tag(bucket(account)),
            challenges: format!("challenges:{name}"),
            pushes: format!("pushes:{name}"),
            wake: format!("wake:{name}"),
        }
    }

    /// The stream that is written to when there is something to look at.
    pub(super) fn wake(&self, id: ChallengeId) -> String {
        format!("{}:{id}", self.wake)
    }
}

pub(super) async fn put(
    steps: &Steps,
    account: &AccountId,
    challenge: &NewChallenge<'_>,
    limits: &PushLimits,
) -> Result<Result<ChallengeAdmission, Refusal>, LedgerError> {
    let keys = Keys::of(account);
    let mut arguments = steps.fence_arguments(challenge.at);
    arguments.extend([
        text(challenge.id),
        text(room_text(challenge.room)),
        text(challenge.value),
        text(second(challenge.expires)),
        text(u8::from(rings(challenge.room))),
        text(limits.unanswered.max(1)),
        text(limits.pause.as_secs()),
        text(PUSHES_MEMORY.as_secs()),
        text(limits.pause.max(limits.disowned_pause).as_secs()),
    ]);
    arguments.extend(steps.calls.time_arguments(challenge.at));
    let after = |wait| challenge.at.plus(Duration::from_secs(wait));
    let names = [FENCE, &*keys.challenges, &*keys.pushes];
    match steps.calls.run_at(&keys.tag, &scripts::PUT_CHALLENGE, &names, arguments).await? {
        (0, _) => Ok(Ok(ChallengeAdmission::Put)),
        (1, wait) => Ok(Ok(ChallengeAdmission::Busy { until: after(wait) })),
        (2, wait) => Ok(Ok(ChallengeAdmission::Quiet { until: after(wait) })),
        (code, _) => Ok(Err(Refusal::of(code).ok_or_else(foreign)?)),
    }
}

/// Those that are neither over nor taken, by id.
pub(super) async fn list(
    steps: &Steps,
    account: &AccountId,
    now: Timestamp,
) -> Result<Vec<KeptChallenge>, LedgerError> {
    let keys = Keys::of(account);
    let mut arguments = vec![text(second(now))];
    arguments.extend(steps.calls.time_arguments(now));
    let shown: Vec<(String, Shown)> =
        steps.calls.run_at(&keys.tag, &scripts::CHALLENGES, &[&*keys.challenges], arguments).await?;
    let read = |(id, shown): (String, Shown)| kept(id.parse().map_err(|_| foreign())?, shown);
    let mut open = shown.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    open.sort_by_key(|challenge| challenge.id);
    Ok(open)
}

pub(super) async fn answer(
    steps: &Steps,
    account: &AccountId,
    id: ChallengeId,
    answer: &str,
    at: Timestamp,
) -> Result<Answered, LedgerError> {
    let keys = Keys::of(account);
    let mut arguments = vec![text(second(at)), text(id), text(bounded(answer)?)];
    arguments.extend(steps.calls.time_arguments(at));
    let names = [&*keys.challenges, &*keys.pushes, &*keys.wake(id)];
    match steps.calls.run_at(&keys.tag, &scripts::ANSWER_CHALLENGE, &names, arguments).await? {
        0 => Ok(Answered::Now),
        1 => Ok(Answered::Before),
        2 => Ok(Answered::Gone),
        i64::MIN..=-1 | 3.. => Err(foreign()),
    }
}

pub(super) async fn look(
    steps: &Steps,
    account: &AccountId,
    id: ChallengeId,
    (most, token): (u32, Token),
    at: Timestamp,
) -> Result<Option<KeptChallenge>, LedgerError> {
    let keys = Keys::of(account);
    let mut arguments = vec![text(second(at)), text(id), text(most), token.to_vec()];
    arguments.extend(steps.calls.time_arguments(at));
    let shown: Shown =
        steps.calls.run_at(&keys.tag, &scripts::TRY_CHALLENGE, &[&*keys.challenges], arguments).await?;
    if shown.0 == NONE { Ok(None) } else { kept(id, shown).map(Some) }
}

pub(super) async fn take(
    steps: &Steps,
    account: &AccountId,
    id: ChallengeId,
    token: Token,
    at: Timestamp,
) -> Result<Option<KeptChallenge>, LedgerError> {
    let keys = Keys::of(account);
    let which = Which::Challenge(account.clone(), id);
    if steps.had.is_anothers(&which, 0, token) {
        return Ok(None);
    }
    let mut arguments = steps.fence_arguments(at);
    arguments.extend([text(id), token.to_vec()]);
    arguments.extend(steps.calls.time_arguments(at));
    let names = [FENCE, &*keys.challenges, &*keys.wake(id)];
    let shown: Shown = steps.calls.run_at(&keys.tag, &scripts::TAKE_CHALLENGE, &names, arguments).await?;
    if let Some(refusal) = Refusal::of(shown.0) {
        return Err(refusal.into_error());
    }
    if shown.0 == NONE {
        return Ok(None);
    }
    steps.had.note(which, 0, token);
    kept(id, shown).map(Some)
}

pub(super) async fn quiet(
    steps: &Steps,
    account: &AccountId,
    until: Timestamp,
    at: Timestamp,
) -> Result<(), LedgerError> {
    let keys = Keys::of(account);
    let mut arguments = vec![text(second(until)), text(second(at)), text(PUSHES_MEMORY.as_secs())];
    arguments.extend(steps.calls.time_arguments(at));
    steps.calls.run_at(&keys.tag, &scripts::QUIET_PHONES, &[&*keys.pushes], arguments).await
}

/// Has every script run every command in it, as far as the server may be trusted with challenges at all.
pub(super) async fn try_rights(steps: &Steps, account: &AccountId) -> Result<(), LedgerError> {
    let (id, at) = (ChallengeId::new(Uuid::new_v4().into_bytes()), steps.clock.now());
    let expires = at.plus(PushLimits::default().lifetime);
    for room in [Room::Pairing, Room::Approval { rings: true }] {
        let challenge = NewChallenge { id, room, value: "check", expires, at };
        if put(steps, account, &challenge, &PushLimits::default()).await?.is_err() {
            return Ok(());
        }
        look(steps, account, id, (1, id.bytes()), at).await?;
        steps.await_challenge(account, id, Duration::from_millis(1)).await?;
        answer(steps, account, id, "check", at).await?;
        take(steps, account, id, id.bytes(), at).await?;
    }
    list(steps, account, at).await?;
    quiet(steps, account, at, at).await?;
    let keys = Keys::of(account);
    let names = [&*keys.challenges, &*keys.pushes, &*keys.wake(id)];
    steps.calls.run_at(&keys.tag, &scripts::DROP_ALL, &names, Vec::new()).await
}

/// What `challenge.lua` shows.
type Shown = (i64, String, u64, u32, bool, String);

fn kept(id: ChallengeId, shown: Shown) -> Result<KeptChallenge, LedgerError> {
    match shown {
        (0, value, expires, tries, has_answer, answer) => Ok(KeptChallenge {
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
