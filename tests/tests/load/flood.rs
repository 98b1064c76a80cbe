//! Thousands of wrong passwords at once, and the time that right ones take meanwhile: 10,000, and in the usual run 3,000.

use std::time::Duration;

use postern_ipc::{RejectReason, Verdict};
use postern_tests::bench::cpu_time;
use postern_tests::flood::{Shot, Tally, Times, fire, meanwhile};
use postern_tests::guesses::unknown_app_password;
use postern_tests::{Site, Stopwatch};

use crate::stock::{Stocked, accounts};
use crate::{Alone, say};

/// Attackers' connections at one time.
pub(crate) const IN_FLIGHT: usize = 50;
const MANY: usize = 10_000;
/// Enough of them to take seconds, as the suite has no minutes to spare.
const SOME: usize = 3_000;
/// Each valid group logs in once in this time; a flood of 10 s sees hundreds of them.
pub(crate) const EVERY: Duration = Duration::from_millis(20);
const HER_ADDRESS: usize = 60_000;

/// Throws `shots` at posternd while `groups` log in, prints how long those took, and holds them to the promise.
fn attack(alone: &Alone, shots: impl Iterator<Item = Shot> + Send, groups: &[(&str, Vec<Shot>)]) -> Tally {
    let socket = alone.site.socket();
    let logins: Vec<Vec<Shot>> = groups.iter().map(|(_, logins)| logins.clone()).collect();
    let (started, cpu) = (Stopwatch::start(), cpu_time_of(alone));
    let (tally, times) = meanwhile(&socket, &logins, EVERY, || fire(&socket, shots, IN_FLIGHT));
    let (took, cpu) = (started.elapsed(), cpu_time_of(alone) - cpu);
    let limit = limit(took.wall(), cpu);
    say(&format!("flood of {took}, with {cpu:.1?} of the processors: {:?}", tally.rejected));
    for ((name, _), times) in groups.iter().zip(&times) {
        say(&format!("meanwhile, {name}: {}", times.summary()));
        assert!(times.quantile(0.99) < limit, "{name}: {}, and not within {limit:.1?}", times.summary());
    }
    // Where the processors are slow, guesses at an account that is guessed most may hear that they should come back.
    let is_busy = |reason: &String| reason.contains("too many logins wait");
    let waited_for_itself = tally.deferred.keys().all(is_busy) && tally.deferrals() * 20 <= tally.len();
    assert!(waited_for_itself && tally.failed.is_empty() && tally.accepted == 0, "{tally:?}");
    alone.assert_within_means();
    tally
}

/// A second on processors that nothing else uses. The flood fills them, so what stalls is mostly its own work: what counts is how
/// much of their time it got, down to a tenth.
pub(crate) fn limit(wall: Duration, cpu: Duration) -> Duration {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let share = cpu.as_secs_f64() / (wall.as_secs_f64() * processors as f64);
    Duration::from_secs(1).div_f64(share.clamp(0.1, 1.0))
}

/// What this test and posternd have used.
fn cpu_time_of(alone: &Alone) -> Duration {
    cpu_time(std::process::id()) + cpu_time(alone.posternd.pid())
}

fn warm_up(alone: &Alone, logins: &[Shot]) {
    for login in logins {
        let ended = login.fire(&alone.site.socket());
        assert!(matches!(ended, Ok(Verdict::Accept(_))), "{login:?}: {ended:?}");
    }
}

