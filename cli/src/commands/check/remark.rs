use std::fmt;

use serde::Serialize;

/// The severity of a remark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mark {
    Ok,
    /// For information: neither good nor bad, or unknown.
    Note,
    Warn,
    Fail,
}

/// A remark about a part of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    pub(super) mark: Mark,
    pub(super) text: String,
}

impl Remark {
    pub(super) fn ok(text: String) -> Self {
        Self { mark: Mark::Ok, text }
    }

    pub(super) fn note(text: String) -> Self {
        Self { mark: Mark::Note, text }
    }

    pub(super) fn warn(text: String) -> Self {
        Self { mark: Mark::Warn, text }
    }

    pub(super) fn fail(text: String) -> Self {
        Self { mark: Mark::Fail, text }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.mark {
            Mark::Ok => "ok",
            Mark::Note => "note",
            Mark::Warn => "warn",
            Mark::Fail => "FAIL",
        };
        write!(f, "{mark} {}", self.text)
    }
}
