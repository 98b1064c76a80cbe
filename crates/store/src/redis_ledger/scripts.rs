use std::sync::OnceLock;

/// A script, and the name by which the server knows it once it has run.
#[derive(Debug)]
pub(super) struct Script {
    /// Its text.
    pub(super) text: &'static str,
    hash: OnceLock<String>,
}

impl Script {
    const fn new(text: &'static str) -> Self {
        Self { text, hash: OnceLock::new() }
    }

    /// SHA-1 of the text, as EVALSHA wants it.
    pub(super) fn hash(&self) -> &str {
        self.hash.get_or_init(|| redis::Script::new(self.text).get_hash().to_owned())
    }
}

/// Keys: attempts, attempts from the source, sources. Arguments: digest, source, score, the last score that is forgotten,
/// limit of the source, limit of the account, the last second from which a source is no longer trusted, window in ms.
/// Answers 0 to proceed, 1 for known wrong, 2 for limited.
pub(super) static ADMIT: Script = Script::new(include_str!("scripts/admit.lua"));
/// Keys: attempts, attempts from the source. Arguments: digest, source, "wrong" or "withdrawn".
pub(super) static SETTLE: Script = Script::new(include_str!("scripts/settle.lua"));
/// Keys: attempts from the source, sources. Arguments: source, the last score that is forgotten, the last second from which
/// a source is no longer trusted. Answers whether it has failed and has succeeded, 0 or 1 each.
pub(super) static HISTORY: Script = Script::new(include_str!("scripts/history.lua"));
/// Keys: uses, sources. Arguments: credential, time, the rest of the value, source, the last second from which a source is
/// no longer trusted, how long sources are kept in ms, the last second from which uses are forgotten, how long they are kept
/// in ms, how many seconds younger a use has to be to replace another.
pub(super) static NOTE_USE: Script = Script::new(include_str!("scripts/note_use.lua"));
/// Key: uses. Answers credentials and values in turn.
pub(super) static LAST_USES: Script = Script::new(include_str!("scripts/last_uses.lua"));
/// Key: revision. Arguments: revision, time, the last second from which a revision is forgotten, how long it is kept in ms.
pub(super) static NOTE_REVISION: Script = Script::new(include_str!("scripts/note_revision.lua"));
/// Key: revision. Argument: the last second from which a revision is forgotten. Answers the revision or nothing.
pub(super) static KNOWN_REVISION: Script = Script::new(include_str!("scripts/known_revision.lua"));
