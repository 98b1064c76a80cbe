//! Servers that are slow, refuse, hang up, or speak another language: another way is open at once.

use std::time::Duration;

use postern_tests::courier_host::{CourierHost, SHORT, types_password};
use postern_tests::http_double;
use postern_tests::login_host::{LoginUser, Stores};
use postern_tests::mailbox::Over;
use postern_tests::self_service::Said;
use postern_tests::stopwatch::Stopwatch;
use postern_tests::terminal_user::TerminalUser;
use postern_tests::{Fault, FaultProxy};

#[test]
fn without_a_mail_server_another_way_is_open_within_five_seconds() {
    let mut port = None;
    let host = CourierHost::with("no_mail", Stores::Embedded, SHORT, |mailbox, _| {
        let section = mailbox.section(Over::Clear);
        let line = section.lines().find(|line| line.starts_with("port = ")).unwrap().to_owned();
        let before = FaultProxy::tcp(line["port = ".len()..].parse().unwrap());
        let section = section.replace(&line, &format!("port = {}", before.port()));
        port = Some(before);
        section
    });
    let port = port.unwrap();
    let anna = host.user("anna");
    host.bind_email(&anna, &[]);
    let mut codes = recovery_codes(&host, &anna, || host.mailbox.next_to(&anna.backup()).code());
    let app = host.bind_app(&anna);
    let before = host.mailbox.count_to(&anna.backup());
    // There is no service (RFC 5321, section 3.1); and the connection is closed at once.
    let refuses = Fault::Says("554 5.3.2 mail.example.org has no service\r\n");
    for fault in [Fault::Silent, Fault::OneByteASecond, refuses, Fault::Says(""), Fault::Garbage] {
        port.set(fault);
        let mut person = offered_another_way(&host, &anna, &format!("SMTP, {fault:?}"));
        opens(&mut person, &anna, &codes.pop().unwrap());
    }
    assert_eq!(host.mailbox.count_to(&anna.backup()), before);
    let line = host.logged(&anna, &["verdict=accept flow=login", "credential=recovery_code"]);
    assert!(line.contains("courier"), "{line}");
    // Nothing was counted, and it goes again as soon as the server does.
    port.set(Fault::None);
    let mut person = host.knows_the_password("sshd", &anna);
    person.expect("Code sent to ");
    drop(host.mailbox.next_to(&anna.backup()).code());
    person.expect(": ");
    person.answer_visible(&app.code(0));
    assert_eq!(person.is_in(), anna.unix.name);
}

#[test]
fn without_a_gateway_another_way_is_open_within_five_seconds() {
    use http_double::Mood;
    let host = CourierHost::new("no_sms", Stores::Embedded, SHORT);
    let anna = host.user("anna");
    host.bind_sms(&anna, &[]);
    let mut codes = recovery_codes(&host, &anna, || host.gateway.next_to(&anna.number()).code());
    drop(host.bind_app(&anna));
    let refuses = Mood::Answers(403, String::new(), "{\"error\":\"no credit\"}".to_owned());
    let says_no = Mood::Answers(200, String::new(), "{\"status\":\"rejected\"}".to_owned());
    let moods = [Mood::Silent, Mood::Slow, refuses, says_no, Mood::Drops, Mood::Garbage, Mood::Endless];
    for mood in moods {
        host.gateway.http.set(mood.clone());
        let mut person = offered_another_way(&host, &anna, &format!("SMS, {mood:?}"));
        opens(&mut person, &anna, &codes.pop().unwrap());
    }
}

/// The right password is typed, and the code cannot be sent. The quickest of three logins counts.
fn offered_another_way(host: &CourierHost, user: &LoginUser, what: &str) -> TerminalUser {
    let mut times = Vec::new();
    while times.len() < 3 {
        let mut person = host.ssh("sshd", user).start();
        types_password(&mut person, user);
        let typed = Stopwatch::start();
        person.expect("No code could be sent to ");
        person.expect("Choose another way");
        person.expect("or a number from the list: ");
        let taken = typed.elapsed();
        println!("{what}: another way after {taken}");
        if taken.within(Duration::from_secs(5)) {
            return person;
        }
        times.push(taken);
    }
    panic!("{what}: {times:?}");
}

/// With a recovery code.
fn opens(person: &mut TerminalUser, user: &LoginUser, code: &str) {
    person.was_shown(code);
    person.answer_visible(code);
    assert_eq!(person.is_in(), user.unix.name);
}

/// Makes recovery codes, which asks for a code that was sent.
fn recovery_codes(host: &CourierHost, user: &LoginUser, sent: impl Fn() -> String) -> Vec<String> {
    let (mut visit, mut codes) = (host.visit(user, "recovery_codes", &[]), Vec::new());
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
