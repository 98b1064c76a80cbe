//! Anything in any order.

use std::collections::HashMap;
use std::sync::Arc;

use postern_core::ledger::{Ledger, LedgerError, Spent, Token};
use postern_tests::{Dice, Listen, Redis, SetClock};

use super::code_user::{CodeUser, token};
use super::file::Host;
use super::{LATER, PERIOD, SKEW, redis_ledger};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_step_is_spent_twice_after_any_loss_of_redis() {
    let mut redis = Redis::start("fence_random", Listen::Tcp);
    let other = Redis::builder("fence_random_2").secrets(redis.secrets()).start();
    let (config, clock) = (redis.config(), SetClock::at(LATER));
    let open = || redis_ledger(&config, clock.clone());
    let disturb = |ledgers: &mut Vec<Arc<dyn Ledger>>, dice: &mut Dice| match dice.roll(8) {
        0 => drop(redis.cli(&["FLUSHALL"])),
        1 | 2 => {
            redis.kill();
            redis.start_again();
        }
        3 => {
            redis.follow(&other);
            other.wait_replicas(1);
            redis.lead();
        }
        4 => {
            other.follow(&redis);
            redis.wait_replicas(1);
            other.lead();
        }
        5 => drop(redis.cli(&["SCRIPT", "FLUSH"])),
        6 => {
            redis.cli(&["KEYS", "*:fence"]).lines().step_by(7).for_each(|key| drop(redis.cli(&["DEL", key])))
        }
        _ => {
            let place = dice.roll(ledgers.len());
            ledgers[place] = open();
        }
    };
    play("Redis", &clock, vec![open(), open(), open()], 4000, disturb).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_step_is_spent_twice_after_any_loss_of_the_files() {
    let (host, clock) = (Host::new(), SetClock::at(LATER));
    let open = || host.open(clock.clone());
    let ledgers = vec![open(), open(), open()];
    host.back_up();
    let disturb = |ledgers: &mut Vec<Arc<dyn Ledger>>, dice: &mut Dice| {
        let which = dice.roll(8);
        // A database is replaced while it is not in use, because otherwise it might be inconsistent.
        if which < 5 {
            ledgers.clear();
            host.wait_closed();
        }
        match which {
            0 => host.restore_in_place(),
            1 => host.restore_by_moving(),
            2 => host.restore_folder(),
            3 | 4 => host.back_up(),
            5 => host.forget(),
            _ => {
                let place = dice.roll(ledgers.len());
                ledgers[place] = open();
            }
        }
        while ledgers.len() < 3 {
            ledgers.push(open());
        }
    };
    play("embedded", &clock, ledgers, 4000, disturb).await;
}

/// Spends steps that a code could be of at that time, new ones and old ones, under new tokens and old ones.
async fn play(
    name: &str,
    clock: &SetClock,
    mut ledgers: Vec<Arc<dyn Ledger>>,
    turns: u32,
    mut disturb: impl FnMut(&mut Vec<Arc<dyn Ledger>>, &mut Dice),
) {
    let mut dice = Dice::new("FENCE_SEED");
    let mut people: Vec<CodeUser> = (0..5).map(|number| CodeUser::new(&format!("person{number}"))).collect();
    let mut had = HashMap::<(usize, u64), Token>::new();
    let (mut replays, mut losses, mut firsts, mut longest) = (0, 0, 0, 0);
    for turn in 0..turns {
        if dice.roll(50) == 0 {
            disturb(&mut ledgers, &mut dice);
            losses += 1;
        }
        let now = clock.second() + dice.roll(6) as u64;
        clock.set(now);
        if dice.roll(20) == 0 {
            let mut newcomer = CodeUser::new(&format!("newcomer{turn}"));
            newcomer.is_new = true;
            people.push(newcomer);
        }
        // Of late comers more than of others.
        let (who, step) = (people.len() - 1 - dice.roll(5), now / PERIOD + dice.roll(4) as u64 - 2);
        let known = had.get(&(who, step)).copied();
        let token = match known {
            Some(token) if dice.roll(4) == 0 => token,
            Some(_) | None => token(),
        };
        let ledger = &ledgers[dice.roll(ledgers.len())];
        let spent = loop {
            match people[who].spend(ledger, step, now, token).await {
                Ok(spent) => break spent,
                // A server that was started just now.
                Err(LedgerError::Down(_)) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
                Err(LedgerError::Broken(why)) => panic!("{why}"),
            }
        };
        match (spent, known) {
            (Spent::Now, None) => {
                firsts += u32::from(people[who].is_new);
                people[who].is_new = false;
                had.insert((who, step), token);
            }
            (Spent::Now, Some(known)) => {
                assert_eq!(known, token, "{name}: turn {turn}, seed {}: {step} was spent twice", dice.seed);
            }
            (Spent::Unknown { .. }, _) if people[who].is_new => {
                panic!("{name}: turn {turn}: a new factor waits")
            }
            (Spent::Unknown { from }, _) => longest = longest.max((from * PERIOD).saturating_sub(now)),
            (Spent::Replayed, _) => replays += 1,
            (Spent::WrongClock { ahead }, _) => panic!("{name}: the clocks are {ahead} s apart"),
        }
    }
    println!(
        "{name}: {turns} spends, {losses} disturbances, {} steps spent ({firsts} of new factors), none twice, {replays} replays, \
         longest wait {longest} s (seed {})",
        had.len(),
        dice.seed
    );
    assert!(firsts > 50, "{firsts}");
    assert!(had.len() > 300 && replays > 300, "{} {replays}", had.len());
    assert!(longest <= 2 * PERIOD + SKEW, "{longest}");
}
