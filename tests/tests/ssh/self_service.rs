//! `postern my`, at a terminal of one's own.

use postern_tests::login_host::{LoginHost, LoginUser, without_ssh_prefix};
use postern_tests::self_service::{Said, Visit};
use postern_tests::terminal::{self, Terminal};
use postern_tests::terminal_user::TerminalUser;
use postern_tests::{Key, UnixUser, host, unix_users};
use serde_json::json;

use crate::devices::{is_trusted, with_code, with_key};
use crate::enrolment::{ENGLISH, scan};
use crate::on_both;

on_both!(
    an_app_is_set_up_and_listed_and_replaced,
    recovery_codes_are_shown_once_and_open_a_login,
    app_passwords_are_made_listed_and_revoked,
    trusted_devices_are_listed_and_revoked,
    nothing_changes_without_the_password_and_a_code,
    no_user_reaches_another_account,
);

/// `user` at a terminal, who types `postern my ARGS`.
pub(crate) fn my(host: &LoginHost, user: &UnixUser, args: &[&str]) -> TerminalUser {
    let mut command = terminal::command_of(user, &host::program("postern"));
    command.arg("my").args(args).arg("--client-config").arg(host.site.client_config());
    let output = host.site.output().file_name().unwrap().to_str().unwrap().to_owned();
    TerminalUser::at(Terminal::start(command, user.ids()), &output, "my")
}

/// Answers the questions for the main password and, where there is a factor, for a code.
pub(crate) fn prove(person: &mut TerminalUser, user: &mut LoginUser, has_factor: bool) {
    person.expect(&format!("Main password of {}: ", user.unix.name));
    person.answer_hidden(&user.password);
    if has_factor {
        person.expect("Code from ");
        person.expect(": ");
        person.answer_visible(&user.app.code());
    }
}

pub(crate) fn ends_well(mut person: TerminalUser) -> String {
    let (status, _) = person.ends();
    assert_eq!(status, 0, "{person:?}");
    without_ssh_prefix(&person)
}

pub(crate) fn sets_up_an_app(host: &LoginHost, user: &mut LoginUser) -> String {
    let mut person = my(host, &user.unix, &["enrol"]);
    prove(&mut person, user, false);
    user.app = scan(&mut person, &ENGLISH);
    person.answer_visible(&user.app.code());
    ends_well(person)
}

fn an_app_is_set_up_and_listed_and_replaced(host: &LoginHost) {
    let mut anna = host.user("anna");
    assert!(ends_well(my(host, &anna.unix, &["factors"])).contains("You have no second factor.\n"));
    let screen = sets_up_an_app(host, &mut anna);
    assert!(
        screen.contains(
            "\nAuthenticator app is set up. From now on you will be asked for the code that it\nshows.\n"
        ),
        "{screen}"
    );
    let listed = ends_well(my(host, &anna.unix, &["factors"]));
    let (_, line) = listed.split_once("Your second factors:\n").unwrap();
    assert!(line.contains("  Authenticator app (shows codes, since 20"), "{listed}");

    let mut person = my(host, &anna.unix, &["replace", "--label", "new phone"]);
    prove(&mut person, &mut anna, true);
    let new = scan(&mut person, &ENGLISH);
    let mut old = std::mem::replace(&mut anna.app, new);
    person.answer_visible(&anna.app.code());
    let screen = ends_well(person);
    assert!(
        screen.contains("\nnew phone is set up. From now on you will be asked for the code that it shows.\n"),
        "{screen}"
    );
    assert!(screen.contains("\nThe old Authenticator app no longer works here. "), "{screen}");
    let listed = ends_well(my(host, &anna.unix, &["factors"]));
    assert!(
        listed.contains("  new phone (shows codes") && !listed.contains("  Authenticator app ("),
        "{listed}"
    );

    let mut person = host.ssh("sshd", &anna).batch().start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from new phone: ");
    person.answer_visible(&old.code());
    person.expect("That code is wrong, or was used before.");
    person.expect("Code from new phone: ");
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);

    // The last one stays, as a service of this host needs one.
    let mut person = my(host, &anna.unix, &["remove"]);
    let (status, said) = person.ends();
    assert_ne!(status, 0);
    assert!(
        said.contains(
            "This is your last second factor, and you need one here. You can replace it:\npostern my replace"
        ),
        "{said}"
    );
}

