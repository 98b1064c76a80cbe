//! A bound factor, and its JSON form, which is the same in every directory.

use serde::{Deserialize, Serialize};

use crate::app_password::Label;
use crate::clock::Timestamp;
use crate::keyring::Keyring;

use super::{FactorId, FactorKind};

/// A second factor that is bound to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    /// The id. It is drawn when the factor is bound, and never reused.
    pub id: FactorId,
    /// The name that its owner gave it.
    pub label: Label,
    /// When it was bound.
    pub created: Timestamp,
    /// When the factor was locked after too many wrong codes; `None` if it is not locked. An admin unlocks it.
    pub locked: Option<Timestamp>,
    /// The kind, with its data.
    pub kind: FactorKind,
}

impl Factor {
    /// Whether both are one app, mailbox, number or phone, so that each code or answer would be good twice.
    #[must_use]
    pub fn is_same_as(&self, other: &Self, keyring: &Keyring) -> bool {
        let has_same_seed = match (self.kind.record().totp(), other.kind.record().totp()) {
            (Some(own), Some(totp)) => own.has_seed_of(self.id, totp, other.id, keyring),
            (None, _) | (_, None) => false,
        };
        has_same_seed || self.kind.has_identity_of(&other.kind)
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// Unknown fields, versions, kinds and shapes. The message quotes no value.
    pub fn from_json(json: &str) -> Result<Self, BadFactor> {
        let raw: Raw = serde_json::from_str(json).map_err(|error| BadFactor { column: error.column() })?;
        if raw.v != VERSION {
            return Err(BadFactor { column: 0 });
        }
        let label = Label::new(&raw.label).map_err(|_| BadFactor { column: 0 })?;
        Ok(Self { id: raw.id, label, created: raw.created, locked: raw.locked, kind: raw.kind })
    }

    /// The JSON form, the same in every directory.
    #[must_use]
    pub fn to_json(&self) -> String {
        let raw = Raw {
            v: VERSION,
            id: self.id,
            label: self.label.as_str().to_owned(),
            created: self.created,
            locked: self.locked,
            kind: self.kind.clone(),
        };
        // serde_json cannot fail on strings and numbers.
        serde_json::to_string(&raw).unwrap_or_default()
    }
}

/// A stored factor that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a factor's record is not of a version and form known here (column {column})")]
pub struct BadFactor {
    pub(super) column: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    v: u32,
    id: FactorId,
    label: String,
    created: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locked: Option<Timestamp>,
    kind: FactorKind,
}

const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factor::{Totp, TotpShape};
    use crate::keyring::Sealed;

    fn factor() -> Factor {
        let totp = Totp { shape: TotpShape::default(), seed: Sealed::parse("1:AAAA").unwrap() };
        Factor {
            id: FactorId::new([0xab; 16]),
            label: Label::new("phone").unwrap(),
            created: Timestamp::from_unix(1_800_000_000),
            locked: None,
            kind: FactorKind::Totp(totp),
        }
    }

    #[test]
    fn the_stored_form_reads_back_and_unknown_forms_are_errors() {
        let json = factor().to_json();
        assert_eq!(
            json,
            r#"{"v":1,"id":"abababababababababababababababab","label":"phone","created":"2027-01-15T08:00:00Z","kind":{"totp":{"algorithm":"sha1","digits":6,"period":30,"seed":"1:AAAA"}}}"#
        );
        assert_eq!(Factor::from_json(&json), Ok(factor()));
        let locked = Factor { locked: Some(Timestamp::from_unix(1_800_000_001)), ..factor() };
        assert_eq!(Factor::from_json(&locked.to_json()), Ok(locked));
        for (from, to) in [
            (r#""v":1"#, r#""v":2"#),
            (r#""totp""#, r#""carrier_pigeon""#),
            (r#""digits":6"#, r#""digits":4"#),
            (r#""period":30"#, r#""period":0"#),
            (r#""sha1""#, r#""md5""#),
            (r#""label":"phone""#, r#""label":"""#),
            (r#""label""#, r#""colour":1,"label""#),
            ("abab", "ABAB"),
        ] {
            assert!(Factor::from_json(&json.replace(from, to)).is_err(), "{to}");
        }
    }

    #[test]
    fn a_factor_is_meant_by_its_beginning_but_not_by_less_than_four_characters() {
        let id = factor().id;
        assert!(id.is_meant_by("abab") && id.is_meant_by("ABABABAB") && id.is_meant_by(&id.to_string()));
        assert!(!id.is_meant_by("aba") && !id.is_meant_by("") && !id.is_meant_by("abac"));
        assert_eq!(id.short(), "abababab");
    }
}
