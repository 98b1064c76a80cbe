//! A host with AddressSanitizer that answers at random: what `make fuzz` is for parsers, for the memory that hosts and the module
//! hand to each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use postern_tests::fake::Line;
use postern_tests::{FakePosternd, PamReport};

use crate::{alice, pam, site};

#[test]
fn a_host_that_answers_at_random_lives_and_lets_in_only_users_who_answered_each_question() {
    answers_at_random("random", 1, 1_000);
}

#[test]
#[ignore = "takes minutes"]
fn a_hundred_thousand_logins_of_such_a_host_are_no_different() {
    for seed in 2..12 {
        answers_at_random("random-long", seed, 10_000);
    }
}

fn answers_at_random(name: &str, seed: u64, rounds: u64) {
    let site = site(name, "");
    let answered = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&answered);
    let fake = FakePosternd::start(&site.socket(), move |line| {
        if is_answered(line) {
            counted.fetch_add(1, Ordering::SeqCst);
        }
        // Even where the host gave up: then the module must not believe it.
        line.accept("alice");
    });
    let host = alice(&site).with_sanitizer().word("random", seed.to_string());
    let report = host.calls(&["auth", "cred"]).word("rounds", rounds.to_string()).run().lived();
    let let_in = times(&report, "auth", pam::SUCCESS);
    assert!(let_in > 0 && let_in < rounds / 2, "the answers differ: {report:?}");
    assert!(let_in <= answered.load(Ordering::SeqCst), "{let_in} were let in: {report:?}");
    let codes = [pam::SUCCESS, pam::AUTH_ERR, pam::CONV_ERR];
    assert_eq!(codes.map(|code| times(&report, "auth", code)).iter().sum::<u64>(), rounds, "{report:?}");
    assert_eq!(report.descriptors.0, report.descriptors.1);
    drop(fake);
}

/// Asks and tells, and whether each question was answered.
fn is_answered(line: &mut Line) -> bool {
    line.begin();
    line.tell("info", "Welcome.");
    for (style, text) in [("hidden", "Password: "), ("visible", "Which? "), ("visible", "Code: ")] {
        if !line.ask(style, text)["answer"].is_string() {
            return false;
        }
        line.tell("error", "Not yet.");
    }
    true
}

fn times(report: &PamReport, call: &str, code: i32) -> u64 {
    report.codes.get(call).and_then(|codes| codes.get(&code)).copied().unwrap_or_default()
}
