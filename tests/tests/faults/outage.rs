use std::time::Duration;

use postern_tests::stopwatch::median;
use postern_tests::{Attempt, Dovecot, Elapsed, Outcome, Site};

use crate::checkpassword;

/// Every way to ask says that it cannot tell, and none says no.
fn is_unavailable_everywhere(dovecot: &Dovecot, password: &str) {
    let answers = [dovecot.imap("alice", password), dovecot.pop3("alice", password)];
    assert!(answers.iter().all(postern_tests::MailAnswer::is_unavailable), "{answers:?}");
    assert!(answers[0].text().contains("[UNAVAILABLE]"), "{answers:?}");
    let reply = dovecot.auth_client().login(&Attempt::new("smtp", "alice", password));
    assert_eq!(reply.outcome, Outcome::Unavailable);
    let (code, words) = dovecot.user("alice").unwrap_err();
    assert_eq!(code, TEMPFAIL, "{words}");
}

/// The median of several runs, each of which has to end with 111.
fn time_to_defer(site: &Site, password: &str) -> Elapsed {
    let times: Vec<Elapsed> = (0..9)
        .map(|_| {
            let ran = checkpassword(site, "alice", password).run();
            assert_eq!((ran.code, ran.fd4.as_str()), (111, ""));
            ran.took
        })
        .collect();
    println!("deferred after {times:?}");
    median(&times)
}

#[test]
fn while_posternd_is_stopped_logins_are_deferred_at_once_and_work_again_when_it_is_back() {
    let site = Site::new("stopped");
    let mut posternd = site.posternd();
    let dovecot = site.dovecot();
    drop(site.account("alice"));
    let app = site.app_password("alice", "Phone", &[]).password;
    assert!(dovecot.imap("alice", &app).is_in());
    let master = dovecot.pid();

    assert!(posternd.stop().success());
    assert!(!site.socket().exists(), "a clean stop takes the socket away");
    time_to_defer(&site, &app).assert_within(AT_ONCE);
    is_unavailable_everywhere(&dovecot, &app);

    posternd.start_again();
    assert!(dovecot.imap("alice", &app).is_in());
    assert!(dovecot.pop3("alice", &app).is_in());
    assert!(dovecot.user("alice").is_ok());
    assert_eq!(dovecot.pid(), master, "Dovecot was not touched");
}

#[test]
fn a_socket_that_a_crash_left_behind_defers_at_once_and_is_taken_over() {
    let site = Site::new("killed");
    let mut posternd = site.posternd();
    let dovecot = site.dovecot();
    let alice = site.account("alice");
    assert!(dovecot.imap("alice", &alice.password).is_in());
    posternd.kill9();
    assert!(site.socket().exists(), "a crash leaves the socket behind");
    time_to_defer(&site, &alice.password).assert_within(AT_ONCE);
    is_unavailable_everywhere(&dovecot, &alice.password);
    posternd.start_again();
    assert!(dovecot.imap("alice", &alice.password).is_in());
}

#[test]
fn a_frozen_posternd_costs_a_login_its_deadline_and_no_more() {
    let site = Site::builder("frozen").client_toml(|text| format!("{text}mail_deadline = \"1s\"\n")).build();
    let posternd = site.posternd();
    let dovecot = site.dovecot();
    drop(site.account("alice"));
    let app = site.app_password("alice", "Phone", &[]).password;
    assert_eq!(checkpassword(&site, "alice", &app).run().code, 0);
    posternd.freeze();
    let ran = checkpassword(&site, "alice", &app).run();
    let lookup = site.checkpassword().args(&["/usr/lib/dovecot/checkpassword-reply"]).lookup();
    let lookup = lookup.credentials("alice", "").run();
    let status = site.cli(&["status"]);
    let imap = dovecot.imap("alice", &app);
    posternd.thaw();
    for ran in [ran, lookup] {
        assert_eq!((ran.code, ran.fd4.as_str()), (111, ""));
        ran.took.assert_at_least(Duration::from_secs(1));
        // Less than two deadlines.
        ran.took.assert_within(Duration::from_millis(1_900));
    }
    assert_eq!(status.code, 69, "{status:?}");
    assert!(imap.is_unavailable(), "{imap:?}");
    assert!(dovecot.imap("alice", &app).is_in());
    assert_eq!(checkpassword(&site, "alice", &app).run().code, 0);
}

#[test]
fn a_front_door_without_a_usable_configuration_defers() {
    let site = Site::new("client_config");
    let _posternd = site.posternd();
    let alice = site.account("alice");
    let good = std::fs::read_to_string(site.client_config()).unwrap();
    let with = |text: &str, mode: u32| {
        std::fs::write(site.client_config(), text).unwrap();
        postern_tests::host::own(&site.client_config(), (0.into(), 0.into()), mode);
        checkpassword(&site, "alice", &alice.password).run().code
    };
    assert_eq!(with(&good, 0o644), 0);
    assert_eq!(with(&good, 0o664), 111, "others may write it");
    assert_eq!(with(&format!("{good}sockets = \"/x\"\n"), 0o644), 111, "an unknown key");
    assert_eq!(with("socket = ", 0o644), 111, "no TOML");
    assert_eq!(with("socket = \"/nonexistent/posternd.sock\"\n", 0o644), 111, "nobody there");
    assert_eq!(with(&good, 0o600), 111, "unreadable for Dovecot's user");
    assert_eq!(with(&good, 0o644), 0);
}

const AT_ONCE: Duration = Duration::from_millis(100);
/// sysexits(3): later it may work.
const TEMPFAIL: i32 = 75;
