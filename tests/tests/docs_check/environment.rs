//! Every environment variable of Postern in the documents is read by something, and every one that a program reads is in a
//! man page.

use std::collections::BTreeSet;

use crate::document::{Kind, all};
use crate::{files_below, read, report, workspace};

#[test]
fn every_variable_in_the_documents_is_read_somewhere() {
    let read_somewhere: BTreeSet<String> =
        SOURCES.iter().flat_map(|folder| sources(folder)).flat_map(|(_, text)| ours(&text)).collect();
    assert!(read_somewhere.len() > 5, "{read_somewhere:?}");
    let mut wrong = Vec::new();
    for document in all() {
        for (line, text) in document.lines() {
            let unknown = ours(&text).into_iter().filter(|name| !read_somewhere.contains(name));
            wrong.extend(unknown.map(|name| format!("{}: {name}", document.at(line))));
        }
    }
    report("nothing reads these", &wrong);
}

#[test]
fn every_variable_that_a_program_reads_is_in_a_man_page() {
    let pages: String =
        all().into_iter().filter(|document| document.kind == Kind::ManPage).map(|page| page.text).collect();
    let mut missing = Vec::new();
    for (name, text) in PROGRAMS.iter().flat_map(|folder| sources(folder)) {
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        missing.extend(
            variables(product)
                .into_iter()
                .filter(|variable| !pages.contains(variable))
                .map(|variable| format!("{name}: {variable}")),
        );
    }
    report("in no man page", &missing);
}

const SOURCES: &[&str] =
    &["crates", "daemon", "web", "cli", "pam-module", "checkpassword", "scripts", "tests", "roundcube"];
const PROGRAMS: &[&str] =
    &["daemon/src", "web/src", "cli/src", "pam-module/src", "checkpassword/src", "crates/log/src"];

fn sources(folder: &str) -> Vec<(String, String)> {
    let files = files_below(folder)
        .into_iter()
        .filter(|name| !name.contains("/target/") && !name.starts_with("tests/tests/docs_check"));
    files
        .filter_map(|name| Some((name.clone(), std::fs::read_to_string(workspace().join(name)).ok()?)))
        .chain(top(folder))
        .collect()
}

/// The Makefile goes with the scripts.
fn top(folder: &str) -> Option<(String, String)> {
    (folder == "scripts").then(|| ("Makefile".to_owned(), read(&workspace().join("Makefile"))))
}

/// `POSTERN_…`.
fn ours(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_');
    words
        .filter(|word| word.starts_with("POSTERN_") && word.len() > "POSTERN_".len())
        .map(str::to_owned)
        .collect()
}

/// The names that a source passes to a function that reads a variable.
fn variables(source: &str) -> Vec<String> {
    let calls = ["env::var(\"", "env::var_os(\"", "variable(\"", "variable(c\""];
    let names = calls
        .into_iter()
        .flat_map(|call| source.split(call).skip(1).filter_map(|rest| rest.split('"').next()));
    names
        .filter(|name| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn variables_are_found() {
    assert_eq!(ours("set `POSTERN_TEST_JOBS=2`, POSTERN_*"), ["POSTERN_TEST_JOBS"]);
    assert_eq!(
        variables("variable(\"SERVICE\"); std::env::var_os(\"NO_COLOR\"); env::var(name)"),
        ["NO_COLOR", "SERVICE"]
    );
}
