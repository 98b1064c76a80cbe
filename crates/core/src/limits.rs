//! How much is too much.

mod local;
mod under_lock;
mod unproved;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use crate::hashing::Cost;

pub use local::LocalAttempts;
pub use under_lock::{UnderLock, WrongUnderLock};
pub use unproved::UnprovedCalls;

/// Every limit, with the defaults of the manual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// App passwords an account may have at one time.
    pub app_passwords_per_account: u32,
    /// Wrong main and app passwords.
    pub attempts: AttemptLimits,
    /// Wrong codes.
    pub codes: CodeLimits,
    /// Codes that are sent.
    pub sent_codes: SentCodeLimits,
    /// Phones that are rung.
    pub pushes: PushLimits,
    /// Recovery codes that are made at one time.
    pub recovery_codes: u32,
    /// Factors an account may have at one time.
    pub factors_per_account: u32,
    /// What a new app password's hash costs.
    pub app_password_cost: Cost,
    /// What a new main password's hash costs (embedded directory).
    pub main_password_cost: Cost,
    /// Characters of a new main password (embedded directory); who sets one is the admin alone.
    pub main_password_min: u32,
    /// Memory that all hashing shares, in MiB.
    pub hashing_memory_mib: u32,
    /// Open conversations in all. Half of them are kept for root and trusted users.
    pub connections: u32,
    /// Open conversations of one user who is neither.
    pub connections_per_user: u32,
    /// Open dialogues of login services, which wait for a person and are counted apart.
    pub dialogues: u32,
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
        }
    }
}

/// Wrong main and app passwords; the same wrong one counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptLimits {
    /// For one account from one source.
    pub per_source: u32,
    /// For one account; past it only sources that succeeded before may go on.
    pub per_account: u32,
    /// How long one is remembered.
    pub window: Duration,
}

impl Default for AttemptLimits {
    fn default() -> Self {
        Self { per_source: 10, per_account: 100, window: Duration::from_secs(15 * 60) }
    }
}

/// Codes by e-mail or SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentCodeLimits {
    /// How long one is good (NIST SP 800-63B, section 5.1.3.2: 10 minutes at most).
    pub lifetime: Duration,
    /// How often one may be tried.
    pub tries: u32,
    /// For one account, and for one destination.
    pub each: SendLimits,
    /// For one source.
    pub per_source: SendLimits,
}

impl Default for SentCodeLimits {
    fn default() -> Self {
        let hour = Duration::from_secs(3600);
        Self {
            lifetime: Duration::from_secs(5 * 60),
            tries: 5,
            each: SendLimits { count: 5, window: hour, gap: Duration::from_secs(60) },
            per_source: SendLimits { count: 20, window: hour, gap: Duration::ZERO },
        }
    }
}

/// How often something is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendLimits {
    /// At most so often within [`SendLimits::window`].
    pub count: u32,
    /// How long one is remembered.
    pub window: Duration,
    /// The shortest time between two.
    pub gap: Duration,
}

/// Logins that phones are rung for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushLimits {
    /// How long one waits for its answer.
    pub lifetime: Duration,
    /// How many in a row may have none.
    pub unanswered: u32,
    /// How long no phone is rung after that many.
    pub pause: Duration,
    /// How long no phone is rung after somebody said that it was not them.
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

/// Wrong codes; each one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeLimits {
    /// How many within [`CodeLimits::window`] end all trying.
    pub wrong: u32,
    /// How long one is remembered.
    pub window: Duration,
    /// How long no code is looked at, from the last of too many on.
    pub pause: Duration,
    /// How many in a row lock the factor until an admin unlocks it (NIST SP 800-63B, section 5.2.2: 100 at most).
    pub in_a_row: u32,
}

impl Default for CodeLimits {
    fn default() -> Self {
        let window = Duration::from_secs(15 * 60);
        Self { wrong: 5, window, pause: window, in_a_row: 100 }
    }
}

/// Where a login comes from, as far as limits tell sources apart: one IPv4 address, one IPv6 /64, one user of this host, all
/// hosts of a service that are known by a name alone, or unknown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source(String);

impl Source {
    /// The source that `address` belongs to.
    #[must_use]
    pub fn of(address: Option<IpAddr>) -> Self {
        Self(match address.map(|address| address.to_canonical()) {
            None => "unknown".to_owned(),
            Some(IpAddr::V4(v4)) => v4.to_string(),
            Some(IpAddr::V6(v6)) => {
                let prefix = Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX));
                format!("{prefix}/64")
            }
        })
    }

    /// A user of this host, for whose uid the kernel vouches.
    #[must_use]
    pub fn of_user(uid: u32) -> Self {
        Self(format!("uid:{uid}"))
    }

    /// Every host at `service` of which a name is known and no address. One for all of them: a client may have as many names
    /// as it likes.
    #[must_use]
    pub fn of_named_hosts(service: &str) -> Self {
        let clean = |c: char| match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') => c,
            _ => '_',
        };
        let service: String = service.chars().take(MAX_SERVICE).map(clean).collect();
        Self(format!("names:{service}"))
    }

    /// As text, for a key in the ledger.
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

/// How long a source that succeeded is remembered.
pub const SOURCE_MEMORY: Duration = Duration::from_secs(90 * 86_400);

const MAX_SERVICE: usize = 255;

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
    fn users_and_hosts_are_sources_of_their_own() {
        assert_eq!(Source::of_user(1000).as_str(), "uid:1000");
        assert_eq!(Source::of_named_hosts("sshd").as_str(), "names:sshd");
        assert_eq!(Source::of_named_hosts("a\nb {c}\u{e4}").as_str(), "names:a_b__c__");
        assert_eq!(Source::of_named_hosts(&"x".repeat(70_000)).as_str().len(), 261);
    }
}
