//! Wrong logins by the thousand at the form of the account's pages, and the time that right ones take meanwhile.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use postern_tests::account_host::{AccountHost, AccountPages};
use postern_tests::bench::cpu_time;
use postern_tests::flood::{each, meanwhile_each};
use postern_tests::form_client::FormClient;
use postern_tests::login_host::{LoginUser, Stores};
use postern_tests::{Stopwatch, host};

use crate::flood::{IN_FLIGHT, limit};
use crate::{TURN, say};

/// A browser that logs in again and again from one address, and out, and keeps its trust.
struct Regular<'h> {
    client: FormClient<'h>,
    user: LoginUser,
}

impl<'h> Regular<'h> {
    fn new(host: &'h AccountHost, user: LoginUser, address: &str) -> Self {
        let mut client = FormClient::new(host);
        client.headers = vec![("X-Forwarded-For".to_owned(), address.to_owned())];
        Self { client, user }
    }

    /// Gets in with the main password alone, and leaves.
    fn logs_in(&mut self) -> Duration {
        let began = Stopwatch::start();
        self.client.log_in(&self.user);
        let took = began.elapsed().wall();
        assert_eq!(
            self.client.path, "/security",
            "{} after {took:?}: {}",
            self.user.unix.name, self.client.page.body
        );
        self.client.submit("/log-out", &[]);
        took
    }
}

/// A guess at a name's main password, by a program that has a form of ours: the status.
fn guess(pages: &AccountPages, form: &FormClient<'_>, name: &str, number: usize) -> String {
    let visitor = form.cookie("-visitor").expect("a visitor");
    let body = format!("token={visitor}&user={name}&password=wrong+password+{number}");
    let sent = pages
        .request("POST", "/log-in")
        .header("X-Forwarded-For", &format!("198.18.{}.{}", number / 5 / 256 % 256, number / 5 % 256))
        .header("Cookie", &format!("__Host-postern-visitor={visitor}"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body)
        .try_send();
    sent.map_or_else(|error| error.to_string(), |reply| reply.status.to_string())
}

/// Each of the regulars logs in once in this time.
const EVERY: Duration = Duration::from_millis(100);

fn people_get_in_beside_wrong_logins(name: &str, count: usize) {
    host::require_test_host();
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let host = AccountHost::new(name, Stores::Embedded);
    // Her account is under attack; she has been let in from there before.
    let mut known = Regular::new(&host, host.user("known"), "192.0.2.10");
    known.logs_in();
    // So is hers, and her browser is trusted.
    let mut trusted = Regular::new(&host, host.enrolled_with("trusted", &[]), "192.0.2.11");
    trusted.client.log_in(&trusted.user);
    let path = trusted.client.path.clone();
    trusted.client.submit(&path, &[("answer", &trusted.user.app.code()), ("trust", "on")]);
    assert_eq!(trusted.client.path, "/security", "{}", trusted.client.page.body);
    // Nobody guesses at this one, which was never seen at its address.
    let mut new = Regular::new(&host, host.user("new"), "192.0.2.12");
    let victims = [&known, &trusted].map(|regular| regular.user.unix.name.clone());
    // A name without an account costs what a wrong main password costs, each time; the two accounts only until their limit.
    let names = [&*victims[0], &*victims[1], &*victims[0], &*victims[1], "nobody"];
    let (pages, form) = (host.pages(), FormClient::new(&host));
    let quiet = host.web.resident_kib();
    let tally: Mutex<BTreeMap<String, usize>> = Mutex::default();
    let cpu =
        || [host.posternd.pid(), host.web.pid(), std::process::id()].map(cpu_time).iter().sum::<Duration>();
    let (began, cpu_before) = (Stopwatch::start(), cpu());
    let regulars: Vec<Box<dyn FnMut() -> Duration + Send + '_>> =
        vec![Box::new(|| known.logs_in()), Box::new(|| trusted.logs_in()), Box::new(|| new.logs_in())];
    let ((), times) = meanwhile_each(regulars, EVERY, || {
        each(0..count, IN_FLIGHT, |number| {
            let status = guess(pages, &form, names[number % names.len()], number);
            *tally.lock().unwrap_or_else(PoisonError::into_inner).entry(status).or_default() += 1;
        });
    });
    let took = began.elapsed();
    let limit = limit(took.wall(), cpu() - cpu_before);
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    say(&format!(
        "{count} wrong logins in {took}, with {:.1?} of the processors: {tally:?}",
        cpu() - cpu_before
    ));
    let grown = host.web.peak_resident_kib().saturating_sub(quiet);
    say(&format!("postern-web grew by {grown} KiB, posternd had {} KiB", host.posternd.peak_resident_kib()));
    for (who, times) in ["known", "trusted", "new"].iter().zip(&times) {
        say(&format!(
            "meanwhile, {who}: first {:.1?}, then {}",
            times.first(),
            times.after_first().summary()
        ));
        // Who was never seen at their address waits once behind the guesses that wait already, a second's worth of them.
        assert!(
            times.first() < limit * 4,
            "{who}: {:.1?}, and not within {limit:.1?} four times",
            times.first()
        );
        let times = times.after_first();
        assert!(times.quantile(0.99) < limit, "{who}: {}, and not within {limit:.1?}", times.summary());
    }
    // Wrong, or told to come back: never in, and never an error of the server.
    assert!(tally.keys().all(|status| ["403", "503"].contains(&&**status)), "{tally:?}");
    assert!(grown < 64 * 1024, "{grown} KiB more than before");
}

#[test]
fn people_log_in_with_a_browser_beside_a_thousand_wrong_logins() {
    people_get_in_beside_wrong_logins("browser_flood", 1_000);
}

#[test]
#[ignore = "takes a minute"]
fn people_log_in_with_a_browser_beside_ten_thousand_wrong_logins() {
    people_get_in_beside_wrong_logins("browser_flood_long", 10_000);
}
