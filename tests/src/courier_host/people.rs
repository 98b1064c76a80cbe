//! What people of a [`CourierHost`] have and do.

use std::time::Duration;

use serde_json::json;

use crate::login_host::{LoginUser, without_ssh_prefix};
use crate::self_service::{Said, Visit};
use crate::terminal_user::TerminalUser;
use crate::{Authenticator, Handset, Ssh, Web, canary, guard, unix_users};

use super::CourierHost;

impl LoginUser {
    /// The mailbox of the account.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}@example.org", self.unix.name)
    }

    /// The backup address.
    #[must_use]
    pub fn backup(&self) -> String {
        format!("{}.elsewhere@example.org", self.unix.name)
    }

    /// The telephone number.
    #[must_use]
    pub fn number(&self) -> String {
        format!("+44207946{:04}", self.unix.uid % 10_000)
    }
}

impl CourierHost {
    /// A person without a factor, who has a mailbox here.
    #[must_use]
    pub fn user(&self, name: &str) -> LoginUser {
        self.user_with(name, &[])
    }

    /// The same with further attributes of the account.
    #[must_use]
    pub fn user_with(&self, name: &str, attributes: &[(&str, &str)]) -> LoginUser {
        let unix = unix_users::fresh(name);
        let mail = format!("{}@example.org", unix.name);
        // Entries in LDAP have it anyway.
        let own: &[(&str, &str)] = if self.slapd.is_none() { &[("mail", &mail)] } else { &[] };
        self.account_of(&unix, &unix.name, unix.uid, &[own, attributes].concat())
    }

    /// `user` on the way to an ssh prompt, which prints the user of the session at once.
    #[must_use]
    pub fn ssh(&self, service: &str, user: &LoginUser) -> Ssh {
        self.host.ssh(service, user).batch()
    }

    /// Binds the mailbox elsewhere. `proofs` are the answers to the questions for a user with a factor.
    pub fn bind_email(&self, user: &LoginUser, proofs: &[&dyn Fn() -> String]) {
        let arguments = [("kind", "email"), ("to", &user.backup())];
        let code = || self.mailbox.next_to(&user.backup()).code();
        self.bind(user, &arguments, &[proofs, &[&code]].concat());
        let_a_second_pass();
    }

    /// Binds the telephone.
    pub fn bind_sms(&self, user: &LoginUser, proofs: &[&dyn Fn() -> String]) {
        let arguments = [("kind", "sms"), ("to", &user.number())];
        let code = || self.gateway.next_to(&user.number()).code();
        self.bind(user, &arguments, &[proofs, &[&code]].concat());
    }

    fn bind(&self, user: &LoginUser, arguments: &[(&str, &str)], answers: &[&dyn Fn() -> String]) {
        let (mut visit, mut answers) = (self.visit(user, "enrol", arguments), answers.iter());
        loop {
            match visit.hear() {
                Said::Ask { is_hidden: true, .. } => visit.answer(&user.password),
                Said::Ask { text, .. } => {
                    visit.answer(&answers.next().unwrap_or_else(|| panic!("another question: {text}"))());
                }
                Said::Tell { .. } | Said::Record { .. } => {}
                Said::Accept => break,
                other @ (Said::Reject { .. } | Said::Defer(_) | Said::Error(_)) => panic!("{other:?}"),
            }
        }
        assert!(answers.next().is_none(), "fewer questions than that");
    }

    /// Binds a phone.
    #[must_use]
    pub fn bind_phone(&self, user: &LoginUser, proofs: &[&dyn Fn() -> String]) -> Handset {
        bind_phone(&self.web, self.visit(user, "enrol", &[("kind", "phone")]), user, proofs)
    }

    /// Binds an app that shows codes, the youngest of all factors.
    #[must_use]
    pub fn bind_app(&self, user: &LoginUser) -> Authenticator {
        let_a_second_pass();
        self.site.enrol_with(&user.unix.name, &["--label", "app"]).1
    }

    /// Binds a phone that is rung, and tells by which topic.
    #[must_use]
    pub fn bind_ringing_phone(&self, user: &LoginUser) -> (Handset, String) {
        let phone = self.bind_phone(user, &[]);
        let topic = phone.ring_by_ntfy(&self.web);
        canary::register(&topic);
        (phone, topic)
    }

