//! Clocks that do not agree, or are set while codes are taken.

use std::collections::HashMap;
use std::sync::Arc;

use postern_core::clock::Clock;
use postern_core::ledger::{Ledger, LedgerError, Spent};
use postern_store::{LedgerTime, RedisLedger};
use postern_tests::{Dice, Listen, Redis, SetClock};

use super::code_user::{CodeUser, token};
use super::file::Host;
use super::{LATER, PERIOD, SKEW};

/// A site with one Redis and a clock of its own, and hosts whose clocks are their own.
struct Hosts {
    redis: Redis,
    time: Arc<SetClock>,
    hosts: Vec<Clocked>,
}

struct Clocked {
    ahead: i64,
    clock: Arc<SetClock>,
    ledger: Arc<dyn Ledger>,
}

impl Hosts {
    /// With clocks that are so far ahead of the ledger's.
    fn new(name: &str, ahead: &[i64]) -> Self {
        let (redis, time) = (Redis::start(name, Listen::Tcp), SetClock::at(LATER));
        let host = |ahead: &i64| {
            let clock = SetClock::at(LATER);
            let ledger_time = LedgerTime::Of(Arc::clone(&time) as Arc<dyn Clock>);
            let ledger = RedisLedger::open_at(&redis.config(), clock.clone(), ledger_time).unwrap();
            Clocked { ahead: *ahead, clock, ledger: Arc::new(ledger) }
        };
        let hosts = ahead.iter().map(host).collect();
        let site = Self { redis, time, hosts };
        site.set(LATER);
        site
    }

    /// What time it is by the ledger's clock.
    fn set(&self, second: u64) {
        self.time.set(second);
        for host in &self.hosts {
            host.clock.set(second.saturating_add_signed(host.ahead));
        }
    }

    /// A user types this code at a host, which accepts only those that its own clock permits.
    async fn types(&self, host: usize, person: &CodeUser, step: u64) -> Option<Spent> {
        let host = &self.hosts[host];
        let at = host.clock.second();
        let now = at / PERIOD;
        if step + 1 < now || step > now + 1 {
            return None;
        }
        Some(person.ask(&host.ledger, step, at).await)
    }

    /// Until the fence stands, and codes are taken.
    async fn begin(&self, person: &CodeUser) -> u64 {
        let mut now = self.time.second();
        loop {
            self.set(now);
            if self.types(0, person, now / PERIOD).await == Some(Spent::Now) {
                return now;
            }
            now += 1;
        }
    }
}

#[tokio::test]
async fn a_code_that_a_fast_host_took_is_good_at_no_other_host_after_a_flush() {
    let site = Hosts::new("clock_fast", &[0, 3, -3, 5]);
    let (alice, other) = (CodeUser::new("alice"), CodeUser::new("somebody else"));
    let mut longest = 0;
    for second in 0..PERIOD {
        let begin = site.begin(&alice).await;
        // Each second of a period.
        let now = (begin / PERIOD + 3) * PERIOD + second;
        site.set(now);
        let fastest = site.hosts[3].clock.second() / PERIOD + 1;
        assert_eq!(site.types(3, &alice, fastest).await, Some(Spent::Now), "{second}");
        assert_eq!(site.redis.cli(&["FLUSHALL"]), "OK");
        let mut waited = None;
        for later in now..now + 4 * PERIOD {
            site.set(later);
            for host in 0..3 {
                for step in [fastest - 1, fastest] {
                    let again = site.types(host, &alice, step).await;
                    assert_ne!(again, Some(Spent::Now), "{second}: {step} at {host} after {}", later - now);
                }
            }
            let honest = site.types(0, &other, later / PERIOD).await;
            if waited.is_none() && honest == Some(Spent::Now) {
                waited = Some(later - now);
            }
        }
        longest = longest.max(waited.unwrap());
    }
    println!("longest wait {longest} s");
    assert!(longest <= 2 * PERIOD + SKEW, "{longest}");
}

