//! One code, thirty-two simultaneous logins: what the peers let in.

use std::time::Instant;

use postern_tests::person::{Person, at_once};
use postern_tests::{Authenticator, PamService, Pamtester, Ssh, Sshd, pam, peers, unix_users};

#[test]
fn of_32_simultaneous_ssh_logins_with_one_code_pam_oath_lets_one_in() {
    let (anna, app) = (unix_users::fresh("anna"), Authenticator::random());
    let sshd = Sshd::with("at_once", &pam::auth(&peers::oath(&anna, &app)));
    let started = Instant::now();
    let mut people: Vec<Person> =
        (0..CROWD).map(|_| Ssh::to(&sshd).unix_user(&anna).batch().start()).collect();
    for person in &mut people {
        person.expect("One-time password");
    }
    let code = app.fresh_code(15);
    let asked = started.elapsed();
    let let_in = at_once(&mut people, |person| {
        person.answer_hidden(&code);
        person.gets_in()
    });
    println!(
        "{CROWD} at once: all asked after {} ms, done after {} ms",
        asked.as_millis(),
        started.elapsed().as_millis()
    );
    assert_eq!(let_in.iter().filter(|&&is_in| is_in).count(), 1);
}

#[test]
fn the_same_without_sshd_takes_a_moment() {
    let app = Authenticator::random();
    for (peer, asks) in [("google", "Verification code"), ("oath", "One-time password")] {
        let anna = unix_users::fresh("anna");
        let stack = match peer {
            "google" => peers::google_authenticator(&anna, &app),
            _ => peers::oath(&anna, &app),
        };
        let service = PamService::new(peer, &pam::auth(&stack));
        let test = Pamtester::new("at_once").item("rhost", "127.0.0.9");
        let mut people: Vec<Person> = (0..CROWD).map(|_| test.start(&service, &anna.name)).collect();
        for person in &mut people {
            person.expect(asks);
        }
        let code = app.fresh_code(10);
        let started = Instant::now();
        let ended = at_once(&mut people, |person| {
            person.answer_hidden(&code);
            person.ends().0
        });
        let let_in = ended.iter().filter(|&&status| status == 0).count();
        println!("{peer}: one code let {let_in} of {CROWD} in, in {} ms", started.elapsed().as_millis());
        assert!(let_in >= 1, "the right code opens");
        assert!(peer == "google" || let_in == 1, "pam_oath takes a code once");
    }
}

const CROWD: usize = 32;
