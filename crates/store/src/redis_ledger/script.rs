//! Lua scripts. Each says in its first lines what its keys and arguments are, and what it answers.

use std::sync::OnceLock;

/// A script, and the name by which the server knows it once it has run.
#[derive(Debug)]
pub(super) struct Script {
    /// Its text.
    pub(super) text: &'static str,
    hash: OnceLock<String>,
}

impl Script {
    pub(super) const fn new(text: &'static str) -> Self {
        Self { text, hash: OnceLock::new() }
    }

    /// SHA-1 of the text, as EVALSHA wants it.
    pub(super) fn hash(&self) -> &str {
        self.hash.get_or_init(|| redis::Script::new(self.text).get_hash().to_owned())
    }
}

/// The script of this name.
macro_rules! script {
    ($name:literal) => {
        $crate::redis_ledger::script::Script::new(include_str!(concat!("scripts/", $name, ".lua")))
    };
    ($($name:literal)*) => {
        $crate::redis_ledger::script::Script::new(concat!($(include_str!(concat!("scripts/", $name, ".lua"))),*))
    };
}
pub(super) use script;

/// Removes keys of any type.
pub(super) static DROP_ALL: Script = script!("drop_all");
/// Answers the members of a sorted set.
pub(super) static SORTED_MEMBERS: Script = script!("sorted_members");
/// Empties sorted sets.
pub(super) static EMPTY_SORTED: Script = script!("empty_sorted");
