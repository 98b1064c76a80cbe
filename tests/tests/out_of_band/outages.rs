//! Servers that are slow, refuse, hang up, or speak another language: another way is open at once.

use std::time::{Duration, Instant};

use postern_tests::http_double;
use postern_tests::mailbox::Over;
use postern_tests::own::Said;
use postern_tests::person::Person;

use crate::people::{User, types_password};
use crate::way::{Mood, Way};
use crate::world::{Kept, SHORT, World};

#[test]
fn without_a_mail_server_another_way_is_open_within_five_seconds() {
    let mut way = None;
    let world = World::with("no_mail", Kept::Embedded, SHORT, |mailbox, _| {
        let section = mailbox.section(Over::Clear);
        let line = section.lines().find(|line| line.starts_with("port = ")).unwrap().to_owned();
        let before = Way::to(line["port = ".len()..].parse().unwrap());
        let section = section.replace(&line, &format!("port = {}", before.port));
        way = Some(before);
        section
    });
    let way = way.unwrap();
    let anna = world.user("anna");
    world.bind_email(&anna, &[]);
    let mut codes = recovery_codes(&world, &anna, || world.mailbox.next_to(&anna.backup()).code());
    let app = world.bind_app(&anna);
    let before = world.mailbox.count_to(&anna.backup());
    for mood in [Mood::Silent, Mood::Slow, Mood::Refuses, Mood::Drops, Mood::Garbage] {
        way.set(mood);
        let mut person = offered_another_way(&world, &anna, &format!("SMTP, {mood:?}"));
        opens(&mut person, &anna, &codes.pop().unwrap());
    }
    assert_eq!(world.mailbox.count_to(&anna.backup()), before);
    let line = world.logged(&anna, &["verdict=accept flow=login", "credential=recovery_code"]);
    assert!(line.contains("courier"), "{line}");
    // Nothing was counted, and it goes again as soon as the server does.
    way.set(Mood::Open);
    let mut person = world.knows_the_password("sshd", &anna);
    person.expect("Code sent to ");
    drop(world.mailbox.next_to(&anna.backup()).code());
    person.expect(": ");
    person.answer_visible(&app.code(0));
    assert_eq!(person.is_in(), anna.unix.name);
}

#[test]
fn without_a_gateway_another_way_is_open_within_five_seconds() {
    use http_double::Mood;
    let world = World::new("no_sms", Kept::Embedded, SHORT);
    let anna = world.user("anna");
    world.bind_sms(&anna, &[]);
    let mut codes = recovery_codes(&world, &anna, || world.gateway.next_to(&anna.number()).code());
    drop(world.bind_app(&anna));
    let refuses = Mood::Answers(403, String::new(), "{\"error\":\"no credit\"}".to_owned());
    let says_no = Mood::Answers(200, String::new(), "{\"status\":\"rejected\"}".to_owned());
    let moods = [Mood::Silent, Mood::Slow, refuses, says_no, Mood::Drops, Mood::Garbage, Mood::Endless];
    for mood in moods {
        world.gateway.http.set(mood.clone());
        let mut person = offered_another_way(&world, &anna, &format!("SMS, {mood:?}"));
        opens(&mut person, &anna, &codes.pop().unwrap());
    }
}

/// The right password is typed, and the code cannot be sent. The quickest of three logins counts: a machine that is busy with
/// other tests is no fault of posternd's.
fn offered_another_way(world: &World, user: &User, what: &str) -> Person {
    let mut times = Vec::new();
    while times.len() < 3 {
        let mut person = world.ssh("sshd", user).start();
        types_password(&mut person, user);
        let typed = Instant::now();
        person.expect("No code could be sent to ");
        person.expect("Choose another way");
        person.expect("or the number of another factor: ");
        let taken = typed.elapsed();
        println!("{what}: another way after {taken:?}");
        if taken < Duration::from_secs(5) {
            return person;
        }
        times.push(taken);
    }
    panic!("{what}: {times:?}");
}

/// With a recovery code.
fn opens(person: &mut Person, user: &User, code: &str) {
    person.was_shown(code);
    person.answer_visible(code);
    assert_eq!(person.is_in(), user.unix.name);
}

/// Makes recovery codes, which asks for a code that was sent.
fn recovery_codes(world: &World, user: &User, sent: impl Fn() -> String) -> Vec<String> {
    let (mut visit, mut codes) = (world.visit(user, "recovery_codes", &[]), Vec::new());
    loop {
        match visit.hear() {
            Said::Ask { is_hidden: true, .. } => visit.answer(&user.password),
            Said::Ask { .. } => visit.answer(&sent()),
            Said::Record { value, .. } => codes.push(value["code"].as_str().unwrap().to_owned()),
            Said::Tell { .. } => {}
            Said::Accept => return codes,
            other @ (Said::Reject { .. } | Said::Defer(_) | Said::Error(_)) => panic!("{other:?}"),
        }
    }
}
