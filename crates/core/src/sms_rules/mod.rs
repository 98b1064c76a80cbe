//! Rules for text messages: the telephone numbers to which codes are sent, and the site's budgets.

mod costly;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::factor::{CountryCode, EmailAddress, PhoneNumber};
use crate::limits::SendLimits;
use crate::typed::cleaned;

pub use costly::COSTLY;

/// The site's rules for text messages. Without rules none is sent, because each costs money, and an attacker with a stolen
/// password may earn it (toll fraud).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsRules {
    /// The permitted first digits of a number.
    pub allowed_prefixes: Vec<NumberPrefix>,
    /// The messages of the whole site within an hour.
    pub hourly_budget: u32,
    /// The messages of the whole site within a day.
    pub daily_budget: u32,
    /// The address that is mailed when a budget is nearly or completely used up.
    pub warn_address: Option<EmailAddress>,
    /// The country of numbers that users type without a country code.
    pub default_country: Option<CountryCode>,
}

impl SmsRules {
    /// Whether messages are sent to this number: it begins with an allowed prefix, and if it is in one of the [`COSTLY`] ranges,
    /// with one that names that range.
    #[must_use]
    pub fn allows(&self, number: &PhoneNumber) -> bool {
        let digits = number.dialled();
        let range = costly::range_of(&digits);
        let names = |prefix: &str, (country, range): (&str, &str)| {
            prefix.strip_prefix(country).is_some_and(|rest| rest.starts_with(range))
        };
        self.allowed_prefixes
            .iter()
            .map(|prefix| prefix.0.as_str())
            .any(|prefix| digits.starts_with(prefix) && range.is_none_or(|range| names(prefix, range)))
    }

    /// The budget of a window.
    #[must_use]
    pub fn budget(&self, window: BudgetWindow) -> u32 {
        match window {
            BudgetWindow::Hour => self.hourly_budget,
            BudgetWindow::Day => self.daily_budget,
        }
    }
}

/// The span of time that a budget is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetWindow {
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
}

impl BudgetWindow {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Hour, Self::Day];

    /// The length.
    #[must_use]
    pub fn length(self) -> Duration {
        Duration::from_secs(self.hours() * 3600)
    }

    /// The length in hours.
    #[must_use]
    pub fn hours(self) -> u64 {
        match self {
            Self::Hour => 1,
            Self::Day => 24,
        }
    }

    /// The name in keys of the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

/// The share of a budget in which a message is counted. Each share includes those before it, so that requests that an attacker can
/// make leave the rest to other users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetShare {
    /// A quarter: numbers that are about to be bound. Any holder of a main password can choose those.
    NewNumber,
    /// Three quarters: bound numbers, if the login comes from a source that never succeeded for this account. Any holder of a main
    /// password can request those.
    NewSource,
    /// All of it: bound numbers, from a source that succeeded for this account before; numbers that an admin binds.
    Whole,
}

impl BudgetShare {
    /// This share and those that include it, the smallest first.
    #[must_use]
    pub fn and_larger(self) -> &'static [Self] {
        match self {
            Self::NewNumber => &[Self::NewNumber, Self::NewSource, Self::Whole],
            Self::NewSource => &[Self::NewSource, Self::Whole],
            Self::Whole => &[Self::Whole],
        }
    }

    /// The number of messages of `budget` in this share, at least one.
    #[must_use]
    pub fn of(self, budget: u32) -> u32 {
        let part = match self {
            Self::NewNumber => budget / 4,
            Self::NewSource => budget - budget / 4,
            Self::Whole => budget,
        };
        part.max(1)
    }

    /// The name in keys of the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NewNumber => "new number",
            Self::NewSource => "new source",
            Self::Whole => "whole",
        }
    }
}

/// The number of messages from which a budget is nearly used up: four fifths.
#[must_use]
pub fn near(budget: u32) -> u32 {
    budget - budget / 5
}

/// A limit of `count` messages within a window, without a minimum time between them.
#[must_use]
pub fn send_limits(count: u32, window: BudgetWindow) -> SendLimits {
    SendLimits { count, window: window.length(), gap: Duration::ZERO }
}

/// The first digits of telephone numbers: a plus and 1 to 15 digits, beginning with those of a country code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPrefix(String);

impl FromStr for NumberPrefix {
    type Err = BadPrefix;

    fn from_str(text: &str) -> Result<Self, BadPrefix> {
        let plain = cleaned(text);
        let digits = plain.strip_prefix('+').ok_or(BadPrefix)?;
        let is_prefix = (1..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if is_prefix { Ok(Self(digits.to_owned())) } else { Err(BadPrefix) }
    }
}

impl fmt::Display for NumberPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

/// The text is not the beginning of a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the beginning of telephone numbers, such as +44")]
pub struct BadPrefix;

/// The default hourly budget, small enough for a site that has not configured one.
pub const DEFAULT_HOURLY_BUDGET: u32 = 50;
/// The default daily budget.
pub const DEFAULT_DAILY_BUDGET: u32 = 200;

#[cfg(test)]
mod tests;
