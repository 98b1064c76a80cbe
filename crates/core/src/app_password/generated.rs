use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::secret;
use crate::typed::cleaned;

/// A new app password. It stays in memory only until it has been shown once.
pub struct Generated(Zeroizing<String>);

impl Generated {
    /// 16 symbols, each uniform over [`ALPHABET`], drawn with `random`, which fills its argument with random bytes.
    ///
    /// # Errors
    /// The error of `random`.
    pub fn draw<E>(mut random: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        let mut bytes = Zeroizing::new([0_u8; 2 * LENGTH]);
        while text.len() < LENGTH {
            random(bytes.as_mut())?;
            let missing = LENGTH - text.len();
            let symbols = bytes.iter().filter(|byte| **byte < UNBIASED).filter_map(|byte| symbol(*byte));
            text.extend(symbols.take(missing));
        }
        Ok(Self(text))
    }

    /// Reads an app password in the form of [`Generated::grouped`], which was written to a file before it was stored; `None` if
    /// `text` is not one.
    #[must_use]
    pub fn written(text: &str) -> Option<Self> {
        Candidate::parse(text).map(|candidate| Self(candidate.0))
    }

    /// The first group, which is stored in the clear.
    #[must_use]
    pub fn selector(&self) -> Selector {
        Selector::of(&self.0)
    }

    /// The secret part, which is stored only as a hash.
    #[must_use]
    pub fn secret(&self) -> &[u8] {
        secret_of(&self.0)
    }

    /// The form in which it is shown once: `GdGn eAF6 iFvU g6rB`.
    #[must_use]
    pub fn grouped(&self) -> Zeroizing<String> {
        secret::grouped(&self.0, ' ')
    }
}

impl fmt::Debug for Generated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Generated")
    }
}

/// Typed text that has the form of an app password.
pub struct Candidate(Zeroizing<String>);

impl Candidate {
    /// `None` unless `typed`, once [`cleaned`], is 16 symbols of [`ALPHABET`].
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let text = cleaned(typed);
        let is_one = text.len() == LENGTH && text.chars().all(|c| ALPHABET.contains(c));
        is_one.then_some(Self(text))
    }

    /// The 16 symbols; the caller must not copy them into anything that is not wiped.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// The first group.
    #[must_use]
    pub fn selector(&self) -> Selector {
        Selector::of(&self.0)
    }

    /// The secret part.
    #[must_use]
    pub fn secret(&self) -> &[u8] {
        secret_of(&self.0)
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Candidate")
    }
}

/// The first group of an app password: its id, unique in the account and not secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Selector([u8; GROUP]);

impl Selector {
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

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Selector({})", self.as_str())
    }
}

impl FromStr for Selector {
    type Err = BadSelector;

    fn from_str(text: &str) -> Result<Self, BadSelector> {
        let valid = text.len() == GROUP && text.chars().all(|c| ALPHABET.contains(c));
        if valid { Ok(Self::of(text)) } else { Err(BadSelector) }
    }
}

impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The text is not the id of an app password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an app password's id, which is its first four characters, such as GdGn")]
pub struct BadSelector;

/// Letters and digits without the easily confused I, O, l, o, 0 and 1: 56 symbols, 5.8 bits each.
pub const ALPHABET: &str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
const LENGTH: usize = 16;
const GROUP: usize = 4;
/// The largest multiple of 56 in a byte. Bytes from here on would favour the first symbols.
const UNBIASED: u8 = 224;
const _: () = assert!(ALPHABET.len() == 56 && (UNBIASED as usize).is_multiple_of(ALPHABET.len()));

fn symbol(byte: u8) -> Option<char> {
    ALPHABET.as_bytes().get(usize::from(byte) % ALPHABET.len()).map(|symbol| char::from(*symbol))
}

fn secret_of(text: &str) -> &[u8] {
    text.as_bytes().get(GROUP..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn counting() -> impl FnMut(&mut [u8]) -> Result<(), Infallible> {
        let mut next = 0_u8;
        move |bytes| {
            for byte in bytes {
                *byte = next;
                next = next.wrapping_add(1);
            }
            Ok(())
        }
    }

    #[test]
    fn it_is_shown_in_four_groups_and_read_back_however_it_is_typed() {
        let generated = Generated::draw(counting()).unwrap();
        let shown = generated.grouped();
        assert_eq!(shown.as_str(), "ABCD EFGH JKLM NPQR");
        for typed in [
            "ABCDEFGHJKLMNPQR",
            " ABCD-EFGH-JKLM-NPQR ",
            "ABCD\u{a0}EFGH\u{2011}JKLM\u{2013}NPQR",
            "\nABCD EFGH JKLM NPQR\r\n",
            "\u{feff}ABCD\u{200b}EFGH\tJKLM\u{2212}NPQR\u{202c}",
            "ＡＢＣＤ　ＥＦＧＨ－ＪＫＬＭ　ＮＰＱＲ",
        ] {
            let candidate = Candidate::parse(typed).unwrap();
            assert_eq!(candidate.selector(), generated.selector(), "{typed}");
            assert_eq!(candidate.secret(), generated.secret(), "{typed}");
        }
        assert_eq!(generated.secret(), b"EFGHJKLMNPQR");
    }

    #[test]
    fn other_passwords_are_not_candidates() {
        for typed in [
            "",
            "ABCD",
            "ABCDEFGHJKLMNPQ",
            "ABCDEFGHJKLMNPQRS",
            "ABCDEFGHJKLMNPQ0",
            "ABCDEFGHJKLMNPQé",
            "correct horse bat",
        ] {
            assert!(Candidate::parse(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn every_symbol_is_equally_likely() {
        let mut seen = std::collections::BTreeMap::new();
        let mut bytes = counting();
        for _ in 0..1400 {
            for c in Generated::draw(&mut bytes).unwrap().0.chars() {
                *seen.entry(c).or_insert(0) += 1;
            }
        }
        let (least, most) = (seen.values().min().unwrap(), seen.values().max().unwrap());
        assert_eq!(seen.len(), 56);
        assert!(most - least <= most / 3, "{seen:?}");
    }

    #[test]
    fn a_failing_source_of_randomness_gives_no_password() {
        assert!(Generated::draw(|_| Err("no randomness")).is_err());
    }
}
