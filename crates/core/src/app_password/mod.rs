//! App passwords: each is generated for one mail program, shown once, and revoked separately.

mod generated;
mod networks;
mod record;
mod scope;

pub use generated::{ALPHABET, BadSelector, Candidate, Generated, Selector};
pub use networks::{BadNetwork, Networks};
pub use record::{AppPassword, BadLabel, BadRecord, Label, LiveAppPassword, Tombstone};
pub use scope::{BadScope, Scope, ScopeWord};
