//! sudo, su and login, with the stacks that Postern ships.

use std::time::Duration;

use postern_tests::login_host::{LoginHost, LoginUser, without_ssh_prefix};
use postern_tests::terminal_user::TerminalUser;
use postern_tests::{Sudo, guard, local_login, unix_users};

use crate::enrolment::{ENGLISH, scan};
use crate::on_both;

on_both!(
    sudo_asks_for_the_password_and_then_a_code,
    sudo_shows_what_there_is_to_choose_and_to_scan,
    sudo_asks_a_wrong_password_for_nothing_more,
    sudo_lets_those_in_that_have_no_factor_or_no_account,
    sudo_with_a_login_shell_asks_for_the_same,
    sudo_takes_the_password_of_this_host_as_it_always_did,
    su_asks_for_password_and_code_of_the_target_user,
    su_with_a_login_shell_asks_for_the_same,
    a_console_asks_for_password_and_code,
);

/// A user with the same password here and in the directory, as if pam_sss checked it there.
fn with_one_password(host: &LoginHost, mut user: LoginUser) -> LoginUser {
    host.set_password(&user, &user.unix.password.clone());
    user.password.clone_from(&user.unix.password);
    user
}

fn sudo_asks_for_the_password_and_then_a_code(host: &LoginHost) {
    let mut anna = with_one_password(host, host.enrolled("anna"));
    let sudo = Sudo::allow("sudo", &anna.unix, &host.packaged("sudo", "sudo"));
    let (code, next) = (anna.app.code(), anna.app.code());
    let ask = |person: &mut TerminalUser| {
        person.expect(&format!("[sudo] password for {}: ", anna.unix.name));
        person.answer_hidden(&anna.password);
        person.expect("Code from authenticator: ");
    };
    let mut person = sudo.start();
    ask(&mut person);
    person.answer_visible(&code);
    assert_eq!(person.is_in(), "root");
    let asked = format!("[sudo] password for {}: \n", anna.unix.name);
    assert_eq!(
        without_ssh_prefix(&person),
        format!("{asked}Code from authenticator: {code}\n-- in as root --\n")
    );

    let mut person = sudo.start_with(&[], &[("LANG", "zh_CN.UTF-8")]);
    person.expect(&anna.unix.name);
    person.answer_hidden(&anna.password);
    person.expect("请输入“authenticator”的验证码：");
    drop(person);

    let mut person = sudo.start();
    ask(&mut person);
    person.answer_visible(&code);
    person.expect("That code is wrong, or was used before.");
    person.expect("Code from authenticator: ");
    person.answer_visible(&next);
    assert_eq!(person.is_in(), "root");
    assert_eq!(
        without_ssh_prefix(&person),
        format!(
            "{asked}Code from authenticator: {code}\nThat code is wrong, or was used before.\n\
             Code from authenticator: {next}\n-- in as root --\n"
        )
    );
    drop(host.logged(&anna, &["verdict=accept flow=login service=sudo", "credential=factor"]));
}

fn sudo_with_a_login_shell_asks_for_the_same(host: &LoginHost) {
    let mut anna = with_one_password(host, host.enrolled("anna"));
    let sudo = Sudo::allow("sudo", &anna.unix, &host.packaged("sudo-i", "sudo-i"));
    for (code, opens) in [(anna.app.authenticator.wrong_code(), false), (anna.app.code(), true)] {
        let mut person = sudo.start_with(&["-i"], &[]);
        person.expect("[sudo] password for ");
        person.answer_hidden(&anna.password);
        person.expect("Code from authenticator: ");
        person.answer_visible(&code);
        if opens {
            assert_eq!(person.is_in(), "root");
        } else {
            person.expect("That code is wrong");
            drop(person);
        }
    }
    drop(host.logged(&anna, &["verdict=accept flow=login service=sudo-i", "credential=factor"]));
}

fn sudo_takes_the_password_of_this_host_as_it_always_did(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    assert_ne!(anna.password, anna.unix.password);
    let sudo = Sudo::allow("sudo", &anna.unix, &host.packaged("sudo", "sudo"));
    let mut person = sudo.start();
    person.expect("[sudo] password for ");
    person.answer_hidden(&anna.unix.password);
    person.expect("Code from authenticator: ");
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), "root");
}

