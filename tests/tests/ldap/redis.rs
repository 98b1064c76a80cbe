use std::time::Duration;

use nix::sys::signal::Signal;
use postern_tests::{Listen, MailHost, Redis, Site, canary};

use crate::{Said, login, slapd, timed};

fn host(name: &str, slapd: &postern_tests::Slapd, redis: &Redis) -> MailHost {
    let site = Site::builder(name).ldap(slapd).build();
    redis.join(&site);
    MailHost::of(site)
}

#[test]
fn a_stopped_redis_changes_nothing_for_app_passwords_and_is_used_again_when_it_is_back() {
    let slapd = slapd("r_stopped", &["alice"]).start();
    let mut redis = Redis::start("r_stopped", Listen::Tcp);
    let host = host("r_stopped", &slapd, &redis);
    let alice = host.person(&slapd, "alice");
    let phone = host.site.app_password("alice", "Phone", &[]);
    assert!(host.dovecot.imap("alice", &phone.password).is_in());
    redis.kill();
    for _ in 0..3 {
        assert!(host.dovecot.imap("alice", &phone.password).is_in());
        assert!(host.dovecot.pop3("alice", &phone.password).is_in());
    }
    let (said, took) = timed(&host.site, "alice", &phone.password);
    assert_eq!(said, Said::Accept);
    took.assert_within(USUAL);
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Accept, "the main password as well");
    assert_eq!(login(&host.site, "alice", &postern_tests::site::wrong_password()), Said::Reject);
    let made = host.site.cli(&["--json", "app-password", "create", "alice", "--label", "Laptop"]).json();
    let laptop = made["app_password"]["password"].as_str().unwrap().to_owned();
    canary::register(&laptop);
    assert_eq!(login(&host.site, "alice", &laptop), Said::Accept, "one is made and used without it");

    redis.start_again();
    assert_eq!(login(&host.site, "alice", &laptop), Said::Accept);
    postern_tests::guard::wait_for("a last use in Redis again", Duration::from_secs(10), || {
        assert_eq!(login(&host.site, "alice", &laptop), Said::Accept);
        host.site.cli_ok(&["app-password", "list", "alice"]).contains("from 192.0.2.1").then_some(())
    });
}

#[test]
fn a_silent_redis_changes_nothing_for_app_passwords() {
    let slapd = slapd("r_silent", &["alice"]).start();
    let redis = Redis::start("r_silent", Listen::Tcp);
    let host = host("r_silent", &slapd, &redis);
    let alice = host.person(&slapd, "alice");
    let known = host.site.app_password("alice", "Phone", &[]).password;
    let fresh = host.site.app_password("alice", "Laptop", &[]).password;
    assert!(host.dovecot.imap("alice", &known).is_in());
    redis.signal(Signal::SIGSTOP);
    let (said, took) = timed(&host.site, "alice", &fresh);
    println!("the first login beside a silent Redis took {took}");
    assert_eq!(said, Said::Accept);
    took.assert_within(Duration::from_millis(1_500));
    for secret in [&known, &fresh, &known] {
        let (said, took) = timed(&host.site, "alice", secret);
        assert_eq!(said, Said::Accept);
        println!("and a later one {took}");
        took.assert_within(USUAL);
    }
    assert!(host.dovecot.imap("alice", &known).is_in());
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Accept);
    redis.signal(Signal::SIGCONT);
    assert_eq!(login(&host.site, "alice", &known), Said::Accept);
}

#[test]
fn without_redis_wrong_main_passwords_are_still_limited() {
    let slapd = slapd("r_limited", &["alice"]).start();
    let mut redis = Redis::start("r_limited", Listen::Tcp);
    let host = host("r_limited", &slapd, &redis);
    let alice = slapd.person("alice");
    redis.kill();
    for _ in 0..10 {
        assert_eq!(login(&host.site, "alice", &postern_tests::site::wrong_password()), Said::Reject);
    }
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Reject);
    drop(host.posternd.logged(&["reason=limited", "user=alice"]));
}

const USUAL: Duration = Duration::from_millis(700);
