//! What counts as a code: of which factor, and how often.

use std::time::Duration;

use postern_tests::login_host::{LoginHost, without_ssh_prefix};
use postern_tests::{Key, Ssh, Sshd, guard};

use crate::on_both;

on_both!(
    a_spent_code_is_refused,
    a_recovery_code_opens_once,
    a_factor_is_chosen_by_its_number_and_the_last_used_one_comes_first,
    too_many_wrong_codes_end_all_trying_for_a_while,
    what_is_not_in_the_list_counts_nothing,
    the_password_in_the_place_of_a_code_is_told_and_asked_again_once,
    too_many_wrong_codes_end_ssh_and_leave_its_other_methods,
);

fn a_spent_code_is_refused(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    let code = anna.app.code();
    let mut person = host.at_code(&anna);
    person.answer_visible(&code);
    assert_eq!(person.is_in(), anna.unix.name);
    let mut person = host.at_code(&anna);
    for _ in 0..2 {
        person.answer_visible(&code);
        person.expect("That code is wrong, or was used before.");
        person.expect("Code from authenticator: ");
    }
    person.answer_visible(&code);
    drop(person.is_refused());
    drop(host.logged(&anna, &["verdict=reject reason=replayed flow=login"]));
}

fn a_recovery_code_opens_once(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    let codes = host.recovery_codes(&mut anna);
    assert_eq!(codes.len(), 10);
    let mut person = host.at_code(&anna);
    person.was_shown(&codes[0]);
    // As typed from paper.
    person.answer_visible(&codes[0].replace(' ', "-").to_lowercase());
    assert_eq!(person.is_in(), anna.unix.name);
    assert!(
        without_ssh_prefix(&person).contains("\nYou have 9 recovery codes left.\n"),
        "{}",
        without_ssh_prefix(&person)
    );
    drop(host.logged(&anna, &["verdict=accept flow=login", "credential=recovery_code"]));

    let mut person = host.at_code(&anna);
    person.was_shown(&codes[0]);
    person.answer_visible(&codes[0]);
    person.expect("That code is wrong, or was used before.");
    person.expect("Code from authenticator: ");
    person.was_shown(&codes[1]);
    person.answer_visible(&codes[1]);
    assert_eq!(person.is_in(), anna.unix.name);
    assert!(
        without_ssh_prefix(&person).contains("\nYou have 8 recovery codes left.\n"),
        "{}",
        without_ssh_prefix(&person)
    );
}

fn a_factor_is_chosen_by_its_number_and_the_last_used_one_comes_first(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    // The older one comes first where none was used, and it is told by the second.
    guard::pause(Duration::from_millis(1_100));
    let mut phone = host.enrol_another(&anna, "old phone");
    let name = anna.unix.name.clone();
    let list = |first: &str, second: &str| {
        format!(
            "Password: \nYour second factors:\n1. {first}\n2. {second}\nCode from {first}, or a number from the list: "
        )
    };
    let mut person = host.ssh("sshd", &anna).batch().start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from authenticator, or a number from the list: ");
    person.answer_visible("2");
    person.expect("Code from old phone, or a number from the list: ");
    let code = phone.code();
    person.answer_visible(&code);
    assert_eq!(person.is_in(), name);
    assert_eq!(
        without_ssh_prefix(&person),
        format!(
            "{}2\nCode from old phone, or a number from the list: {code}\n-- in as {name} --\n",
            list("authenticator", "old phone")
        )
    );

    // The one that was used comes first; a code of the other is taken all the same.
    let mut person = host.ssh("sshd", &anna).batch().start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from old phone, or a number from the list: ");
    assert!(
        without_ssh_prefix(&person).starts_with(&list("old phone", "authenticator")),
        "{}",
        without_ssh_prefix(&person)
    );
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), name);
}

fn too_many_wrong_codes_end_all_trying_for_a_while(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    let wrong = anna.app.authenticator.wrong_code();
    let mut person = host.at_code(&anna);
    for _ in 0..2 {
        person.answer_visible(&wrong);
        person.expect("Code from authenticator: ");
    }
    person.answer_visible(&wrong);
    drop(person.is_refused());
    let mut person = host.at_code(&anna);
    for _ in 0..2 {
        person.answer_visible(&wrong);
        person.expect("Code from authenticator: ");
    }
    // The right one comes too late, and sshd asks no more.
    let code = anna.app.code();
    person.answer_visible(&code);
    drop(person.is_refused());
    assert!(
        without_ssh_prefix(&person)
            .contains("Too many wrong codes. Try again in 15 minutes.\nLogin failed.\n")
    );
    drop(host.logged(&anna, &["verdict=reject reason=limited flow=login"]));
}

fn what_is_not_in_the_list_counts_nothing(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    drop(host.enrol_another(&anna, "old phone"));
    let mut person = host.ssh("sshd", &anna).batch().start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    for typed in ["0", "x", "9", "-1"] {
        person.expect("or a number from the list: ");
        person.answer_visible(typed);
        person.expect("That is not in the list.");
        person.expect("Your second factors:");
    }
    person.expect("or a number from the list: ");
    person.answer_visible("?");
    person.expect("Your second factors:");
    person.expect("or a number from the list: ");
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
}

fn the_password_in_the_place_of_a_code_is_told_and_asked_again_once(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    for (typed, said) in
        [(&anna.password, "That is your password,"), (&anna.unix.name, "That is your user name,")]
    {
        let mut person = host.at_code(&anna);
        if *typed == anna.password {
            person.was_shown(typed);
        }
        person.answer_visible(typed);
        person.expect(said);
        person.expect("Code from authenticator: ");
        person.answer_visible(&anna.app.code());
        assert_eq!(person.is_in(), anna.unix.name);
    }
    // A program would repeat it, and hears nothing more.
    let mut person = host.at_code(&anna);
    person.was_shown(&anna.password);
    person.answer_visible(&anna.password);
    person.expect("Code from authenticator: ");
    person.answer_visible(&anna.password);
    drop(person.is_refused());
    drop(host.logged(&anna, &["verdict=reject reason=cancelled flow=login"]));
}

fn too_many_wrong_codes_end_ssh_and_leave_its_other_methods(host: &LoginHost) {
    let (anna, key) = (host.enrolled("anna"), Key::ed25519());
    anna.unix.authorize(&key);
    let wrong = anna.app.authenticator.wrong_code();
    for tries in [3, 2] {
        let mut person = host.at_code(&anna);
        for _ in 0..tries {
            person.answer_visible(&wrong);
            person.expect("That code is wrong, or was used before.");
        }
    }
    // As Debian has it: every method that one has a password for.
    let sshd = Sshd::builder("limited").pam(&host.stack("sshd")).set("PasswordAuthentication", "yes").start();
    let start = |methods: &str| {
        Ssh::to(&sshd).unix_user(&anna.unix).key(&key).tries(3).prefer(methods).batch().start()
    };
    let mut person = start("keyboard-interactive,password");
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    let refused = person.is_refused();
    assert!(
        refused.contains("Too many wrong codes. Try again in 15 minutes."),
        "before one is typed: {refused}"
    );
    assert!(refused.contains("Permission denied (publickey)."), "{refused}");
    assert!(!refused.contains("'s password: "), "{refused}");
    // The key opens nothing alone here, but it is still asked.
    let mut person = start("keyboard-interactive,password,publickey");
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    drop(person.is_refused());
    drop(sshd.logged(&["Accepted key", &anna.unix.name]));
}
