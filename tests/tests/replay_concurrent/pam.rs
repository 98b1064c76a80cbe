//! The same through PAM: thirty-two processes with one code, beside what others make of that.

use postern_tests::terminal_user::{TerminalUser, at_once};
use postern_tests::{
    Authenticator, PamService, Pamtester, Site, UnixUser, pam, pamtester, peers, unix_users,
};

use crate::alone;
use crate::arena::{Enrolled, Pair, now_step};

type Peer = fn(&UnixUser, &Authenticator) -> String;

/// How many each round of a module let in.
struct Row {
    module: &'static str,
    let_in: Vec<usize>,
}

impl Row {
    fn print(&self) {
        let (least, most) = (self.let_in.iter().min().unwrap(), self.let_in.iter().max().unwrap());
        let rounds = self.let_in.len();
        println!("{:<42} {rounds:>6} {:>12} {:>5}", self.module, format!("{least} to {most}"), CROWD);
    }
}

fn compare(name: &str, rounds: u32) {
    let _turn = alone();
    let pair = Pair::new(name, rounds, |site| site.setting("[limits]", "wrong_codes = 100"));
    let mut rows = vec![];
    for (module, asks, peer) in PEERS {
        let let_in = (0..rounds).map(|_| of_peer(name, asks, peer)).collect();
        rows.push(Row { module, let_in });
    }
    let let_in: Vec<usize> = pair.people.iter().map(|one| of_postern(name, &pair.sites, one)).collect();
    rows.push(Row { module: "pam_postern, two hosts", let_in: let_in.clone() });
    println!("{:<42} {:>6} {:>12} {:>5}", "one code, typed at the same moment", "rounds", "let in", "of");
    rows.iter().for_each(Row::print);
    assert!(let_in.iter().all(|let_in| *let_in == 1), "{let_in:?}");
    for site in &pair.sites {
        let log = std::fs::read_to_string(site.output().join("posternd.log")).unwrap();
        assert!(log.contains("service=sshd"), "every host is asked");
    }
}

fn of_peer(name: &str, asks: &str, peer: Peer) -> usize {
    let (anna, app) = (unix_users::fresh("anna"), Authenticator::random());
    let service = PamService::new("peer", &pam::auth(&peer(&anna, &app)));
    let mut people: Vec<TerminalUser> = (0..CROWD)
        .map(|_| Pamtester::new(name).item("rhost", "127.0.0.9").start(&service, &anna.name))
        .collect();
    people.iter_mut().for_each(|person| drop(person.expect(asks)));
    let code = app.fresh_code(10);
    let let_in = at_once(&mut people, |person| {
        person.answer_hidden(&code);
        person.ends().0 == 0
    });
    let_in.iter().filter(|is_in| **is_in).count()
}

fn of_postern(name: &str, sites: &[Site; 2], one: &Enrolled) -> usize {
    let services = sites.each_ref().map(|site| PamService::new("postern", &stack(site)));
    let mut people: Vec<TerminalUser> = (0..CROWD)
        .map(|number| Pamtester::new(name).item("rhost", "127.0.0.9").start(&services[number % 2], &one.name))
        .collect();
    for person in &mut people {
        drop(person.expect("Password: "));
        person.answer_hidden(&one.password);
        drop(person.expect(ASKS));
    }
    let step = now_step();
    let code = one.code(step + 1);
    let let_in = at_once(&mut people, |person| {
        person.answer_visible(&code);
        // Who is not in is asked again, and goes away.
        match person.expect_one_of(&[pamtester::SUCCESS, WRONG]).0 {
            0 => true,
            _ => {
                drop(person.expect(ASKS));
                person.interrupt();
                false
            }
        }
    });
    assert!(now_step() <= step + 2, "the machine is too slow");
    let_in.iter().filter(|is_in| **is_in).count()
}

fn stack(site: &Site) -> String {
    let config = site.client_config();
    pam::auth(&format!("auth required {{module}} config={} service=sshd", config.display()))
}

#[test]
fn of_32_pam_processes_with_one_code_one_is_let_in_and_a_table_shows_the_others() {
    compare("pam", 3);
}

#[test]
#[ignore = "takes minutes"]
fn of_32_pam_processes_with_one_code_one_is_let_in_in_every_round_of_many() {
    compare("pam_often", 30);
}

const PEERS: [(&str, &str, Peer); 2] = [
    ("pam_google_authenticator, DISALLOW_REUSE", "Verification code", peers::google_authenticator),
    ("pam_oath", "One-time password", peers::oath),
];
const ASKS: &str = "Code from App: ";
const WRONG: &str = "That code is wrong, or was used before.";
const CROWD: usize = 32;
