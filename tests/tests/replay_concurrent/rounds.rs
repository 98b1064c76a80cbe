//! Thirty-two logins with one code, round after round: exactly one is let in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use postern_tests::door::Ended;
use postern_tests::guard::pause;
use postern_tests::{Posternd, SiteBuilder, Stopwatch};

use crate::alone;
use crate::arena::{Enrolled, PERIOD, Pair, Single, now_step};
use crate::rush::{Rush, Rushed, rush};

/// So many at once.
const CROWD: usize = 32;

/// What all rounds came to.
#[derive(Debug, Default)]
struct Totals {
    rounds: usize,
    /// By the code's distance from the step of now, and whether that changed meanwhile.
    by_step: BTreeMap<(i64, bool), usize>,
    /// Winners by daemon.
    won: [usize; 2],
    refused: BTreeMap<String, usize>,
    together: usize,
    /// Rounds whose code expired while it was typed, or in which the ledger was too busy for the login that would have been
    /// accepted.
    none_let_in: usize,
    /// Told to come again, by what was out of order.
    put_off: BTreeMap<String, usize>,
}

impl Totals {
    /// Counts a round, in which all users typed the code of `step`.
    #[track_caller]
    fn count(&mut self, step: u64, rushed: &Rushed) {
        let (begun, ended) = (rushed.seconds.0 / PERIOD, rushed.seconds.1 / PERIOD);
        let distance = step.cast_signed() - begun.cast_signed();
        // Once it is two steps old, it is too late; and a busy machine may delay a login.
        let may_be_none = ended > step + 1 || !rushed.put_off.is_empty();
        match rushed.accepted.len() {
            1 => self.won[rushed.accepted[0]] += 1,
            0 if may_be_none => self.none_let_in += 1,
            count => panic!("{count} were let in with one code, {distance} steps from now: {rushed:?}"),
        }
        self.rounds += 1;
        *self.by_step.entry((distance, begun != ended)).or_default() += 1;
        for (reason, count) in &rushed.refused {
            *self.refused.entry(reason.clone()).or_default() += count;
        }
        for (why, count) in &rushed.put_off {
            *self.put_off.entry(why.clone()).or_default() += count;
        }
        self.together += rushed.together;
    }

    /// Whether the step changed during the input.
    fn saw_a_change(&self) -> bool {
        self.by_step.keys().any(|(_, changed)| *changed)
    }

    fn print(&self, what: &str, took: Duration) {
        println!(
            "{what}: {} rounds of {CROWD} in {:.1} s ({:.0} logins/s), one let in each; {} by the first daemon, {} by the second",
            self.rounds,
            took.as_secs_f64(),
            (self.rounds * CROWD) as f64 / took.as_secs_f64(),
            self.won[0],
            self.won[1]
        );
        println!("  codes of (steps from now, and whether the step changed meanwhile): {:?}", self.by_step);
        println!(
            "  typed before anybody was in: {} of {}; the others: {:?}; put off: {:?}; rounds without anybody: {}",
            self.together,
            self.rounds * CROWD,
            self.refused,
            self.put_off,
            self.none_let_in
        );
    }
}

/// `rounds` rounds, and three more at every change of the step that comes in between; at least at one.
fn run(what: &str, sockets: &[PathBuf], people: &mut [Enrolled], rounds: usize) -> Totals {
    let sockets: Vec<&Path> = sockets.iter().map(PathBuf::as_path).collect();
    let (mut totals, started) = (Totals::default(), Stopwatch::start());
    while totals.rounds < rounds || !totals.saw_a_change() {
        if until_next_step() < BEFORE_EDGE {
            at_the_edge(&sockets, people, &mut totals);
        } else if let Some(one) = people.iter_mut().find(|one| one.step().is_some())
            && totals.rounds < rounds
        {
            let step = one.step().unwrap();
            let rushed = rush(&by(&sockets, one, &one.code(step)), CROWD, || {});
            one.has_typed(step, &rushed);
            totals.count(step, &rushed);
        } else {
            pause(Duration::from_millis(100));
        }
    }
    totals.print(what, started.elapsed().wall());
    totals
}

