//! What both ledgers have to agree about: when a code may be looked at, and when its time step may be had.

use std::time::Duration;

use postern_core::clock::Timestamp;
use postern_core::ledger::Credential;
use postern_core::limits::CodeLimits;

/// Until when no code may be tried at `at`, from the seconds at which the codes that count were, in their order.
///
/// Codes that are admitted count. The one that is one too many within the window begins the pause, and as none is admitted
/// in a pause it is the newest.
pub(crate) fn closed_until(seconds: &[u64], at: u64, limits: &CodeLimits) -> Option<u64> {
    let wrong = usize::try_from(limits.wrong.max(1)).unwrap_or(usize::MAX);
    let window = limits.window.as_secs();
    // The first of as many as end all trying, where there are that many in the window that ends at `end`.
    let first_of_too_many = |end: u64| {
        let begin = seconds.len().checked_sub(wrong)?;
        seconds.get(begin).copied().filter(|first| first.saturating_add(window) > end)
    };
    let newest = *seconds.last()?;
    let paused = first_of_too_many(newest).map(|_| newest.saturating_add(limits.pause.as_secs()));
    let full = first_of_too_many(at).map(|first| first.saturating_add(window));
    paused.max(full).filter(|end| *end > at)
}

/// The first step that nobody can have spent before `since`. Codes are taken one step early and one step late.
pub(crate) fn first_unspent(since: Timestamp, period: u64) -> u64 {
    (since.as_unix() / period.max(1)).saturating_add(2)
}

/// The name under which the last use of a credential is kept.
pub(crate) fn credential_text(credential: Credential) -> String {
    match credential {
        Credential::MainPassword => MAIN_PASSWORD.to_owned(),
        Credential::AppPassword(id) => id.to_string(),
        Credential::LoginPassword => LOGIN_PASSWORD.to_owned(),
        Credential::Factor(id) => id.to_string(),
        Credential::RecoveryCode => RECOVERY_CODE.to_owned(),
        Credential::TrustedDevice => TRUSTED_DEVICE.to_owned(),
    }
}

/// Reads the same. A selector has 4 characters and a factor's id 32, so that no name is two things.
pub(crate) fn credential_of(text: &str) -> Option<Credential> {
    match text {
        MAIN_PASSWORD => Some(Credential::MainPassword),
        LOGIN_PASSWORD => Some(Credential::LoginPassword),
        RECOVERY_CODE => Some(Credential::RecoveryCode),
        TRUSTED_DEVICE => Some(Credential::TrustedDevice),
        factor if factor.len() == FACTOR_ID => factor.parse().ok().map(Credential::Factor),
        selector => selector.parse().ok().map(Credential::AppPassword),
    }
}

/// How long a wrong code is in a row with the next one.
pub(crate) const CODES_MEMORY: Duration = Duration::from_secs(400 * 86_400);
/// How many wrong codes in a row are counted; the limit is far below.
pub(crate) const MOST_CODES: u32 = 1000;

const MAIN_PASSWORD: &str = "main_password";
const LOGIN_PASSWORD: &str = "login_password";
const RECOVERY_CODE: &str = "recovery_code";
const TRUSTED_DEVICE: &str = "trusted_device";
const FACTOR_ID: usize = 32;

#[cfg(test)]
mod tests {
    use postern_core::factor::FactorId;

    use super::*;

    #[test]
    fn every_credential_reads_back() {
        for credential in [
            Credential::MainPassword,
            Credential::AppPassword("GdGn".parse().unwrap()),
            Credential::LoginPassword,
            Credential::Factor(FactorId::new([0xab; 16])),
            Credential::RecoveryCode,
            Credential::TrustedDevice,
        ] {
            assert_eq!(credential_of(&credential_text(credential)), Some(credential));
        }
        for text in ["", "GdG", "abababababababababababababababAB", "recovery_codes"] {
            assert_eq!(credential_of(text), None, "{text}");
        }
    }

    #[test]
    fn the_step_after_next_is_the_first_that_nobody_can_have_spent() {
        let first = |since, period| first_unspent(Timestamp::from_unix(since), period);
        assert_eq!((first(0, 30), first(29, 30), first(30, 30), first(30, 60)), (2, 2, 3, 2));
    }

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
