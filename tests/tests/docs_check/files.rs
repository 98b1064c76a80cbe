//! Documents name files of the source tree that exist.

use crate::document::all;
use crate::{report, workspace};

#[test]
fn documents_name_files_that_exist() {
    let (mut checked, mut missing) = (0, Vec::new());
    for document in all() {
        for (line, text) in document.lines() {
            for name in file_names(&text) {
                checked += 1;
                if !workspace().join(&name).exists() {
                    missing.push(format!("{}: {name}", document.at(line)));
                }
            }
        }
    }
    assert!(checked > 100, "only {checked} names of files were found");
    report("no such file", &missing);
}

/// What a text names below one of the workspace's folders, and other paths with `src` in them.
fn file_names(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"_./-".contains(c));
    let words = words.map(|word| word.trim_start_matches("../").trim_end_matches(['.', '/', '-']));
    let named = words.filter(|word| {
        let first = word.split('/').next().unwrap_or_default();
        word.contains('/') && (FOLDERS.contains(&first) || word.contains("/src/")) && !word.starts_with('/')
    });
    named.map(str::to_owned).collect()
}

/// Folders of the workspace whose names are no ordinary words before a slash.
const FOLDERS: &[&str] = &[
    "checkpassword",
    "cli",
    "crates",
    "daemon",
    "docs",
    "ldap-schema",
    "lua",
    "packaging",
    "pam-module",
    "roundcube",
    "scripts",
    "tests",
    "web",
];

#[test]
fn a_path_is_told_from_other_words() {
    let text = "See `crates/core/src/flows`, web/src/main.rs. Not /etc/pam.d, and/or, https://docs.rs/x or core::flows.";
    assert_eq!(file_names(text), ["crates/core/src/flows", "web/src/main.rs"]);
    assert_eq!(file_names("`core/src/flows` lacks its first part"), ["core/src/flows"]);
    assert_eq!(file_names("[this](../packaging/pam/no)"), ["packaging/pam/no"]);
}
