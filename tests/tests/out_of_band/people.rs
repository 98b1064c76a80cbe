//! A user with an account, a mailbox elsewhere, a telephone, and maybe a phone that approves.

use std::time::Duration;

use postern_tests::own::{Said, Visit};
use postern_tests::person::Person;
use postern_tests::{Authenticator, Handset, UnixUser, Web, canary, guard, unix_users};
use serde_json::json;

use crate::world::World;

/// A user with an account and a uid on the host.
pub(crate) struct User {
    pub(crate) unix: UnixUser,
    pub(crate) password: String,
}

impl User {
    /// Their mailbox here.
    pub(crate) fn address(&self) -> String {
        format!("{}@example.org", self.unix.name)
    }

    /// Their mailbox elsewhere.
    pub(crate) fn backup(&self) -> String {
        format!("{}.elsewhere@example.org", self.unix.name)
    }

    /// Their telephone.
    pub(crate) fn number(&self) -> String {
        format!("+44207946{:04}", self.unix.uid % 10_000)
    }
}

impl World {
    /// A user without a factor.
    pub(crate) fn user(&self, name: &str) -> User {
        self.user_with(name, &[])
    }

    /// The same with further attributes of the account.
    pub(crate) fn user_with(&self, name: &str, attributes: &[(&str, &str)]) -> User {
        let unix = unix_users::fresh(name);
        let password = match &self.slapd {
            Some(slapd) => {
                let lines = attributes.iter().map(|(name, value)| format!("{name}: {value}\n"));
                slapd.add_person_as(&unix.name, &unix, &lines.collect::<String>()).password
            }
            None => {
                let mail = format!("{}@example.org", unix.name);
                let pairs = attributes.iter().map(|(name, value)| format!("{name}={value}"));
                let pairs: Vec<String> = pairs.collect();
                let mut more = vec!["--mail", &mail];
                more.extend(pairs.iter().flat_map(|pair| ["--attribute", pair]));
                self.site.account_as_with(&unix.name, &unix, &more).password
            }
        };
        canary::register(&password);
        User { unix, password }
    }

    /// A visit of `user` to their own account.
    pub(crate) fn visit(&self, user: &User, flow: &str, arguments: &[(&str, &str)]) -> Visit {
        Visit::begin(&self.site.socket(), user.unix.uid, flow, arguments)
    }

    /// Binds the mailbox elsewhere. `proofs` are the answers to the questions for a user with a factor.
    pub(crate) fn bind_email(&self, user: &User, proofs: &[&dyn Fn() -> String]) {
        let arguments = [("kind", "email"), ("to", &user.backup())];
        let code = || self.mailbox.next_to(&user.backup()).code();
        self.bind(user, &arguments, &[proofs, &[&code]].concat());
        let_a_second_pass();
    }

    /// Binds the telephone.
    pub(crate) fn bind_sms(&self, user: &User, proofs: &[&dyn Fn() -> String]) {
        let arguments = [("kind", "sms"), ("to", &user.number())];
        let code = || self.gateway.next_to(&user.number()).code();
        self.bind(user, &arguments, &[proofs, &[&code]].concat());
    }

    fn bind(&self, user: &User, arguments: &[(&str, &str)], answers: &[&dyn Fn() -> String]) {
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
    pub(crate) fn bind_phone(&self, user: &User, proofs: &[&dyn Fn() -> String]) -> Handset {
        bind_phone(&self.web, self.visit(user, "enrol", &[("kind", "phone")]), user, proofs)
    }

    /// Binds an app that shows codes, the youngest of all factors.
    pub(crate) fn bind_app(&self, user: &User) -> Authenticator {
        let_a_second_pass();
        self.site.enrol_with(&user.unix.name, &["--label", "app"]).1
    }

    /// Binds a phone that is rung, and tells by which topic.
    pub(crate) fn bind_ringing_phone(&self, user: &User) -> (Handset, String) {
        let phone = self.bind_phone(user, &[]);
        let topic = phone.ring_by_ntfy(&self.web);
        canary::register(&topic);
        (phone, topic)
    }

    /// `user` after the right password.
    pub(crate) fn knows_the_password(&self, service: &str, user: &User) -> Person {
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
pub(crate) fn bind_phone(
    web: &Web,
    mut visit: Visit,
    user: &User,
    proofs: &[&dyn Fn() -> String],
) -> Handset {
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
pub(crate) fn at_the_number(world: &World, user: &User) -> (Visit, String) {
    let mut visit = begins_a_login(world, user);
    loop {
        match visit.hear() {
            Said::Ask { is_hidden: true, .. } => visit.answer(&user.password),
            Said::Ask { text, .. } => {
                let (_, rest) = text.split_once(" with the number ").expect("a number");
                return (visit, rest[..2].to_owned());
            }
            Said::Tell { .. } | Said::Record { .. } => {}
            other @ (Said::Accept | Said::Reject { .. } | Said::Defer(_) | Said::Error(_)) => {
                panic!("{other:?}")
            }
        }
    }
}

/// The same before its first question.
pub(crate) fn begins_a_login(world: &World, user: &User) -> Visit {
    let begin = json!({
        "version": 1, "flow": "login", "service": "sshd", "user": user.unix.name, "interactive": true,
        "rhost": "192.0.2.7",
    });
    Visit::begin_with(&world.site.socket(), 0, &begin)
}

/// Answers the question for the password.
pub(crate) fn types_password(person: &mut Person, user: &User) {
    person.expect("Password: ");
    person.answer_hidden(&user.password);
}

/// The number that is to be typed on the phone, at the question that shows it.
pub(crate) fn number(person: &mut Person) -> String {
    person.expect(" with the number ");
    let number = person.expect(", then press Enter");
    person.expect("or type a code: ");
    assert!(number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit()), "{number:?}");
    number
}

/// The number under which a factor was last offered. Those that were bound within one second have no order.
pub(crate) fn place(person: &Person, label: &str) -> String {
    let screen = seen(person);
    let line = screen.lines().rev().find_map(|line| {
        let (number, rest) = line.split_once(". ")?;
        (rest == label || rest.starts_with(&format!("{label} ("))).then(|| number.to_owned())
    });
    line.unwrap_or_else(|| panic!("no {label} on\n{screen}"))
}

/// Another number than this one.
pub(crate) fn another(number: &str) -> &'static str {
    if number == "10" { "11" } else { "10" }
}

/// A code that is not this one.
pub(crate) fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

/// What the terminal shows, without what ssh puts before the first line of each question: whom it asks for.
pub(crate) fn seen(person: &Person) -> String {
    let text = person.text().replace('\r', "");
    let mut left = String::new();
    for line in text.split_inclusive('\n') {
        let asked = line.strip_prefix('(').and_then(|rest| rest.split_once("@127.0.0.1) "));
        left.push_str(asked.map_or(line, |(_, question)| question));
    }
    left
}
