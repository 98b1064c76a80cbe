use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use nix::unistd::{Gid, Uid};
use postern_tests::qr::{self, Theme};
use postern_tests::terminal::Terminal;
use postern_tests::terminal_user::TerminalUser;
use postern_tests::{FakePosternd, Ran, Site, UnixUser, canary, host, unix_users};
use serde_json::{Value, json};

use crate::app::App;
use crate::{CONFIG, DATA, NOT_PERMITTED, PROTOCOL, TEMPORARY, UNAVAILABLE, USAGE};

/// A site, a user with an account, and their main password.
fn site_with(name: &str) -> (Site, UnixUser, String) {
    let site = Site::new(name);
    let user = unix_users::fresh("mia");
    let password = site.account_of(&user).password;
    (site, user, password)
}

/// `postern my --json ARGS` with these lines as answers, which has to succeed.
fn my_json(site: &Site, user: &UnixUser, args: &[&str], answers: &[&str]) -> Value {
    let ran = site.my(user, &[&["--json"], args].concat(), &format!("{}\n", answers.join("\n")));
    for secret in canary::shown_to_people(&ran.stdout).into_iter().chain(canary::register_shown(&ran.stdout))
    {
        canary::register(&secret);
    }
    assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["version"], 1);
    json
}

#[test]
fn a_person_sets_everything_up_at_a_terminal() {
    let (site, user, password) = site_with("my_terminal");
    let _posternd = site.posternd();
    let mut person = site.my_at_terminal(&user, &["enrol", "--label", "phone"]);
    person.expect(&format!("Main password of {}: ", user.name));
    person.answer_hidden(&password);
    let shown = person.expect("Code that the app shows: ");
    let mut app = App::scanned(&shown);
    person.was_shown(&app.base32());
    person.answer_visible(&app.code());
    let (status, said) = person.ends();
    assert!(status == 0 && said.contains("phone is set up"), "{said}");
    assert!(!person.text().contains(&password));

    let listed = site.my(&user, &["factors"], "").succeeded();
    assert!(listed.stdout.contains("phone (shows codes, since"), "{}", listed.stdout);
    let mut person = site.my_at_terminal(&user, &["app-passwords", "create"]);
    person.expect("What is it for");
    person.answer_visible("Laptop");
    person.expect("Main password");
    person.answer_hidden(&password);
    person.expect("Code from phone: ");
    person.answer_visible(&app.code());
    let (status, _) = person.ends();
    let shown = person.was_shown_app_passwords();
    assert_eq!((status, shown.len()), (0, 1));
    let opens =
        site.checkpassword().args(&["/usr/lib/dovecot/checkpassword-reply"]).login("imap", "192.0.2.1");
    assert_eq!(opens.credentials(&user.name, &shown[0]).run().code, 0);
    let listed = my_json(&site, &user, &["app-passwords", "list"], &[]);
    assert_eq!(listed["app_passwords"][0]["label"], "Laptop", "{listed}");

    let mut person = site.my_at_terminal(&user, &["remove"]);
    person.expect("Main password");
    person.answer_hidden(&password);
    person.expect("Code from phone: ");
    person.answer_visible(&app.wrong_code());
    person.expect("wrong, or was used before");
    person.end_input();
    let (status, said) = person.ends();
    assert!(status == DATA && said.contains("othing was changed"), "{said}");
    assert_eq!(my_json(&site, &user, &["factors"], &[])["factors"].as_array().unwrap().len(), 1);
}

