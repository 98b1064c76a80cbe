//! The queue of a pool whose workers do nothing: no time passes but what is said here.

use super::*;
use crate::hashing::{Cost, StoredHash};
use crate::turns::strangers::{at, invented};

const DECOY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$cG9zdGVybi1kZWNveS0xNg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
type Caller = oneshot::Receiver<Reply>;

fn jobs() -> Jobs {
    Jobs::new(Budget { memory_kib: 128 * 1024, cores: 1 })
}

fn work(label: u32) -> Work {
    work_of(DECOY, label)
}

fn work_of(hash: &str, label: u32) -> Work {
    let hash = StoredHash::parse(hash).unwrap();
    let params = hash.params().unwrap();
    Work::new(&label.to_be_bytes(), hash.salt(), params, hash.output_len(), Purpose::MainPassword)
}

fn add(jobs: &Jobs, lane: Lane, check: Check, since: Instant) -> Caller {
    let (reply, caller) = oneshot::channel();
    jobs.add(Job { work: work(0), check, since, reply }, lane);
    caller
}

fn is_busy(caller: &mut Caller) -> bool {
    matches!(caller.try_recv(), Ok(Reply::Busy))
}

/// Serves the next one, and says whether that was `caller`.
fn serves(jobs: &Jobs, caller: &mut Caller) -> bool {
    let job = jobs.take().unwrap();
    jobs.done(&job.work, Duration::from_millis(20));
    drop(job.reply.send(Reply::Computed(Zeroizing::new(Vec::new()))));
    matches!(caller.try_recv(), Ok(Reply::Computed(_)))
}

#[test]
fn a_newcomer_goes_first_through_a_full_lane_and_one_of_the_flood_is_sent_away() {
    let (jobs, now) = (jobs(), Instant::now());
    let slow = |account, source| add(&jobs, Lane::Slow(at(account, source)), Check::Real, now);
    // A hundred guesses at ten accounts, each from a source of its own.
    let mut flood: Vec<Caller> = (0..100).map(|number| slow(number % 10, 1_000 + number)).collect();
    assert_eq!(jobs.load(now).slow_waiting, SLOW_WAITING);
    let refused = flood.iter_mut().filter_map(|caller| caller.try_recv().ok()).count();
    assert_eq!(refused, 100 - SLOW_WAITING);
    let mut newcomer = slow(11, 1);
    // Nobody tried her account; the first guess at each of the ten came earlier.
    for _ in 0..10 {
        assert!(!serves(&jobs, &mut newcomer));
    }
    assert!(serves(&jobs, &mut newcomer));
    assert_eq!(jobs.load(now).refused, 100 - SLOW_WAITING as u64 + 1);
}

#[test]
fn a_few_sources_that_try_many_accounts_wait_behind_all_others() {
    let (jobs, now) = (jobs(), Instant::now());
    let slow = |account, source| add(&jobs, Lane::Slow(at(account, source)), Check::Real, now);
    let _flood: Vec<Caller> = (0..40).map(|number| slow(number, 1_000 + number % 2)).collect();
    let mut newcomer = slow(100, 1);
    assert!(!serves(&jobs, &mut newcomer) && !serves(&jobs, &mut newcomer), "one of each source");
    assert!(serves(&jobs, &mut newcomer));
}

#[test]
fn at_an_account_that_is_tried_another_source_goes_before_one_that_tries_again_and_again() {
    let (jobs, now) = (jobs(), Instant::now());
    let slow = |account, source| add(&jobs, Lane::Slow(at(account, source)), Check::Real, now);
    let _flood: Vec<Caller> = (0..10).map(|_| slow(1, 1)).collect();
    let mut newcomer = slow(1, 2);
    for _ in 0..6 {
        assert!(!serves(&jobs, &mut newcomer));
    }
    assert!(serves(&jobs, &mut newcomer), "before the last four");
}

