use std::time::Duration;

use postern_tests::{FakePosternd, PamHost, PamSite};
use serde_json::{Value, json};

use crate::{alice, pam, site, usual};

/// What authenticate answers where the questions are answered like this, and what posternd heard after its opening.
fn after(name: &str, answers: &[&str]) -> (i32, Vec<Value>) {
    after_at("pts/3", name, answers)
}

/// The same on this terminal, or where there is none.
fn after_at(tty: &str, name: &str, answers: &[&str]) -> (i32, Vec<Value>) {
    let site = site(name, "");
    let fake = usual(&site);
    let host = answers.iter().fold(at(&site, tty), |host, answer| host.word("answer", answer));
    let report = host.authenticate();
    let heard = fake.conversation();
    (report.answer("auth"), heard[1..].to_vec())
}

fn at(site: &PamSite, tty: &str) -> PamHost {
    site.host("test", "alice").word("rhost", "192.0.2.7").word("tty", tty)
}

fn cancel() -> Value {
    json!({"cancel": {}})
}

#[test]
fn a_host_without_an_answer_cancels() {
    for answer in ["null", "none", "fail", "again"] {
        assert_eq!(after("none", &[answer]), (pam::CONV_ERR, vec![cancel()]), "{answer}");
        let (code, heard) = after("none-later", &["text:hunter2", answer]);
        assert_eq!((code, &heard[1..]), (pam::CONV_ERR, &[cancel()][..]), "{answer}");
    }
}

#[test]
fn an_answer_of_100_kilobytes_is_refused_and_goes_nowhere() {
    assert_eq!(after("big", &["big:100000"]), (pam::AUTH_ERR, vec![cancel()]));
    assert_eq!(after("big-code", &["text:hunter2", "big:100000"]).0, pam::AUTH_ERR);
    assert_eq!(after("just-too-big", &["big:513"]), (pam::AUTH_ERR, vec![cancel()]));
    let (_, heard) = after("as-big-as-may-be", &["big:512", "text:1"]);
    assert_eq!(heard[0]["answer"], "x".repeat(512));
}

#[test]
fn an_answer_that_is_no_text_is_refused_and_goes_nowhere() {
    let site = site("bytes", "");
    let fake = usual(&site);
    let report = alice(&site).types_bytes(b"p\xffw").authenticate();
    assert_eq!(report.answer("auth"), pam::AUTH_ERR);
    assert_eq!(fake.conversation()[1..], [cancel()]);
}

#[test]
fn an_empty_answer_and_one_of_control_characters_are_posternds_to_judge() {
    let (code, heard) = after("empty", &["text:", "text:123456"]);
    assert_eq!((code, &heard[0]), (pam::AUTH_ERR, &json!({"answer": ""})));
    // What sshd gives for a user whom it will refuse anyway.
    let (code, heard) = after("junk", &["text:\u{8}\n\r\u{7f}INCORRECT", "text:1"]);
    assert_eq!((code, &heard[0]), (pam::AUTH_ERR, &json!({"answer": "\u{8}\n\r\u{7f}INCORRECT"})));
}

#[test]
fn an_answer_that_repeats_the_password_is_no_answer() {
    let (code, heard) = after_at("ftp", "repeat", &["text:hunter2", "text:hunter2"]);
    assert_eq!((code, &heard[1..]), (pam::CONV_ERR, &[cancel()][..]));
}

/// posternd knows both, tells the person, and counts nothing.
#[test]
fn at_a_terminal_the_password_or_the_name_in_the_place_of_a_code_goes_to_posternd_once() {
    for tty in ["ssh", "pts/3", "/dev/tty1"] {
        for typed in ["hunter2", "alice"] {
            let site = site("slip", "");
            let fake = FakePosternd::start(&site.socket(), |line| {
                line.begin();
                line.ask("hidden", "Password: ");
                line.ask("visible", "Code: ");
                line.tell("error", "That is not a code.");
                let code = line.ask("visible", "Code: ");
                line.reject(if code["cancel"].is_object() { "cancelled" } else { "bad_credential" }, "");
            });
            let report = at(&site, tty).types("hunter2").types(typed).types(typed).authenticate();
            assert_eq!(report.answer("auth"), pam::CONV_ERR, "{tty} {typed}");
            let heard = fake.conversation();
            let said = [json!({"answer": "hunter2"}), json!({ "answer": typed }), cancel()];
            // The name may be meant once a person is known to be there.
            let expected = if typed == "alice" { 2 } else { 3 };
            assert_eq!(heard[1..=expected], said[..expected], "{tty} {typed}");
        }
    }
}

