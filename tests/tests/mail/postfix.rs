//! The answers of a real Postfix to mail programs: after a login, a wrong password and an outage.

use std::time::Duration;

use postern_tests::postfix::Postfix;
use postern_tests::{Dovecot, Site, Stopwatch, host};

use postern_tests::site::wrong_password;

fn postfix(site: &Site, dovecot: &Dovecot, name: &str) -> Postfix {
    Postfix::start(site.dir(), &host::output_dir(name), dovecot)
}

#[test]
fn an_outage_is_no_wrong_password_to_postfix() {
    let site = Site::new("postfix_outage");
    let mut posternd = site.posternd();
    let dovecot = site.dovecot();
    drop(site.account("alice"));
    let app = site.app_password("alice", "Phone", &[]).password;
    let postfix = postfix(&site, &dovecot, "postfix_outage");
    assert!(postfix.auth("alice", &app).starts_with("235 "));
    assert!(postfix.auth("alice", &wrong_password()).starts_with("535 "));
    assert!(posternd.stop().success());
    let started = Stopwatch::start();
    let answer = postfix.auth("alice", &app);
    let took = started.elapsed();
    println!("{answer} after {took}");
    assert!(answer.starts_with("454 4.7.0 Temporary authentication failure"), "{answer}");
    took.assert_at_least(Duration::from_millis(9_900));
    let imap = Stopwatch::start();
    assert!(dovecot.imap("alice", &app).is_unavailable());
    // No other service waits for Postfix.
    imap.assert_within(Duration::from_secs(8));
    posternd.start_again();
    assert!(postfix.auth("alice", &app).starts_with("235 "));
}

#[test]
fn a_site_may_tell_postfix_of_an_outage_at_once() {
    let site = Site::builder("postfix_at_once")
        .client_toml(|text| format!("{text}smtp_defer_after = \"0s\"\n"))
        .build();
    let dovecot = site.dovecot();
    let postfix = postfix(&site, &dovecot, "postfix_at_once");
    let started = Stopwatch::start();
    assert!(postfix.auth("alice", &wrong_password()).starts_with("535 "));
    started.assert_within(Duration::from_secs(8));
}