fn sudo_shows_what_there_is_to_choose_and_to_scan(host: &LoginHost) {
    let (mut anna, mut berta) =
        (with_one_password(host, host.enrolled("anna")), with_one_password(host, host.user("berta")));
    guard::pause(Duration::from_millis(1_100));
    let mut phone = host.enrol_another(&anna, "phone");
    let sudo = Sudo::allow("sudo", &anna.unix, &host.packaged("sudo", "sudo"));
    let mut person = sudo.start();
    person.expect("[sudo] password for ");
    person.answer_hidden(&anna.password);
    person.expect("Your second factors:");
    person.expect("1. authenticator");
    person.expect("2. phone");
    person.expect("Code from authenticator, or a number from the list: ");
    person.answer_visible("2");
    person.expect("Code from phone, or a number from the list: ");
    person.answer_visible(&phone.code());
    assert_eq!(person.is_in(), "root");
    anna.app = phone;

    let sudo = Sudo::allow("sudo", &berta.unix, &host.packaged("sudo", "required-key"));
    let mut person = sudo.start();
    person.expect("[sudo] password for ");
    person.answer_hidden(&berta.password);
    berta.app = scan(&mut person, &ENGLISH);
    person.answer_visible(&berta.app.code());
    assert_eq!(person.is_in(), "root");
}

fn sudo_asks_a_wrong_password_for_nothing_more(host: &LoginHost) {
    let anna = with_one_password(host, host.enrolled("anna"));
    let sudo = Sudo::allow("sudo", &anna.unix, &host.packaged("sudo", "sudo"));
    let mut person = sudo.start();
    person.expect("[sudo] password for");
    person.answer_hidden("not the password");
    let refused = person.is_refused();
    assert!(refused.contains("incorrect password"), "{refused}");
    let name = format!("user={}", anna.unix.name);
    assert!(!host.posternd.log().lines().any(|line| line.ends_with(&name)), "posternd never heard of it");
}

fn sudo_lets_those_in_that_have_no_factor_or_no_account(host: &LoginHost) {
    let (berta, local) = (with_one_password(host, host.user("berta")), unix_users::fresh("local"));
    for (user, password) in [(&berta.unix, &berta.password), (&local, &local.password)] {
        let sudo = Sudo::allow("sudo", user, &host.packaged("sudo", "sudo"));
        let mut person = sudo.start();
        person.expect("[sudo] password for");
        person.answer_hidden(password);
        assert_eq!(person.is_in(), "root");
    }
    drop(
        host.logged(
            &berta,
            &["verdict=ignore reason=\"no second factor is needed\" flow=login service=sudo"],
        ),
    );
    let name = format!("user={}", local.name);
    drop(
        host.posternd
            .logged(&["verdict=ignore reason=\"not in the directory\" flow=login service=sudo", &name]),
    );
}

fn su_asks_for_password_and_code_of_the_target_user(host: &LoginHost) {
    let (mut anna, by) = (host.enrolled("anna"), unix_users::fresh("by"));
    let start = || local_login::su("su", &by, &anna.unix.name, &host.packaged("su", "su"));
    let mut person = start();
    person.expect("Password: ");
    person.answer_hidden(&anna.unix.password);
    assert!(person.is_refused().contains("Authentication failure"), "what is right for pam_unix alone");
    let mut person = start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from authenticator: ");
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);

    let local = unix_users::fresh("local");
    let mut person = local_login::su("su", &by, &local.name, &host.packaged("su", "su"));
    person.expect("Password: ");
    person.answer_hidden(&local.password);
    assert_eq!(person.is_in(), local.name);
    assert_eq!(
        without_ssh_prefix(&person),
        format!("Password: \n-- in as {} --\n", local.name),
        "asked once, by pam_unix"
    );
}

fn su_with_a_login_shell_asks_for_the_same(host: &LoginHost) {
    let (mut anna, by, local) = (host.enrolled("anna"), unix_users::fresh("by"), unix_users::fresh("local"));
    let start = |name: &str| local_login::su_l("su", &by, name, &host.packaged("su-l", "su-l"));
    let mut person = start(&anna.unix.name);
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from authenticator: ");
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
    drop(host.logged(&anna, &["verdict=accept flow=login service=su-l"]));
    let mut person = start(&local.name);
    person.expect("Password: ");
    person.answer_hidden(&local.password);
    assert_eq!(person.is_in(), local.name, "who is not in the directory goes by the host's own password");
}

fn a_console_asks_for_password_and_code(host: &LoginHost) {
    let (mut anna, local) = (host.enrolled("anna"), unix_users::fresh("local"));
    let mut person = local_login::console("console", &host.packaged("login", "login"));
    person.expect("login: ");
    person.answer_visible(&anna.unix.name);
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from authenticator: ");
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
    assert_eq!(person.run("id -u; env | grep POSTERN | wc -l"), format!("{}\n0\n", anna.unix.uid));
    person.leave();
    drop(host.logged(&anna, &["verdict=accept flow=login service=login"]));
    let mut person = local_login::console("console", &host.packaged("login", "login"));
    person.expect("login: ");
    person.answer_visible(&local.name);
    person.expect("Password: ");
    person.answer_hidden(&local.password);
    assert_eq!(person.is_in(), local.name);
}
