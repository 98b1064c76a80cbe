//! The lanes, and the strangers in the slow one.

use crate::keyring::Digest;

/// The priority of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A login without recent failures.
    Fast,
    /// This account had wrong answers from this source, or its source is new.
    Slow(Stranger),
}

/// A client that has no accepted login at this account from its source, as the order of the slow lane knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stranger {
    /// What is tried.
    pub tried: Tried,
    /// Where the client is; `None` if strangers share that source with others, as they could make it look worse than it is.
    pub source: Option<Digest>,
}

/// What a stranger tries. Invented names have a table of their own, so that they evict no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// An account, by its digest.
    Account(Digest),
    /// A name without an account, by its digest.
    UnknownName(Digest),
}

#[cfg(test)]
pub(crate) mod strangers {
    use super::*;

    /// A digest of its own for each number.
    pub(crate) fn key(number: u32) -> Digest {
        let mut bytes = [0; Digest::BYTES];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        Digest::new(bytes)
    }

    /// One who tries an account from a source.
    pub(crate) fn at(account: u32, source: u32) -> Stranger {
        Stranger { tried: Tried::Account(key(account)), source: Some(key(source)) }
    }

    /// One who tries a name without an account, from a source of its own.
    pub(crate) fn invented(number: u32) -> Stranger {
        Stranger { tried: Tried::UnknownName(key(number)), source: Some(key(number)) }
    }
}