fn recovery_codes_are_shown_once_and_open_a_login(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    let mut person = my(host, &anna.unix, &["recovery-codes"]);
    prove(&mut person, &mut anna, true);
    person.expect("10 recovery codes. Type one where you are asked for a code; each works once, and earlier ones no longer work.");
    let (status, shown) = person.ends();
    assert_eq!(status, 0, "{person:?}");
    let codes: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    codes.iter().for_each(|code| person.was_shown(code));
    assert_eq!(codes.len(), 10);
    let listed = ends_well(my(host, &anna.unix, &["factors"]));
    assert!(listed.contains("Recovery codes left: 10\n"), "{listed}");
    let mut person = host.at_code(&anna);
    person.was_shown(codes[3]);
    person.answer_visible(codes[3]);
    assert_eq!(person.is_in(), anna.unix.name);
    let listed = ends_well(my(host, &anna.unix, &["factors"]));
    assert!(listed.contains("Recovery codes left: 9\n"), "{listed}");
}

fn app_passwords_are_made_listed_and_revoked(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    let mut person = my(host, &anna.unix, &["app-passwords", "create", "--label", "Foxmail"]);
    prove(&mut person, &mut anna, true);
    let (status, _) = person.ends();
    assert_eq!(status, 0, "{person:?}");
    let shown = person.was_shown_app_passwords();
    assert_eq!(shown.len(), 1);
    let screen = without_ssh_prefix(&person);
    let (_, settings) = screen.split_once("It works for: all mail services\n").expect("what it opens");
    assert_eq!(
        settings,
        format!(
            "User name: {}\nIMAP server: imap.example.org, port 993, SSL/TLS\n\
             POP3 server: pop.example.org, port 995, SSL/TLS\nSMTP server: smtp.example.org, port 587, STARTTLS\n",
            anna.unix.name
        )
    );
    let listed = ends_well(my(host, &anna.unix, &["app-passwords", "list"]));
    assert!(
        listed.contains(&format!("{}…  Foxmail (all mail services), last used: never\n", &shown[0][..4])),
        "{listed}"
    );
    let mut person = my(host, &anna.unix, &["app-passwords", "revoke", &shown[0][..4]]);
    prove(&mut person, &mut anna, true);
    assert!(ends_well(person).contains("The app password \"Foxmail\" has been revoked.\n"));
    let listed = ends_well(my(host, &anna.unix, &["app-passwords", "list"]));
    assert!(listed.contains("You have no app passwords.\n"), "{listed}");
}

fn trusted_devices_are_listed_and_revoked(host: &LoginHost) {
    let (mut anna, key) = (host.enrolled("anna"), Key::ed25519());
    anna.unix.authorize(&key);
    assert!(ends_well(my(host, &anna.unix, &["devices", "list"])).contains("You have no trusted devices.\n"));
    with_code(&mut with_key(host, &anna, &key).start(), &mut anna, "y");
    assert!(is_trusted(host, &anna, &key));
    let listed = ends_well(my(host, &anna.unix, &["devices", "list"]));
    let (id, rest) = listed.trim_end().split_once("  ").unwrap();
    // The list is as wide as the terminal.
    assert!(listed.lines().all(|line| line.len() <= 80), "{listed}");
    let rest = rest.replace("\n      ", " ");
    assert!(rest.starts_with("ssh key SHA256:") && rest.contains(" (127.0.0.1), since 20"), "{listed}");
    assert!(rest.contains(", until 20"), "{listed}");
    let mut person = my(host, &anna.unix, &["devices", "revoke", id]);
    prove(&mut person, &mut anna, true);
    assert!(ends_well(person).contains("No longer trusted: ssh key "));
    assert!(!is_trusted(host, &anna, &key));
}