#[test]
fn without_a_terminal_the_answers_are_the_lines_of_standard_input() {
    let (site, user, password) = site_with("my_lines");
    let _posternd = site.posternd();
    assert_eq!(my_json(&site, &user, &["factors"], &[])["factors"], json!([]));
    assert_eq!(my_json(&site, &user, &["devices", "list"], &[])["devices"], json!([]));
    assert_eq!(my_json(&site, &user, &["app-passwords", "list"], &[])["app_passwords"], json!([]));
    let made = my_json(
        &site,
        &user,
        &[
            "app-passwords",
            "create",
            "--label",
            "Phone",
            "--scope",
            "imap,smtp",
            "--expires",
            "90d",
            "--network",
            "192.0.2.0/24",
        ],
        &[&password],
    );
    let record = &made["app_passwords"][0];
    assert_eq!(
        (&record["label"], &record["networks"]),
        (&json!("Phone"), &json!(["192.0.2.0/24"])),
        "{record}"
    );
    assert!(record["expires"].is_string() && record["password"].as_str().unwrap().len() == 19);
    let settings = made["mail_settings"].as_array().unwrap();
    let protocols: Vec<_> = settings.iter().map(|one| &one["protocol"]).collect();
    assert_eq!(protocols, ["IMAP", "SMTP"], "of what it opens");
    let id = record["id"].as_str().unwrap();
    let second = my_json(&site, &user, &["app-passwords", "regenerate", id], &[&password]);
    assert_eq!(second["app_passwords"][0]["replaces"], id);
    let revoked = my_json(&site, &user, &["app-passwords", "revoke", "--all"], &[&password]);
    assert_eq!(revoked["revoked"][0]["label"], "Phone");

    let mut app = App::enrol(&site, &user.name);
    let codes = my_json(&site, &user, &["recovery-codes"], &[&password, &app.code()]);
    let codes: Vec<&str> =
        codes["recovery_codes"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes.len(), 10);
    assert_eq!(my_json(&site, &user, &["factors"], &[])["recovery"][0]["codes_left"], 10);
    let removed = my_json(&site, &user, &["remove"], &[&password, codes[7]]);
    assert_eq!(removed["removed"][0]["label"], "Authenticator app");
    assert_eq!(my_json(&site, &user, &["factors"], &[])["factors"], json!([]));
}

#[test]
fn an_app_is_replaced_by_another_with_a_code_of_each() {
    let (site, user, password) = site_with("my_replace");
    let _posternd = site.posternd();
    let mut old = App::enrol(&site, &user.name);
    let mut person = site.my_at_terminal(&user, &["replace", "--label", "new phone"]);
    person.expect("Main password");
    person.answer_hidden(&password);
    person.expect("Code from Authenticator app: ");
    person.answer_visible(&old.code());
    let mut new = App::scanned(&person.expect("Code that the app shows: "));
    person.was_shown(&new.base32());
    person.answer_visible(&new.code());
    let (status, said) = person.ends();
    assert!(status == 0 && said.contains("The old Authenticator app no longer works here."), "{said}");
    let factors = my_json(&site, &user, &["factors"], &[]);
    assert_eq!(
        (factors["factors"].as_array().unwrap().len(), &factors["factors"][0]["label"]),
        (1, &json!("new phone"))
    );
}

#[test]
fn wrong_answers_exit_with_65_forbidden_changes_with_77_and_print_nothing() {
    let (site, user, password) = site_with("my_refused");
    let _posternd = site.posternd();
    let mut app = App::enrol(&site, &user.name);
    let spent = app.code();
    drop(my_json(&site, &user, &["recovery-codes"], &[&password, &spent]));
    for (args, answers, status) in [
        (&["recovery-codes"][..], vec![], DATA),
        (&["recovery-codes"], vec!["wrong"], DATA),
        (&["recovery-codes"], vec![&*password], DATA),
        (&["recovery-codes"], vec![&*password, &*spent], DATA),
        (&["recovery-codes"], vec![""], DATA),
        (&["remove", "ffff"], vec![], NOT_PERMITTED),
        (&["app-passwords", "create", "--label", "x", "--scope", "everything"], vec![], NOT_PERMITTED),
        (&["app-passwords", "revoke", "GdGn"], vec![], NOT_PERMITTED),
        (&["devices", "revoke", "0000"], vec![], NOT_PERMITTED),
        (&["app-passwords", "create", "--expires", "soon"], vec![], DATA),
        (&["app-passwords", "revoke", "GdGn", "--all"], vec![], USAGE),
        (&["factors", "alice"], vec![], USAGE),
    ] {
        let ran = site.my(&user, &[&["--json"], args].concat(), &format!("{}\n", answers.join("\n")));
        assert_eq!((ran.code, ran.stdout.as_str()), (status, ""), "{args:?}: {ran:?}");
        assert!(!ran.stderr.is_empty() && !ran.stderr.contains(&password), "{args:?}");
    }
    assert_eq!(my_json(&site, &user, &["factors"], &[])["factors"].as_array().unwrap().len(), 1);
}

