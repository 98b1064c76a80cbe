//! App passwords: generated for one mail program, shown once, revocable alone.

mod generated;
mod networks;
mod record;
mod scope;

pub use generated::{ALPHABET, BadSelector, Candidate, Generated, Selector};
pub use networks::{BadNetwork, Networks};
pub use record::{AppPassword, BadLabel, BadRecord, Label, LiveAppPassword, Tombstone};
pub use scope::{BadScope, Scope, ScopeWord};
