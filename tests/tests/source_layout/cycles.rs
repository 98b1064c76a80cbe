//! No two product files use each other, neither directly nor through others.

use std::collections::{BTreeMap, BTreeSet};

use crate::modules::{Modules, Target, read_product};
use crate::relative;

/// Which file uses which, with one path that shows it.
type Uses = BTreeMap<String, BTreeMap<String, String>>;

#[test]
fn no_product_file_uses_one_that_uses_it() {
    let uses = uses(&read_product());
    let (files, edges) = (uses.len(), uses.values().map(BTreeMap::len).sum::<usize>());
    assert!(files > 200 && edges > 500, "only {edges} uses in {files} files were read");
    let cycles = cycles(&uses);
    println!("{files} files, {edges} uses, {} cycles", cycles.len());
    let found: Vec<_> = cycles.iter().map(|cycle| describe(cycle, &uses)).collect();
    assert!(found.is_empty(), "files that use each other:\n{}", found.join("\n"));
}

fn uses(modules: &Modules) -> Uses {
    let mut uses = Uses::new();
    for (id, module) in modules.all.iter().enumerate() {
        let from = relative(&module.file);
        let used = uses.entry(from.clone()).or_default();
        for path in &module.references {
            if let Some(Target::ItemOf(to)) = modules.resolve(id, path) {
                let to = relative(&modules.all[to].file);
                if to != from {
                    used.entry(to).or_insert_with(|| path.join("::"));
                }
            }
        }
    }
    uses
}

/// The groups of files that reach each other.
fn cycles(uses: &Uses) -> Vec<BTreeSet<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        uses.keys().map(|file| (file.as_str(), reachable(file, uses))).collect();
    let mut found = BTreeSet::new();
    for (file, reaches) in &reached {
        let cycle: BTreeSet<&str> = reaches
            .iter()
            .copied()
            .filter(|other| reached.get(other).is_some_and(|back| back.contains(file)))
            .collect();
        if cycle.len() > 1 {
            found.insert(cycle);
        }
    }
    found.into_iter().collect()
}

/// Every file that this one uses, directly or through others.
fn reachable<'a>(file: &'a str, uses: &'a Uses) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![file];
    while let Some(next) = open.pop() {
        for used in uses.get(next).into_iter().flat_map(BTreeMap::keys) {
            if seen.insert(used.as_str()) {
                open.push(used);
            }
        }
    }
    seen
}

/// A cycle's files, and the uses that make it one.
fn describe(cycle: &BTreeSet<&str>, uses: &Uses) -> String {
    let mut lines = vec![format!("{} files:", cycle.len())];
    for file in cycle {
        for (used, path) in uses[*file].iter().filter(|(used, _)| cycle.contains(used.as_str())) {
            lines.push(format!("  {file} uses {used}: {path}"));
        }
    }
    lines.join("\n")
}
