//! Every invocation in the documents is one that the command line takes, and every command is in a guide.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use clap::{Arg, Command, CommandFactory};

use crate::document::{Document, all, guides};
use crate::invocation::{self, Invocation};
use crate::{product, report};

#[test]
fn every_command_and_option_in_the_documents_exists() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for document in all() {
        for invocation in invocations(&document) {
            checked += 1;
            if let Err(what) = check(&invocation) {
                wrong.push(format!("{}: {what}", document.at(invocation.line)));
            }
        }
        for span in document.spans() {
            for option in lone_options(&span.text) {
                checked += 1;
                if !is_option_of_any(option) {
                    wrong.push(format!("{}: no program has the option {option}", document.at(span.line)));
                }
            }
        }
    }
    assert!(checked > 200, "only {checked} were found");
    report("no such command or option", &wrong);
}

#[test]
fn every_command_is_in_a_guide() {
    let named: BTreeSet<String> = guides()
        .flat_map(|guide| invocations(&guide))
        .filter(|found| found.program == "postern")
        .filter_map(|found| found.arguments.into_iter().find(|word| !word.starts_with('-')))
        .flat_map(|word| word.split('|').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let command = product::cli::Args::command();
    let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
    let missing: Vec<_> =
        visible.map(|command| command.get_name().to_owned()).filter(|name| !named.contains(name)).collect();
    report("in README.md and docs/*.md no invocation of postern with", &missing);
}

/// The command lines of the programs that describe theirs.
static COMMANDS: LazyLock<[Command; 3]> = LazyLock::new(|| {
    let commands = [product::cli::Args::command(), product::daemon::Args::command(), postern_web::command()];
    commands.map(|mut command| {
        command.build();
        command
    })
});

/// Also those of postern that leave out its name, as in "`totp enrol NAME` or `sms enrol NAME`".
fn invocations(document: &Document) -> Vec<Invocation> {
    let is_command = |words: &[&str]| {
        let [first, second, ..] = words else { return false };
        COMMANDS[0].find_subcommand(first).is_some_and(|group| group.find_subcommand(second).is_some())
    };
    let mut found = invocation::of(document);
    for span in document.spans() {
        let words: Vec<&str> = span.text.split(' ').collect();
        if is_command(&words) {
            let arguments = words.into_iter().map(str::to_owned).collect();
            found.push(Invocation {
                line: span.line,
                program: "postern".to_owned(),
                arguments,
                is_run: false,
            });
        }
    }
    found
}

/// How many of these words name a command, from its group down; none if the first one is another word.
pub(crate) fn command_words(words: &[String]) -> usize {
    let mut command = Some(&COMMANDS[0]);
    let names = words.iter().take_while(|word| {
        let group = command.filter(|command| command.has_subcommands());
        command = group.and_then(|group| group.find_subcommand(word));
        group.is_some() && (command.is_some() || group.is_some_and(|group| group.get_name() != "postern"))
    });
    names.count()
}

/// Checks an invocation as far as it says what it means: placeholders, and what an ellipsis leaves out, are taken.
pub(crate) fn check(invocation: &Invocation) -> Result<(), String> {
    if invocation.program == "postern-checkpassword" {
        return check_checkpassword(&invocation.arguments);
    }
    let command =
        COMMANDS.iter().find(|command| command.get_name() == invocation.program).expect("a program");
    walk(command, &invocation.arguments)?;
    let is_whole = invocation.arguments.iter().all(|word| !word.contains('$') && !is_placeholder(word));
    if invocation.is_run && is_whole {
        let words = std::iter::once(invocation.program.clone()).chain(invocation.arguments.iter().cloned());
        command.clone().try_get_matches_from(words).map_err(|error| first_line(&error.to_string()))?;
    }
    Ok(())
}

/// Its options come before the program that it runs, and each has a value.
fn check_checkpassword(words: &[String]) -> Result<(), String> {
    let mut options = words
        .iter()
        .map(|word| word.trim_matches(['[', ']']))
        .step_by(2)
        .take_while(|word| word.starts_with('-'));
    match options.find(|option| !is_option_of_checkpassword(option)) {
        Some(unknown) => Err(format!("postern-checkpassword has no option {unknown}")),
        None => Ok(()),
    }
}

fn is_option_of_checkpassword(option: &str) -> bool {
    let words = [option, "value", "/bin/true"].into_iter().map(Into::into);
    product::checkpassword::Arguments::parse(words).is_ok()
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn walk(command: &Command, words: &[String]) -> Result<(), String> {
    let mut command = command;
    let mut path = vec![command.get_name().to_owned()];
    let mut positions: Vec<&Arg> = command.get_positionals().collect();
    let mut words =
        words.iter().map(|word| word.trim_matches(['[', ']', ',', '.', ':'])).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let at = path.join(" ");
        if word.starts_with('…') || word == "--" || word == "|" {
            return Ok(());
        }
        if word.starts_with('-') {
            let (name, value) =
                word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
            let option = option(command, name).ok_or_else(|| format!("{at} has no option {name}"))?;
            let value = match value {
                None if option.get_action().takes_values() => words.next(),
                value => value,
            };
            value.map_or(Ok(()), |value| is_possible(option, value, &at))?;
        } else if command.has_subcommands() {
            if is_placeholder(word) {
                return Ok(());
            }
            for name in word.split('|').skip(1) {
                command.find_subcommand(name).ok_or_else(|| format!("{at} has no command {name}"))?;
            }
            let name = word.split('|').next().unwrap_or(word);
            command = command.find_subcommand(name).ok_or_else(|| format!("{at} has no command {name}"))?;
            positions = command.get_positionals().collect();
            path.push(name.to_owned());
        } else {
            let Some(argument) = positions.first() else {
                return Err(format!("{at} takes no argument {word}"));
            };
            is_possible(argument, word, &at)?;
            if argument.get_num_args().is_none_or(|most| most.max_values() <= 1) {
                positions.remove(0);
            }
        }
    }
    Ok(())
}

fn option<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    let mut options = command.get_arguments();
    match name.strip_prefix("--") {
        Some(long) => options.find(|option| is_called(option, long)),
        None => {
            let short = name.chars().nth(1);
            options.find(|option| option.get_short().is_some() && option.get_short() == short)
        }
    }
}

