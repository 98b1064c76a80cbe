//! Which telephone numbers codes are sent to, and how many text messages the site pays for.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::factor::{EmailAddress, PhoneNumber};
use crate::limits::SendLimits;
use crate::typed::cleaned;

/// The site's rules for text messages. There are none without them: each costs money, and somebody with a stolen password
/// may earn it (toll fraud).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsRules {
    /// What a number has to begin with.
    pub allowed_prefixes: Vec<NumberPrefix>,
    /// Messages of the whole site within an hour.
    pub hourly_budget: u32,
    /// Messages of the whole site within a day.
    pub daily_budget: u32,
    /// Who hears by mail that a budget is nearly or wholly used up.
    pub warn_address: Option<EmailAddress>,
}

impl SmsRules {
    /// Whether messages are sent to this number: it begins with an allowed prefix, and where it is in one of the
    /// [`COSTLY`] ranges, with one that names that range.
    #[must_use]
    pub fn allows(&self, number: &PhoneNumber) -> bool {
        let digits = number.as_str().trim_start_matches('+');
        let range = COSTLY.iter().filter(|range| digits.starts_with(**range)).max_by_key(|range| range.len());
        self.allowed_prefixes
            .iter()
            .map(|prefix| prefix.0.as_str())
            .any(|prefix| digits.starts_with(prefix) && range.is_none_or(|range| prefix.starts_with(range)))
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

    /// How long it is.
    #[must_use]
    pub fn length(self) -> Duration {
        Duration::from_secs(self.hours() * 3600)
    }

    /// The same in hours.
    #[must_use]
    pub fn hours(self) -> u64 {
        match self {
            Self::Hour => 1,
            Self::Day => 24,
        }
    }

    /// As part of a key in the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

/// Which part of a budget a message is counted in. Each part holds those before it, so that what a stranger can ask for
/// leaves the rest to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetShare {
    /// A quarter: numbers that are about to be bound, which anybody with a main password can name.
    NewNumber,
    /// Three quarters: bound numbers, where the login comes from a source that never succeeded for this account. Anybody
    /// with a main password can ask for those.
    NewSource,
    /// All of it: bound numbers, and a source that succeeded for this account before; numbers that an admin binds.
    Whole,
}

impl BudgetShare {
    /// This part and those that hold it, the smallest first.
    #[must_use]
    pub fn and_larger(self) -> &'static [Self] {
        match self {
            Self::NewNumber => &[Self::NewNumber, Self::NewSource, Self::Whole],
            Self::NewSource => &[Self::NewSource, Self::Whole],
            Self::Whole => &[Self::Whole],
        }
    }

    /// How many messages of `budget` are in it; one at least.
    #[must_use]
    pub fn of(self, budget: u32) -> u32 {
        let part = match self {
            Self::NewNumber => budget / 4,
            Self::NewSource => budget - budget / 4,
            Self::Whole => budget,
        };
        part.max(1)
    }

    /// As part of a key in the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NewNumber => "new number",
            Self::NewSource => "new source",
            Self::Whole => "whole",
        }
    }
}

/// From so many messages on a budget is nearly used up: four fifths.
#[must_use]
pub fn near(budget: u32) -> u32 {
    budget - budget / 5
}

/// So many messages within a window, as closely together as they come.
#[must_use]
pub fn send_limits(count: u32, window: BudgetWindow) -> SendLimits {
    SendLimits { count, window: window.length(), gap: Duration::ZERO }
}

/// The beginning of telephone numbers: a plus and 1 to 15 digits, the first of which is a country's.
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

/// Not the beginning of a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the beginning of telephone numbers, such as +44")]
pub struct BadPrefix;

/// A budget when it is small enough for a site that never looked at it.
pub const DEFAULT_HOURLY_BUDGET: u32 = 50;
/// The same for a day.
pub const DEFAULT_DAILY_BUDGET: u32 = 200;

