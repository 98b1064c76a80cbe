//! Files stay small. One that is long says why.

use std::path::PathBuf;

use crate::modules::product_folders;
use crate::{files_below, read, relative};

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
    files_below(product_folders())
}

const MOST_LINES: usize = 400;
const REASON: &str = "This file is long because";
