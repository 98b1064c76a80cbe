//! Code outside `factor` does not tell kinds of factors apart, so that a new kind is added there alone.

use crate::sizes::source_files;
use crate::{read, relative};

#[test]
fn only_the_module_of_factors_matches_on_their_kinds() {
    let mut found = Vec::new();
    for file in source_files() {
        let name = relative(&file);
        if name.starts_with("crates/core/src/factor/") {
            continue;
        }
        let text = read(&file);
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        let matches = |line: &&str| {
            line.contains("FactorKind::") || (line.contains("FactorType::") && line.contains("=>"))
        };
        found.extend(product.lines().filter(matches).map(|line| format!("{name}: {}", line.trim())));
    }
    assert!(found.is_empty(), "ask crates/core/src/factor/registry.rs or the record:\n{}", found.join("\n"));
}
