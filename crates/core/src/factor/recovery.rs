use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::BadFactor;
use crate::hashing::StoredHash;
use crate::secret;
use crate::typed::cleaned;

/// The stored form of a recovery code that has not been used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryCode {
    /// The first group of the code.
    pub id: RecoveryId,
    /// The hash of the other four groups.
    pub hash: StoredHash,
}

impl RecoveryCode {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// Unknown fields, versions and shapes. The message quotes no value.
    pub fn from_json(json: &str) -> Result<Self, BadFactor> {
        let raw: Raw = serde_json::from_str(json).map_err(|error| BadFactor { column: error.column() })?;
        if raw.v == VERSION { Ok(Self { id: raw.id, hash: raw.hash }) } else { Err(BadFactor { column: 0 }) }
    }

    /// The JSON form, the same in every directory.
    #[must_use]
    pub fn to_json(&self) -> String {
        // serde_json cannot fail on two strings and a number.
        serde_json::to_string(&Raw { v: VERSION, id: self.id, hash: self.hash.clone() }).unwrap_or_default()
    }
}

/// A recovery code in plain text: a new one until it has been shown once, or typed by a user.
pub struct RecoveryText(Zeroizing<String>);

impl RecoveryText {
    /// 20 symbols, each uniform over the 32 of [`ALPHABET`]: 20 bits of id, and 80 secret bits.
    ///
    /// # Errors
    /// The error of `random`.
    pub fn draw<E>(mut random: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut bytes = Zeroizing::new([0_u8; LENGTH]);
        random(bytes.as_mut())?;
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        text.extend(bytes.iter().filter_map(|byte| ALPHABET.chars().nth(usize::from(byte % 32))));
        Ok(Self(text))
    }

    /// Reads typed text, ignoring case; `None` unless `typed`, once [`cleaned`], is 20 symbols of [`ALPHABET`].
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let mut text = cleaned(typed);
        text.make_ascii_lowercase();
        let is_one = text.len() == LENGTH && text.chars().all(|c| ALPHABET.contains(c));
        is_one.then_some(Self(text))
    }

    /// The first group.
    #[must_use]
    pub fn id(&self) -> RecoveryId {
        RecoveryId::of(&self.0)
    }

    /// The first group, as bytes.
    #[must_use]
    pub fn id_part(&self) -> &[u8] {
        self.0.as_bytes().get(..GROUP).unwrap_or_default()
    }

    /// The secret part.
    #[must_use]
    pub fn secret(&self) -> &[u8] {
        self.0.as_bytes().get(GROUP..).unwrap_or_default()
    }

    /// The form in which it is shown once: `k7pm-xq3d-9wte-r2vh-n6ca`.
    #[must_use]
    pub fn grouped(&self) -> Zeroizing<String> {
        secret::grouped(&self.0, '-')
    }
}

impl fmt::Debug for RecoveryText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryText")
    }
}

/// The first group of a recovery code: its id, unique in the account and not secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecoveryId([u8; GROUP]);

impl RecoveryId {
    fn of(text: &str) -> Self {
        let mut group = [0; GROUP];
        group.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
        Self(group)
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // It consists of ASCII letters and digits only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for RecoveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RecoveryId {
    type Err = RecoveryIdError;

    fn from_str(text: &str) -> Result<Self, RecoveryIdError> {
        let valid = text.len() == GROUP && text.chars().all(|c| ALPHABET.contains(c));
        if valid { Ok(Self::of(text)) } else { Err(RecoveryIdError) }
    }
}

impl Serialize for RecoveryId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RecoveryId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The text is not the first group of a recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the first group of a recovery code")]
pub struct RecoveryIdError;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    v: u32,
    id: RecoveryId,
    hash: StoredHash,
}

/// Lower-case letters and digits without 0, 1, l and o, because recovery codes are read from paper. All but one in 10^12 contain a
/// letter, so that they are not mistaken for a numeric code, which has another length anyway.
const ALPHABET: &str = "23456789abcdefghijkmnpqrstuvwxyz";
const GROUP: usize = 4;
const LENGTH: usize = 20;
const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_shown_and_as_people_type_it() {
        let mut next = 0_u8;
        let code = RecoveryText::draw(|bytes: &mut [u8]| {
            for byte in bytes {
                *byte = next;
                next = next.wrapping_add(13);
            }
            Ok::<_, ()>(())
        })
        .unwrap();
        let shown = code.grouped();
        assert_eq!((shown.len(), shown.matches('-').count()), (24, 4));
        for typed in [
            shown.to_string(),
            shown.to_uppercase(),
            shown.replace('-', " "),
            shown.replace('-', ""),
            shown.replace('-', "\u{2013}"),
            shown.replace('-', "\u{a0}"),
            format!("\u{feff}\t{}\r\n", *shown),
        ] {
            let read = RecoveryText::parse(&typed).unwrap();
            assert_eq!((read.id(), read.secret()), (code.id(), code.secret()));
        }
        assert_eq!((code.id().as_str(), code.secret().len()), (shown.get(..4).unwrap(), 16));
        for typed in
            ["", "123456", shown.get(..23).unwrap(), &format!("{}2", *shown), &shown.replace('-', "_")]
        {
            assert!(RecoveryText::parse(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn the_alphabet_has_32_different_symbols() {
        let mut symbols: Vec<char> = ALPHABET.chars().collect();
        symbols.sort_unstable();
        symbols.dedup();
        assert_eq!(symbols.len(), 32);
    }

    #[test]
    fn the_stored_form_reads_back_and_unknown_forms_are_errors() {
        let hash =
            "$argon2id$v=19$m=8,t=1,p=1$cG9zdGVybi1kZWNveS0xNg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let json = format!(r#"{{"v":1,"id":"k7pm","hash":"{hash}"}}"#);
        let code = RecoveryCode::from_json(&json).unwrap();
        assert_eq!(code.to_json(), json);
        for (from, to) in [
            ("\"v\":1", "\"v\":2"),
            ("k7pm", "K7PM"),
            ("k7pm", "k7p"),
            ("$m=8", "$m=8000000"),
            ("\"v\"", "\"x\":1,\"v\""),
        ] {
            assert!(RecoveryCode::from_json(&json.replace(from, to)).is_err(), "{to}");
        }
    }
}
