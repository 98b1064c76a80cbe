//! Commands that the programs themselves tell people to run exist.

use crate::commands::{check, command_words};
use crate::invocation::Invocation;
use crate::{files_below, read, report, workspace};

#[test]
fn every_command_in_a_message_exists() {
    let (mut checked, mut wrong) = (0, Vec::new());
    for name in FOLDERS.iter().flat_map(|folder| files_below(folder)) {
        let is_message = name.ends_with(".ftl") || (name.ends_with(".rs") && !name.ends_with("tests.rs"));
        if !is_message {
            continue;
        }
        let text = read(&workspace().join(&name));
        for found in told(text.split("#[cfg(test)]").next().unwrap_or_default()) {
            checked += 1;
            wrong.extend(check(&found).err().map(|what| format!("{name}:{}: {what}", found.line)));
        }
    }
    assert!(checked > 50, "only {checked} were found");
    report("programs tell people to run these", &wrong);
}

const FOLDERS: &[&str] = &["cli/src", "crates", "daemon/src", "pam-module/src", "web/src"];

/// What follows "postern" in the texts of a source, where it is a command or stands in backticks.
fn told(source: &str) -> Vec<Invocation> {
    let mut found = Vec::new();
    for (number, line) in source.lines().enumerate() {
        for (at, _) in line.match_indices("postern ") {
            let (before, rest) = (&line[..at], &line[at + "postern ".len()..]);
            if before.ends_with(|c: char| c.is_alphanumeric() || "-_./".contains(c)) {
                continue;
            }
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && !" -|{}_".contains(c))
                .unwrap_or(rest.len());
            let words = rest[..end].split(' ').filter(|word| !word.is_empty());
            // What a sentence goes on with is no command.
            let arguments: Vec<String> = words
                .map(|word| if word.contains('{') { "NAME".to_owned() } else { word.to_owned() })
                .collect();
            let count = if before.ends_with('`') {
                arguments.len()
            } else {
                arguments.len().min(command_words(&arguments))
            };
            if count > 0 {
                let arguments = arguments[..count].to_vec();
                found.push(Invocation {
                    line: number + 1,
                    program: "postern".to_owned(),
                    arguments,
                    is_run: false,
                });
            }
        }
    }
    found
}

#[test]
fn wrong_commands_in_messages_are_found() {
    let wrong = |source: &str| told(source).iter().filter_map(|found| check(found).err()).count();
    assert_eq!(
        told("\"create it with: postern init\"\n/// See `postern my`.\n\"user postern may not\"").len(),
        2
    );
    assert_eq!(
        wrong("\"unlock it: postern account unlock {name}\"; \"postern my enrol, or postern check\""),
        0
    );
    assert_eq!(wrong("\"postern account unlok {name}\""), 1);
    assert_eq!(wrong("/// See `postern inti`."), 1);
}
