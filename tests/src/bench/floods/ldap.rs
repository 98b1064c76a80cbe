//! Accounts in LDAP, the ledger in Redis.

use std::io::{Result, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::super::app_passwords::plant;
use super::super::codes::Stock;
use super::super::results::Results;
use super::{IN_FLIGHT, Visitors, Wrong, meet, with_code};
use crate::flood::{Rate, Shot, fire};
use crate::guesses::{unknown_app_password, wrong_app_password};
use crate::{Binder, Listen, Redis, Site, Slapd};

pub(super) fn run(lasts: Duration, results: &mut Results, out: &mut dyn Write) -> Result<()> {
    let per_flood = u32::try_from(lasts.as_millis() / EVERY.as_millis()).expect("a number") + 100;
    let planted = plant(VICTIMS + REGULARS + per_flood * FLOODS);
    let names: Vec<String> = (0..WITH_CODES).map(|number| format!("coder{number:03}")).collect();
    let builder = Slapd::builder("bench-flood").quiet();
    let builder = names.iter().fold(builder, |builder, name| builder.person(name));
    let builder = builder.crowd(u32::try_from(planted.len()).expect("a number"));
    let slapd = (0..)
        .zip(&planted)
        .fold(builder, |builder, (number, one)| builder.crowd_with(number, &one.ldif))
        .start();
    let redis = Redis::start("bench-flood", Listen::Tcp);
    let site = Site::builder("bench-flood-ldap").ldap(&slapd);
    let site = site.setting("[services.webmail]", "class = \"mail\"\ncombined = true").build();
    redis.join(&site);
    let codes = Mutex::new(Stock::bind(&Binder::of(&site), &names, 1));
    let _posternd = site.posternd();
    let socket = site.socket();
    let shot = |number: usize| {
        let person = slapd.nth(u32::try_from(number).expect("a number"));
        Shot::new(&person.name, &planted[number].secret, number)
    };
    let (victims, regulars) = (VICTIMS as usize, REGULARS as usize);
    let tally = fire(&socket, (victims..victims + regulars).map(shot), 4);
    assert_eq!(tally.accepted, regulars, "{tally:?}");

    let (warm, cold, source) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let visitors = [
        Visitors {
            name: "app passwords that return",
            every: EVERY,
            aim: 50.0,
            next: Box::new(|| shot(victims + warm.fetch_add(1, Ordering::Relaxed) % regulars)),
        },
        Visitors {
            name: "app passwords for the first time",
            every: EVERY,
            aim: 100.0,
            next: Box::new(|| shot(victims + regulars + cold.fetch_add(1, Ordering::Relaxed))),
        },
        Visitors {
            name: "main password and code, from a new source",
            every: EVERY * 2,
            aim: 100.0,
            next: Box::new(|| with_code(&codes, &source, |name| slapd.person(name).password)),
        },
    ];
    let of_victim = |number: usize, secret: String| {
        let person = slapd.nth(u32::try_from(number % victims).expect("a number"));
        Shot::new(&person.name, &secret, number)
    };
    let rate = Rate { per_second: 5_000, in_flight: IN_FLIGHT, lasts };
    let unknown = (0..).map(|number| of_victim(number, unknown_app_password(number)));
    meet(
        &socket,
        Wrong { what: "LDAP, app passwords that nobody has", rate, logins: unknown },
        &visitors,
        results,
        out,
    )?;
    let known = (0..).map(|number: usize| {
        of_victim(number, wrong_app_password(&planted[number % victims].secret, number))
    });
    meet(
        &socket,
        Wrong { what: "LDAP, app passwords that differ in their end", rate, logins: known },
        &visitors,
        results,
        out,
    )?;
    let main = (0..).map(|number| of_victim(number, format!("wrong password {number}")));
    meet(&socket, Wrong { what: "LDAP, wrong main passwords", rate, logins: main }, &visitors, results, out)
}

/// Accounts that are guessed at.
const VICTIMS: u32 = 500;
/// Accounts whose app passwords posternd knows.
const REGULARS: u32 = 100;
const WITH_CODES: u32 = 300;
const FLOODS: u32 = 3;
const EVERY: Duration = Duration::from_millis(50);
