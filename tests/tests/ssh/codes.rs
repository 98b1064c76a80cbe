//! What counts as a code: of which factor, and how often.

use std::time::Duration;

use postern_tests::guard;

use crate::on_both;
use crate::world::{World, seen};

on_both!(
    a_spent_code_is_refused,
    a_recovery_code_opens_once,
    a_factor_is_chosen_by_its_number_and_the_last_used_one_comes_first,
    too_many_wrong_codes_end_all_trying_for_a_while,
);

fn a_spent_code_is_refused(world: &World) {
    let mut anna = world.enrolled("anna");
    let code = anna.app.code();
    let mut person = world.at_code(&anna);
    person.answer_visible(&code);
    assert_eq!(person.is_in(), anna.unix.name);
    let mut person = world.at_code(&anna);
    for _ in 0..2 {
        person.answer_visible(&code);
        person.expect("That code is wrong, or was used before.");
        person.expect("Code from authenticator: ");
    }
    person.answer_visible(&code);
    drop(person.is_refused());
    drop(world.logged(&anna, &["verdict=reject reason=replayed flow=login"]));
}

fn a_recovery_code_opens_once(world: &World) {
    let mut anna = world.enrolled("anna");
    let codes = world.recovery_codes(&mut anna);
    assert_eq!(codes.len(), 10);
    let mut person = world.at_code(&anna);
    person.was_shown(&codes[0]);
    // As typed from paper.
    person.answer_visible(&codes[0].replace(' ', "-").to_lowercase());
    assert_eq!(person.is_in(), anna.unix.name);
    assert!(seen(&person).contains("\nYou have 9 recovery codes left.\n"), "{}", seen(&person));
    drop(world.logged(&anna, &["verdict=accept flow=login", "credential=recovery_code"]));

    let mut person = world.at_code(&anna);
    person.was_shown(&codes[0]);
    person.answer_visible(&codes[0]);
    person.expect("That code is wrong, or was used before.");
    person.expect("Code from authenticator: ");
    person.was_shown(&codes[1]);
    person.answer_visible(&codes[1]);
    assert_eq!(person.is_in(), anna.unix.name);
    assert!(seen(&person).contains("\nYou have 8 recovery codes left.\n"), "{}", seen(&person));
}

fn a_factor_is_chosen_by_its_number_and_the_last_used_one_comes_first(world: &World) {
    let mut anna = world.enrolled("anna");
    // The older one comes first where none was used, and it is told by the second.
    guard::pause(Duration::from_millis(1_100));
    let mut phone = world.enrol_another(&anna, "old phone");
    let name = anna.unix.name.clone();
    let list = |first: &str, second: &str| {
        format!(
            "Password: \nYour second factors:\n1. {first}\n2. {second}\nCode from {first}, or the number of another factor: "
        )
    };
    let mut person = world.ssh("sshd", &anna).batch().start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from authenticator, or the number of another factor: ");
    person.answer_visible("2");
    person.expect("Code from old phone, or the number of another factor: ");
    let code = phone.code();
    person.answer_visible(&code);
    assert_eq!(person.is_in(), name);
    assert_eq!(
        seen(&person),
        format!(
            "{}2\nCode from old phone, or the number of another factor: {code}\n-- in as {name} --\n",
            list("authenticator", "old phone")
        )
    );

    // The one that was used comes first; a code of the other is taken all the same.
    let mut person = world.ssh("sshd", &anna).batch().start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from old phone, or the number of another factor: ");
    assert!(seen(&person).starts_with(&list("old phone", "authenticator")), "{}", seen(&person));
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), name);
}

fn too_many_wrong_codes_end_all_trying_for_a_while(world: &World) {
    let mut anna = world.enrolled("anna");
    let wrong = anna.app.authenticator.wrong_code();
    let mut person = world.at_code(&anna);
    for _ in 0..2 {
        person.answer_visible(&wrong);
        person.expect("Code from authenticator: ");
    }
    person.answer_visible(&wrong);
    drop(person.is_refused());
    let mut person = world.at_code(&anna);
    for _ in 0..2 {
        person.answer_visible(&wrong);
        person.expect("Code from authenticator: ");
    }
    // The right one comes too late, and sshd asks no more.
    let code = anna.app.code();
    person.answer_visible(&code);
    drop(person.is_refused());
    assert!(seen(&person).contains("Too many wrong codes. Try again in 15 minutes.\nLogin failed.\n"));
    drop(world.logged(&anna, &["verdict=reject reason=limited flow=login"]));
}