fn nothing_changes_without_the_password_and_a_code(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    let before = ends_well(my(host, &anna.unix, &["factors"]));
    for args in [
        &["enrol"][..],
        &["replace"],
        &["recovery-codes"],
        &["app-passwords", "create", "--label", "x"],
        &["app-passwords", "revoke", "--all"],
        &["devices", "revoke", "--all"],
    ] {
        let mut person = my(host, &anna.unix, args);
        person.expect(&format!("Main password of {}: ", anna.unix.name));
        person.answer_hidden("not the password");
        person.expect("That is not your main password.");
        person.expect(&format!("Main password of {}: ", anna.unix.name));
        person.answer_hidden("nor is this");
        assert!(person.is_refused().contains("Nothing was changed."), "{args:?}");
    }
    let mut person = my(host, &anna.unix, &["recovery-codes"]);
    person.expect("Main password of ");
    person.answer_hidden(&anna.password);
    for _ in 0..3 {
        person.expect("Code from authenticator: ");
        person.answer_visible(&anna.app.authenticator.wrong_code());
    }
    assert!(person.is_refused().contains("Nothing was changed."));
    // The password is no code, and a code that opened a login is none either.
    let code = anna.app.code();
    let mut login = host.at_code(&anna);
    login.answer_visible(&code);
    assert_eq!(login.is_in(), anna.unix.name);
    let mut person = my(host, &anna.unix, &["app-passwords", "create", "--label", "x"]);
    person.expect("Main password of ");
    person.answer_hidden(&anna.password);
    person.expect("Code from authenticator: ");
    person.answer_visible(&code);
    person.expect("That code is wrong, or was used before.");
    person.interrupt();
    drop(person.is_refused());
    assert_eq!(ends_well(my(host, &anna.unix, &["factors"])), before);
    assert!(
        ends_well(my(host, &anna.unix, &["app-passwords", "list"])).contains("You have no app passwords.")
    );
    assert!(without_ssh_prefix(&login).contains("-- in as"));
}

fn no_user_reaches_another_account(host: &LoginHost) {
    let (anna, local) = (host.enrolled("anna"), unix_users::fresh("local"));
    let other = unix_users::fresh("other");
    // The same name as an account that has another number, and the same number as one that has another name.
    drop(host.account_of(&other, &other.name, other.uid + 5_000, &[]));
    let namesake = unix_users::fresh("namesake");
    drop(host.account_of(&namesake, &format!("{}x", namesake.name), namesake.uid, &[]));
    for user in [&local, &other, &namesake] {
        for flow in FLOWS {
            let names = if flow == "factors" { vec!["", &*anna.unix.name, "root"] } else { vec![""] };
            for name in names {
                let begin =
                    json!({ "version": 1, "flow": flow, "service": "", "user": name, "interactive": true });
                let mut visit = Visit::begin_with(&host.site.socket(), user.uid, &begin);
                let mut said = visit.hear();
                if name.is_empty() {
                    // Which of name and uid it is, and nothing of another account's.
                    let is_told = matches!(&said, Said::Tell { text } if !text.contains(&anna.unix.name));
                    assert!(is_told, "{flow} as {}: {said:?}", user.name);
                    said = visit.hear();
                }
                assert!(matches!(&said, Said::Reject { .. }), "{flow} as {}: {said:?}", user.name);
            }
        }
        let mut person = my(host, user, &["factors"]);
        assert!(!person.is_refused().contains("authenticator"));
    }
    for uid in [0, 1, host::ids("postern").0.as_raw(), host::ids("nobody").0.as_raw()] {
        for flow in FLOWS {
            let mut visit = Visit::begin(&host.site.socket(), uid, flow, &[]);
            let said = visit.hear();
            assert!(
                matches!(&said, Said::Reject { reason, .. } if reason == "not_permitted"),
                "{flow} as {uid}: {said:?}"
            );
        }
    }
    // A user with an account cannot name another one.
    let berta = host.user("berta");
    let begin = json!({ "version": 1, "flow": "recovery_codes", "service": "", "user": anna.unix.name, "interactive": true });
    let mut visit = Visit::begin_with(&host.site.socket(), berta.unix.uid, &begin);
    let said = visit.hear();
    assert!(matches!(&said, Said::Reject { reason, .. } if reason == "not_permitted"), "{said:?}");
}

const FLOWS: [&str; 11] = [
    "factors",
    "enrol",
    "remove",
    "replace",
    "recovery_codes",
    "app_password_create",
    "app_password_list",
    "app_password_regenerate",
    "app_password_revoke",
    "device_list",
    "device_revoke",
];