#[tokio::test]
async fn a_code_of_a_fast_host_is_good_nowhere_else_where_the_clock_steps_back_and_all_is_flushed() {
    let site = Hosts::new("clock_step", &[5, 0]);
    let (alice, other) = (CodeUser::new("alice"), CodeUser::new("somebody else"));
    let mut longest = 0;
    for (second, back) in (0..PERIOD).flat_map(|second| [1, SKEW, SKEW + 1].map(|back| (second, back))) {
        let begin = site.begin(&alice).await;
        let now = (begin / PERIOD + 3) * PERIOD + second;
        site.set(now);
        assert_eq!(site.hosts[1].ledger.time().await.unwrap().unwrap().as_unix(), now);
        let fastest = site.hosts[0].clock.second() / PERIOD + 1;
        assert_eq!(site.types(0, &alice, fastest).await, Some(Spent::Now), "{second}");
        assert_eq!(site.redis.cli(&["FLUSHALL"]), "OK");
        let mut waited = None;
        for later in now - back..now + 4 * PERIOD {
            site.set(later);
            let again = site.types(1, &alice, fastest).await;
            assert_ne!(again, Some(Spent::Now), "{second}, {back} s back, {later} after {now}");
            if waited.is_none() && site.types(1, &other, later / PERIOD).await == Some(Spent::Now) {
                waited = Some(later - (now - back));
            }
        }
        longest = longest.max(waited.unwrap());
    }
    println!("longest wait {longest} s");
    assert!(longest <= 2 * PERIOD + SKEW + 1 + SKEW + 10, "{longest}");
}

/// Such a clock expires keys, too.
#[tokio::test]
async fn a_code_is_good_once_where_the_ledgers_clock_is_far_ahead_for_a_moment() {
    let site = Hosts::new("clock_jump", &[0, 0]);
    let alice = CodeUser::new("alice");
    let now = (site.begin(&alice).await / PERIOD + 3) * PERIOD;
    site.set(now);
    let step = now / PERIOD;
    assert_eq!(site.types(0, &alice, step).await, Some(Spent::Now));
    site.set(now + 401 * 86_400);
    assert_eq!(site.types(1, &alice, 401 * 2880 + step).await, Some(Spent::Now));
    let spent = site.redis.cli(&["KEYS", "*:spent:alice:*"]);
    assert_eq!(site.redis.cli(&["DEL", &spent]), "1");
    let mut waited = None;
    for later in now..now + 4 * PERIOD {
        site.set(later);
        for again in [step - 1, step, step + 1] {
            assert_ne!(site.types(1, &alice, again).await, Some(Spent::Now), "{again} of {step} at {later}");
        }
        if waited.is_none() && site.types(1, &alice, later / PERIOD).await == Some(Spent::Now) {
            waited = Some(later - now);
        }
    }
    assert!(waited.unwrap() <= 2 * PERIOD + SKEW, "{waited:?}");
}

#[tokio::test]
async fn no_login_waits_for_a_clock_that_was_a_day_ahead_when_all_is_flushed() {
    let site = Hosts::new("clock_day", &[0]);
    let alice = CodeUser::new("alice");
    let now = site.begin(&alice).await;
    site.set(now + 86_400);
    assert_eq!(site.types(0, &alice, (now + 86_400) / PERIOD).await, Some(Spent::Now));
    site.set(now);
    assert_eq!(site.redis.cli(&["FLUSHALL"]), "OK");
    let waited = site.begin(&CodeUser::new("somebody else")).await - now;
    assert!(waited <= 2 * PERIOD + SKEW, "{waited}");
}

#[tokio::test]
async fn a_host_whose_clock_is_wrong_takes_no_code_and_says_by_how_much() {
    let site = Hosts::new("clock_wrong", &[0, 90, -90, 6, -6, 5, -5]);
    let alice = CodeUser::new("alice");
    // In the middle of a period.
    let now = (site.begin(&alice).await / PERIOD + 10) * PERIOD + 15;
    site.set(now);
    for (host, ahead) in [(1, 90), (2, -90), (3, 6), (4, -6)] {
        let step = site.hosts[host].clock.second() / PERIOD;
        assert_eq!(site.types(host, &alice, step).await, Some(Spent::WrongClock { ahead }));
        let shown = site.hosts[host].ledger.time().await.unwrap().unwrap();
        assert_eq!(site.hosts[host].clock.now().seconds_after(shown), ahead);
    }
    assert_eq!(site.types(5, &alice, now / PERIOD).await, Some(Spent::Now), "nothing was spent by those");
    assert_eq!(site.types(6, &alice, now / PERIOD + 1).await, Some(Spent::Now));
}

