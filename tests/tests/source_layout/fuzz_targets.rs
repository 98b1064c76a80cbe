//! The fuzzer's targets, which `make fuzz` alone builds: each is declared, has its file and its corpus, and the corpus is small.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::{read, workspace};

#[test]
fn each_fuzz_target_is_declared_and_has_a_file_and_a_corpus() {
    let fuzz = workspace().join("fuzz");
    let manifest = read(&fuzz.join("Cargo.toml"));
    let declared: BTreeSet<String> = manifest
        .split("[[bin]]")
        .skip(1)
        .map(|bin| {
            let name = bin.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
            let name = name.unwrap_or_else(|| panic!("a target without a name:{bin}"));
            assert!(
                bin.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
                "the file of {name} has its name"
            );
            name.to_owned()
        })
        .collect();
    assert!(declared.len() >= 15, "only {declared:?}");
    let files = names(&fuzz.join("fuzz_targets")).into_iter();
    let files: BTreeSet<String> =
        files.filter_map(|name| Some(name.strip_suffix(".rs")?.to_owned())).collect();
    assert_eq!(files, declared, "fuzz/fuzz_targets and fuzz/Cargo.toml name the same targets");
    assert_eq!(
        names(&fuzz.join("corpus")),
        declared,
        "fuzz/corpus has a folder for each target, and no other"
    );
    for target in &declared {
        assert!(!names(&fuzz.join("corpus").join(target)).is_empty(), "fuzz/corpus/{target} is empty");
    }
}

#[test]
fn the_corpus_of_the_fuzzer_is_small() {
    let corpus = workspace().join("fuzz/corpus");
    let mut bytes = 0;
    for target in names(&corpus) {
        let folder = corpus.join(target);
        let sizes =
            names(&folder).into_iter().map(|name| folder.join(name).metadata().expect("a file").len());
        bytes += sizes.sum::<u64>();
    }
    assert!(
        (1..=MOST_BYTES).contains(&bytes),
        "{bytes} bytes: what the fuzzer finds stays in target/fuzz/corpus"
    );
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name in UTF-8"))
        .collect()
}

const MOST_BYTES: u64 = 300 * 1024;
