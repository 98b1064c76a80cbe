//! Limits: their values, and the sources that they count by.

mod local;
mod under_lock;
mod unproved;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use crate::hashing::Cost;
use crate::login_event::EventGroup;

pub use local::{Counter, LocalAttempt, LocalAttempts};
pub use under_lock::{UnderLock, WrongUnderLock};
pub use unproved::UnprovedCalls;

/// All limits of `[limits]`, `[web]` and `[history]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The app passwords that an account may have at one time.
    pub app_passwords_per_account: u32,
    /// Wrong main and app passwords.
    pub attempts: AttemptLimits,
    /// Wrong codes.
    pub codes: CodeLimits,
    /// Codes that are sent by e-mail or SMS.
    pub sent_codes: SentCodeLimits,
    /// Push notifications.
    pub pushes: PushLimits,
    /// The number of recovery codes that are made at one time.
    pub recovery_codes: u32,
    /// The factors that an account may have at one time.
    pub factors_per_account: u32,
    /// The cost of a new app password's hash.
    pub app_password_cost: Cost,
    /// The cost of a new main password's hash (embedded directory).
    pub main_password_cost: Cost,
    /// The minimum length of a new main password in characters (embedded directory). Only admins set one.
    pub main_password_min: u32,
    /// The memory that all hashing shares, in MiB.
    pub hashing_memory_mib: u32,
    /// Open conversations in all. Half of them are reserved for root and trusted users.
    pub connections: u32,
    /// Open conversations of one untrusted user.
    pub connections_per_user: u32,
    /// Open conversations at login services that wait for a user. They are counted separately.
    pub dialogues: u32,
    /// How long a browser stays signed in (`[web]`).
    pub sessions: SessionLimits,
    /// What is remembered of logins (`[history]`).
    pub history: HistoryLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            app_passwords_per_account: 25,
            attempts: AttemptLimits::default(),
            codes: CodeLimits::default(),
            sent_codes: SentCodeLimits::default(),
            pushes: PushLimits::default(),
            recovery_codes: 10,
            factors_per_account: 10,
            app_password_cost: Cost::APP_PASSWORD,
            main_password_cost: Cost::MAIN_PASSWORD,
            main_password_min: 8,
            hashing_memory_mib: 128,
            connections: 1024,
            connections_per_user: 4,
            dialogues: 256,
            sessions: SessionLimits::default(),
            history: HistoryLimits::default(),
        }
    }
}

/// What is remembered of an account's logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryLimits {
    /// The number of events of an account; 0 if nothing is remembered.
    pub entries: u32,
    /// How long an event is remembered after the last of its logins.
    pub kept: Duration,
}

impl HistoryLimits {
    /// Whether anything is remembered.
    #[must_use]
    pub fn is_on(self) -> bool {
        self.entries > 0
    }

    /// How many events of a group are remembered: half of them are accepts. Each group has room of its own, so that refusals, which
    /// anybody can cause, take the place of nothing else.
    #[must_use]
    pub fn room(self, group: EventGroup) -> u32 {
        let (accepted, proved) = (self.entries / 2, self.entries / 4);
        match group {
            EventGroup::Accepted => accepted,
            EventGroup::Proved => proved,
            EventGroup::Refused => self.entries - accepted - proved,
        }
    }
}

impl Default for HistoryLimits {
    fn default() -> Self {
        Self { entries: 50, kept: Duration::from_secs(90 * 86_400) }
    }
}

/// How long a browser stays signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// How long a session may be unused.
    pub idle: Duration,
    /// How long it may last in all.
    pub lifetime: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle: Duration::from_secs(30 * 60), lifetime: Duration::from_secs(12 * 3600) }
    }
}

/// Limits on wrong main and app passwords. The same wrong one counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptLimits {
    /// Per account and source.
    pub per_source: u32,
    /// Per account. Beyond it only sources that succeeded before may continue.
    pub per_account: u32,
    /// How long a wrong password is counted.
    pub window: Duration,
}

impl AttemptLimits {
    /// The longest [`window`](Self::window) that a site may have.
    pub const MAX_WINDOW: Duration = Duration::from_secs(24 * 3_600);
}

impl Default for AttemptLimits {
    fn default() -> Self {
        Self { per_source: 10, per_account: 100, window: Duration::from_secs(15 * 60) }
    }
}

/// Limits on codes by e-mail or SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentCodeLimits {
    /// How long a code is valid (NIST SP 800-63B, section 5.1.3.2: 10 minutes at most).
    pub lifetime: Duration,
    /// How often a code may be tried.
    pub tries: u32,
    /// The codes for logins within an hour, per account and channel, and per destination. Only a person who proved the account's
    /// first factor fills this count.
    pub for_logins: u32,
    /// The codes for changes of an account within an hour: for the proof, and to a new address or number. Per account and channel,
    /// and per destination. Only a person who proved the account's main password fills this count, so changes that were begun and
    /// left take no codes away from logins.
    pub for_changes: u32,
    /// The minimum time between two codes, per account and channel, and per destination.
    pub gap: Duration,
    /// Per source.
    pub per_source: SendLimits,
}

impl SentCodeLimits {
    /// A limit of `count` codes within an hour.
    #[must_use]
    pub fn hourly(count: u32) -> SendLimits {
        SendLimits { count, window: HOUR, gap: Duration::ZERO }
    }