/// Ranges in which a message costs its sender much, or earns somebody money: they are allowed by a prefix that names them
/// alone. First those without a country (ITU-T E.164, list of assigned country codes), then the Caribbean countries behind
/// +1, then what national plans keep for premium rates and for personal numbers.
pub const COSTLY: &[&str] = &[
    // Freephone and shared cost, satellites and maritime, universal personal numbers, global networks, relief, premium
    // rates, trials, and what is reserved.
    "800", "808", "87", "881", "882", "883", "888", "979", "991", "969", "999", //
    "1242", "1246", "1264", "1268", "1284", "1345", "1441", "1473", "1649", "1658", "1664", "1721", "1758",
    "1767", "1784", "1809", "1829", "1849", "1868", "1869", "1876", //
    "1900", "3190", "3290", "3389", "34803", "34806", "34807", "34905", "34907", "35315", "358600", "358700",
    "39199", "3989", "41900", "41901", "41906", "43900", "43901", "43930", "43931", "43939", "4470", "4487",
    "449", "4590", "46900", "46939", "46944", "47820", "47829", "4870", "49137", "49900", "61190", "7809",
    "81990",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(prefixes: &[&str], number: &str) -> bool {
        let allowed_prefixes = prefixes.iter().map(|prefix| prefix.parse().unwrap()).collect();
        let rules = SmsRules { allowed_prefixes, hourly_budget: 1, daily_budget: 1, warn_address: None };
        rules.allows(&number.parse().unwrap())
    }

    #[test]
    fn a_number_is_allowed_by_its_beginning() {
        assert!(allows(&["+44"], "+442079460123"));
        assert!(allows(&["+49", "+44 20"], "+442079460123"));
        assert!(!allows(&["+49"], "+442079460123"));
        assert!(!allows(&["+4420"], "+441514960123"));
        assert!(allows(&["+8", "+9"], "+8613800000000") && allows(&["+8"], "+8801712345678"));
    }

    #[test]
    fn premium_and_satellite_ranges_are_allowed_by_name_alone() {
        for number in [
            "+97912345678",
            "+881612345678",
            "+88213000000",
            "+8835100000000",
            "+870773000000",
            "+87810000000",
            "+80812345678",
            "+80012345678",
            "+88812345678",
            "+449098790000",
            "+447012345678",
            "+19005550100",
            "+18765550100",
            "+499001234567",
        ] {
            let wide: Vec<String> = (1..=9).map(|digit| format!("+{digit}")).collect();
            let wide: Vec<&str> = wide.iter().map(String::as_str).collect();
            assert!(!allows(&wide, number), "{number}");
            let country: String = number.chars().take(3).collect();
            assert!(!allows(&[&country], number) || country == "+87", "{number} by {country}");
        }
        assert!(allows(&["+881"], "+881612345678") && allows(&["+8816"], "+881612345678"));
        assert!(!allows(&["+88"], "+881612345678") && !allows(&["+8817"], "+881612345678"));
        assert!(allows(&["+1", "+1876"], "+18765550100") && allows(&["+1"], "+12125550100"));
        assert!(allows(&["+44"], "+447700900123"), "a mobile number is no personal one");
    }

    #[test]
    fn a_prefix_names_a_country_at_least() {
        for text in ["", "+", "44", "0044", "+0", "+44x", "*", "+1234567890123456"] {
            assert!(text.parse::<NumberPrefix>().is_err(), "{text}");
        }
        assert_eq!(
            "\u{202a}＋４４ (20)".replace(['(', ')'], "").parse::<NumberPrefix>().unwrap().to_string(),
            "+4420"
        );
    }

    #[test]
    fn what_strangers_can_ask_for_leaves_the_rest_to_others() {
        let parts = |budget| {
            BudgetShare::NewNumber.and_larger().iter().map(|share| share.of(budget)).collect::<Vec<_>>()
        };
        assert_eq!(parts(200), [50, 150, 200]);
        assert_eq!(parts(1), [1, 1, 1]);
        assert_eq!((near(50), near(4), near(1)), (40, 4, 1));
    }
}