/// By its name, or by an earlier one that is still taken.
fn is_called(option: &Arg, long: &str) -> bool {
    option.get_long() == Some(long) || option.get_all_aliases().is_some_and(|names| names.contains(&long))
}

fn is_possible(argument: &Arg, value: &str, at: &str) -> Result<(), String> {
    let known = argument.get_possible_values();
    let mut words = value.split('|');
    let is_known = known.is_empty()
        || is_placeholder(value)
        || words.all(|word| known.iter().any(|value| value.matches(word, false)));
    if is_known { Ok(()) } else { Err(format!("{at}: {value} is no value of {}", argument.get_id())) }
}

/// `NAME`, `<name>`, `FILE.csv`, `…`: what a reader has to fill in.
fn is_placeholder(word: &str) -> bool {
    let is_capital =
        word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase() || b"_-0123456789".contains(&b));
    is_capital || word.contains('<') || word.contains('…') || word.contains("...")
}

/// The options of a span that is nothing but options, such as `--json`, and their values.
fn lone_options(span: &str) -> Vec<&str> {
    let words = if span.starts_with("--") { span } else { "" };
    words.split([' ', '|', '=']).filter(|word| word.len() > 2 && word.starts_with("--")).collect()
}

fn is_option_of_any(option: &str) -> bool {
    fn has(command: &Command, long: &str) -> bool {
        command.get_arguments().any(|argument| is_called(argument, long))
            || command.get_subcommands().any(|command| has(command, long))
    }
    let long = option.trim_start_matches('-');
    COMMANDS.iter().any(|command| has(command, long))
        || is_option_of_checkpassword(option)
        || OTHERS_OPTIONS.contains(&option)
}

/// Options of other programs that documents name alone.
const OTHERS_OPTIONS: &[&str] = &["--insecure", "--now"];

#[test]
fn mistakes_in_invocations_are_found() {
    let check = |line: &str, is_run: bool| {
        let mut words = line.split(' ').map(str::to_owned);
        let program = words.next().expect("a program");
        check(&Invocation { line: 1, program, arguments: words.collect(), is_run })
    };
    for line in [
        "postern account reset NAME",
        "postern --json account list",
        "postern device list|revoke",
        "postern my …",
        "postern schema print acl-ldif",
        "postern schema print FORM",
        "postern account <command>",
        "postern totp enrol [NAME] --from people.csv",
        "posternd --check --config FILE",
        "postern-web --check",
        "postern-checkpassword --service NAME program --any",
    ] {
        assert_eq!(check(line, false), Ok(()), "{line}");
    }
    for (line, expected) in [
        ("postern acount reset NAME", "postern has no command acount"),
        ("postern account reset NAME --froce", "postern account reset has no option --froce"),
        ("postern device list|revok", "postern device has no command revok"),
        ("postern schema print acl-ldf", "postern schema print: acl-ldf is no value of form"),
        ("postern account list alice", "postern account list takes no argument alice"),
        ("posternd --chek", "posternd has no option --chek"),
        ("postern-checkpassword --servic NAME", "postern-checkpassword has no option --servic"),
    ] {
        assert_eq!(check(line, false), Err(expected.to_owned()), "{line}");
    }
    assert_eq!(check("postern app-password revoke alice", false), Ok(()));
    assert!(check("postern app-password revoke alice", true).is_err(), "it would fail");
    assert_eq!(check("postern app-password revoke alice --all", true), Ok(()));
    let short =
        invocations(&Document::new("docs/a.md", "`totp enrol NAME`, `totp enrl`, `account required`"));
    assert_eq!(short.iter().map(|found| found.arguments.join(" ")).collect::<Vec<_>>(), ["totp enrol NAME"]);
    assert!(
        lone_options("--since 30d") == ["--since"]
            && is_option_of_any("--since")
            && !is_option_of_any("--sinc")
    );
}
