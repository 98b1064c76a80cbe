//! What a web mail costs: its logins by session mail passwords, and the gate's answer to each request of a page.

use std::io::{Result, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::load::drive;
use super::machine::machine;
use super::numbers::{quantile, sorted};
use super::results::{Aim, Figure, Results, Row};
use super::{Plan, Round, turns};
use crate::account_host::AccountHost;
use crate::form_client::FormClient;
use crate::http::Place;
use crate::inbox::Inbox;
use crate::login_host::{LoginUser, Stores};
use crate::{Attempt, Dovecot, DovecotConfig, guard, host};

/// Measures on one host with LDAP and Redis, whose people are all logged in, and prints the tables to `out`.
///
/// # Errors
/// `out` cannot be written. A login that is refused, or a request that is, is a panic: such a number would mean nothing.
pub fn webmail(plan: &Plan, out: &mut dyn Write) -> Result<()> {
    host::require_test_host();
    writeln!(out, "bench-webmail: {INBOXES} people logged in with a browser, LDAP and Redis; {}", machine())?;
    let site = AccountHost::new("bench-webmail", Stores::LdapAndRedis);
    let inboxes: Vec<Inbox> = (0..INBOXES).map(|_| Inbox::open(&site)).collect();
    let dovecot = site.site.dovecot();
    let nothing = format!("{} 20000 20000 /nonexistent", host::c_program("reply_exec").display());
    let log = site.site.output().join("dovecot-nothing.log");
    let idle = Dovecot::start(&DovecotConfig::new(&nothing, &log));
    let mut results = Results::new("webmail", "logins/s", plan.to_json());
    logins(plan, &mut results, out, &inboxes, &dovecot, &idle)?;
    sign_ins(&mut results, out, &site)?;
    gate(plan, &mut results, out, &inboxes, &site.web.applications())?;
    let kib = site.web.peak_resident_kib() as f64;
    let aim = Some(Aim::AtMost(WEB_MIB));
    results
        .figure(out, Figure::once("resident: postern-web at most".to_owned(), kib / 1_024.0, "MiB", aim))?;
    results.save(out)
}

fn logins(
    plan: &Plan,
    results: &mut Results,
    out: &mut dyn Write,
    inboxes: &[Inbox],
    dovecot: &Dovecot,
    idle: &Dovecot,
) -> Result<()> {
    let by_session: Vec<Attempt> =
        inboxes.iter().map(|inbox| Attempt::new("imap", &inbox.user, &inbox.password)).collect();
    let by_app: Vec<Attempt> =
        inboxes.iter().map(|inbox| Attempt::new("imap", &inbox.user, &inbox.app_password)).collect();
    let contenders = [
        ("session mail password", dovecot, &by_session),
        ("app password, verified before", dovecot, &by_app),
        ("a program that does nothing", idle, &by_app),
    ];
    let mut rounds: [Vec<Round>; 3] = Default::default();
    for (_, dovecot, attempts) in &contenders {
        // So many that each app password was computed once.
        drop(drive(dovecot, attempts, 20, Duration::from_secs(2)));
    }
    for round in 0..plan.rounds {
        for at in turns(round, contenders.len()) {
            let (_, dovecot, attempts) = contenders[at];
            rounds[at].push(drive(dovecot, attempts, 20, plan.round));
        }
    }
    writeln!(out, "\nlogins through Dovecot's auth socket, {} rounds of {:?} each", plan.rounds, plan.round)?;
    let rates = |number: usize| rounds[number].iter().map(|round| round.rate);
    let rows = contenders.iter().enumerate().map(|(number, (name, ..))| {
        let times = rounds[number].iter().flat_map(|round| round.latencies.iter().copied());
        Row::new("20 in flight", name, number < 2, rates(number), times)
    });
    results.level(out, rows.collect())?;
    let aims = [Some(Aim::AtLeast(1.0)), None];
    for ((number, (name, ..)), aim) in contenders.iter().enumerate().skip(1).zip(aims) {
        let name = format!("session mail password / {name}");
        results.figure(out, Figure::ratio(name, rates(0), rates(number), aim))?;
    }
    Ok(())
}

/// Whole sign-ins without a browser's own work: the page, name and main password, a code, and the page behind it.
fn sign_ins(results: &mut Results, out: &mut dyn Write, site: &AccountHost) -> Result<()> {
    let users: Vec<LoginUser> = (0..SIGN_INS).map(|_| site.enrolled("signer")).collect();
    let users = Mutex::new(users);
    let times = Mutex::new(Vec::new());
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let next = || users.lock().unwrap_or_else(PoisonError::into_inner).pop();
                while let Some(mut user) = next() {
                    let code = user.app.code();
                    let began = Instant::now();
                    let mut client = FormClient::new(site);
                    client.log_in(&user);
                    client.answer(&code);
                    assert_eq!(client.path, "/security", "{}", client.page.body);
                    let took = began.elapsed().as_secs_f64() * 1e3;
                    times.lock().unwrap_or_else(PoisonError::into_inner).push(took);
                }
            });
        }
    });
    let rate = SIGN_INS as f64 / started.elapsed().as_secs_f64();
    let times = times.into_inner().unwrap_or_else(PoisonError::into_inner);
    let level = "sign-ins by main password and code, a new browser each, 2 at once";
    results.level(out, vec![Row::new(level, "postern-web", true, std::iter::once(rate), times.into_iter())])
}

