use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::doors::{Clients, Door, Ended};
use super::logins::{address, stranger, timed};
use super::stage::Stage;
use super::tally::Tally;
use crate::guard;
use crate::guesses::{unknown_app_password, wrong_app_password};

/// What a flood did to those who were let in beside it.
#[derive(Debug)]
pub(super) struct Flooded {
    /// The wrong ones.
    pub(super) wrong: Tally,
    /// The right ones.
    pub(super) right: Tally,
    pub(super) took: Duration,
}

/// Wrong logins for so long, `per_minute` of them, from many sources against many accounts, beside people at every door.
pub(super) fn run(stage: &Stage, time: Duration, per_minute: usize) -> Flooded {
    // Where people usually are, and what is started on demand.
    let (plain, mut clients) = (&stage.people.plain, Clients::of(stage));
    for (number, one) in plain.iter().enumerate() {
        let ended = clients.mail(Door::Lua, &one.unix.name, &one.password, &address(number));
        assert_eq!(ended, Ended::Accepted, "{}", one.unix.name);
    }
    drop(right(stage, &AtomicBool::new(true)));
    let over = AtomicBool::new(false);
    let began = Instant::now();
    let (wrong, right) = std::thread::scope(|scope| {
        let right = scope.spawn(|| right(stage, &over));
        let wrong = wrong(stage, began, time, per_minute);
        over.store(true, Ordering::Relaxed);
        (wrong, right.join().expect("people log in"))
    });
    Flooded { wrong, right, took: began.elapsed() }
}

/// The wrong ones: each is due at its time, and comes later if all clients wait for an answer.
fn wrong(stage: &Stage, began: Instant, time: Duration, per_minute: usize) -> Tally {
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    let every = Duration::from_secs(60) / u32::try_from(per_minute).expect("a rate");
    std::thread::scope(|scope| {
        for _ in 0..ATTACKERS {
            scope.spawn(|| {
                let (mut clients, mut tally) = (Clients::of(stage), Tally::default());
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let due = every * u32::try_from(number).expect("a number");
                    if due >= time {
                        break;
                    }
                    guard::pause(due.saturating_sub(began.elapsed()));
                    guess(stage, &mut clients, number, &mut tally);
                }
                all.lock().unwrap_or_else(PoisonError::into_inner).add(tally);
            });
        }
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn guess(stage: &Stage, clients: &mut Clients<'_>, number: usize, tally: &mut Tally) {
    let (kind, turn) = (number % 6, number / 6);
    let victim = &stage.people.victims[turn % stage.people.victims.len()];
    let from = stranger(number);
    let door = [Door::Lua, Door::Checkpassword, Door::Lua, Door::Checkpassword, Door::Pam][turn % 5];
    let mut mail = |kind, user: &str, secret: &str| {
        let (ended, took) = timed(|| clients.mail(door, user, secret, &from));
        tally.count(kind, false, &ended, took);
    };
    match kind {
        0 => {
            let guess = wrong_app_password(&victim.app_password, number);
            mail("wrong app password, known selector", &victim.name, &guess);
        }
        1 => mail("wrong app password, unknown selector", &victim.name, &unknown_app_password(number)),
        2 | 3 => mail("wrong main password", &victim.name, &format!("wrong password {number}")),
        4 => mail("unknown name", &format!("nobody{number}"), &format!("wrong password {number}")),
        _ => {
            let login = || clients.prompt(&victim.name, &victim.password, &victim.wrong_code, &from);
            let (ended, took) = timed(login);
            tally.count("wrong code at a prompt", false, &ended, took);
        }
    }
}

/// The right ones, each door in a thread of its own, until it is over; once at least.
fn right(stage: &Stage, over: &AtomicBool) -> Tally {
    let people = &stage.people;
    let all = Mutex::new(Tally::default());
    let repeat = |kind: &'static str, login: &Login<'_>| {
        let (mut clients, mut tally) = (Clients::of(stage), Tally::default());
        for turn in 0.. {
            let began = Instant::now();
            if let Some((ended, took)) = login(&mut clients, turn) {
                tally.count(kind, true, &ended, took);
            }
            if over.load(Ordering::Relaxed) {
                break;
            }
            guard::pause(EVERY.saturating_sub(began.elapsed()));
        }
        all.lock().unwrap_or_else(PoisonError::into_inner).add(tally);
    };
    let app = |door: Door| {
        move |clients: &mut Clients<'_>, turn: usize| {
            let member = &people.members[turn % people.members.len()];
            Some(timed(|| clients.mail(door, &member.name, &member.app_password, &address(turn))))
        }
    };
    // A first login from a place has no record there; each one of this kind comes from another place.
    static PLACE: AtomicUsize = AtomicUsize::new(0);
    let main = |is_new: bool| {
        move |clients: &mut Clients<'_>, turn: usize| {
            let plain = &people.plain[turn % people.plain.len()];
            let from = if is_new {
                let place = PLACE.fetch_add(1, Ordering::Relaxed);
                format!("203.0.{}.{}", place / 250 % 256, place % 250 + 1)
            } else {
                address(turn % people.plain.len())
            };
            Some(timed(|| clients.mail(Door::Lua, &plain.unix.name, &plain.password, &from)))
        }
    };
    let code = |is_by_pam: bool| {
        move |clients: &mut Clients<'_>, turn: usize| {
            let (owner, code) = people.codes.take()?;
            let member = &people.members[owner];
            Some(timed(|| match is_by_pam {
                true => clients.pamtester(&member.name, &member.password, &code),
                false => clients.prompt(&member.name, &member.password, &code, &address(turn)),
            }))
        }
    };
    let browser = |clients: &mut Clients<'_>, turn: usize| {
        let plain = &people.plain[turn % people.plain.len()];
        Some(clients.browser(plain, &address(turn % people.plain.len())))
    };
    let gate = |clients: &mut Clients<'_>, turn: usize| {
        let inbox = &people.inboxes[turn % people.inboxes.len()];
        Some(timed(|| clients.gate(inbox)))
    };
    std::thread::scope(|scope| {
        scope.spawn(|| repeat("app password, checkpassword", &app(Door::Checkpassword)));
        scope.spawn(|| repeat("app password, Lua", &app(Door::Lua)));
        scope.spawn(|| repeat("app password, PAM", &app(Door::Pam)));
        scope.spawn(|| repeat("main password, usual place, Lua", &main(false)));
        scope.spawn(|| repeat("main password, new place, Lua", &main(true)));
        scope.spawn(|| repeat("password and code at a prompt", &code(false)));
        scope.spawn(|| repeat("password and code, pamtester", &code(true)));
        scope.spawn(|| repeat("browser, in and out", &browser));
        scope.spawn(|| repeat("request at the gate", &gate));
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// One login, the so manieth, if there is one to be had now.
type Login<'a> = dyn Fn(&mut Clients<'_>, usize) -> Option<(Ended, Duration)> + Sync + 'a;

/// Clients of those who guess. Dovecot keeps each waiting for half a second.
const ATTACKERS: usize = 120;
/// Each kind of people logs in once in this time.
const EVERY: Duration = Duration::from_millis(200);
