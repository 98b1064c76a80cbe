//! What the documents, the man pages and the examples name is there, and what is there is in them: commands, options, keys of
//! configuration files, arguments of the PAM module, environment variables, paths, files, man pages, units, links, words of
//! logs, settings of the plugin.
//!
//! The parsers that it asks are the product's own. It starts no program but `scripts/install-files`, and is part of `make lint`.

mod commands;
mod document;
mod environment;
mod example_keys;
mod files;
mod invocation;
mod key_tree;
mod keys;
mod links;
mod manual;
mod messages;
mod module_arguments;
mod names;
mod package;
mod paths;
mod plugin;
mod printed_words;
mod product;
mod roff;

use std::fs;
use std::path::{Path, PathBuf};

/// The top of the workspace.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests stands in the workspace").to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files in this folder of the workspace and below, by their paths in the workspace, in order.
fn files_below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![workspace().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(
                    path.strip_prefix(workspace()).expect("a file of the workspace").display().to_string(),
                );
            }
        }
    }
    found.sort();
    found
}

/// Fails with every finding, each of which says where it is.
fn report(what: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{what}:\n{}", findings.join("\n"));
}
