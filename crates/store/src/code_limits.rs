//! When a code may be verified: the rules that both ledgers share.

use std::time::Duration;

use postern_core::limits::CodeLimits;

/// Until when no code may be tried at `at`. `seconds` are the times of the codes that count, sorted.
///
/// Every admitted code counts. The one that is too many within the window begins the pause; as no code is admitted during a pause, it
/// is the newest.
pub(crate) fn closed_until(seconds: &[u64], at: u64, limits: &CodeLimits) -> Option<u64> {
    let wrong = usize::try_from(limits.wrong.max(1)).unwrap_or(usize::MAX);
    let window = limits.window.as_secs();
    // The first of too many, if there are that many in the window that ends at `end`.
    let first_of_too_many = |end: u64| {
        let begin = seconds.len().checked_sub(wrong)?;
        seconds.get(begin).copied().filter(|first| first.saturating_add(window) > end)
    };
    let newest = *seconds.last()?;
    let paused = first_of_too_many(newest).map(|_| newest.saturating_add(limits.pause.as_secs()));
    let full = first_of_too_many(at).map(|first| first.saturating_add(window));
    paused.max(full).filter(|end| *end > at)
}

/// How long a wrong code is in a row with the next one.
pub(crate) const CODE_RETENTION: Duration = Duration::from_secs(400 * 86_400);
/// How many wrong codes in a row are counted; the limit is far below.
pub(crate) const MOST_CODES: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(window: u64, pause: u64) -> CodeLimits {
        CodeLimits {
            wrong: 3,
            window: Duration::from_secs(window),
            pause: Duration::from_secs(pause),
            ..CodeLimits::default()
        }
    }

    #[test]
    fn the_last_of_too_many_within_the_window_begins_the_pause() {
        let limits = limits(100, 40);
        assert_eq!(closed_until(&[], 1000, &limits), None);
        assert_eq!(closed_until(&[1000, 1001], 1001, &limits), None);
        assert_eq!(closed_until(&[901, 1000, 1000], 1000, &limits), Some(1040));
        assert_eq!(closed_until(&[900, 1000, 1000], 1000, &limits), None, "the first is out of the window");
        assert_eq!(closed_until(&[901, 1000, 1000], 1039, &limits), Some(1040));
        assert_eq!(closed_until(&[901, 1000, 1000], 1040, &limits), None);
    }

    #[test]
    fn after_a_pause_shorter_than_the_window_the_window_still_counts() {
        let limits = limits(100, 10);
        assert_eq!(closed_until(&[1000, 1000, 1001], 1002, &limits), Some(1100));
        assert_eq!(closed_until(&[1000, 1000, 1001], 1099, &limits), Some(1100));
        assert_eq!(closed_until(&[1000, 1000, 1001], 1100, &limits), None);
        assert_eq!(
            closed_until(&[1000, 1001, 1001, 1100], 1100, &limits),
            Some(1110),
            "the fourth fills it anew"
        );
    }

    #[test]
    fn a_pause_longer_than_the_window_lasts() {
        let limits = limits(10, 1000);
        assert_eq!(closed_until(&[1, 1000, 1001, 1002], 2001, &limits), Some(2002));
        assert_eq!(closed_until(&[1, 1000, 1001, 1002], 2002, &limits), None);
    }

    #[test]
    fn a_host_whose_clock_is_behind_is_held_off_as_well() {
        assert_eq!(closed_until(&[1000, 1001, 1002], 990, &limits(100, 40)), Some(1100));
    }
}