#[test]
fn an_answer_that_repeats_an_earlier_modules_password_is_no_answer() {
    let before = "auth requisite pam_exec.so expose_authtok /bin/true\n";
    // At a terminal, one that posternd was not given stays here, too.
    for (arguments, tty) in [("", "ftp"), ("try_first_pass", "ftp"), ("", "pts/3")] {
        let site = site("repeat-authtok", "");
        site.service_with("test", &postern_tests::host::pam_module(), before, arguments);
        let fake = FakePosternd::start(&site.socket(), |line| {
            line.begin();
            let code = line.ask("visible", "Code: ");
            line.reject(if code["cancel"].is_object() { "cancelled" } else { "bad_credential" }, "");
        });
        let report = at(&site, tty).types("s3cret").types("s3cret").authenticate();
        assert_eq!(report.answer("auth"), pam::CONV_ERR, "{arguments} {tty}");
        assert_eq!(fake.conversation()[1..], [cancel()], "{arguments} {tty}");
    }
}

#[test]
fn the_user_name_at_the_first_visible_question_is_no_answer_and_later_it_may_be_a_label() {
    let (code, heard) = after_at("ftp", "name", &["text:hunter2", "text:alice"]);
    assert_eq!((code, &heard[1..]), (pam::CONV_ERR, &[cancel()][..]));
    let site = site("label", "");
    let fake = FakePosternd::start(&site.socket(), |line| {
        line.begin();
        line.ask("visible", "Which? ");
        line.ask("visible", "Its name: ");
        line.accept("alice");
    });
    let report = alice(&site).types("1").types("alice").authenticate();
    assert_eq!(report.answer("auth"), pam::SUCCESS);
    assert_eq!(fake.conversation()[1..], [json!({"answer": "1"}), json!({"answer": "alice"})]);
}

#[test]
fn after_a_cancel_no_answer_of_posternd_lets_the_user_in() {
    for verdict in [
        json!({"accept": {"user": "alice", "userdb": {}}}),
        json!({"ignore": {"reason": "changed its mind"}}),
        json!({"defer": {"reason": "x"}}),
    ] {
        let site = site("after-cancel", "");
        let shown = verdict.to_string();
        let fake = FakePosternd::start(&site.socket(), move |line| {
            line.begin();
            line.ask("visible", "Code: ");
            // A user who gave up is asked and told nothing more.
            line.ask("visible", "Really not? ");
            line.tell("info", "As you like.");
            line.say(json!({ "verdict": verdict }));
        });
        let report = alice(&site).word("answer", "fail").types("123456").authenticate();
        assert_eq!(report.answer("auth"), pam::CONV_ERR, "{shown}");
        assert_eq!(report.shown(), [(pam::VISIBLE, "Code: ".to_owned())], "{shown}");
        assert_eq!(fake.conversation()[1..], [cancel(), cancel()], "{shown}");
    }
}

#[test]
fn the_clock_runs_while_a_person_types() {
    let site = site("slow", "");
    site.configure("interactive_deadline = \"300ms\"\n");
    let fake = usual(&site);
    let report = alice(&site).word("answer", "slow:500:hunter2").types("123456").authenticate();
    assert_eq!(report.answer("auth"), pam::AUTHINFO_UNAVAIL);
    assert_eq!(fake.conversation()[1..], [cancel()], "a password that comes too late goes nowhere");
    assert!(report.log.iter().any(|line| line.contains("interactive_deadline")), "{:?}", report.log);
    report.took.assert_within(Duration::from_secs(10));
}

/// posternd says what became of the code, and the login is refused whatever it decides.
#[test]
fn a_code_that_comes_too_late_reaches_posternd_and_opens_nothing() {
    for verdict in [
        json!({"accept": {"user": "alice", "userdb": {}}}),
        json!({"reject": {"reason": "cancelled", "text": "Login failed."}}),
    ] {
        let site = site("late-code", "");
        site.configure("interactive_deadline = \"300ms\"\n");
        let fake = FakePosternd::start(&site.socket(), move |line| {
            line.begin();
            line.ask("visible", "Code: ");
            line.tell("error", "That took too long.");
            line.say(json!({ "verdict": verdict }));
        });
        let report = alice(&site).word("answer", "slow:500:123456").authenticate();
        assert_eq!(report.answer("auth"), pam::AUTHINFO_UNAVAIL);
        assert_eq!(fake.conversation()[1..], [json!({"answer": "123456"})]);
        assert!(report.shown().iter().any(|(_, text)| text == "That took too long."), "{:?}", report.shown());
        report.took.assert_within(Duration::from_secs(10));
    }
}
