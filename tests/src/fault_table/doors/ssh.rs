use std::time::Duration;

use crate::guard;
use crate::login_host::{LoginUser, ssh_prompt};
use crate::stopwatch::{Elapsed, Stopwatch};
use crate::terminal_user::{IN, TerminalUser};

use super::super::people::{Rung, WithCodes};
use super::page::has_codes;
use super::{Party, Phase, Scene, Seen, Verdict};

/// A login with the main password and a second factor.
pub(super) fn attempt(scene: &Scene, party: Party, phase: Phase) -> Seen {
    let people = &scene.people;
    match party {
        Party::Ldap | Party::Redis | Party::Posternd => people
            .ssh
            .next(|user| Login::begin(scene, user).run(&user.password.clone(), &mut |_| user.app.code())),
        Party::Smtp => people.mailed.next_where(has_codes, |person| {
            let WithCodes { user, codes } = person;
            Login::begin(scene, user).run(&user.password, &mut |asked| match (asked, phase) {
                (Asked::Sent, Phase::Healthy) => scene.mailbox.next_to(&user.backup()).code(),
                _ => codes.pop().expect("it has codes"),
            })
        }),
        Party::Push => people.rung.next(|person| {
            let password = person.user.password.clone();
            let login = Login::begin(scene, &person.user);
            login.run(&password, &mut |asked| match (asked, phase) {
                (Asked::Phone(number), Phase::Healthy) => {
                    person.is_rung(scene);
                    person.approves(scene, &number);
                    String::new()
                }
                _ => person.code(),
            })
        }),
    }
}

/// The same with a recovery code.
pub(super) fn with_recovery_code(scene: &Scene) -> Seen {
    scene.people.recovery.next_where(has_codes, |person| {
        let WithCodes { user, codes } = person;
        Login::begin(scene, user).run(&user.password, &mut |_| codes.pop().unwrap_or_default())
    })
}

impl Rung {
    /// Waits for a message to the phone that came in the last seconds.
    pub(super) fn is_rung(&mut self, scene: &Scene) {
        let count = || scene.push.seen().iter().filter(|seen| seen.target.ends_with(&self.endpoint)).count();
        let rung = guard::wait_for("a push", Duration::from_secs(5), || {
            let count = count();
            (count > self.pushes).then_some(count)
        });
        self.pushes = rung;
    }

    /// What the phone shows without a network, and did not show before.
    pub(super) fn code(&mut self) -> String {
        self.app.code()
    }

    /// Types the number on the phone.
    pub(super) fn approves(&self, scene: &Scene, number: &str) {
        assert_eq!(self.phone.decide(&scene.web, "approve", number), "approved");
    }
}

/// What is asked for behind the main password.
enum Asked {
    Code,
    /// What was sent.
    Sent,
    /// An approval by the phone, with this number.
    Phone(String),
    /// Another way than the one that did not work.
    Other,
}

struct Login {
    person: TerminalUser,
    longest: Elapsed,
}

impl Login {
    fn begin(scene: &Scene, user: &LoginUser) -> Self {
        let sshd = scene.host.sshd("sshd", "keyboard-interactive");
        Self { person: ssh_prompt(&sshd, user).batch().start(), longest: Elapsed::default() }
    }

    /// The next of these texts, `None` at the end.
    fn hears(&mut self, texts: &[&str]) -> Option<(usize, String)> {
        let started = Stopwatch::start();
        let heard = self.person.hears_one_of(texts, LONGEST);
        let took = started.elapsed();
        if took.wall() > self.longest.wall() {
            self.longest = took;
        }
        heard
    }

    fn run(mut self, password: &str, code: &mut dyn FnMut(Asked) -> String) -> Seen {
        let mut is_told = false;
        while let Some((which, before)) = self.hears(&TEXTS) {
            let asked = match which {
                0 => return self.ends(if is_told { Verdict::OtherWay } else { Verdict::Accepted }),
                1 => {
                    self.person.type_line(password);
                    continue;
                }
                2..=4 => {
                    is_told = true;
                    continue;
                }
                5 => Asked::Code,
                6 => Asked::Sent,
                7 => Asked::Phone(before[before.len().saturating_sub(2)..].to_owned()),
                8 => Asked::Other,
                9 => {
                    self.person.type_line("");
                    continue;
                }
                _ => panic!("more texts than that"),
            };
            // The rest of the question.
            if self.hears(&[": "]).is_none() {
                break;
            }
            let answer = code(asked);
            if answer.len() > 8 {
                self.person.was_shown(&answer);
            }
            self.person.type_line(&answer);
        }
        let verdict = if self.person.text().contains("out of order on this host just now") {
            Verdict::TryLater
        } else if self.person.text().contains("Permission denied") {
            Verdict::Refused
        } else {
            Verdict::Broken
        };
        self.ends(verdict)
    }

    fn ends(self, verdict: Verdict) -> Seen {
        let lines: Vec<String> = self.person.text().lines().map(|line| line.trim().to_owned()).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.is_empty()).collect();
        let last = lines[lines.len().saturating_sub(3)..].join(" / ");
        Seen { verdict, took: self.longest, words: last }
    }
}

const TEXTS: [&str; 10] = [
    IN,
    "Password: ",
    "No code could be sent to ",
    "Nothing can be sent right now",
    // Without a notification it is this, and with one "Type 12 on your phone".
    "Scan it, type ",
    "Code from ",
    "Code sent to ",
    " on your phone and approve there",
    "or a number from the list",
    "Press Enter to log in: ",
];
/// Longer than any deadline of a front door.
const LONGEST: Duration = Duration::from_secs(130);
