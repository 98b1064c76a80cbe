//! Who goes first, if more computations wait than workers are free.

use crate::keyring::Digest;

/// The priority of a computation. Every eighth one is taken from the slow lane, so that it progresses under any load.
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
