use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Networks, Scope, Selector};
use crate::clock::Timestamp;
use crate::hashing::StoredHash;

/// An app password of an account, or what remains of a revoked one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppPassword {
    /// In force, or expired.
    Live(LiveAppPassword),
    /// Revoked. It is kept so that a mail program that still uses it is refused before it is taken for a main password.
    Revoked(Tombstone),
}

impl AppPassword {
    /// The selector.
    #[must_use]
    pub fn id(&self) -> Selector {
        match self {
            Self::Live(live) => live.id,
            Self::Revoked(tombstone) => tombstone.id,
        }
    }

    /// The app password, unless it is revoked.
    #[must_use]
    pub fn live(&self) -> Option<&LiveAppPassword> {
        match self {
            Self::Live(live) => Some(live),
            Self::Revoked(_) => None,
        }
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// Unknown fields, versions and shapes. The message quotes no value, because the hash is one of them.
    pub fn from_json(json: &str) -> Result<Self, BadRecord> {
        let raw: Raw = serde_json::from_str(json).map_err(|error| BadRecord { column: error.column() })?;
        Self::try_from(raw).map_err(|()| BadRecord { column: 0 })
    }

    /// The JSON form, the same in every directory.
    #[must_use]
    pub fn to_json(&self) -> String {
        // serde_json cannot fail on strings, numbers and lists of them.
        serde_json::to_string(&Raw::from(self)).unwrap_or_default()
    }
}

/// An app password that has not been revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveAppPassword {
    /// The first group of the app password.
    pub id: Selector,
    /// The name that its owner gave it.
    pub label: Label,
    /// The services that it opens.
    pub scope: Scope,
    /// When it was made.
    pub created: Timestamp,
    /// The time from which it is refused.
    pub expires: Option<Timestamp>,
    /// The networks from which it may be used.
    pub networks: Networks,
    /// The hash of the other three groups.
    pub hash: StoredHash,
}

impl LiveAppPassword {
    /// Whether it has expired at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// What remains of a revoked app password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// The first group, which is not used again while the tombstone exists.
    pub id: Selector,
    /// When it was revoked.
    pub revoked: Timestamp,
}

/// The name of an app password: 1 to 64 characters, no control characters, no space at either end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label(String);

impl Label {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`BadLabel`].
    pub fn new(text: &str) -> Result<Self, BadLabel> {
        let length = text.chars().count();
        let valid = (1..=64).contains(&length) && text.trim() == text && !text.chars().any(char::is_control);
        if valid { Ok(Self(text.to_owned())) } else { Err(BadLabel) }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Default for Label {
    fn default() -> Self {
        Self("unnamed".to_owned())
    }
}

/// The text is not a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a label has 1 to 64 characters, no control characters, and no space at either end")]
pub struct BadLabel;

/// A stored app password that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an app password's record is not of a version and form known here (column {column})")]
pub struct BadRecord {
    column: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    v: u32,
    id: Selector,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<Scope>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Networks::is_empty")]
    networks: Networks,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hash: Option<StoredHash>,
}

impl TryFrom<Raw> for AppPassword {
    type Error = ();

    fn try_from(raw: Raw) -> Result<Self, ()> {
        match raw {
            Raw {
                v: VERSION,
                id,
                revoked: Some(revoked),
                label: None,
                scope: None,
                created: None,
                expires: None,
                networks,
                hash: None,
            } if networks.is_empty() => Ok(Self::Revoked(Tombstone { id, revoked })),
            Raw {
                v: VERSION,
                id,
                revoked: None,
                label: Some(label),
                scope: Some(scope),
                created: Some(created),
                expires,
                networks,
                hash: Some(hash),
            } => {
                let label = Label::new(&label).map_err(|_| ())?;
                Ok(Self::Live(LiveAppPassword { id, label, scope, created, expires, networks, hash }))
            }
            Raw { .. } => Err(()),
        }
    }
}

impl From<&AppPassword> for Raw {
    fn from(password: &AppPassword) -> Self {
        let empty = |id| Self {
            v: VERSION,
            id,
            revoked: None,
            label: None,
            scope: None,
            created: None,
            expires: None,
            networks: Networks::default(),
            hash: None,
        };
        match password {
            AppPassword::Revoked(tombstone) => {
                Self { revoked: Some(tombstone.revoked), ..empty(tombstone.id) }
            }
            AppPassword::Live(live) => Self {
                label: Some(live.label.as_str().to_owned()),
                scope: Some(live.scope.clone()),
                created: Some(live.created),
                expires: live.expires,
                networks: live.networks.clone(),
                hash: Some(live.hash.clone()),
                ..empty(live.id)
            },
        }
    }
}

const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &str = r#"{"v":1,"id":"GdGn","label":"Foxmail","scope":["imap","smtp"],"created":"2027-01-15T08:00:00Z","expires":"2028-01-15T08:00:00Z","networks":["192.0.2.0/24"],"hash":"$argon2id$v=19$m=4096,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$k7m8wGcTuvWLbIHTKw4NjNIZi6rVLQdDdLNf0DpwtCo"}"#;
    const REVOKED: &str = r#"{"v":1,"id":"GdGn","revoked":"2027-01-15T08:00:00Z"}"#;

    #[test]
    fn both_forms_are_written_as_they_were_read() {
        for json in [LIVE, REVOKED] {
            assert_eq!(AppPassword::from_json(json).unwrap().to_json(), json);
        }
    }

    #[test]
    fn unknown_versions_fields_and_mixed_forms_are_errors() {
        for json in [
            LIVE.replace("\"v\":1", "\"v\":2"),
            LIVE.replace("\"v\":1", "\"v\":1,\"colour\":\"blue\""),
            LIVE.replace("\"label\":\"Foxmail\",", ""),
            LIVE.replace("Foxmail", " "),
            LIVE.replace("m=4096", "m=4194304"),
            LIVE.replace("GdGn", "Gd1n"),
            REVOKED.replace("}", ",\"label\":\"Foxmail\"}"),
            "{}".to_owned(),
            String::new(),
        ] {
            assert!(AppPassword::from_json(&json).is_err(), "{json}");
        }
    }

    #[test]
    fn it_expires_at_the_second_that_it_names() {
        let password = AppPassword::from_json(LIVE).unwrap();
        let live = password.live().unwrap();
        let expires = live.expires.unwrap();
        assert!(!live.is_expired(Timestamp::from_unix(expires.as_unix() - 1)));
        assert!(live.is_expired(expires));
    }
}
