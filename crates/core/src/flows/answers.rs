//! What people answer.

/// Whether an answer means yes, in any of the languages.
pub(crate) fn is_yes(answer: &str) -> bool {
    matches!(answer.trim(), "y" | "Y" | "yes" | "Yes" | "YES" | "是")
}
