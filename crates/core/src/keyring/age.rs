//! How long a key that was replaced is still believed.

use std::time::Duration;

use crate::clock::Timestamp;

/// How old a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyAge {
    /// Its number.
    pub id: u32,
    /// When it was made.
    pub created: Timestamp,
    /// When another one took its place; `None` for the current one.
    pub replaced: Option<Timestamp>,
}

/// Which keys beside the current one are believed. A key that was replaced may have leaked, so each purpose accepts it for as
/// long as what it made before may be of use, and no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OlderKeys {
    /// Those that were replaced less than `lifetime` before `now`: what they made before is over by then.
    Within {
        /// How long what is made for this purpose is of use.
        lifetime: Duration,
        /// When it says that it was made, where it says so: not after its key was replaced, or whoever has that made it since.
        made: Option<Timestamp>,
        /// When.
        now: Timestamp,
    },
    /// All of the keyring: what they made stands in the directory, which is believed, until it is made anew. `postern key drop`
    /// looks whether there is any.
    All,
}

impl OlderKeys {
    /// Those replaced less than `lifetime` before `now`.
    #[must_use]
    pub fn within(lifetime: Duration, now: Timestamp) -> Self {
        Self::Within { lifetime, made: None, now }
    }

    /// The same, of what says when it was made.
    #[must_use]
    pub fn within_of(lifetime: Duration, made: Timestamp, now: Timestamp) -> Self {
        Self::Within { lifetime, made: Some(made), now }
    }

    /// Whether a key is believed that was replaced then; `None` for the current one.
    ///
    /// A key that was replaced in the future is not: nobody knows its age, and what it vouched for is asked for again.
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

/// How far the clocks of two hosts may be apart.
const CLOCKS_DIFFER: Duration = Duration::from_secs(120);

/// A conversation that began before a rotation ends with the keyring that it began with.
pub const LONGEST_CONVERSATION: Duration = Duration::from_secs(10 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_key_is_believed_for_the_lifetime_of_what_it_made() {
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
