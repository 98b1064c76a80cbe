//! How the product's source is laid out: calls go down, files stay small, kinds of factors are told apart in one module,
//! and no test sets an upper bound to the wall clock.
//!
//! It reads source only, runs no program, and is part of `make lint`.

mod cycles;
mod factor_kinds;
mod fuzz_targets;
mod modules;
mod references;
mod sizes;
mod wall_clock;

use std::fs;
use std::path::{Path, PathBuf};

/// The top of the workspace.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests stands in the workspace").to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The path of a file of the workspace, as documents write it.
fn relative(path: &Path) -> String {
    path.strip_prefix(workspace()).expect("a file of the workspace").display().to_string()
}

/// The Rust files in these folders and below.
fn files_below(mut folders: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}
