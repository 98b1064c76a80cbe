//! Timestamps, and the one type that reads the clock.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Whole seconds since 1970-01-01T00:00:00Z; never negative. Shown and stored as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From seconds since the epoch, clamped to the end of the year 9999.
    #[must_use]
    pub fn from_unix(seconds: u64) -> Self {
        Self(seconds.min(END_OF_YEAR_9999))
    }

    /// Seconds since the epoch.
    #[must_use]
    pub fn as_unix(self) -> u64 {
        self.0
    }

    /// The time later by `by`, clamped as in [`Timestamp::from_unix`].
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self::from_unix(self.0.saturating_add(by.as_secs()))
    }

    /// The seconds by which it is later than `other`; negative if it is earlier.
    #[must_use]
    pub fn seconds_after(self, other: Self) -> i64 {
        // Both fit, because they are before the year 10000.
        i64::try_from(self.0).unwrap_or(i64::MAX) - i64::try_from(other.0).unwrap_or(i64::MAX)
    }

    /// Whether it is later than `now` by more than [`SKEW`].
    #[must_use]
    pub fn is_from_future(self, now: Self) -> bool {
        self > now.plus(SKEW)
    }

    /// The time earlier by `by`, but not before the epoch.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(by.as_secs()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(self.0)).fmt(f)
    }
}

impl FromStr for Timestamp {
    type Err = BadTimestamp;

    fn from_str(text: &str) -> Result<Self, BadTimestamp> {
        let time = humantime::parse_rfc3339(text).map_err(|_| BadTimestamp)?;
        time.duration_since(UNIX_EPOCH).map(|since| Self(since.as_secs())).map_err(|_| BadTimestamp)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The text is not a time in UTC as in RFC 3339, such as `2027-01-31T00:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time such as 2027-01-31T00:00:00Z")]
pub struct BadTimestamp;

/// A source of the current time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// A time for people, with its zone: that of this host, or UTC where there is none.
    fn local(&self, at: Timestamp) -> String {
        zoned(at, &TimeZone::UTC)
    }
}

/// Such as `2027-01-31 13:05 CET`.
fn zoned(at: Timestamp, zone: &TimeZone) -> String {
    // Both hold for every time before the last days of the year 9999.
    let seconds = i64::try_from(at.as_unix()).unwrap_or(i64::MAX);
    let instant = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX);
    instant.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }

    fn local(&self, at: Timestamp) -> String {
        zoned(at, &TimeZone::system())
    }
}

/// The tolerated difference between the clocks of hosts and of the ledger. A time further ahead than this comes from a wrong
/// clock.
pub const SKEW: Duration = Duration::from_secs(5);

/// The latest [`Timestamp`].
pub(crate) const END_OF_YEAR_9999: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_for_people_is_in_the_zone_of_their_host() {
        let zone = |rule: &str| TimeZone::posix(rule).unwrap();
        let at = Timestamp::from_unix(1_800_000_000);
        assert_eq!(zoned(at, &TimeZone::UTC), "2027-01-15 08:00 UTC");
        let berlin = zone("CET-1CEST,M3.5.0,M10.5.0/3");
        assert_eq!(zoned(at, &berlin), "2027-01-15 09:00 CET");
        assert_eq!(zoned(at.plus(Duration::from_secs(180 * 86_400)), &berlin), "2027-07-14 10:00 CEST");
        assert_eq!(zoned(at, &zone("CST-8")), "2027-01-15 16:00 CST");
        let last = zoned(Timestamp::from_unix(u64::MAX), &zone("CST-8"));
        assert!(last.starts_with("9999-12-3"), "{last}");
    }

    #[test]
    fn timestamps_read_back_what_they_show() {
        for seconds in [0, 1_800_000_000, END_OF_YEAR_9999] {
            let time = Timestamp::from_unix(seconds);
            assert_eq!(time.to_string().parse(), Ok(time));
        }
        assert_eq!(Timestamp::from_unix(1_800_000_000).to_string(), "2027-01-15T08:00:00Z");
        assert_eq!(Timestamp::from_unix(u64::MAX).to_string(), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "yesterday", "2027-01-31", "1969-12-31T23:59:59Z", "2027-13-01T00:00:00Z"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