#[test]
fn no_user_reaches_the_account_of_another() {
    let (site, user, _) = site_with("my_others");
    let _posternd = site.posternd();
    drop(App::enrol(&site, &user.name));
    // Users without an account, and one with the name of an account that is another's: by uid, and by name.
    let (stranger, namesake) = (unix_users::fresh("zoe"), unix_users::fresh("max"));
    drop(site.cli_ok(&[
        "account",
        "create",
        &namesake.name,
        "--no-password",
        "--uid",
        &user.uid.to_string(),
    ]));
    for other in [&stranger, &namesake] {
        for args in [&["factors"][..], &["devices", "list"], &["app-passwords", "list"]] {
            let ran = site.my(other, args, "");
            assert_eq!((ran.code, ran.stdout.as_str()), (NOT_PERMITTED, ""), "{args:?}: {ran:?}");
        }
    }
    // Environment variables with another user's name do not change the identity.
    let mut command = Command::new(host::program("postern"));
    command.args(["my", "factors", "--client-config"]).arg(site.client_config()).current_dir("/");
    command.env("USER", &user.name).env("LOGNAME", &user.name).uid(stranger.uid).gid(stranger.uid);
    assert_eq!(Ran::of(&mut command, b"", Duration::from_secs(20)).code, NOT_PERMITTED);
}

#[test]
fn it_needs_neither_root_nor_the_configuration_and_speaks_the_callers_language() {
    let (site, user, _) = site_with("my_language");
    let _posternd = site.posternd();
    let speak = |name: &str, locale: &str| {
        let mut command = Command::new(host::program("postern"));
        command
            .args(["--config", "/nonexistent", "my", "factors", "--client-config"])
            .arg(site.client_config());
        command.env_clear().env(name, locale).current_dir("/").uid(user.uid).gid(user.uid);
        Ran::of(&mut command, b"", Duration::from_secs(20)).succeeded().stdout
    };
    for name in ["LANG", "LC_MESSAGES", "LC_ALL"] {
        assert!(speak(name, "zh_CN.UTF-8").contains("您"), "{name}");
        assert!(speak(name, "en_GB.UTF-8").contains("You have no second factor"), "{name}");
    }
    assert!(speak("LANG", "C").contains("You have no second factor"));
}

#[test]
fn a_wrong_main_password_is_called_wrong() {
    let (site, user, _) = site_with("my_wrong");
    let _posternd = site.posternd();
    for (wrong, answers) in [("a wrong one", "not it\n"), ("an empty one", "\n")] {
        let ran = site.my(&user, &["app-passwords", "create", "--label", "Laptop"], answers);
        assert_eq!((ran.code, ran.stdout.as_str()), (DATA, ""), "{wrong}: {ran:?}");
        assert!(ran.stderr.contains("That is not your main password.\n"), "{wrong}: {ran:?}");
        assert!(ran.stderr.ends_with("postern: Nothing was changed.\n"), "{wrong}: {ran:?}");
    }
}

#[test]
fn root_is_told_that_it_has_no_account() {
    let (site, _, _) = site_with("my_root");
    let _posternd = site.posternd();
    let mut command = Command::new(host::program("postern"));
    command.args(["my", "factors", "--client-config"]).arg(site.client_config()).current_dir("/");
    let ran = Ran::of(&mut command, b"", Duration::from_secs(20));
    assert_eq!((ran.code, ran.stdout.as_str()), (NOT_PERMITTED, ""), "{ran:?}");
    assert!(ran.stderr.contains("root has no account of its own"), "{ran:?}");
}

#[test]
fn without_a_controlling_terminal_the_main_password_is_not_shown_either() {
    let (site, user, password) = site_with("my_su");
    let _posternd = site.posternd();
    // As su --command does: a session of its own, and the terminal as standard input. Whose terminal it is does not matter.
    let detached = |owner| {
        let mut command = Command::new(host::system_program("/usr/bin/setsid", "util-linux"));
        command.arg("--wait").arg(host::program("postern"));
        command.args(["my", "app-passwords", "create", "--label", "Laptop"]);
        command.arg("--client-config").arg(site.client_config());
        command.env_clear().current_dir("/").uid(user.uid).gid(user.uid);
        TerminalUser::at(Terminal::start(command, owner), "my_su", "detached")
    };
    let root = (Uid::from_raw(0), Gid::from_raw(0));
    for owner in [user.ids(), root] {
        let mut person = detached(owner);
        person.expect("Main password of ");
        person.answer_hidden(&password);
        let (status, said) = person.ends();
        assert_eq!((status, person.was_shown_app_passwords().len()), (0, 1), "{said}");
        assert!(person.terminal().echoes() && !person.text().contains(&password));
    }
}

