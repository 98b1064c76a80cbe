//! How long a replaced key is still accepted.

use std::time::Duration;

use crate::clock::Timestamp;

/// The age of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyAge {
    /// The key's number.
    pub id: u32,
    /// When it was created.
    pub created: Timestamp,
    /// When it was replaced; `None` for the current one.
    pub replaced: Option<Timestamp>,
}

/// Which older keys are accepted beside the current one. A replaced key may have leaked, so each purpose accepts it only for as
/// long as the records that it made are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OlderKeys {
    /// Keys that were replaced less than `lifetime` before `now`. Records of older keys have expired.
    Within {
        /// How long a record of this purpose is valid.
        lifetime: Duration,
        /// When the record says that it was made, if it does. A time after the replacement of its key means that a thief of the
        /// key made it.
        made: Option<Timestamp>,
        /// The current time.
        now: Timestamp,
    },
    /// All keys of the keyring, for records in the directory, which is trusted, until they are sealed anew. `postern key drop`
    /// checks whether there are any.
    All,
}

impl OlderKeys {
    /// Keys that were replaced less than `lifetime` before `now`.
    #[must_use]
    pub fn within(lifetime: Duration, now: Timestamp) -> Self {
        Self::Within { lifetime, made: None, now }
    }

    /// The same, for a record that says when it was made.
    #[must_use]
    pub fn within_of(lifetime: Duration, made: Timestamp, now: Timestamp) -> Self {
        Self::Within { lifetime, made: Some(made), now }
    }

    /// Whether a key that was replaced at this time is accepted; `None` for the current one.
    ///
    /// A key that was replaced in the future is refused, because its age is unknown; the user is then asked again.
    pub(super) fn accepts(self, replaced: Option<Timestamp>) -> bool {
        let Some(replaced) = replaced else { return true };
        match self {
            Self::All => true,
            Self::Within { lifetime, made, now } => {
                replaced <= now.plus(CLOCKS_DIFFER)
                    && now < replaced.plus(lifetime)
                    && made.is_none_or(|made| made <= replaced.plus(LONGEST_CONVERSATION))
            }
        }
    }
}

/// The tolerated difference between the clocks of two hosts.
const CLOCKS_DIFFER: Duration = Duration::from_secs(120);

/// The longest conversation. A conversation that began before a rotation ends with the keyring with which it began.
pub const LONGEST_CONVERSATION: Duration = Duration::from_secs(10 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_key_is_accepted_for_the_lifetime_of_its_records() {
        let at = Timestamp::from_unix;
        let accepts = |replaced, now| OlderKeys::within(Duration::from_secs(300), at(now)).accepts(replaced);
        assert!(accepts(None, 0), "the current one always");
        assert!(accepts(Some(at(1_000_000)), 1_000_000) && accepts(Some(at(1_000_000)), 1_000_299));
        assert!(!accepts(Some(at(1_000_000)), 1_000_300));
        assert!(accepts(Some(at(1_000_000)), 999_880), "by another host's clock");
        assert!(!accepts(Some(at(1_000_000)), 999_879), "in the future");
        assert!(!OlderKeys::within(Duration::ZERO, at(5)).accepts(Some(at(5))));
        let of = |made, now| {
            OlderKeys::within_of(Duration::from_secs(86_400), at(made), at(now)).accepts(Some(at(1_000_000)))
        };
        assert!(of(1_000_000, 1_000_900) && of(1_000_600, 1_000_900));
        assert!(!of(1_000_601, 1_000_900), "made with a key that was replaced before");
        assert!(!of(1_000_000, 1_086_400));
        assert!(OlderKeys::All.accepts(Some(at(0))) && OlderKeys::All.accepts(Some(at(9_000_000_000))));
    }
}
