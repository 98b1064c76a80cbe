use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Secret;

/// A value that is filled into a prompt: a text or a number in JSON.
#[derive(Debug)]
pub enum Argument {
    /// A name, an address, a code. It may be a secret, such as a new app password.
    Text(Secret),
    /// A count, or a span of time.
    Number(u64),
}

impl Serialize for Argument {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => to.serialize_str(text.expose()),
            Self::Number(number) => to.serialize_u64(*number),
        }
    }
}

impl<'de> Deserialize<'de> for Argument {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ArgumentVisitor)
    }
}

struct ArgumentVisitor;

impl serde::de::Visitor<'_> for ArgumentVisitor {
    type Value = Argument;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_str<E>(self, text: &str) -> Result<Argument, E> {
        Ok(Argument::Text(Secret::new(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Argument, E> {
        Ok(Argument::Text(Secret::new(text)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Argument, E> {
        Ok(Argument::Number(number))
    }
}

/// One of the things that a prompt lets a person choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The answer that chooses it.
    pub id: String,
    /// What it is: the name of a factor kind, `app_password`, `device` or `challenge`.
    pub kind: String,
    /// Its name, in the person's language.
    pub label: String,
}
