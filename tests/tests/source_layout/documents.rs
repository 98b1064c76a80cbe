//! Documents name files that exist.

use std::fs;
use std::path::PathBuf;

use crate::{read, relative, workspace};

#[test]
fn documents_name_files_that_exist() {
    let mut checked = 0;
    let mut missing = Vec::new();
    for document in documents() {
        for name in file_names(&read(&document)) {
            checked += 1;
            if !workspace().join(&name).exists() {
                missing.push(format!("{}: {name}", relative(&document)));
            }
        }
    }
    assert!(checked > 10, "only {checked} names of files were found");
    assert!(missing.is_empty(), "no such file:\n{}", missing.join("\n"));
}

fn documents() -> Vec<PathBuf> {
    let folder = fs::read_dir(workspace().join("docs")).expect("docs");
    let pages = folder.map(|entry| entry.expect("a page").path()).filter(|path| path.is_file());
    ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
        .map(|name| workspace().join(name))
        .into_iter()
        .chain(pages)
        .collect()
}

/// What a text names below one of the workspace's folders, and other paths with `src` in them.
fn file_names(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"_./-".contains(c));
    let words = words.map(|word| word.trim_end_matches(['.', '/', '-']));
    let named = words.filter(|word| {
        let first = word.split('/').next().unwrap_or_default();
        word.contains('/') && (FOLDERS.contains(&first) || word.contains("/src/"))
    });
    named.map(str::to_owned).collect()
}

#[test]
fn a_path_is_told_from_other_words() {
    let text = "See `crates/core/src/flows`, web/src/main.rs. Not /etc/pam.d, and/or, https://docs.rs/x or core::flows.";
    assert_eq!(file_names(text), ["crates/core/src/flows", "web/src/main.rs"]);
    assert_eq!(file_names("`core/src/flows` lacks its first part"), ["core/src/flows"]);
}

/// Folders of the workspace whose names are no ordinary words before a slash.
const FOLDERS: &[&str] = &[
    "checkpassword",
    "cli",
    "crates",
    "daemon",
    "docs",
    "ldap-schema",
    "packaging",
    "pam-module",
    "scripts",
    "tests",
    "web",
];
