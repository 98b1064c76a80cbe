use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use postern_tests::MailHost;
use postern_tests::guard::pause;
use postern_tests::site::wrong_password;

use crate::{SOON, Said, back, login, slapd, timed};

#[test]
fn while_slapd_comes_and_goes_no_right_secret_is_wrong_and_no_wrong_one_right() {
    let mut slapd = slapd("storm", &["alice"]).start();
    let host = MailHost::with_ldap("storm", &slapd);
    let site = &host.site;
    let main = slapd.person("alice").password;
    let app = site.app_password("alice", "Phone", &[]).password;
    let (is_over, wrong) = (AtomicBool::new(false), wrong_password());
    let counts = thread::scope(|scope| {
        let ask_all_the_time = |secret: &'static str, value: String| {
            let is_over = &is_over;
            scope.spawn(move || {
                let (mut accepted, mut deferred) = (0, 0);
                while !is_over.load(Ordering::Relaxed) {
                    match login(site, "alice", &value) {
                        Said::Accept if secret != "wrong" => accepted += 1,
                        Said::Reject if secret == "wrong" => accepted += 1,
                        Said::Defer => deferred += 1,
                        said @ (Said::Accept | Said::Reject) => panic!("{secret}: {said:?}"),
                    }
                }
                (secret, accepted, deferred)
            })
        };
        let askers = [("app", app.clone()), ("main", main.clone()), ("wrong", wrong)]
            .map(|(secret, value)| ask_all_the_time(secret, value));
        for round in 0..4 {
            pause(Duration::from_millis(700));
            if round % 2 == 0 {
                slapd.kill()
            } else {
                slapd.stop()
            }
            pause(Duration::from_millis(300));
            slapd.start();
            pause(Duration::from_millis(1_200));
        }
        is_over.store(true, Ordering::Relaxed);
        askers.map(|asker| asker.join().expect("an asker"))
    });
    println!("as it should be, and deferred: {counts:?}");
    for (secret, as_it_should_be, _) in counts {
        assert!(as_it_should_be > 10, "{secret}");
    }
    assert!(back(site, "alice", &main) < SOON);
}

#[test]
fn a_slapd_that_pauses_for_a_second_costs_a_second_and_nothing_else() {
    let slapd = slapd("pause", &["alice"]).start();
    let host = MailHost::with_ldap("pause", &slapd);
    let alice = slapd.person("alice");
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Accept);
    slapd.freeze();
    let (said, took) = thread::scope(|scope| {
        let asker = scope.spawn(|| timed(&host.site, "alice", &alice.password));
        pause(Duration::from_secs(1));
        slapd.thaw();
        asker.join().expect("an asker")
    });
    assert_eq!(said, Said::Accept);
    assert!(took >= Duration::from_millis(900) && took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn forty_simultaneous_logins_are_all_accepted() {
    let slapd = slapd("forty", &[]).crowd(40).start();
    let host = MailHost::with_ldap("forty", &slapd);
    let said: Vec<Said> = thread::scope(|scope| {
        let askers: Vec<_> = (0..40)
            .map(|number| {
                let (person, site) = (slapd.nth(number), &host.site);
                scope.spawn(move || login(site, &person.name, &person.password))
            })
            .collect();
        askers.into_iter().map(|asker| asker.join().expect("an asker")).collect()
    });
    assert_eq!(said, [Said::Accept; 40]);
}