/// An app password that posternd knows, ones that it has to compute, and a main password from a known address.
fn valid(warm: &Stocked, cold: &Stocked, main: &Stocked) -> [(&'static str, Vec<Shot>); 3] {
    [
        ("app passwords that return", warm.logins(HER_ADDRESS)),
        ("app passwords for the first time", cold.logins(HER_ADDRESS)),
        ("a main password", vec![main.main_login(HER_ADDRESS)]),
    ]
}

#[test]
fn wrong_passwords_with_unknown_selectors_compute_nothing() {
    unknown_selectors(SOME);
}

#[test]
#[ignore = "takes a minute"]
fn ten_thousand_wrong_passwords_with_unknown_selectors_compute_nothing() {
    unknown_selectors(MANY);
}

fn unknown_selectors(wrong: usize) {
    let never = || {
        let edit = |text: String| text.replace("\"until-enrolled\"", "\"never\"");
        Site::builder("unknown selectors").postern_toml(edit).build()
    };
    let (alone, stock) = Alone::new(never, |site| accounts(site, &["alice", "warm"], 25));
    let warm = stock["warm"].logins(HER_ADDRESS);
    warm_up(&alone, &warm);
    let before = alone.runs();
    let guesses = (0..wrong).map(|number| {
        let user = ["alice", "warm", "nobody"][number % 3];
        let secret =
            if number % 2 == 0 { unknown_app_password(number) } else { format!("wrong password {number}") };
        Shot::new(user, &secret, number)
    });
    let tally = attack(&alone, guesses, &[("app passwords that return", warm)]);
    assert_eq!(alone.runs(), before, "not one");
    let unknown = tally.rejected(RejectReason::UnknownAccount);
    assert_eq!(unknown + tally.rejected(RejectReason::UseAppPassword), wrong, "{tally:?}");
}

#[test]
fn valid_logins_go_on_during_wrong_passwords_with_known_selectors() {
    known_selectors(SOME);
}

#[test]
#[ignore = "takes a minute"]
fn valid_logins_go_on_during_ten_thousand_wrong_passwords_with_known_selectors() {
    known_selectors(MANY);
}

fn known_selectors(wrong: usize) {
    let (alone, stock) = Alone::new(
        || Site::new("known selectors"),
        |site| accounts(site, &["alice", "bob", "warm", "cold", "main"], 25),
    );
    warm_up(&alone, &stock["warm"].logins(HER_ADDRESS));
    warm_up(&alone, &[stock["main"].main_login(HER_ADDRESS)]);
    let before = alone.runs();
    let guesses = (0..wrong).map(|number| {
        let target = &stock[["alice", "bob", "cold", "main"][number % 4]];
        // Distinct for each account: 4 × 2,500 of 4,096.
        Shot::new(&target.name, &target.wrong_app_password(number / 4), number)
    });
    let tally = attack(&alone, guesses, &valid(&stock["warm"], &stock["cold"], &stock["main"]));
    assert_eq!(tally.rejected(RejectReason::BadCredential), wrong, "{tally:?}");
    let computed = alone.runs().app_password - before.app_password;
    assert!(
        computed <= wrong as u64 + 25,
        "one for each of them at most, and one for each cold one: {computed}"
    );
    say(&format!("{computed} computed"));
}

#[test]
fn valid_logins_go_on_during_wrong_main_passwords() {
    main_passwords(SOME);
}

#[test]
#[ignore = "takes a minute"]
fn valid_logins_go_on_during_ten_thousand_wrong_main_passwords() {
    main_passwords(MANY);
}

fn main_passwords(wrong: usize) {
    let (alone, stock) = Alone::new(
        || Site::new("main passwords"),
        |site| accounts(site, &["alice", "bob", "warm", "cold", "main"], 25),
    );
    warm_up(&alone, &stock["warm"].logins(HER_ADDRESS));
    warm_up(&alone, &[stock["main"].main_login(HER_ADDRESS)]);
    let before = alone.runs();
    let names = ["alice", "bob", "warm", "cold", "main"];
    let guesses = (0..wrong)
        .map(|number| Shot::new(names[number % 5], &format!("wrong password {number}"), number / 5));
    let tally = attack(&alone, guesses, &valid(&stock["warm"], &stock["cold"], &stock["main"]));
    let looked_at = tally.rejected(RejectReason::BadCredential);
    let answered = looked_at + tally.rejected(RejectReason::Limited) + tally.deferrals();
    assert_eq!(answered, wrong, "{tally:?}");
    assert!(looked_at <= 5 * 100, "100 an account: {looked_at}");
    assert!(alone.runs().main_password > before.main_password, "they are looked at, as far as the limits go");
}

#[test]
fn valid_logins_go_on_while_unknown_names_are_tried() {
    let (alone, stock) =
        Alone::new(|| Site::new("strangers"), |site| accounts(site, &["warm", "cold", "main"], 25));
    warm_up(&alone, &stock["warm"].logins(HER_ADDRESS));
    warm_up(&alone, &[stock["main"].main_login(HER_ADDRESS)]);
    // Each is dear, as it costs what a wrong main password costs: far fewer take as long.
    let strangers = (0..400).map(|number| Shot::new(&format!("nobody{number}"), "wrong password", number));
    let tally = attack(&alone, strangers, &valid(&stock["warm"], &stock["cold"], &stock["main"]));
    assert_eq!(tally.rejected(RejectReason::UnknownAccount), 400, "{tally:?}");
}

#[test]
fn times_are_counted_from_the_shortest_to_the_longest() {
    let times: Times = (1..=100).rev().map(Duration::from_millis).collect();
    let at = |part| times.quantile(part).as_millis();
    assert_eq!((at(0.0), at(0.5), at(0.99), at(1.0)), (1, 51, 99, 100));
}
