//! The messages that a user reads, from the first prompt to the last.

use postern_tests::login_host::{LoginHost, without_ssh_prefix};
use postern_tests::terminal_user::PROMPT;
use postern_tests::{Ssh, unix_users};

use crate::on_both;

on_both!(
    a_password_and_a_code_open_a_shell,
    a_wrong_code_may_be_corrected_twice,
    a_user_without_the_password_learns_nothing,
    without_a_factor_the_password_opens,
);

fn a_password_and_a_code_open_a_shell(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    let mut person = host.ssh("sshd", &anna).from("127.0.0.9").start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from authenticator: ");
    let code = anna.app.code();
    person.answer_visible(&code);
    assert_eq!(person.is_in(), anna.unix.name);
    let name = &anna.unix.name;
    person.expect(PROMPT);
    let screen = format!("Password: \nCode from authenticator: {code}\n-- in as {name} --\n{PROMPT}");
    assert_eq!(without_ssh_prefix(&person), screen);
    person.type_line("");
    assert_eq!(person.run("env | grep POSTERN | wc -l"), "0\n", "what is for account management stays there");
    person.leave();
    drop(
        host.logged(&anna, &["verdict=accept flow=login service=sshd rhost=127.0.0.9", "credential=factor"]),
    );
    drop(host.logged(&anna, &["verdict=accept flow=account service=sshd"]));
}

fn a_wrong_code_may_be_corrected_twice(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    let wrong = anna.app.authenticator.wrong_code();
    let mut person = host.ssh("sshd", &anna).batch().start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from authenticator: ");
    person.answer_visible(&wrong);
    person.expect("Code from authenticator: ");
    person.answer_visible("what?");
    person.expect("Code from authenticator: ");
    let code = anna.app.code();
    person.answer_visible(&code);
    assert_eq!(person.is_in(), anna.unix.name);

    let mut person = host.ssh("sshd", &anna).start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    for _ in 0..3 {
        person.expect("Code from authenticator: ");
        person.answer_visible(&wrong);
    }
    let refused = person.is_refused();
    assert!(refused.contains("Permission denied"), "{refused}");
    let again = format!("That code is wrong, or was used before.\nCode from authenticator: {wrong}\n");
    let screen = without_ssh_prefix(&person);
    let expected = format!("Password: \nCode from authenticator: {wrong}\n{again}{again}");
    assert!(screen.starts_with(&expected), "{screen}");
    assert!(
        screen.contains(&format!("{again}That code is wrong, or was used before.\nLogin failed.\n")),
        "{screen}"
    );
    drop(host.logged(&anna, &["verdict=reject reason=bad_credential flow=login"]));
}

fn a_user_without_the_password_learns_nothing(host: &LoginHost) {
    let (anna, berta, local) = (host.enrolled("anna"), host.user("berta"), unix_users::fresh("local"));
    let mut screens = Vec::new();
    for name in [&*anna.unix.name, &*berta.unix.name, &*local.name, "nobody.here"] {
        let mut person = Ssh::to(&host.sshd("sshd", "keyboard-interactive")).user(name).tries(2).start();
        for _ in 0..2 {
            person.expect("Password: ");
            person.answer_hidden("not the password");
        }
        drop(person.is_refused());
        screens.push(without_ssh_prefix(&person).replace(name, "NAME"));
    }
    assert_eq!(
        screens[0],
        "Password: \nLogin failed.\n\nPassword: \nLogin failed.\n\nNAME@127.0.0.1: Permission denied (keyboard-interactive).\n"
    );
    for screen in &screens {
        assert_eq!(*screen, screens[0]);
    }
}

fn without_a_factor_the_password_opens(host: &LoginHost) {
    let berta = host.user("berta");
    let mut person = host.ssh("sshd", &berta).start();
    person.expect("Password: ");
    person.answer_hidden(&berta.password);
    assert_eq!(person.is_in(), berta.unix.name);
    assert!(without_ssh_prefix(&person).starts_with(&format!("Password: \n-- in as {} --", berta.unix.name)));
    drop(host.logged(&berta, &["verdict=accept flow=login", "credential=login_password"]));
}
