use std::fmt;

use argon2::password_hash::phc::{Decimal, Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Params, Version};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;

/// The cost of computing a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB, `m` of RFC 9106.
    pub memory_kib: u32,
    /// Passes, `t` of RFC 9106.
    pub passes: u32,
}

impl Cost {
    /// For app passwords, whose 70 random bits resist guessing.
    pub const APP_PASSWORD: Self = Self { memory_kib: 4096, passes: 1 };
    /// For passwords that users choose.
    pub const MAIN_PASSWORD: Self = Self { memory_kib: 19_456, passes: 2 };

    /// Whether [`StoredHash::parse`] would refuse a hash of this cost.
    #[must_use]
    pub fn is_excessive(self) -> bool {
        self.memory_kib > MAX_MEMORY_KIB || self.passes > MAX_PASSES
    }
}

/// An argon2id hash in PHC string format, with parameters within bounds.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredHash {
    text: String,
    cost: Cost,
    parts: Box<Parts>,
}

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    lanes: u32,
    salt: Salt,
    output: Output,
}

impl StoredHash {
    /// Reads a PHC string.
    ///
    /// # Errors
    /// [`BadHash`] for anything but argon2id version 19, and for parameters over [`MAX_MEMORY_KIB`] or [`MAX_PASSES`], so that a
    /// planted hash cannot exhaust the machine.
    pub fn parse(text: &str) -> Result<Self, BadHash> {
        let hash = PasswordHash::new(text).map_err(|_| BadHash::Malformed)?;
        let known = hash.algorithm.as_str() == "argon2id" && hash.version == Some(VERSION);
        let (Some(salt), Some(output), true) = (hash.salt, hash.hash, known) else {
            return Err(BadHash::Malformed);
        };
        let parameter = |name: &str| hash.params.get_decimal(name).ok_or(BadHash::Malformed);
        let cost = Cost { memory_kib: parameter("m")?, passes: parameter("t")? };
        let lanes = parameter("p")?;
        if cost.is_excessive() || lanes > MAX_LANES {
            return Err(BadHash::Excessive);
        }
        let stored = Self { text: text.to_owned(), cost, parts: Box::new(Parts { lanes, salt, output }) };
        stored.params().map(|_| stored).ok_or(BadHash::Malformed)
    }

    pub(crate) fn assemble(cost: Cost, salt: &[u8], output: &[u8]) -> Option<Self> {
        let mut params = ParamsString::new();
        params.add_decimal("m", cost.memory_kib).ok()?;
        params.add_decimal("t", cost.passes).ok()?;
        params.add_decimal("p", 1).ok()?;
        let hash = PasswordHash {
            algorithm: argon2::ARGON2ID_IDENT,
            version: Some(VERSION),
            params,
            salt: Some(Salt::new(salt).ok()?),
            hash: Some(Output::new(output).ok()?),
        };
        Self::parse(&hash.to_string()).ok()
    }

    /// The PHC string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The cost of checking a secret against it.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.cost
    }

    pub(crate) fn salt(&self) -> &[u8] {
        self.parts.salt.as_ref()
    }

    pub(crate) fn output_len(&self) -> usize {
        self.parts.output.len()
    }

    pub(crate) fn params(&self) -> Option<Params> {
        Params::new(self.cost.memory_kib, self.cost.passes, self.parts.lanes, Some(self.parts.output.len()))
            .ok()
    }

    pub(crate) fn matches(&self, output: &[u8]) -> bool {
        self.parts.output.as_bytes().ct_eq(output).into()
    }
}

impl fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredHash({:?})", self.cost)
    }
}

impl Serialize for StoredHash {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for StoredHash {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Why a stored hash is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHash {
    /// Not an argon2id hash.
    #[error("not an argon2id hash in PHC form")]
    Malformed,
    /// A hash that would cost too much to check.
    #[error("an argon2id hash over the bounds of m={MAX_MEMORY_KIB}, t={MAX_PASSES}, p={MAX_LANES}")]
    Excessive,
}

/// The maximum memory of a stored hash, in KiB.
pub const MAX_MEMORY_KIB: u32 = 64 * 1024;
/// The maximum number of passes of a stored hash.
pub const MAX_PASSES: u32 = 10;
const MAX_LANES: u32 = 4;
const VERSION: Decimal = Version::V0x13 as Decimal;
pub(crate) const ALGORITHM: Algorithm = Algorithm::Argon2id;

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "$argon2id$v=19$m=4096,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$k7m8wGcTuvWLbIHTKw4NjNIZi6rVLQdDdLNf0DpwtCo";

    #[test]
    fn a_hash_reads_back_as_it_was_written() {
        let hash = StoredHash::parse(GOOD).unwrap();
        assert_eq!((hash.as_str(), hash.cost()), (GOOD, Cost::APP_PASSWORD));
        assert!(!format!("{hash:?}").contains("k7m8"));
    }

    #[test]
    fn a_hash_that_asks_for_too_much_is_refused() {
        for params in ["m=4194304,t=1,p=1", "m=65537,t=1,p=1", "m=4096,t=11,p=1", "m=4096,t=1,p=5"] {
            assert_eq!(
                StoredHash::parse(&GOOD.replace("m=4096,t=1,p=1", params)).err(),
                Some(BadHash::Excessive)
            );
        }
    }

    #[test]
    fn anything_but_argon2id_is_refused() {
        for text in [
            "",
            "secret",
            &GOOD.replace("argon2id", "argon2i"),
            &GOOD.replace("v=19", "v=16"),
            &GOOD.replace("m=4096,", ""),
            &GOOD.replace("m=4096", "m=0"),
            GOOD.rsplit_once('$').unwrap().0,
            "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        ] {
            assert_eq!(StoredHash::parse(text).err(), Some(BadHash::Malformed), "{text}");
        }
    }
}
