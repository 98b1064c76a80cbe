//! The output for and the input of a user, with programs that are not logins.

use std::fs;
use std::path::Path;

use postern_tests::terminal::{self, Terminal};
use postern_tests::terminal_user::TerminalUser;
use postern_tests::{host, site};

fn shell(script: &str) -> TerminalUser {
    let mut command = terminal::command(Path::new("/bin/sh"));
    command.args(["-c", script]);
    TerminalUser::at(Terminal::start(command, (0.into(), 0.into())), "terminals", "shell")
}

#[test]
fn a_program_asks_shows_hides_and_ends() {
    let mut person =
        shell("printf 'name? '; read n; stty -echo; printf 'word? '; read w; echo; echo $n-${#w}; exit 7");
    person.expect("name? ");
    person.answer_visible("anna");
    assert_eq!(person.expect("word? "), "anna\n");
    person.answer_hidden("open sesame");
    assert_eq!(person.ends(), (7, "\nanna-11\n".to_owned()));
    assert!(!person.text().contains("sesame"));
    let mut person = shell("trap 'echo interrupted; exit 3' INT; echo ready; while :; do sleep 0.1; done");
    person.expect("ready");
    person.interrupt();
    assert_eq!(person.ends().0, 3);
}

#[test]
fn secrets_that_may_be_shown_are_left_out_of_the_kept_output() {
    let (shown, typed) = (site::random_password(), site::random_password());
    let mut person = shell(&format!("echo {shown}; read typed"));
    person.was_shown(&shown);
    person.expect(&shown);
    person.was_shown(&typed);
    person.answer_visible(&typed);
    assert_eq!(person.ends().0, 0);
    drop(person);
    let kept = host::output_dir("terminals");
    let all: String =
        fs::read_dir(kept).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert!(all.contains("(a secret)\n(a secret)\n"), "{all}");
    assert!(!all.contains(&shown) && !all.contains(&typed));
}

#[test]
#[should_panic(expected = "to hide what is typed")]
fn a_hidden_answer_is_not_typed_where_it_would_show() {
    shell("cat").answer_hidden("anything");
}

#[test]
#[should_panic(expected = "the program ended without")]
fn a_question_that_does_not_come_is_not_waited_for() {
    shell("echo something else").expect("Password:");
}
