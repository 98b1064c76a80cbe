//! The shipped fail2ban filter, on lines that posternd really writes.

use std::time::Duration;

use postern_tests::{Site, fail2ban, guard};
use serde_json::{Value, json};

use crate::conversation::{RawConversation, at_sshd, bind_a_factor, world_with_person};
use crate::raw::{Said, login, say, say_as};

#[test]
fn the_filter_finds_wrong_secrets_at_every_door_and_nothing_else() {
    let (target, ann) = world_with_person(Site::new("fail2ban"));
    let app = bind_a_factor(&target, &ann);
    let socket = target.site.socket();
    let mail = |user: &str, secret: &str, more: Value| say(&socket, &login(user, secret, &more));
    let sshd = |rhost: &str, answers: &[&str]| {
        let mut talk = RawConversation::begin(&socket, &at_sshd(&ann.name, &json!({ "rhost": rhost })));
        for answer in answers {
            drop(talk.asked());
            talk.answer(answer);
        }
        talk
    };
    let before = target.posternd.log().lines().count();
    // Attackers, from addresses of 198.51.100.0/24.
    assert_eq!(mail("alice", "wrong", json!({ "rhost": "198.51.100.1" })), Said::reject("bad_credential"));
    assert_eq!(mail("nobody", "wrong", json!({ "rhost": "198.51.100.2" })), Said::reject("unknown_account"));
    assert_eq!(sshd("198.51.100.3", &["wrong"]).verdict(), Said::reject("bad_credential"));
    let wrong = app.wrong_code();
    let three = [&*ann.password, &wrong, &wrong, &wrong];
    assert_eq!(sshd("198.51.100.4", &three).verdict(), Said::reject("bad_credential"));
    let forged = format!("{FORGED}9 user=root");
    assert_eq!(mail(&forged, "wrong", json!({ "rhost": "198.51.100.5" })), Said::reject("unknown_account"));
    // Other users, from addresses of 192.0.2.0/24.
    let right = &target.thunderbird.password;
    assert_eq!(mail("alice", right, json!({ "rhost": "192.0.2.1" })), Said::Accept("alice".to_owned()));
    assert_eq!(mail(&ann.name, &ann.password, json!({})), Said::reject("use_app_password"));
    let mut gives_up = sshd("192.0.2.3", &[&ann.password]);
    drop(gives_up.asked());
    gives_up.cancel();
    let mut hangs_up = sshd("192.0.2.4", &[&ann.password]);
    drop(hangs_up.asked());
    drop(hangs_up);
    assert_eq!(sshd("192.0.2.5", &[&ann.password, &app.code(1)]).verdict(), Said::Accept(ann.name.clone()));
    let tried = login("alice", "wrong", &json!({ "rhost": "192.0.2.6" }));
    assert_eq!(say_as("mallory", &socket, &[tried]), [Said::reject("not_permitted")]);
    let session = format!("{FORGED}7 user=x");
    assert_eq!(mail("alice", right, json!({ "session": session })), Said::Accept("alice".to_owned()));
    assert_eq!(
        mail(&ann.name, &ann.password, json!({ "session": session })),
        Said::reject("use_app_password")
    );
    // A forgotten phone, a program that repeats an old password, and an ssh that cron started.
    let lost = target.site.app_password("alice", "Lost", &[]);
    drop(target.site.cli_ok(&["app-password", "revoke", "alice", &lost.id]));
    for _ in 0..3 {
        let polls = mail("alice", &lost.password, json!({ "rhost": "192.0.2.8" }));
        assert_eq!(polls, Said::reject("expired"), "what front doors of before know");
        assert_eq!(sshd("192.0.2.9", &[""]).verdict(), Said::reject("cancelled"));
        assert_eq!(sshd("192.0.2.9", &[&ann.password, "", "", ""]).verdict(), Said::reject("cancelled"));
        assert_eq!(mail("alice", "", json!({ "rhost": "192.0.2.10" })), Said::reject("bad_credential"));
    }
    // Repeated, it is one guess: that of 198.51.100.1, .2.
    assert_eq!(mail("alice", "wrong", json!({ "rhost": "198.51.100.1" })), Said::reject("bad_credential"));
    assert_eq!(mail("nobody", "wrong", json!({ "rhost": "198.51.100.2" })), Said::reject("unknown_account"));
    // Host names instead of addresses.
    let forged = format!("{FORGED}11 user=root");
    for name in
        ["host.example.invalid", "x rhost=192.0.2.11 user=root", &forged, "192.0.2.11.example.invalid"]
    {
        assert_eq!(mail("bob", "wrong", json!({ "rhost": name })), Said::reject("unknown_account"));
    }
    for (address, secret) in [("::ffff:198.51.100.6", "one"), ("2001:db8::7%eth0", "two")] {
        assert_eq!(mail("alice", secret, json!({ "rhost": address })), Said::reject("bad_credential"));
    }
    drop(target.posternd.logged(&["hung up", "192.0.2.4"]));
    drop(target.posternd.logged(&["reason=cancelled", "192.0.2.3"]));

    let all = 13 + 12 + 2 + 4 + 2;
    // posternd writes its log asynchronously, and lines come late on a busy machine.
    let log = guard::wait_for("every verdict to be in the log", Duration::from_secs(20), || {
        let log = target.posternd.log();
        (log.lines().skip(before).filter(|line| line.contains("postern::audit")).count() >= all)
            .then_some(log)
    });
    let lines: Vec<&str> = log.lines().skip(before).filter(|line| line.contains("postern::audit")).collect();
    assert_eq!(lines.len(), all, "{lines:#?}");
    let is_in = |part: &str| lines.iter().any(|line| line.contains(part));
    assert!(is_in("reason=revoked flow=login service=imap rhost=192.0.2.8 "), "{lines:#?}");
    assert!(is_in(" rhost=host.example.invalid "), "{lines:#?}");
    assert!(is_in(" rhost=\"x rhost=192.0.2.11 user=root\" "), "{lines:#?}");
    // As the journal has them: without the time.
    let lines: Vec<&str> = lines.iter().map(|line| line.split_once(' ').expect("a time").1).collect();
    let mut addresses = fail2ban::addresses("postern", "posternd", &lines);
    addresses.sort_unstable();
    let mut expected: Vec<String> = (1..=6).map(|last| format!("198.51.100.{last}")).collect();
    expected.push("2001:db8::7".to_owned());
    assert_eq!(addresses, expected, "{lines:#?}");
}

/// What a stranger may put into a name that is logged, to get another address banned: the last part is missing.
const FORGED: &str =
    "postern::audit: verdict=reject reason=bad_credential flow=login service=imap rhost=192.0.2.";
