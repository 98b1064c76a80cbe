//! Every argument that a line of PAM gives to pam_postern.so is one that the module takes, and each is in its manual.

use crate::document::{Document, Kind, all, named};
use crate::product::pam_module::Arguments;
use crate::{read, report, workspace};

#[test]
fn every_argument_of_the_module_in_the_documents_exists() {
    let (mut checked, mut wrong) = (0, Vec::new());
    for document in all() {
        for (line, arguments) in lines_of_module(&document) {
            checked += 1;
            if let Err(what) = Arguments::parse(&arguments) {
                wrong.push(format!("{}: {what}", document.at(line)));
            }
        }
    }
    assert!(checked > 15, "only {checked} lines were found");
    report("pam_postern.so refuses these", &wrong);
}

#[test]
fn the_manual_of_the_module_has_every_argument() {
    let known = known_arguments();
    assert!(known.len() > 5, "{known:?}");
    let bold: Vec<String> =
        named("docs/man/pam_postern.8").spans().into_iter().map(|span| span.text).collect();
    let missing: Vec<_> = known.into_iter().filter(|argument| !bold.contains(argument)).collect();
    report("pam_postern(8) lacks", &missing);
}

/// The arguments behind each `pam_postern.so` in a line of PAM.
fn lines_of_module(document: &Document) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let of_blocks = document.blocks().into_iter().flat_map(|block| {
        let lines = block.text.lines().map(str::to_owned).collect::<Vec<_>>();
        lines.into_iter().enumerate().map(move |(number, line)| (block.line + number, line))
    });
    let lines: Vec<_> = if document.kind == Kind::Example { document.lines() } else { of_blocks.collect() };
    for (number, line) in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_pam = |word: &str| {
            ["auth", "account", "session", "password"].contains(&word.trim_start_matches(['-', '#']))
        };
        let at = words.iter().position(|word| *word == "pam_postern.so");
        if let Some(at) = at.filter(|at| words[..*at].iter().any(|word| is_pam(word))) {
            let rest = words[at + 1..].iter().take_while(|word| !word.starts_with('#'));
            found.push((number, rest.map(|word| (*word).to_owned()).collect()));
        }
    }
    for span in document.spans() {
        let mut words = span.text.split_whitespace().skip_while(|word| *word != "pam_postern.so");
        if words.next().is_some() {
            found.push((
                span.line,
                words.map(|word| word.trim_matches(['[', ']']).to_owned()).map(filled).collect(),
            ));
        }
    }
    found
}

/// A value that the module takes, in the place of a placeholder.
fn filled(argument: String) -> String {
    match argument.split_once('=') {
        Some(("config", value)) if value.is_empty() || !value.starts_with('/') => "config=/file".to_owned(),
        Some(("uid_min", value)) if value.parse::<u32>().is_err() => "uid_min=1000".to_owned(),
        _ => argument,
    }
}

/// The words of the parser that it takes as arguments, with or without a value.
fn known_arguments() -> Vec<String> {
    let source = read(&workspace().join("pam-module/src/arguments.rs"));
    let (source, _) = source.split_once("#[cfg(test)]").expect("tests");
    let takes = |argument: &str| Arguments::parse(&[argument.to_owned()]).is_ok();
    let mut known = Vec::new();
    for word in source
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
    {
        let with_value = ["/file", "1000"].into_iter().any(|value| takes(&format!("{word}={value}")));
        let written = if with_value { format!("{word}=") } else { word.to_owned() };
        if (with_value || takes(word)) && !known.contains(&written) {
            known.push(written);
        }
    }
    known
}

#[test]
fn wrong_arguments_are_found() {
    let check = |text: &str, name: &str| {
        let found = lines_of_module(&Document::new(name, text));
        found
            .into_iter()
            .map(|(line, arguments)| (line, Arguments::parse(&arguments).is_ok()))
            .collect::<Vec<_>>()
    };
    let stack = "# pam_postern.so asks\nauth required pam_postern.so service=imap\n-account required pam_postern.so nullok # x\n";
    assert_eq!(check(stack, "packaging/pam/x"), [(2, true), (3, false)]);
    assert_eq!(check("```conf\nauth required pam_postern.so debg\n```\n", "docs/a.md"), [(2, false)]);
    assert_eq!(check("a `pam_postern.so config=FILE debug` b\n", "docs/a.md"), [(1, true)]);
    assert_eq!(check("a `pam_postern.so configs=FILE` b\n", "docs/a.md"), [(1, false)]);
}