    /// A limit on the time between two codes alone.
    #[must_use]
    pub fn spacing(&self) -> SendLimits {
        SendLimits { count: u32::MAX, window: self.gap, gap: self.gap }
    }
}

impl Default for SentCodeLimits {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_secs(5 * 60),
            tries: 5,
            for_logins: 5,
            for_changes: 6,
            gap: Duration::from_secs(60),
            per_source: Self::hourly(20),
        }
    }
}

/// A limit on the rate of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendLimits {
    /// The maximum number within [`SendLimits::window`].
    pub count: u32,
    /// How long a message is counted.
    pub window: Duration,
    /// The minimum time between two messages.
    pub gap: Duration,
}

/// Limits on push notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushLimits {
    /// How long a login waits for an answer.
    pub lifetime: Duration,
    /// The number of consecutive pushes without an answer that causes a pause.
    pub unanswered: u32,
    /// How long no push is sent after that many.
    pub pause: Duration,
    /// How long no push is sent after a fraud report (*This was not me*).
    pub disowned_pause: Duration,
}

impl Default for PushLimits {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_secs(60),
            unanswered: 3,
            pause: Duration::from_secs(15 * 60),
            disowned_pause: Duration::from_secs(3600),
        }
    }
}

/// Limits on wrong codes. Each one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeLimits {
    /// The number within [`CodeLimits::window`] that causes a pause.
    pub wrong: u32,
    /// How long a wrong code is counted.
    pub window: Duration,
    /// How long no code is checked, counted from the last wrong one.
    pub pause: Duration,
    /// The number in a row that locks the factor until an admin unlocks it (NIST SP 800-63B, section 5.2.2: 100 at most).
    pub in_a_row: u32,
}

impl Default for CodeLimits {
    fn default() -> Self {
        let window = Duration::from_secs(15 * 60);
        Self { wrong: 5, window, pause: window, in_a_row: 100 }
    }
}

/// The source of a login, by which limits count: one IPv4 address, one IPv6 /64, one user of this host, all hosts of a service
/// that are known by name only, or unknown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source(String);

impl Source {
    /// The source that `address` belongs to.
    #[must_use]
    pub fn of(address: Option<IpAddr>) -> Self {
        Self(match address.map(|address| address.to_canonical()) {
            None => UNKNOWN.to_owned(),
            Some(IpAddr::V4(v4)) => v4.to_string(),
            Some(IpAddr::V6(v6)) => {
                let prefix = Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX));
                format!("{prefix}/64")
            }
        })
    }

    /// A user of this host, whose uid comes from the kernel.
    #[must_use]
    pub fn of_user(uid: u32) -> Self {
        Self(format!("uid:{uid}"))
    }

    /// All hosts at `service` of which only a name is known. They share one source, because a client can have any number of
    /// names.
    #[must_use]
    pub fn of_named_hosts(service: &str) -> Self {
        let clean = |c: char| match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') => c,
            _ => '_',
        };
        let service: String = service.chars().take(MAX_SERVICE).map(clean).collect();
        Self(format!("{NAMES}{service}"))
    }

    /// Whether strangers from anywhere may have this source, because nothing tells them apart.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.0 == UNKNOWN || self.0.starts_with(NAMES)
    }

    /// The text form, for a key in the ledger.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number of answers that a user may try at one question of an enrolment.
pub(crate) const MOST_TRIES: u32 = 5;

/// How long a source that succeeded is remembered.
pub const SOURCE_RETENTION: Duration = Duration::from_secs(90 * 86_400);

const MAX_SERVICE: usize = 255;
const UNKNOWN: &str = "unknown";
const NAMES: &str = "names:";
const HOUR: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_an_address_or_a_64() {
        let source = |text: &str| Source::of(text.parse().ok()).to_string();
        assert_eq!(source("192.0.2.1"), "192.0.2.1");
        assert_eq!(source("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(source("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(source("host.example.org"), "unknown");
    }

    #[test]
    fn the_room_for_logins_is_divided_and_no_group_goes_without() {
        for entries in 4..=500 {
            let limits = HistoryLimits { entries, ..HistoryLimits::default() };
            let rooms = EventGroup::ALL.map(|group| limits.room(group));
            assert!(rooms.iter().all(|room| *room > 0), "{entries}: {rooms:?}");
            assert_eq!(rooms.iter().sum::<u32>(), entries);
        }
        assert_eq!(EventGroup::ALL.map(|group| HistoryLimits::default().room(group)), [25, 12, 13]);
    }

    #[test]
    fn users_and_hosts_are_sources_of_their_own() {
        assert_eq!(Source::of_user(1000).as_str(), "uid:1000");
        let is_shared = [Source::of(None), Source::of_named_hosts("sshd")].map(|source| source.is_shared());
        assert_eq!(is_shared, [true; 2]);
        let is_shared = ["192.0.2.1", "2001:db8::1"].map(|text| Source::of(text.parse().ok()).is_shared());
        assert_eq!((is_shared, Source::of_user(1000).is_shared()), ([false; 2], false));
        assert_eq!(Source::of_named_hosts("sshd").as_str(), "names:sshd");
        assert_eq!(Source::of_named_hosts("a\nb {c}\u{e4}").as_str(), "names:a_b__c__");
        assert_eq!(Source::of_named_hosts(&"x".repeat(70_000)).as_str().len(), 261);
    }
}
