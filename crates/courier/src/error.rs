//! Why a courier of the configuration cannot be opened.

use std::fmt::Display;
use std::path::Path;

/// A configured courier cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{section}: {what}")]
pub struct OpenError {
    pub(crate) section: &'static str,
    pub(crate) what: String,
}

impl OpenError {
    pub(crate) fn new(section: &'static str, what: impl Into<String>) -> Self {
        Self { section, what: what.into() }
    }

    pub(crate) fn of_file(section: &'static str, path: &Path, what: impl Display) -> Self {
        Self { section, what: format!("{} {what}", path.display()) }
    }
}
