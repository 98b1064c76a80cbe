//! Logins of users in a real slapd, through a real Dovecot: accepted and refused ones, and the effect of outages.

mod aliases;
mod binds;
mod cli;
mod crash;
mod credentials;
mod ds389;
mod listing;
mod locks;
mod logins;
mod names;
mod outage;
mod pair;
mod reach;
mod redis;
mod replicas;
mod rights;
mod stale;
mod storm;

use std::time::Duration;

use postern_tests::guard::wait_for;
use postern_tests::{Elapsed, Ran, Site, Slapd, SlapdBuilder, Stopwatch, host};

/// The verdict of postern-checkpassword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Accept,
    Reject,
    Defer,
}

/// A slapd with these users, whose home directories can be created.
fn slapd(name: &str, people: &[&str]) -> SlapdBuilder {
    let homes = host::test_dir().join("homes").join(name);
    people.iter().fold(Slapd::builder(name).home_dir(&homes), |builder, person| builder.person(person))
}

/// A login as Dovecot asks for it, without Dovecot.
fn ask(site: &Site, user: &str, password: &str) -> Ran {
    ask_from(site, "192.0.2.1", user, password)
}

fn ask_from(site: &Site, address: &str, user: &str, password: &str) -> Ran {
    let reply_tool = ["/usr/lib/dovecot/checkpassword-reply"];
    site.checkpassword().args(&reply_tool).login("imap", address).credentials(user, password).run()
}

/// The verdict on a login, and how long it took.
fn timed(site: &Site, user: &str, password: &str) -> (Said, Elapsed) {
    let ran = ask(site, user, password);
    (said(&ran), ran.took)
}

fn login(site: &Site, user: &str, password: &str) -> Said {
    said(&ask(site, user, password))
}

fn said(ran: &Ran) -> Said {
    match ran.code {
        0 => Said::Accept,
        1 => Said::Reject,
        111 => Said::Defer,
        other => panic!("postern-checkpassword ended with {other}: {}", ran.stderr),
    }
}

/// The user name of an accepted login.
fn let_in_as(ran: &Ran) -> String {
    assert_eq!(said(ran), Said::Accept, "{}", ran.stderr);
    ran.reply_fields().into_iter().find(|(field, _)| field == "user").expect("a user").1
}

/// Waits until a login is accepted again, which has to be soon.
#[track_caller]
fn is_back_soon(site: &Site, user: &str, password: &str) {
    let started = Stopwatch::start();
    wait_for("the login to work again", Duration::from_secs(10), || {
        (login(site, user, password) == Said::Accept).then_some(())
    });
    println!("back after {}", started.elapsed());
    started.assert_within(SOON);
}

/// The time within which an outage ends after its cause.
const SOON: Duration = Duration::from_millis(2_500);