    /// `user` after the right password.
    #[must_use]
    pub fn knows_the_password(&self, service: &str, user: &LoginUser) -> TerminalUser {
        let mut person = self.ssh(service, user).start();
        types_password(&mut person, user);
        person
    }
}

/// What is bound now is older than what is bound next, and is proposed until another one opened a login.
fn let_a_second_pass() {
    guard::pause(Duration::from_millis(1_100));
}

/// Binds a phone by a visit that has begun.
#[must_use]
pub fn bind_phone(web: &Web, mut visit: Visit, user: &LoginUser, proofs: &[&dyn Fn() -> String]) -> Handset {
    let (mut phone, mut has_scanned, mut proofs) = (None::<Handset>, false, proofs.iter());
    loop {
        match visit.hear() {
            Said::Ask { is_hidden: true, .. } => visit.answer(&user.password),
            Said::Ask { text, .. } => match &phone {
                None => visit.answer(&proofs.next().unwrap_or_else(|| panic!("{text}"))()),
                Some(_) if !std::mem::replace(&mut has_scanned, true) => visit.answer(""),
                Some(phone) => {
                    assert!(text.contains(&phone.compared()), "{text}");
                    visit.answer("y");
                }
            },
            Said::Record { name, value } if name == "key" => {
                let scanned = Handset::scans(value["uri"].as_str().unwrap());
                scanned.register();
                let heard = scanned.bind(web, "Fairphone");
                assert!(heard.is_accept(), "{heard:?}");
                phone = Some(scanned);
            }
            Said::Tell { .. } | Said::Record { .. } => {}
            Said::Accept => return phone.expect("a phone"),
            other @ (Said::Reject { .. } | Said::Defer(_) | Said::Error(_)) => panic!("{other:?}"),
        }
    }
}

/// A login by root's own hand in the place of sshd's, and the number that it shows.
#[must_use]
pub fn at_the_number(host: &CourierHost, user: &LoginUser) -> (Visit, String) {
    let mut visit = begins_a_login(host, user);
    loop {
        match visit.hear() {
            Said::Ask { is_hidden: true, .. } => visit.answer(&user.password),
            Said::Ask { text, .. } => {
                let (before, _) = text.split_once(APPROVE).expect("a number");
                return (visit, before[before.len() - 2..].to_owned());
            }
            Said::Tell { .. } | Said::Record { .. } => {}
            other @ (Said::Accept | Said::Reject { .. } | Said::Defer(_) | Said::Error(_)) => {
                panic!("{other:?}")
            }
        }
    }
}

/// The same before its first question.
#[must_use]
pub fn begins_a_login(host: &CourierHost, user: &LoginUser) -> Visit {
    let begin = json!({
        "version": 1, "flow": "login", "service": "sshd", "user": user.unix.name, "interactive": true,
        "rhost": "192.0.2.7",
    });
    Visit::begin_with(&host.site.socket(), 0, &begin)
}

/// Answers the question for the password.
pub fn types_password(person: &mut TerminalUser, user: &LoginUser) {
    person.expect("Password: ");
    person.answer_hidden(&user.password);
}

/// The number that is to be typed on the phone, at the question that shows it.
#[must_use]
pub fn number(person: &mut TerminalUser) -> String {
    let before = person.expect(APPROVE);
    let number = before[before.len() - 2..].to_owned();
    person.expect("or type a code: ");
    assert!(number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit()), "{number:?}");
    number
}

/// The number under which a factor was last offered. Those that were bound within one second have no order.
#[must_use]
pub fn place(person: &TerminalUser, label: &str) -> String {
    let screen = without_ssh_prefix(person);
    let line = screen.lines().rev().find_map(|line| {
        let (number, rest) = line.split_once(". ")?;
        (rest == label || rest.starts_with(&format!("{label} ("))).then(|| number.to_owned())
    });
    line.unwrap_or_else(|| panic!("no {label} on\n{screen}"))
}

/// Another number than this one.
#[must_use]
pub fn another(number: &str) -> &'static str {
    if number == "10" { "11" } else { "10" }
}

/// A code that is not this one.
#[must_use]
pub fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

/// What follows the number at the question for an approval.
const APPROVE: &str = " on your phone and approve there";
