//! Users who need a second factor and have none set one up at the prompt.

use std::fs;
use std::time::Duration;

use postern_tests::login_host::{CodeApp, LoginHost, LoginUser, Stores, without_ssh_prefix};
use postern_tests::qr::{self, Theme};
use postern_tests::terminal_user::TerminalUser;
use postern_tests::transcript::with_all_the_time;
use postern_tests::{Authenticator, Key, Ssh, guard};

use crate::on_both;

on_both!(
    the_app_is_set_up_from_the_qr_code_and_asked_for_from_then_on,
    it_counts_once_a_code_proved_it,
    a_key_alone_sets_up_nothing,
    recovery_codes_are_offered_and_shown_before_the_session,
    in_chinese,
);

/// What a phone makes of the QR code on the terminal, and of the key beside it.
pub(crate) fn scan(person: &mut TerminalUser, words: &Words) -> CodeApp {
    person.expect(words.first_code);
    let screen = without_ssh_prefix(person);
    let codes = qr::read(&screen, Theme::Dark);
    let [uri] = &*codes else { panic!("{} codes on\n{screen}", codes.len()) };
    let app = Authenticator::from_uri(uri).unwrap();
    let (_, typed) = screen.split_once(words.key).expect("the key as text");
    let typed: String = typed.lines().next().unwrap().split(' ').collect();
    assert_eq!(typed, app.base32(), "both ways lead to the same app");
    person.was_shown(&app.base32());
    assert!(!screen.contains('\\'), "no octal numbers: {screen}");
    CodeApp::of(app)
}

/// Every line of the screen that is not of the QR code, without the key.
fn words(person: &TerminalUser, app: &CodeApp) -> Vec<String> {
    let key = app.authenticator.base32();
    let is_of_qr =
        |line: &str| line.contains(['█', '▀', '▄']) || (!line.is_empty() && line.trim().is_empty());
    let text = without_ssh_prefix(person);
    let lines = text.lines().filter(|line| !is_of_qr(line)).map(|line| {
        let at = line
            .char_indices()
            .map(|(at, _)| at)
            .find(|&at| !line[at..].starts_with(' ') && line[at..].replace(' ', "") == key);
        at.map_or(with_all_the_time(line), |at| format!("{}KEY", &line[..at]))
    });
    lines.collect()
}

fn the_app_is_set_up_from_the_qr_code_and_asked_for_from_then_on(host: &LoginHost) {
    let mut anna = host.user("anna");
    let mut person = host.ssh("required", &anna).batch().start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    anna.app = scan(&mut person, &ENGLISH);
    let code = anna.app.code();
    person.answer_visible(&code);
    assert_eq!(person.is_in(), anna.unix.name);
    assert_eq!(
        words(&person, &anna.app),
        [
            "Password: ",
            "Besides your password you need a second factor here, such as codes from an app. You have none yet, so set one up now.",
            "You have 90 seconds for this. Need longer? Log in again: what you have set up by then is kept.",
            "Scan this with your authenticator app:",
            "Or type this key into it: KEY",
            "(time-based, SHA1, 6 digits, 30 seconds)",
            &format!("Code that the app shows: {code}"),
            "Authenticator app is set up. From now on you will be asked for the code that it shows.",
            "Your mail programs now need app passwords instead of your main password, one for each program. Create them: postern my app-passwords create",
            "Make recovery codes now, in case you lose your second factor? [y/N] n",
            &format!("-- in as {} --", anna.unix.name),
        ]
    );
    drop(host.logged(&anna, &["verdict=accept flow=login service=required", "credential=factor"]));

    let mut person = host.ssh("sshd", &anna).batch().start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from Authenticator app: ");
    person.answer_visible(&code);
    person.expect("That code is wrong, or was used before.");
    person.expect("Code from Authenticator app: ");
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name, "here too, where nothing is required");
}

fn it_counts_once_a_code_proved_it(host: &LoginHost) {
    let mut anna = host.user("anna");
    let start = |user: &LoginUser| {
        let mut person = host.ssh("required", user).batch().start();
        person.expect("Password: ");
        person.answer_hidden(&user.password);
        person
    };
    let mut person = start(&anna);
    let first = scan(&mut person, &ENGLISH);
    person.interrupt();
    drop(person.is_refused());

    let mut person = start(&anna);
    anna.app = scan(&mut person, &ENGLISH);
    assert_ne!(first.authenticator.base32(), anna.app.authenticator.base32(), "a key is shown once");
    for _ in 0..5 {
        person.answer_visible(&anna.app.authenticator.wrong_code());
        person.expect("That is not the code of this key. Type the one that the app shows now.");
    }
    drop(person.is_refused());
    let mut person = start(&anna);
    anna.app = scan(&mut person, &ENGLISH);
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
}

