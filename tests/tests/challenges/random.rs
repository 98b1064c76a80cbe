//! Approve, deny, let it expire, cancel and consume: anything in any order, by several clients at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use postern_core::challenge::ChallengeId;
use postern_core::clock::Timestamp;
use postern_core::ledger::{Answered, ChallengeAdmission, ChallengeSlot, Ledger, LedgerError, Token};
use postern_store::{LedgerTime, RedisLedger};
use postern_tests::{Dice, Listen, Redis, SetClock, Stopwatch};

use super::LATER;
use super::client::{Client, MOST, token};
use super::file::Host;
use super::history::{Call, Event, is_explained, moment};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_10_000_random_interleavings_on_redis_each_has_one_accept_at_most() {
    play_on_redis("challenges_random", 10_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn of_50_000_random_interleavings_on_redis_each_has_one_accept_at_most() {
    play_on_redis("challenges_random_long", 50_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_10_000_random_interleavings_in_the_file_each_has_one_accept_at_most() {
    play_in_the_file(10_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn of_50_000_random_interleavings_in_the_file_each_has_one_accept_at_most() {
    play_in_the_file(50_000).await;
}

async fn play_on_redis(name: &str, rounds: u32) {
    let redis = Redis::start(name, Listen::Tcp);
    let open = || -> Arc<dyn Ledger> {
        Arc::new(RedisLedger::open_at(&redis.config(), SetClock::at(LATER), LedgerTime::Caller).unwrap())
    };
    play("Redis", &[open(), open(), open()], rounds).await;
}

async fn play_in_the_file(rounds: u32) {
    let host = Host::new();
    play("embedded", &[host.open(), host.open(), host.open()], rounds).await;
}

/// So many challenges, of several accounts at once.
async fn play(name: &str, ledgers: &[Arc<dyn Ledger>], rounds: u32) {
    let (seed, start) = (Dice::new("CHALLENGES_SEED").seed, Stopwatch::start());
    let accounts: Vec<_> = (0..ACCOUNTS)
        .map(|number| {
            let ledgers = ledgers.to_vec();
            let dice = Dice::of(seed.wrapping_mul(u64::from(number) + 1) | 1);
            tokio::spawn(account(format!("account{number}"), ledgers, dice, rounds / ACCOUNTS))
        })
        .collect();
    let mut sum = Seen::default();
    for one in accounts {
        let seen = one.await.unwrap();
        sum.calls += seen.calls;
        sum.taken += seen.taken;
        sum.with_answer += seen.with_answer;
        sum.overlaps += seen.overlaps;
        sum.disturbed += seen.disturbed;
    }
    println!(
        "{name}: {rounds} challenges, {} calls, {} overlapped another, {} challenges taken, {} of them with an answer, none twice, {} \
         with a call that was not answered, in {} (seed {seed})",
        sum.calls,
        sum.overlaps,
        sum.taken,
        sum.with_answer,
        sum.disturbed,
        start.elapsed()
    );
    assert!(sum.overlaps > sum.calls / 4, "they hardly met");
    assert!(sum.disturbed < u64::from(rounds) / 10);
    assert!(sum.taken > u64::from(rounds) / 4 && sum.with_answer > u64::from(rounds) / 20);
}

/// What came about.
#[derive(Default)]
struct Seen {
    calls: u64,
    taken: u64,
    with_answer: u64,
    overlaps: u64,
    /// Of how many challenges it is not known what became of one call.
    disturbed: u64,
}

async fn account(name: String, ledgers: Vec<Arc<dyn Ledger>>, mut dice: Dice, rounds: u32) -> Seen {
    let mut seen = Seen::default();
    for round in 0..rounds {
        let (id, over) = (ChallengeId::new(token().bytes()), Arc::new(AtomicBool::new(false)));
        // What was taken is forgotten once it is over.
        let at = LATER + u64::from(round) * 100;
        let first = Client::new(&ledgers[0], &name);
        // A slot that a newer one may take, so that what is left of the round before is in nobody's way.
        loop {
            match first.try_put_at(at, id, ChallengeSlot::Pairing, ("sealed", 60)).await {
                Err(LedgerError::Down(_)) => {}
                put => break assert_eq!(put, Ok(ChallengeAdmission::Put)),
            }
        }
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let client = Client::new(&ledgers[usize::from(number) % ledgers.len()], &name);
                let player = Player { client, number, id, at, over: Arc::clone(&over) };
                tokio::spawn(player.play(Dice::of(dice.roll(usize::MAX) as u64 | 1)))
            })
            .collect();
        let (mut events, mut is_known) = (Vec::new(), true);
        for client in clients {
            let (seen, is_complete) = client.await.unwrap();
            events.extend(seen);
            is_known &= is_complete;
        }
        judge(&events, is_known, &format!("{name}, round {round}"), &mut seen);
    }
    seen
}

fn judge(events: &[Event], is_known: bool, place: &str, seen: &mut Seen) {
    let mut owners = Vec::new();
    for event in events {
        if let Call::Take { token, heard: Some(answer), is_over } = &event.call {
            assert!(!is_over, "{place}: taken after its end: {events:#?}");
            owners.push(*token);
            seen.with_answer += u64::from(answer.is_some());
        }
        let overlaps = |other: &Event| {
            other.began != event.began && other.began < event.ended && event.began < other.ended
        };
        seen.overlaps += u64::from(events.iter().any(overlaps));
    }
    owners.sort_unstable();
    owners.dedup();
    assert!(owners.len() <= 1, "{place}: {owners:?} have it: {events:#?}");
    seen.disturbed += u64::from(!is_known);
    assert!(!is_known || is_explained(events), "{place}: no order explains {events:#?}");
    seen.taken += owners.len() as u64;
    seen.calls += events.len() as u64;
}

/// One of several that meet at a challenge.
struct Player {
    client: Client,
    number: u8,
    id: ChallengeId,
    /// When it was put.
    at: u64,
    /// Whether its time is up, for all of them alike.
    over: Arc<AtomicBool>,
}

impl Player {
    /// What it did and saw, and whether that is all: on a machine that is busy a server may be late.
    async fn play(self, mut dice: Dice) -> (Vec<Event>, bool) {
        let (mut events, mut is_complete) = (Vec::new(), true);
        for turn in 0..1 + dice.roll(3) {
            if dice.roll(14) == 0 {
                self.over.store(true, Ordering::SeqCst);
            }
            let began = moment();
            match self.call(&mut dice, u8::try_from(turn).unwrap()).await {
                Ok(call) => events.push(Event { began, ended: moment(), call }),
                Err(LedgerError::Down(_)) => is_complete = false,
                Err(LedgerError::Broken(why)) => panic!("{why}"),
            }
        }
        (events, is_complete)
    }

    async fn call(&self, dice: &mut Dice, turn: u8) -> Result<Call, LedgerError> {
        let (ledger, account, id) = (&self.client.ledger, &self.client.account, self.id);
        let is_over = self.over.load(Ordering::SeqCst);
        let at = Timestamp::from_unix(self.at + if is_over { 60 } else { 59 });
        // A repeated question has the same token.
        let token = self.number * 8 + if dice.roll(2) == 0 { 0 } else { turn };
        Ok(match dice.roll(12) {
            0..=3 => {
                let text = ["approve", "approve and trust", "deny", "not me"][dice.roll(4)];
                let heard: Answered = ledger.answer_challenge(account, id, text, at).await?;
                Call::Answer { text, is_over, heard }
            }
            // A login that consumes it, or one that is closed and cancels it.
            4..=7 => {
                let heard = ledger.take_challenge(account, id, Token::new([token; 16]), at).await?;
                Call::Take { token, is_over, heard: heard.map(|kept| kept.answer) }
            }
            8..=10 => {
                let heard = ledger.try_challenge(account, id, MOST, Token::new([token; 16]), at).await?;
                Call::Look { token, is_over, heard: heard.map(|kept| kept.tries) }
            }
            _ => {
                let open = ledger.challenges(account, at).await?;
                Call::List { is_over, heard: open.iter().any(|kept| kept.id == id) }
            }
        })
    }
}

const ACCOUNTS: u32 = 8;
const CLIENTS: u8 = 3;