#[test]
fn those_who_share_a_source_are_not_worse_off_for_others_there() {
    let (jobs, now) = (jobs(), Instant::now());
    let shared = |account| Stranger { source: None, ..at(account, 0) };
    let _flood: Vec<Caller> =
        (0..40).map(|number| add(&jobs, Lane::Slow(shared(number % 4)), Check::Real, now)).collect();
    let mut newcomer = add(&jobs, Lane::Slow(shared(100)), Check::Real, now);
    for _ in 0..4 {
        assert!(!serves(&jobs, &mut newcomer));
    }
    assert!(serves(&jobs, &mut newcomer));
}

#[test]
fn invented_names_are_computed_until_they_are_too_many() {
    let (jobs, now) = (jobs(), Instant::now());
    let pretend = |number| add(&jobs, Lane::Slow(invented(number)), Check::Pretence, now);
    // How long one takes is not known yet.
    let mut first = pretend(0);
    assert!(serves(&jobs, &mut first));
    let mut flood: Vec<Caller> = (1..=30).map(pretend).collect();
    let waiting = jobs.load(now).slow_waiting;
    assert_eq!(waiting, LEAST_PRETENCES_WAITING);
    let skipped = flood.iter_mut().filter_map(|caller| caller.try_recv().ok());
    let as_long = |reply: Reply| matches!(reply, Reply::Skipped(took) if took == Duration::from_millis(20));
    assert!(skipped.map(as_long).eq([true; 20]));
    let load = jobs.load(now);
    assert_eq!((load.skipped, load.refused), (20, 0));
    let mut newcomer = add(&jobs, Lane::Slow(at(1, 1_000)), Check::Real, now);
    let _more: Vec<Caller> = (31..=40).map(pretend).collect();
    assert!(serves(&jobs, &mut newcomer), "those before her moved on");
}

#[test]
fn invented_names_do_not_keep_out_who_is_new_at_an_account_that_is_tried() {
    let (jobs, now) = (jobs(), Instant::now());
    let mut first = add(&jobs, Lane::Slow(invented(0)), Check::Pretence, now);
    assert!(serves(&jobs, &mut first));
    let mut tried: Vec<Caller> =
        (0..3).map(|number| add(&jobs, Lane::Slow(at(1, 1_000 + number)), Check::Real, now)).collect();
    assert!(serves(&jobs, &mut tried[0]));
    let later = now + LONG + Duration::from_millis(1);
    let _flood: Vec<Caller> =
        (1..=8).map(|number| add(&jobs, Lane::Slow(invented(number)), Check::Pretence, later)).collect();
    let next = |now| {
        let job = jobs.lock().next(now).unwrap();
        let check = job.check;
        drop(job.reply.send(Reply::Computed(Zeroizing::new(Vec::new()))));
        check
    };
    assert_eq!(next(now + LONG), Check::Pretence, "in its turn, while no one waits for long");
    assert_eq!(next(later), Check::Real);
    assert!(matches!(tried[1].try_recv(), Ok(Reply::Computed(_))));
    assert_eq!(jobs.load(later).skipped, 7);
}

#[test]
fn who_waited_for_a_second_has_every_other_turn() {
    let (jobs, now) = (jobs(), Instant::now());
    // Her account was tried so often that all others go before her.
    let tries: Vec<Caller> =
        (0..20).map(|number| add(&jobs, Lane::Slow(at(1, 1_000 + number)), Check::Real, now)).collect();
    drop(tries);
    let mut owner = add(&jobs, Lane::Slow(at(1, 1)), Check::Real, now);
    let later = now + OLD + Duration::from_millis(1);
    let _newcomers: Vec<Caller> = (0..9)
        .map(|number| add(&jobs, Lane::Slow(at(100 + number, 100 + number)), Check::Real, later))
        .collect();
    let mut serves_owner = |now| {
        let job = jobs.lock().next(now).unwrap();
        drop(job.reply.send(Reply::Computed(Zeroizing::new(Vec::new()))));
        matches!(owner.try_recv(), Ok(Reply::Computed(_)))
    };
    assert!(!serves_owner(later) && !serves_owner(now + OLD) && !serves_owner(later));
    assert!(serves_owner(later), "and six newcomers still wait");
    assert_eq!(jobs.load(later).slow_waiting, 6);
}