fn recovery_codes_are_offered_and_shown_before_the_session(host: &LoginHost) {
    let mut anna = host.user("anna");
    let mut person = host.ssh("required", &anna).batch().start().wants_recovery_codes();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    anna.app = scan(&mut person, &ENGLISH);
    person.answer_visible(&anna.app.code());
    person.expect("Make recovery codes now, in case you lose your second factor? [y/N] ");
    person.answer_visible("y");
    person.expect("10 recovery codes. Type one where you are asked for a code;");
    let shown = person.expect("Press Enter once you have them on paper: ");
    let codes: Vec<String> = shown
        .lines()
        .filter_map(|line| line.split_once("    "))
        .map(|(_, code)| code.trim().to_owned())
        .collect();
    assert_eq!(codes.len(), 10, "{} lines", shown.lines().count());
    codes.iter().for_each(|code| person.was_shown(code));
    person.answer_visible("");
    assert_eq!(person.is_in(), anna.unix.name);
    let mut person = host.at_code(&anna);
    person.was_shown(&codes[0]);
    person.answer_visible(&codes[0]);
    assert_eq!(person.is_in(), anna.unix.name);
}

fn a_key_alone_sets_up_nothing(host: &LoginHost) {
    let (mut anna, key) = (host.user("anna"), Key::ed25519());
    anna.unix.authorize(&key);
    let sshd = host.sshd("required-key", "publickey,keyboard-interactive");
    let start = || Ssh::to(&sshd).unix_user(&anna.unix).key(&key).batch().start();
    let mut person = start();
    person.expect("Besides your password you need a second factor here, such as codes from an app. You have none yet, so set one up now.");
    person.expect("Password: ");
    person.answer_hidden("the owner of the key has no password");
    drop(person.is_refused());
    let mut person = start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    anna.app = scan(&mut person, &ENGLISH);
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
}

fn in_chinese(host: &LoginHost) {
    let mut anna = host.user_with("anna", &[("preferredLanguage", "zh-CN")]);
    let mut person = host.ssh("required", &anna).batch().start();
    // Without the password the login must not reveal whether the account exists.
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    anna.app = scan(&mut person, &CHINESE);
    let code = anna.app.code();
    person.answer_visible(&code);
    assert_eq!(person.is_in(), anna.unix.name);
    assert_eq!(
        words(&person, &anna.app)[1..9],
        [
            "登录这里除密码外还需要二次验证（例如应用显示的验证码）。您尚未绑定任何验证方式，请现在绑定。",
            "请在 90 秒内完成。如果时间不够，请重新登录：已绑定的验证方式会保留。",
            "请用身份验证器应用扫描此二维码：",
            "或者在应用中手动输入此密钥：KEY",
            "（基于时间，SHA1，6 位，30 秒）",
            &format!("应用显示的验证码： {code}"),
            "“身份验证器应用”已绑定。今后登录时会要求输入它显示的验证码。",
            "从现在起，每个邮件客户端都需要使用各自的专用密码，不能再使用主密码。创建方法：postern my app-passwords create",
        ]
    );
    let mut person = host.ssh("sshd", &anna).batch().start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("请输入“身份验证器应用”的验证码：");
    let wrong = anna.app.authenticator.wrong_code();
    person.answer_visible(&wrong);
    person.expect("验证码错误，或已被使用。");
    person.expect("请输入“身份验证器应用”的验证码：");
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
}

#[test]
fn a_site_uses_its_own_language_for_unknown_users() {
    let mut host = LoginHost::new("language", Stores::Embedded, "");
    host.site.edit_config(|text| format!("language = \"zh-CN\"\n{text}"));
    assert!(host.posternd.stop().success());
    host.posternd.start_again();
    let mut anna = host.enrolled_with("anna", &[("preferredLanguage", "en-GB, zh")]);
    let mut person = host.ssh("sshd", &anna).batch().start();
    person.expect("密码：");
    person.answer_hidden("wrong");
    // The last words before a refusal ssh shows as numbers in every locale if they are not ASCII.
    drop(person.is_refused());
    let mut person = host.ssh("sshd", &anna).batch().start();
    person.expect("密码：");
    person.answer_hidden(&anna.password);
    person.expect("Code from authenticator: ");
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
}

#[test]
fn what_was_set_up_too_late_stays_and_the_person_hears_why_they_are_refused() {
    let host = LoginHost::with("too-late", Stores::Embedded, |site| {
        site.edit_config(|text| {
            format!("{text}\n[services.required]\nclass = \"login\"\nsecond_factor = \"required\"\n")
        });
        let client = site.client_config();
        let text = fs::read_to_string(&client).expect("client.toml");
        fs::write(&client, format!("{text}interactive_deadline = \"60s\"\n")).expect("client.toml");
    });
    host.age_ledger();
    let mut anna = host.user("anna");
    let mut person = host.ssh("required", &anna).batch().start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("You have ");
    person.expect("0 seconds for this.");
    anna.app = scan(&mut person, &ENGLISH);
    guard::pause(Duration::from_secs(60));
    person.answer_visible(&anna.app.code());
    let refused = person.is_refused();
    assert!(
        refused.contains("That took too long for this login, but the second factor is set up."),
        "{refused}"
    );
    let mut person = host.at_code(&anna);
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
}

pub(crate) struct Words {
    first_code: &'static str,
    key: &'static str,
}

pub(crate) const ENGLISH: Words =
    Words { first_code: "Code that the app shows: ", key: "Or type this key into it: " };
const CHINESE: Words = Words { first_code: "应用显示的验证码：", key: "手动输入此密钥：" };