/// Three hosts up to 90 seconds apart, and flushes, kills and clocks that are set meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_code_is_replayed_with_any_clocks_and_losses_of_redis() {
    let mut site = Hosts::new("clock_nemesis", &[0, 3, -90, 90, -4]);
    let people: Vec<CodeUser> = (0..4).map(|number| CodeUser::new(&format!("person{number}"))).collect();
    let (mut dice, mut taken) = (Dice::new("FENCE_SEED"), HashMap::<(usize, u64), u32>::new());
    let (mut losses, mut wrong, mut now) = (0, 0, LATER);
    for turn in 0..3000 {
        match dice.roll(120) {
            0 => {
                assert_eq!(site.redis.cli(&["FLUSHALL"]), "OK");
                losses += 1;
            }
            1 => {
                site.redis.kill();
                site.redis.start_again();
                losses += 1;
            }
            2 => {
                let which = dice.roll(site.hosts.len() - 1) + 1;
                site.hosts[which].ahead = i64::try_from(dice.roll(181)).unwrap() - 90;
            }
            // The ledger's own clock is set back, and goes on from there.
            3 => {
                // Hosts look at it every few seconds.
                for host in &site.hosts {
                    drop(host.ledger.time().await);
                }
                now -= dice.roll(90) as u64;
            }
            _ => {}
        }
        now += dice.roll(5) as u64;
        site.set(now);
        let (host, who) = (dice.roll(site.hosts.len()), dice.roll(people.len()));
        let step = site.hosts[host].clock.second() / PERIOD + dice.roll(3) as u64 - 1;
        match site.types(host, &people[who], step).await {
            Some(Spent::Now) => *taken.entry((who, step)).or_default() += 1,
            Some(Spent::WrongClock { .. }) => wrong += 1,
            Some(Spent::Replayed | Spent::Unknown { .. }) | None => {}
        }
        let twice: Vec<_> = taken.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "turn {turn}, seed {}: {twice:?}", dice.seed);
    }
    println!("{} codes taken, none twice; {losses} losses, {wrong} asked at a wrong clock", taken.len());
    assert!(taken.len() > 50 && losses > 10 && wrong > 100, "{} {losses} {wrong}", taken.len());
}

/// The embedded ledger uses the host's clock, which is set while one of the two files is lost or restored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_code_is_replayed_with_any_host_clock_and_loss_of_a_file() {
    let (host, clock) = (Host::new(), SetClock::at(LATER));
    let mut ledger = host.open(clock.clone());
    let people: Vec<CodeUser> = (0..3).map(|number| CodeUser::new(&format!("person{number}"))).collect();
    let (mut dice, mut taken, mut now) =
        (Dice::new("FENCE_SEED"), HashMap::<(usize, u64), u32>::new(), LATER);
    let mut losses = 0;
    for turn in 0..2500 {
        match dice.roll(60) {
            0 => {
                host.forget();
                losses += 1;
            }
            1 => now -= dice.roll(120) as u64,
            2 => now += dice.roll(120) as u64,
            3 => {
                drop(ledger);
                ledger = host.open(clock.clone());
            }
            _ => {}
        }
        now += dice.roll(6) as u64;
        clock.set(now);
        let (who, step) = (dice.roll(people.len()), now / PERIOD + dice.roll(3) as u64 - 1);
        match people[who].spend(&ledger, step, now, token()).await {
            Ok(Spent::Now) => {
                let times = taken.entry((who, step)).or_insert(0);
                *times += 1;
                assert_eq!(*times, 1, "turn {turn}, seed {}: {step} of {who}", dice.seed);
            }
            Ok(Spent::Replayed | Spent::Unknown { .. }) | Err(LedgerError::Down(_)) => {}
            Ok(Spent::WrongClock { ahead }) => panic!("{ahead}"),
            Err(LedgerError::Broken(why)) => panic!("{why}"),
        }
    }
    println!("{} codes taken, none twice; {losses} losses", taken.len());
    assert!(taken.len() > 50 && losses > 10, "{} {losses}", taken.len());
}
