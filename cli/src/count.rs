//! Counts with their nouns, for people.

use std::fmt::Display;

/// `1 entry`, `2 entries`: a count with the form of the noun, and of its verb, that belongs to it.
pub(crate) fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let noun = if count == N::from(1) { one } else { many };
    format!("{count} {noun}")
}

#[test]
fn one_is_singular_and_all_else_is_plural() {
    let shown: Vec<String> = (0..3u64).map(|count| counted(count, "entry", "entries")).collect();
    assert_eq!(shown, ["0 entries", "1 entry", "2 entries"]);
}
