//! Files stay small. One that is long says why.

use std::fs;
use std::path::PathBuf;

use crate::modules::product_folders;
use crate::{read, relative};

#[test]
fn a_long_product_file_says_why_it_is_long() {
    let mut long = Vec::new();
    for file in source_files() {
        let text = read(&file);
        let lines = text.lines().count();
        if lines > MOST_LINES && !introduction(&text).contains(REASON) {
            long.push((relative(&file), lines));
        }
    }
    long.sort();
    assert!(long.is_empty(), "split these, or write \"{REASON} …\" into their first comment: {long:#?}");
}

/// The `//!` lines that a file begins with, as one line.
fn introduction(text: &str) -> String {
    let comment = text.lines().take_while(|line| line.starts_with("//!"));
    comment.map(|line| line.trim_start_matches("//!").trim()).collect::<Vec<_>>().join(" ")
}

pub(crate) fn source_files() -> Vec<PathBuf> {
    let mut open = product_folders();
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

const MOST_LINES: usize = 400;
const REASON: &str = "This file is long because";
