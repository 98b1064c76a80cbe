use std::net::TcpListener;
use std::time::Duration;

use postern_ipc::RejectReason;
use postern_tests::flood::{Shot, fire};
use postern_tests::site::wrong_password;
use postern_tests::{Site, slapd::PEOPLE};

use crate::{Said, login, slapd, timed};

/// As an idle timeout of the server, or a proxy before it, closes them.
#[test]
fn idle_connections_that_the_server_closed_cost_no_login() {
    let mut slapd = slapd("closed_binders", &["alice"]).start();
    let site = Site::builder("closed_binders").ldap(&slapd).build();
    let posternd = site.posternd();
    let alice = slapd.person("alice").password;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            // Each a password of its own: logins with the same one are checked once.
            let wrong = wrong_password();
            let site = &site;
            scope.spawn(move || assert_eq!(login(site, "alice", &wrong), Said::Reject));
        }
    });
    slapd.stop();
    slapd.start();
    for _ in 0..3 {
        assert_eq!(login(&site, "alice", &alice), Said::Accept);
    }
    assert!(!posternd.log().contains("verdict=defer"), "{}", posternd.log());
}

/// Anybody can type a password for a user whose password another server compares, and that server may be down.
#[test]
fn a_bind_that_is_not_answered_takes_no_server_out_of_use() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let slapd = slapd("silent_bind", &["alice"])
        .entries(&format!(
            "dn: uid=remy,{PEOPLE}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nuid: remy\ncn: remy\nsn: remy\n\
             uidNumber: 31007\ngidNumber: 31007\nhomeDirectory: /srv/mail/remy\nseeAlso: cn=remy,dc=example,dc=net\n\n"
        ))
        .remote_passwords(silent.local_addr().unwrap())
        .start();
    let site = Site::builder("silent_bind").ldap(&slapd).build();
    let posternd = site.posternd();
    let app = site.app_password("alice", "Phone", &[]).password;
    assert_eq!(login(&site, "alice", &app), Said::Accept);
    std::thread::scope(|scope| {
        let stranger = scope.spawn(|| timed(&site, "remy", "what-a-stranger-types"));
        while !posternd.log().contains("user=remy") {
            let (said, took) = timed(&site, "alice", &app);
            assert_eq!(said, Said::Accept);
            took.assert_within(AT_ONCE);
        }
        let (said, took) = stranger.join().unwrap();
        assert_eq!(said, Said::Defer);
        took.assert_at_least(Duration::from_secs(1));
    });
    assert_eq!(login(&site, "alice", &app), Said::Accept);
    assert!(posternd.log().contains("the directory does not answer a bind"), "{}", posternd.log());
    // Its thread in slapd waits for it.
    drop(silent);
}

/// More at a time would wait in the server, and each on a connection of its own: a TLS handshake costs more than a bind.
#[test]
fn a_crowd_of_binds_shares_its_connections() {
    let slapd = slapd("crowd_of_binds", &[]).crowd(CROWD).start();
    let site = Site::builder("crowd_of_binds").ldap(&slapd).build();
    let _posternd = site.posternd();
    let wrong = |number: u32| Shot::new(&slapd.nth(number).name, &wrong_password(), number as usize);
    let tally = fire(&site.socket(), (0..CROWD).map(wrong), 200);
    assert_eq!(tally.rejected(RejectReason::BadCredential), CROWD as usize, "{tally:?}");
    let connections = slapd.log().matches(" ACCEPT ").count();
    assert!((1..100).contains(&connections), "{connections} for {CROWD} binds");
}

const CROWD: u32 = 400;
const AT_ONCE: Duration = Duration::from_millis(600);
