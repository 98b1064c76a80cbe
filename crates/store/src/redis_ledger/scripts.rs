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

/// A script that asks for the time; its last two arguments are [`super::calls::Calls::time_arguments`].
macro_rules! timed_script {
    ($name:literal) => {
        Script::new(concat!(include_str!("scripts/now.lua"), include_str!($name)))
    };
}

/// Keys: attempts, attempts from the source. Arguments: digest, source, time, window in seconds, limit of the source, limit of the
/// account. Answers 0 to proceed, 1 for known wrong, 2 for limited.
pub(super) static ADMIT: Script = timed_script!("scripts/admit.lua");
/// Keys: attempts, attempts from the source. Arguments: digest, source, "wrong" or "withdrawn".
pub(super) static SETTLE: Script = Script::new(include_str!("scripts/settle.lua"));
/// Keys: attempts from the source, sources. Arguments: source, time, window in seconds. Answers whether it has failed, 0 or 1, and
/// the note of the source, if any.
pub(super) static HISTORY: Script = timed_script!("scripts/history.lua");
/// Key: attempts. Answers what is in it.
pub(super) static ATTEMPT_MEMBERS: Script = Script::new(include_str!("scripts/attempt_members.lua"));
/// Keys: uses, sources. Arguments: credential, time, the rest of the value, source, the rest of its note, how long sources and uses
/// are kept in seconds, how many seconds younger a use has to be to replace another, how many sources are kept.
pub(super) static NOTE_USE: Script = timed_script!("scripts/note_use.lua");
/// Key: uses. Answers credentials and values in turn.
pub(super) static LAST_USES: Script = Script::new(include_str!("scripts/last_uses.lua"));
/// Key: revision. Arguments: revision, time, MAC, how long it is kept in seconds.
pub(super) static NOTE_REVISION: Script = timed_script!("scripts/note_revision.lua");
/// Key: revision. Arguments: time, how long it is kept in seconds. Answers revision, time and MAC, or nothing.
pub(super) static KNOWN_REVISION: Script = timed_script!("scripts/known_revision.lua");
/// Keys: codes, and where they are counted for one source the sources. Arguments: token, time, how many are too many, window,
/// pause and memory in seconds, how many are kept, source. Answers 0 and how many are in a row, or 1 and for how many seconds
/// none may be tried.
pub(super) static ADMIT_CODE: Script = timed_script!("scripts/admit_code.lua");
/// Key: codes. Arguments: token, "right" or "withdrawn".
pub(super) static SETTLE_CODE: Script = Script::new(include_str!("scripts/settle_code.lua"));
/// Key: sources of codes. Answers them.
pub(super) static CODE_SOURCES: Script = Script::new(include_str!("scripts/code_sources.lua"));
/// Keys: all that are forgotten.
pub(super) static FORGET_CODES: Script = Script::new(include_str!("scripts/forget_codes.lua"));
/// Key: fence. Arguments: time, greatest lag of a replica in seconds, grace in seconds, how long the fence is kept in ms, the latest time
/// of the ledger that is known, and 1 where it may be raised; at the end as a timed script. Answers as [`SPEND`] where that cannot
/// be, else whether it was raised, since when all that was spent is known, and the time.
pub(super) static RAISE_FENCE: Script =
    Script::new(concat!(include_str!("scripts/fence.lua"), include_str!("scripts/raise_fence.lua")));
/// Arguments: as [`RAISE_FENCE`]. Answers the server's second.
pub(super) static TIME: Script = Script::new(concat!(include_str!("scripts/fence.lua"), "return second"));
/// Keys: fence, spent. Arguments: as [`RAISE_FENCE`], then step, period in seconds, token, how long it is kept in seconds,
/// and 1 where there was none before.
/// Answers 0 for now, 1 for replayed, 2 for unknown with the first step that is to be had, 3 where the server may write alone,
/// 4 where it is alone, 5 where the host's clock is wrong with by how many seconds it is ahead; and the time.
pub(super) static SPEND: Script =
    Script::new(concat!(include_str!("scripts/fence.lua"), include_str!("scripts/spend.lua")));
/// Key: devices. Arguments: id, when it expires, value, time.
pub(super) static PUT_DEVICE: Script = timed_script!("scripts/put_device.lua");
/// Key: devices. Argument: time. Answers ids and values in turn.
pub(super) static DEVICES: Script = timed_script!("scripts/devices.lua");
/// Key: devices. Arguments: ids.
pub(super) static DROP_DEVICES: Script = Script::new(include_str!("scripts/drop_devices.lua"));
/// Key: what was sent. Arguments: token, time, how many there may be within the window, window and gap in seconds.
/// Answers 0, or 1 and in how many seconds the next one may be.
pub(super) static ADMIT_SENDING: Script = timed_script!("scripts/admit_sending.lua");
/// Key: what was sent. Argument: token.
pub(super) static WITHDRAW_SENDING: Script = Script::new(include_str!("scripts/withdraw_sending.lua"));
/// Key: claim. Arguments: token, time, term in seconds. Answers 1 where it is ours, else 0.
pub(super) static CLAIM: Script = timed_script!("scripts/claim.lua");
/// Keys: all that are dropped, whatever they are.
pub(super) static DROP_ALL: Script = Script::new(include_str!("scripts/drop_all.lua"));

/// A script about challenges.
macro_rules! challenge_script {
    ($name:literal) => {
        Script::new(concat!(
            include_str!("scripts/fence.lua"),
            include_str!("scripts/challenge.lua"),
            include_str!($name)
        ))
    };
}

/// Keys: fence, challenges, pushes. Arguments: as [`RAISE_FENCE`], then id, room, value, when it expires, 1 where it rings, how
/// many in a row may have no answer, how long none is put after that many, how long they are counted and the longest pause there is, in
/// seconds. Answers 0 where it was put, 1 for busy and 2 for quiet, each with for how many seconds; 3 and 4 as [`SPEND`].
pub(super) static PUT_CHALLENGE: Script = challenge_script!("scripts/put_challenge.lua");
/// Key: challenges. Argument: time. Answers pairs of an id and what `shown` says.
pub(super) static CHALLENGES: Script = challenge_script!("scripts/challenges.lua");
/// Keys: challenges, pushes, wake. Arguments: time, id, answer. Answers 0 for now, 1 for before, 2 for gone.
pub(super) static ANSWER_CHALLENGE: Script = challenge_script!("scripts/answer_challenge.lua");
/// Key: challenges. Arguments: time, id, how many looks there may be, token. Answers what `shown` says, or 1.
pub(super) static TRY_CHALLENGE: Script = challenge_script!("scripts/try_challenge.lua");
/// Keys: fence, challenges, wake. Arguments: as [`RAISE_FENCE`], then id, token. Answers what `shown` says, or 1; 3 and 4 as
/// [`SPEND`].
pub(super) static TAKE_CHALLENGE: Script = challenge_script!("scripts/take_challenge.lua");
/// Keys: fence, challenges. Arguments: as [`RAISE_FENCE`], then id. Answers 0 where it waits, 1 where there is something to
/// look at; 3 and 4 as [`SPEND`].
pub(super) static CHALLENGE_WAITS: Script = challenge_script!("scripts/challenge_waits.lua");
/// Key: pushes. Arguments: until when, time, how long pushes are counted in seconds.
pub(super) static QUIET_PHONES: Script = timed_script!("scripts/quiet_phones.lua");