/// Requests of one page after the other, each inbox in turn, by as many connections as there are processors: the first of a page asks posternd,
/// unless that was a moment ago.
fn gate(
    plan: &Plan,
    results: &mut Results,
    out: &mut dyn Write,
    inboxes: &[Inbox],
    applications: &Place,
) -> Result<()> {
    let place = Arc::new(applications.clone());
    let cookies: Arc<Vec<String>> = Arc::new(inboxes.iter().map(|inbox| inbox.cookie.clone()).collect());
    let mut kinds: [(&str, Vec<f64>); 3] = [
        ("the first of a page", Vec::new()),
        ("each further one", Vec::new()),
        ("postern-web's /health", Vec::new()),
    ];
    for _ in 0..plan.rounds.div_ceil(3) {
        // Answers are kept for five seconds.
        guard::pause(Duration::from_secs(6));
        let threads: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (place, cookies) = (Arc::clone(&place), Arc::clone(&cookies));
                thread::spawn(move || {
                    let mut times: [Vec<f64>; 3] = Default::default();
                    for cookie in cookies.iter().skip(client).step_by(CLIENTS) {
                        for request in 0..REQUESTS_OF_A_PAGE {
                            let time = timed(&place, "/gate?application=gated", cookie);
                            times[usize::from(request > 0)].push(time);
                        }
                        times[2].push(timed(&place, "/health", cookie));
                    }
                    times
                })
            })
            .collect();
        for thread in threads {
            let times = thread.join().expect("a client");
            for ((_, all), times) in kinds.iter_mut().zip(times) {
                all.extend(times);
            }
        }
    }
    writeln!(
        out,
        "\nrequests at the gate, a connection each, {CLIENTS} at once, {INBOXES} open inboxes with {REQUESTS_OF_A_PAGE} requests a page"
    )?;
    let aim = Some(Aim::AtMost(10.0));
    for ((name, times), aim) in kinds.into_iter().zip([aim, aim, None]) {
        let times = sorted(times.into_iter());
        for (part, words, aim) in [(0.5, "p50", None), (0.99, "p99", aim)] {
            let figure = Figure::once(format!("{name}, {words}"), quantile(&times, part), "ms", aim);
            results.figure(out, figure)?;
        }
    }
    Ok(())
}

/// Milliseconds until a request is answered with 200.
fn timed(place: &Place, path: &str, cookie: &str) -> f64 {
    let request = place.request("GET", path).header("Cookie", cookie).header("X-Original-URI", "/SOGo/a.css");
    let started = Instant::now();
    let reply = request.send();
    assert_eq!(reply.status, 200, "{path}");
    started.elapsed().as_secs_f64() * 1e3
}

const INBOXES: usize = 100;
const CLIENTS: usize = 2;
const SIGN_INS: usize = 60;
const WEB_MIB: f64 = 32.0;
const REQUESTS_OF_A_PAGE: usize = 10;