#[test]
fn a_large_hash_is_not_passed_over_for_as_long_as_small_ones_come() {
    let jobs = Jobs::new(Budget { memory_kib: 128 * 1024, cores: 4 });
    let (now, later) = (Instant::now(), Instant::now() + OLD + Duration::from_millis(1));
    let small = |account, since| add(&jobs, Lane::Slow(at(account, account)), Check::Real, since);
    let begin = |at| {
        let mut state = jobs.lock();
        let job = state.next(at)?;
        state.begin(&job);
        Some(job.work)
    };
    let _first = [1, 2, 3].map(|account| small(account, now));
    let running = [0; 3].map(|_| begin(now).expect("there is memory for three"));
    let (reply, _owner) = oneshot::channel();
    let large = work_of(&DECOY.replace("m=19456", "m=65536"), 0);
    jobs.add(Job { work: large, check: Check::Real, since: now, reply }, Lane::Slow(at(4, 4)));
    let _second = small(5, now);
    let passed = begin(now).expect("the large one has only begun to wait");
    jobs.done(&passed, Duration::ZERO);

    let _newcomers = [6, 7, 8].map(|account| small(account, later));
    assert!(begin(later).is_none(), "what is free is left to the large one");
    jobs.done(&running[0], Duration::ZERO);
    assert_eq!(begin(later).map(|work| work.memory_kib()), Some(65_536));
}

#[test]
fn who_waits_too_long_is_told_to_come_back() {
    let (jobs, now) = (jobs(), Instant::now());
    let mut slow = add(&jobs, Lane::Slow(at(1, 1)), Check::Real, now);
    let mut pretence = add(&jobs, Lane::Slow(invented(1)), Check::Pretence, now);
    let mut fast = add(&jobs, Lane::Fast, Check::Real, now);
    assert_eq!(jobs.load(now + PATIENCE).slow_waiting, 2);
    let load = jobs.load(now + PATIENCE + Duration::from_millis(1));
    assert_eq!((load.fast_waiting, load.slow_waiting, load.refused), (1, 0, 2));
    assert!(is_busy(&mut slow) && is_busy(&mut pretence), "an account and a name hear the same");
    assert!(fast.try_recv().is_err(), "it waits");
}

#[test]
fn a_caller_that_is_gone_leaves_its_place() {
    let (jobs, now) = (jobs(), Instant::now());
    for number in 0..200 {
        drop(add(&jobs, Lane::Slow(at(number, number)), Check::Real, now));
        drop(add(&jobs, Lane::Fast, Check::Real, now));
    }
    let mut last = add(&jobs, Lane::Slow(at(0, 0)), Check::Real, now);
    assert!(serves(&jobs, &mut last), "nothing else waits");
    assert_eq!((jobs.tally().main_password, jobs.load(now).refused), (1, 0));
}

#[test]
fn the_fast_lane_goes_first_and_leaves_every_eighth_turn() {
    let (jobs, now) = (jobs(), Instant::now());
    let mut slow: Vec<Caller> =
        (0..3).map(|number| add(&jobs, Lane::Slow(at(number, number)), Check::Real, now)).collect();
    let _fast: Vec<Caller> = (0..24).map(|_| add(&jobs, Lane::Fast, Check::Real, now)).collect();
    let turns: Vec<usize> = (0..27)
        .filter(|_| {
            let job = jobs.take().unwrap();
            jobs.done(&job.work, Duration::ZERO);
            drop(job.reply.send(Reply::Computed(Zeroizing::new(Vec::new()))));
            slow.iter_mut().any(|caller| caller.try_recv().is_ok())
        })
        .collect();
    assert_eq!(turns, [7, 15, 23]);
}

#[test]
fn a_cost_that_was_never_computed_is_computed_first() {
    let (jobs, now) = (jobs(), Instant::now());
    let _flood: Vec<Caller> =
        (0..40).map(|number| add(&jobs, Lane::Slow(invented(number)), Check::Pretence, now)).collect();
    let load = jobs.load(now);
    assert_eq!((load.slow_waiting, load.skipped), (40, 0));
    assert_eq!(work(0).cost(), Cost::MAIN_PASSWORD);
}
