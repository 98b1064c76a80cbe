//! What several fuzz targets need.

#![forbid(unsafe_code)]

/// Cuts an input into its parts, so that a file of the corpus can be read and written by hand: one part a line, and the last part
/// is the rest. Parts that are missing are empty.
#[must_use]
pub fn parts<const N: usize>(text: &str) -> [&str; N] {
    let mut lines = text.splitn(N, '\n');
    [(); N].map(|()| lines.next().unwrap_or_default())
}