fn by<'a>(sockets: &'a [&'a Path], one: &'a Enrolled, code: &'a str) -> Rush<'a> {
    Rush { sockets, door: one.at_sshd(), code }
}

/// Three people at once, in the moment in which the step changes: with the code of the step that ends, of the one that
/// begins, and of the one that is about to be too old.
fn at_the_edge(sockets: &[&Path], people: &mut [Enrolled], totals: &mut Totals) {
    let next = now_step() + 1;
    let mut steps = vec![next - 1, next, next - 2];
    let rushed = thread::scope(|scope| {
        let mut threads = Vec::new();
        for one in people {
            let Some(step) = steps.pop_if(|step| one.next <= *step) else { continue };
            threads.push(scope.spawn(move || {
                let code = one.code(step);
                let at_the_change = || pause(until_next_step().saturating_sub(Duration::from_millis(4)));
                let rushed = rush(&by(sockets, one, &code), CROWD, at_the_change);
                one.has_typed(step, &rushed);
                (step, rushed)
            }));
        }
        threads.into_iter().map(|thread| thread.join().expect("a round")).collect::<Vec<_>>()
    });
    assert!(steps.is_empty(), "not enough people");
    for (step, rushed) in rushed {
        totals.count(step, &rushed);
    }
}

fn until_next_step() -> Duration {
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
    Duration::from_secs((now.as_secs() / PERIOD + 1) * PERIOD) - now
}

/// Losers are not limited before they are told that the code was used.
fn patient(site: SiteBuilder) -> SiteBuilder {
    site.setting("[limits]", "wrong_codes = 100")
}

#[track_caller]
fn assert_contended(totals: &Totals, hosts: usize) {
    assert!(totals.won[..hosts].iter().all(|won| *won > 0), "every host wins now and then: {totals:?}");
    let replayed = totals.refused.get("Replayed").copied().unwrap_or_default();
    let others: usize = totals.refused.values().sum();
    assert!(replayed > others * 9 / 10, "{totals:?}");
    assert!(!totals.refused.contains_key("Locked") && !totals.refused.contains_key("Limited"), "{totals:?}");
    assert!(totals.put_off.values().sum::<usize>() <= totals.rounds * CROWD / 100, "{totals:?}");
    assert!(totals.together > totals.rounds * CROWD / 2, "nearly all at once: {totals:?}");
    assert!((-1..=1).all(|step| totals.by_step.contains_key(&(step, false))), "{totals:?}");
}

#[test]
fn of_32_with_one_code_at_two_hosts_one_is_let_in() {
    let _turn = alone();
    let mut pair = Pair::new("once", 43, patient);
    let totals = run("two hosts", &pair.sockets(), &mut pair.people, 100);
    assert_contended(&totals, 2);
}

#[test]
#[ignore = "takes minutes"]
fn of_32_with_one_code_at_two_hosts_one_is_let_in_a_thousand_times() {
    let _turn = alone();
    let mut pair = Pair::new("often", 340, patient);
    let totals = run("two hosts", &pair.sockets(), &mut pair.people, 1_000);
    assert_contended(&totals, 2);
}

#[test]
fn of_32_with_one_code_at_one_host_with_a_file_one_is_let_in() {
    let _turn = alone();
    let mut single = Single::new("file", 20, patient);
    let totals = run("one host", &[single.site.socket()], &mut single.people, 30);
    assert_contended(&totals, 1);
}

#[test]
#[ignore = "takes minutes"]
fn of_32_with_one_code_at_one_host_with_a_file_one_is_let_in_a_thousand_times() {
    let _turn = alone();
    let mut single = Single::new("file_often", 340, patient);
    let totals = run("one host", &[single.site.socket()], &mut single.people, 1_000);
    assert_contended(&totals, 1);
}

/// What came of rounds in which a daemon was killed.
#[derive(Debug, Default)]
struct Killed {
    /// A login was accepted all the same.
    in_the_rush: usize,
    /// None was, and the code was still valid afterwards.
    afterwards: usize,
    /// The code was spent for a login that got no answer.
    lost: usize,
}

/// Kills a daemon in the middle of round after round, and tries each code again afterwards: it is taken once at most.
fn kill_in_rounds(what: &str, sockets: &[PathBuf], people: &[Enrolled], daemon: &mut Posternd) -> Killed {
    let sockets: Vec<&Path> = sockets.iter().map(PathBuf::as_path).collect();
    let mut killed = Killed::default();
    // The first one shows how long it takes; from then on it is about as likely to be killed too late as too early.
    let mut wait = None;
    for one in people {
        if until_next_step() < Duration::from_secs(PERIOD / 2) {
            pause(until_next_step());
        }
        let step = now_step();
        let code = one.code(step);
        let Some(wait) = &mut wait else {
            wait = rush(&by(&sockets, one, &code), CROWD, || {}).first_in;
            continue;
        };
        let rushed = thread::scope(|scope| {
            let (go, goes) = std::sync::mpsc::channel();
            let by = by(&sockets, one, &code);
            let rushed = scope.spawn(move || rush(&by, CROWD, || go.send(()).expect("it is waited for")));
            goes.recv().expect("the round begins");
            pause(*wait);
            daemon.kill9();
            rushed.join().expect("a round")
        });
        daemon.start_again();
        let again = (0..4).filter(|number| {
            let socket = sockets[number % sockets.len()];
            one.at_sshd().answer(socket, &[&code]).0 == Ended::In
        });
        let (meanwhile, again) = (rushed.accepted.len(), again.count());
        // Until then its code is taken.
        assert!(now_step() <= step + 1, "the machine is too slow");
        assert!(meanwhile + again <= 1, "{meanwhile} and {again} were let in with one code: {rushed:?}");
        // By the killed daemon, before that; by another one, or not at all.
        *wait = wait.mul_f64(if rushed.accepted == [0] { 0.85 } else { 1.15 });
        killed.in_the_rush += meanwhile;
        killed.afterwards += again;
        killed.lost += 1 - meanwhile - again;
    }
    println!("{what}, killed at about the moment at which it lets somebody in: {killed:?}");
    killed
}

#[test]
fn a_code_is_taken_once_though_a_host_is_killed_in_between() {
    let _turn = alone();
    let Pair { second, mut first, people, sites, redis, slapd } = Pair::new("killed", 21, patient);
    let sockets = [sites[0].socket(), sites[1].socket()];
    let killed = kill_in_rounds("one of two hosts", &sockets, &people, &mut first);
    assert!(killed.in_the_rush > 0, "{killed:?}");
    drop((second, sites, redis, slapd));
}

#[test]
fn a_code_is_taken_once_from_a_file_though_its_host_is_killed_in_between() {
    let _turn = alone();
    let Single { mut posternd, people, site } = Single::new("file_killed", 21, patient);
    let killed = kill_in_rounds("the only host", &[site.socket()], &people, &mut posternd);
    assert!(killed.in_the_rush > 0 && killed.afterwards > 0, "{killed:?}");
}

/// Time enough for a hundred users to reach the question.
const BEFORE_EDGE: Duration = Duration::from_secs(6);
