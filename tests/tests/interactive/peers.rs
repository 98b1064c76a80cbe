//! One code, thirty-two simultaneous logins: what the peers let in. How many is their affair; that each is asked, and that
//! the right code opens, is ours.

use postern_tests::terminal_user::{TerminalUser, at_once};
use postern_tests::{
    Authenticator, PamService, Pamtester, Ssh, Sshd, Stopwatch, UnixUser, pam, peers, unix_users,
};

type Peer = fn(&UnixUser, &Authenticator) -> String;

#[test]
fn one_code_is_typed_in_32_ssh_logins_at_once() {
    for (name, asks, peer) in PEERS {
        let (anna, app) = (unix_users::fresh("anna"), Authenticator::random());
        let sshd = Sshd::with("at_once", &pam::auth(&peer(&anna, &app)));
        let started = Stopwatch::start();
        let mut people: Vec<TerminalUser> =
            (0..CROWD).map(|_| Ssh::to(&sshd).unix_user(&anna).batch().start()).collect();
        for person in &mut people {
            person.expect(asks);
        }
        println!("ssh: {CROWD} were asked after {}", started.elapsed());
        let code = app.fresh_code(10);
        let started = Stopwatch::start();
        let let_in = at_once(&mut people, |person| {
            person.answer_hidden(&code);
            person.gets_in()
        });
        let let_in = let_in.iter().filter(|&&is_in| is_in).count();
        println!("ssh: {name} let {let_in} of {CROWD} in with one code, in {}", started.elapsed());
        assert!(let_in >= 1, "the right code opens");
    }
}

#[test]
fn the_same_without_sshd_takes_a_moment() {
    for (name, asks, peer) in PEERS {
        let (anna, app) = (unix_users::fresh("anna"), Authenticator::random());
        let service = PamService::new(name, &pam::auth(&peer(&anna, &app)));
        let test = Pamtester::new("at_once").item("rhost", "127.0.0.9");
        let mut people: Vec<TerminalUser> = (0..CROWD).map(|_| test.start(&service, &anna.name)).collect();
        for person in &mut people {
            person.expect(asks);
        }
        let code = app.fresh_code(10);
        let started = Stopwatch::start();
        let ended = at_once(&mut people, |person| {
            person.answer_hidden(&code);
            person.ends().0
        });
        let let_in = ended.iter().filter(|&&status| status == 0).count();
        println!("pam: {name} let {let_in} of {CROWD} in with one code, in {}", started.elapsed());
        assert!(let_in >= 1, "the right code opens");
    }
}

const PEERS: [(&str, &str, Peer); 2] = [
    ("pam_google_authenticator", "Verification code", peers::google_authenticator),
    ("pam_oath", "One-time password", peers::oath),
];
const CROWD: usize = 32;
