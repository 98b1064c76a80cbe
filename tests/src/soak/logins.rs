use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::doors::{Clients, Door, Ended};
use super::stage::Stage;
use super::tally::Tally;
use crate::guesses::{unknown_app_password, wrong_app_password};

/// Logs in `count` times, `in_flight` at once, with all that people and strangers do mixed, and counts how they ended. `done` is
/// how many there were so far.
pub(super) fn mixed(stage: &Stage, count: usize, in_flight: usize, done: &AtomicUsize) -> Tally {
    let next = AtomicUsize::new(0);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let thread = || {
            let (mut clients, mut tally) = (Clients::of(stage), Tally::default());
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return tally;
                }
                one(stage, &mut clients, number, &mut tally);
                done.fetch_add(1, Ordering::Relaxed);
            }
        };
        let threads: Vec<_> = (0..in_flight).map(|_| scope.spawn(thread)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a client")).collect()
    });
    let mut all = Tally::default();
    tallies.into_iter().for_each(|tally| all.add(tally));
    all
}

fn one(stage: &Stage, clients: &mut Clients<'_>, number: usize, tally: &mut Tally) {
    let people = &stage.people;
    // The hundreds choose the person, so that each of them meets each kind.
    let (kind, turn) = (number % 100, number / 100 + number % 100 * 7);
    let member = &people.members[turn % people.members.len()];
    let plain = &people.plain[turn % people.plain.len()];
    let inbox = &people.inboxes[turn % people.inboxes.len()];
    let victim = &people.victims[turn % people.victims.len()];
    let home = address(turn % people.members.len());
    let strange = stranger(number);
    let began = Instant::now();
    let mut mail = |kind, is_right, door, user: &str, secret: &str, from: &str| {
        let ended = clients.mail(door, user, secret, from);
        tally.count(kind, is_right, &ended, began.elapsed());
    };
    match kind {
        0..30 => mail("app password, Lua", true, Door::Lua, &member.name, &member.app_password, &home),
        30..50 => mail(
            "app password, checkpassword",
            true,
            Door::Checkpassword,
            &member.name,
            &member.app_password,
            &home,
        ),
        50..60 => mail("app password, PAM", true, Door::Pam, &member.name, &member.app_password, &home),
        // A web mail is where its web server is.
        60..66 => {
            mail("session mail password, Lua", true, Door::Lua, &inbox.user, &inbox.password, "127.0.0.1")
        }
        66..70 => mail("main password, Lua", true, Door::Lua, &plain.unix.name, &plain.password, &home),
        70..72 => {
            let guess = wrong_app_password(&victim.app_password, number);
            mail("wrong app password, known selector", false, Door::Lua, &victim.name, &guess, &strange);
        }
        72..74 => {
            let guess = unknown_app_password(number);
            mail(
                "wrong app password, unknown selector",
                false,
                Door::Checkpassword,
                &victim.name,
                &guess,
                &strange,
            );
        }
        74..76 => {
            let guess = format!("wrong password {number}");
            mail("wrong main password", false, Door::Pam, &victim.name, &guess, &strange);
        }
        76 => {
            let name = format!("nobody{}", turn % NAMES);
            mail("unknown name", false, Door::Lua, &name, "wrong password", &strange);
        }
        77 => {
            let ended = clients.prompt(&victim.name, &victim.password, &victim.wrong_code, &strange);
            tally.count("wrong code at a prompt", false, &ended, began.elapsed());
        }
        78..84 => code(stage, clients, kind == 83, &home, tally),
        84..86 => {
            let (ended, took) = clients.browser(plain, &home);
            tally.count("browser, in and out", true, &ended, took);
        }
        _ => {
            let ended = clients.gate(inbox);
            tally.count("request at the gate", true, &ended, began.elapsed());
        }
    }
}

/// A login with password and code; as long as all codes are used, one by an app password takes its place.
fn code(stage: &Stage, clients: &mut Clients<'_>, is_by_pam: bool, home: &str, tally: &mut Tally) {
    let people = &stage.people;
    let began = Instant::now();
    let Some((owner, code)) = people.codes.take() else {
        let member = &people.members[0];
        let ended = clients.mail(Door::Lua, &member.name, &member.app_password, home);
        return tally.count("app password, Lua", true, &ended, began.elapsed());
    };
    let member = &people.members[owner];
    let (kind, ended) = if is_by_pam {
        ("password and code, pamtester", clients.pamtester(&member.name, &member.password, &code))
    } else {
        ("password and code at a prompt", clients.prompt(&member.name, &member.password, &code, home))
    };
    tally.count(kind, true, &ended, began.elapsed());
}

/// Where a person usually is (RFC 5737).
pub(super) fn address(number: usize) -> String {
    format!("192.0.2.{}", number % 250 + 1)
}

/// One of 65,536 places where guesses come from (RFC 2544).
pub(super) fn stranger(number: usize) -> String {
    format!("198.18.{}.{}", number / 256 % 256, number % 256)
}

/// How long one login takes that is done again and again.
pub(super) fn timed(login: impl FnOnce() -> Ended) -> (Ended, Duration) {
    let began = Instant::now();
    let ended = login();
    (ended, began.elapsed())
}

/// Names that no account has.
const NAMES: usize = 500;
