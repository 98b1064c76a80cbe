use postern_tests::FakePosternd;

use crate::{alice, pam, site};

/// The host's messages where posternd tells `info`, then asks `prompt`, then refuses with `text`.
fn shown(name: &str, info: &'static str, prompt: &'static str, text: &'static str) -> Vec<(i32, String)> {
    let site = site(name, "");
    let _fake = FakePosternd::start(&site.socket(), move |line| {
        line.begin();
        line.tell("info", info);
        line.ask("visible", prompt);
        line.reject("bad_credential", text);
    });
    let report = alice(&site).types("1").authenticate();
    assert_eq!(report.answer("auth"), pam::AUTH_ERR);
    for (_, message) in &report.messages {
        assert!(message.len() < 512, "PAM_MAX_MSG_SIZE");
    }
    report.shown()
}

#[test]
fn each_line_is_a_message_and_the_last_one_is_the_prompt() {
    let messages = shown("lines", "Scan this:\n█▀▀█\n\n█▄▄█", "1) app\n2) 恢复代码\nWhich? ", "No.\nReally.");
    let expected = [
        (pam::INFO, "Scan this:"),
        (pam::INFO, "█▀▀█"),
        (pam::INFO, ""),
        (pam::INFO, "█▄▄█"),
        (pam::INFO, "1) app"),
        (pam::INFO, "2) 恢复代码"),
        (pam::VISIBLE, "Which? "),
        (pam::ERROR, "No."),
        (pam::ERROR, "Really."),
    ];
    assert_eq!(messages, expected.map(|(style, text)| (style, text.to_owned())));
}

#[test]
fn terminal_control_characters_are_left_out() {
    let evil = "\u{1b}[2J\u{1b}]0;title\u{7}Pass\u{8}\u{8}word\r\0 %s %n \u{9b}31m\u{202e}";
    let clean = "[2J]0;titlePassword %s %n 31m";
    let messages = shown("evil", evil, evil, evil);
    let expected = [pam::INFO, pam::VISIBLE, pam::ERROR].map(|style| (style, clean.to_owned()));
    assert_eq!(messages, expected);
}

#[test]
fn an_overlong_text_comes_in_pieces_and_nothing_is_lost() {
    let long: &str = "语言▀x".repeat(500).leak();
    let messages = shown("long", long, long, long);
    for style in [pam::INFO, pam::ERROR] {
        assert!(messages.iter().filter(|(found, _)| *found == style).count() > 5);
    }
    assert_eq!(messages.iter().filter(|(style, _)| *style == pam::VISIBLE).count(), 1, "one question");
    let all: String = messages.into_iter().map(|(_, text)| text).collect();
    assert_eq!(all, long.repeat(3));
}

#[test]
fn a_host_that_shows_nothing_is_no_reason_to_stop() {
    let site = site("deaf", "");
    let _fake = FakePosternd::start(&site.socket(), |line| {
        line.begin();
        line.tell("info", "Hello.");
        line.tell("error", "Something is wrong.");
        line.ask("visible", "Code: ");
        line.accept("alice");
    });
    // Hosts answer lines with a reply, without one, with an empty one, or not at all.
    for info in ["null", "none", "fail"] {
        let report = alice(&site).word("info", info).types("123456").authenticate();
        assert_eq!(report.answer("auth"), pam::SUCCESS, "{info}");
        assert_eq!(report.shown().len(), 3, "{info}");
    }
}

#[test]
fn a_silent_host_gets_questions_and_their_text_only() {
    let site = site("silent", "");
    let _fake = FakePosternd::start(&site.socket(), |line| {
        let begin = line.begin();
        line.tell("info", "Hello.");
        if begin["flow"] == "login" {
            line.tell("error", "That was wrong.");
            line.ask("visible", "Two lines:\nCode: ");
        }
        line.tell("info", "Goodbye.");
        line.reject("bad_credential", "Login failed.");
    });
    let host = alice(&site).types("1").word("flags", pam::SILENT).calls(&["auth", "acct"]);
    let report = host.run().lived();
    let question = [
        (pam::INFO, "Hello."),
        (pam::ERROR, "That was wrong."),
        (pam::INFO, "Two lines:"),
        (pam::VISIBLE, "Code: "),
    ];
    let question = question.map(|(style, text)| (style, text.to_owned()));
    assert_eq!(
        report.shown(),
        question,
        "what came before a question belongs to it, what comes after all does not"
    );
}
