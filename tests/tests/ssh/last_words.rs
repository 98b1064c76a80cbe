//! What arrives after the last question: it is readable in every language, and arrives once.

use postern_tests::login_host::{LoginHost, LoginUser, Stores, without_ssh_prefix};
use postern_tests::terminal_user::{PROMPT, TerminalUser};
use postern_tests::{Key, Ssh, local_login};

use crate::on_both;

on_both!(
    a_refusal_is_readable_in_chinese,
    what_is_said_last_is_read_once_before_the_shell,
    a_session_without_a_terminal_hears_the_last_words_too,
);

fn at_code_in_chinese(host: &LoginHost, user: &LoginUser) -> TerminalUser {
    let mut person = host.ssh("sshd", user).env("LANG", "C.UTF-8").start();
    person.expect("Password: ");
    person.answer_hidden(&user.password);
    person.expect("请输入“authenticator”的验证码： ");
    person
}

#[track_caller]
fn is_readable(person: &TerminalUser) {
    let screen = person.text();
    let is_octal = |rest: &str| rest.len() >= 3 && rest[..3].bytes().all(|byte| byte.is_ascii_digit());
    assert!(!screen.split('\\').skip(1).any(is_octal), "{screen}");
}

fn a_refusal_is_readable_in_chinese(host: &LoginHost) {
    let anna = host.enrolled_with("anna", &[("preferredLanguage", "zh-CN")]);
    let wrong = anna.app.authenticator.wrong_code();
    let mut person = at_code_in_chinese(host, &anna);
    for tries_left in [2, 1, 0] {
        person.answer_visible(&wrong);
        if tries_left > 0 {
            person.expect("验证码错误");
            person.expect("请输入“authenticator”的验证码： ");
        }
    }
    let last = person.is_refused();
    assert!(last.contains("That code is wrong, or was used before.\nLogin failed.\n"), "{last}");
    is_readable(&person);
}

fn what_is_said_last_is_read_once_before_the_shell(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    let codes = host.recovery_codes(&mut anna);
    let mut person = host.ssh("sshd", &anna).start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from authenticator: ");
    person.was_shown(&codes[0]);
    person.answer_visible(&codes[0]);
    person.expect("You have 9 recovery codes left.");
    person.expect("Press Enter to log in: ");
    person.answer_visible("");
    assert_eq!(person.is_in(), anna.unix.name);
    person.expect(PROMPT);
    let screen = without_ssh_prefix(&person);
    assert_eq!(screen.matches("You have 9 recovery codes left.").count(), 1, "{screen}");
}

fn a_session_without_a_terminal_hears_the_last_words_too(host: &LoginHost) {
    let mut anna = host.enrolled_with("anna", &[("preferredLanguage", "zh-CN")]);
    let codes = host.recovery_codes(&mut anna);
    let mut person = host.ssh("sshd", &anna).env("LANG", "C.UTF-8").batch().start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("请输入“authenticator”的验证码： ");
    person.was_shown(&codes[0]);
    person.answer_visible(&codes[0]);
    person.expect("您还剩 9 个恢复码。");
    assert_eq!(person.is_in(), anna.unix.name);
    is_readable(&person);
}

#[test]
fn an_outage_is_readable_at_a_host_that_speaks_chinese() {
    let mut host = LoginHost::new("outage in chinese", Stores::Embedded, "");
    let (anna, key) = (host.enrolled("anna"), Key::ed25519());
    anna.unix.authorize(&key);
    let sshd = |methods: &str| {
        let sshd = postern_tests::Sshd::builder("outage in chinese").pam(&host.stack("sshd"));
        sshd.methods(methods).env("LANG", "zh_CN.UTF-8").start()
    };
    let (asks, takes_keys) = (sshd("keyboard-interactive"), sshd("publickey"));
    assert!(host.posternd.stop().success());
    let mut person = Ssh::to(&asks).unix_user(&anna.unix).env("LANG", "C.UTF-8").start();
    let refused = person.is_refused();
    assert!(refused.contains("Your password may be right: try again later."), "{refused}");
    is_readable(&person);
    let mut person = Ssh::to(&takes_keys).unix_user(&anna.unix).key(&key).env("LANG", "C.UTF-8").start();
    let refused = person.is_refused();
    assert!(refused.contains("请稍后再试。"), "{refused}");
    is_readable(&person);

    let mut person = local_login::console("console", &host.packaged("login", "login"));
    person.expect("login: ");
    person.answer_visible(&anna.unix.name);
    person.expect("Two-step login is out of order on this host just now.");
}
