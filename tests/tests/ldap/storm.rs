use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use postern_tests::guard::pause;
use postern_tests::site::wrong_password;
use postern_tests::{MailHost, Stopwatch};

use crate::{Said, is_back_soon, login, slapd, timed};

#[test]
fn while_slapd_comes_and_goes_no_right_secret_is_wrong_and_no_wrong_one_right() {
    let mut slapd = slapd("storm", &["alice"]).start();
    let host = MailHost::with_ldap("storm", &slapd);
    let site = &host.site;
    let main = slapd.person("alice").password;
    let app = site.app_password("alice", "Phone", &[]).password;
    let (is_over, wrong) = (AtomicBool::new(false), wrong_password());
    let decided: [AtomicUsize; 3] = std::array::from_fn(|_| AtomicUsize::new(0));
    let counts = thread::scope(|scope| {
        let (is_over, decided) = (&is_over, &decided);
        let ask_all_the_time = |number: usize, secret: &'static str, value: String| {
            scope.spawn(move || {
                let mut deferred = 0;
                while !is_over.load(Ordering::Relaxed) {
                    match login(site, "alice", &value) {
                        Said::Defer => deferred += 1,
                        said if (said == Said::Reject) == (secret == "wrong") => {
                            decided[number].fetch_add(1, Ordering::Relaxed);
                        }
                        said @ (Said::Accept | Said::Reject) => panic!("{secret}: {said:?}"),
                    }
                }
                (secret, decided[number].load(Ordering::Relaxed), deferred)
            })
        };
        let askers = [(0, "app", app.clone()), (1, "main", main.clone()), (2, "wrong", wrong)]
            .map(|(number, secret, value)| ask_all_the_time(number, secret, value));
        let decided_so_far = || decided.each_ref().map(|count| count.load(Ordering::Relaxed));
        for round in 0..4 {
            pause(Duration::from_millis(700));
            if round % 2 == 0 {
                slapd.kill()
            } else {
                slapd.stop()
            }
            pause(Duration::from_millis(300));
            slapd.start();
            let before = decided_so_far();
            pause(Duration::from_millis(1_200));
            // No panic in here, where threads would be waited for that nothing stops.
            let (waited, few) = (Stopwatch::start(), before.map(|count| count + 3));
            while decided_so_far().iter().zip(few).any(|(now, few)| *now <= few) && !waited.is_over(PATIENCE)
            {
                pause(Duration::from_millis(20));
            }
        }
        is_over.store(true, Ordering::Relaxed);
        askers.map(|asker| asker.join().expect("an asker"))
    });
    println!("as it should be, and deferred: {counts:?}");
    for (secret, as_it_should_be, _) in counts {
        assert!(as_it_should_be > 10, "{secret}");
    }
    is_back_soon(site, "alice", &main);
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
    took.assert_at_least(Duration::from_millis(900));
    // Less than the 2.6 s after which a login is deferred.
    took.assert_within(Duration::from_millis(2_500));
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

/// For each kind of secret to be decided on a few times.
const PATIENCE: Duration = Duration::from_secs(20);