#[test]
fn a_signal_at_the_question_leaves_the_terminal_with_echo() {
    let (site, user, password) = site_with("my_signal");
    let _posternd = site.posternd();
    let mut person = site.my_at_terminal(&user, &["app-passwords", "create", "--label", "Laptop"]);
    person.expect("Main password of ");
    person.interrupt();
    let (status, said) = person.ends();
    assert!(status != 0, "{said}");
    assert!(person.terminal().echoes() && !person.text().contains(&password));
}

#[test]
fn an_outage_has_a_status_of_its_own() {
    let (site, user, _) = site_with("my_outage");
    let run = || site.my(&user, &["factors"], "");
    assert_eq!(run().code, UNAVAILABLE, "nobody listens");
    for (script, status) in [
        (r#"{"verdict":{"defer":{"reason":"the directory does not answer"}}}"#, TEMPORARY),
        (r#"{"verdict":{"ignore":{"reason":"why?"}}}"#, NOT_PERMITTED),
        (r#"{"verdict":{"reject":{"reason":"limited","text":"Too many."}}}"#, NOT_PERMITTED),
        (r#"{"error":{"malformed":"what?"}}"#, PROTOCOL),
        (r#"{"error":{"unsupported":{"max":7}}}"#, PROTOCOL),
        ("not the protocol", PROTOCOL),
        ("", TEMPORARY),
    ] {
        let fake = FakePosternd::start(&site.socket(), move |line| {
            drop(line.begin());
            line.raw(script.as_bytes());
            line.raw(if script.is_empty() { b"" } else { b"\n" });
        });
        host::own(&site.socket(), (Uid::from_raw(0), Gid::from_raw(0)), 0o666);
        let ran = run();
        assert_eq!((ran.code, ran.stdout.as_str()), (status, ""), "{script}: {ran:?}");
        assert!(ran.stderr.starts_with("postern: "), "{ran:?}");
        let begun = &fake.conversation()[0]["begin"];
        assert_eq!((&begun["flow"], &begun["user"]), (&json!("factors"), &json!(user.name)), "{begun}");
        assert_eq!((&begun["secret"], &begun["interactive"]), (&Value::Null, &json!(true)), "{begun}");
    }
    let mut command = Command::new(host::program("postern"));
    command.args(["my", "factors", "--client-config"]).arg(site.config()).current_dir("/");
    assert_eq!(Ran::of(&mut command, b"", Duration::from_secs(20)).code, CONFIG, "not a client.toml");
}

#[test]
fn characters_that_move_the_cursor_are_not_shown() {
    let (site, user, _) = site_with("my_plain");
    let _fake = FakePosternd::start(&site.socket(), |line| {
        drop(line.begin());
        line.tell("info", "a \u{1b}[2J label\rx");
        line.tell("error", "an \u{7} error");
        drop(line.ask("visible", "why \u{1b}[31m? "));
        line.accept("mia");
    });
    host::own(&site.socket(), (Uid::from_raw(0), Gid::from_raw(0)), 0o666);
    let ran = site.my(&user, &["factors"], "because\n").succeeded();
    assert_eq!(ran.stdout, "a ?[2J label?x\n");
    assert_eq!(ran.stderr, "an ? error\nwhy ?[31m? \n");
}

#[test]
fn a_qr_code_is_for_eyes_where_a_script_gets_its_uri() {
    let (site, user, password) = site_with("my_json");
    let _posternd = site.posternd();
    let ran = site.my(&user, &["--json", "enrol"], &format!("{password}\n000000\n"));
    let uris = qr::read(&ran.stderr, Theme::Dark);
    canary::shown_to_people(&ran.stderr).iter().for_each(|seed| canary::register(seed));
    assert_eq!((ran.code, ran.stdout.as_str(), uris.len()), (DATA, "", 1));
    assert!(uris[0].starts_with("otpauth://totp/"), "what is told goes to standard error");
}

#[test]
#[ignore = "long: 20 s, within which posternd would have said something"]
fn a_daemon_that_says_nothing_is_not_waited_for_as_long_as_a_person() {
    let (site, user, _) = site_with("my_silent");
    let _fake = FakePosternd::start(&site.socket(), |line| {
        drop(line.begin());
        line.hang();
    });
    host::own(&site.socket(), (Uid::from_raw(0), Gid::from_raw(0)), 0o666);
    let ran = site.my(&user, &["factors"], "");
    assert_eq!(ran.code, TEMPORARY, "{ran:?}");
    assert!(ran.stderr.contains("gave no answer before the deadline"), "{ran:?}");
    ran.took.assert_at_least(Duration::from_secs(19));
    ran.took.assert_within(Duration::from_secs(30));
}
