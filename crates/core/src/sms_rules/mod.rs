//! Rules for text messages: the telephone numbers to which codes are sent, and the site's budgets.
//!
//! This file is long because more than half of it is tests.

mod costly;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::factor::{EmailAddress, PhoneNumber};
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
    fn premium_ranges_of_national_plans_are_not_allowed_by_the_country() {
        for (country, rest) in [
            ("+420", "900 123 456"),
            ("+420", "906 123 456"),
            ("+420", "909 123 456"),
            ("+36", "90 123 456"),
            ("+36", "91 123 456"),
            ("+40", "906 123 456"),
            ("+30", "901 123 4567"),
            ("+386", "90 12 34"),
            ("+385", "60 123 456"),
            ("+385", "69 123 456"),
            ("+381", "900 123 456"),
            ("+359", "90 123 456"),
            ("+351", "601 123 456"),
            ("+351", "607 123 456"),
            ("+351", "648 123 456"),
            ("+351", "760 123 456"),
            ("+90", "900 123 45 67"),
            ("+64", "900 12345"),
            ("+421", "900 123 456"),
            ("+372", "900 1234"),
            ("+371", "90 123 456"),
            ("+1", "900 555 0100"),
            ("+1", "976 555 0100"),
            ("+1", "600 555 0100"),
            ("+1", "500 555 0100"),
            ("+1", "521 555 0100"),
            ("+1", "588 555 0100"),
            ("+61", "1900 123 456"),
            ("+61", "145 123 456"),
            ("+61", "147 123 456"),
            ("+44", "843 123 4567"),
            ("+44", "845 123 4567"),
            ("+44", "871 123 4567"),
            ("+44", "909 879 0000"),
            ("+44", "70 1234 5678"),
            ("+7", "809 123 45 67"),
            ("+7", "803 123 45 67"),
            ("+81", "990 123 456"),
            ("+82", "60 123 4567"),
            ("+33", "899 12 34 56"),
            ("+39", "899 123 456"),
            ("+43", "930 123 456"),
            ("+49", "900 1 234567"),
        ] {
            let number = format!("{country} {rest}");
            assert!(!allows(&[country], &number), "{number}");
            assert!(allows(&[country, &number], &number), "{number} by its name");
        }
    }

    #[test]
    fn ordinary_mobile_numbers_are_allowed_by_the_country() {
        for number in [
            "+420 601 123 456",
            "+420 777 123 456",
            "+36 20 123 4567",
            "+36 30 123 4567",
            "+36 70 123 4567",
            "+40 712 345 678",
            "+30 691 234 5678",
            "+386 31 234 567",
            "+386 40 123 456",
            "+386 51 234 567",
            "+386 64 123 456",
            "+386 70 123 456",
            "+385 91 234 5678",
            "+385 99 123 4567",
            "+381 60 1234567",
            "+381 69 1234567",
            "+359 87 123 4567",
            "+359 88 123 4567",
            "+359 89 123 4567",
            "+359 98 812 3456",
            "+359 99 912 3456",
            "+351 912 345 678",
            "+351 961 234 567",
            "+90 501 234 56 78",
            "+90 555 123 45 67",
            "+64 21 123 4567",
            "+64 27 123 4567",
            "+421 901 234 567",
            "+421 908 123 456",
            "+421 912 345 678",
            "+421 950 123 456",
            "+372 5123 4567",
            "+372 8123 4567",
            "+371 21 234 567",
            "+61 412 345 678",
            "+44 7400 123456",
            "+44 7700 900123",
            "+44 7911 123456",
            "+1 212 555 0100",
            "+1 503 555 0100",
            "+1 530 555 0100",
            "+1 601 555 0100",
            "+1 901 555 0100",
            "+1 978 555 0100",
            "+7 701 234 5678",
            "+7 900 123 45 67",
            "+7 909 123 45 67",
            "+7 999 123 45 67",
            "+31 6 12345678",
            "+32 470 12 34 56",
            "+33 6 12 34 56 78",
            "+33 7 12 34 56 78",
            "+34 612 34 56 78",
            "+34 712 34 56 78",
            "+39 312 345 6789",
            "+39 389 123 4567",
            "+39 06 6982 1234",
            "+41 78 123 45 67",
            "+43 664 123456",
            "+46 70 123 45 67",
            "+47 412 34 567",
            "+47 912 34 567",
            "+48 512 345 678",
            "+49 151 23456789",
            "+49 171 2345678",
            "+52 55 1234 5678",
            "+54 9 11 2345 6789",
            "+55 11 91234 5678",
            "+55 91 91234 5678",
            "+56 9 1234 5678",
            "+57 310 123 4567",
            "+58 412 123 4567",
            "+62 812 3456 7890",
            "+65 9123 4567",
            "+81 90 1234 5678",
            "+82 10 1234 5678",
            "+84 90 123 45 67",
            "+86 138 0000 0000",
            "+86 168 0000 0000",
            "+91 90123 45678",
            "+92 300 1234567",
            "+234 901 234 5678",
            "+353 85 012 3456",
            "+354 611 1234",
            "+355 67 212 3456",
            "+357 96 123456",
            "+358 40 123 4567",
            "+374 77 123456",
            "+374 91 123456",
            "+380 91 123 4567",
            "+852 9123 4567",
            "+852 9012 3456",
            "+880 1712 345678",
            "+886 912 345 678",
            "+968 9212 3456",
        ] {
            assert!(allows(&[number.split(' ').next().unwrap()], number), "{number}");
        }
    }

    #[test]
    fn a_trunk_zero_hides_no_premium_range() {
        for (country, number) in [
            ("+44", "+4409098790000"),
            ("+44", "+44009098790000"),
            ("+49", "+490900123456"),
            ("+33", "+330899123456"),
            ("+43", "+430930123456"),
        ] {
            assert!(number.parse::<PhoneNumber>().is_err(), "{number}");
            let allowed_prefixes = vec![country.parse().unwrap()];
            let rules = SmsRules { allowed_prefixes, hourly_budget: 1, daily_budget: 1, warn_address: None };
            let bound = PhoneNumber::try_from(number.to_owned()).unwrap();
            assert!(!rules.allows(&bound), "{number}, bound before");
        }
        assert!(!allows(&["+44"], "+44 (0)909 879 0000"));
        assert!(allows(&["+44"], "+44 (0)20 7946 0123"));
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
    fn requests_of_strangers_leave_the_rest_of_the_budget_to_others() {
        let parts = |budget| {
            BudgetShare::NewNumber.and_larger().iter().map(|share| share.of(budget)).collect::<Vec<_>>()
        };
        assert_eq!(parts(200), [50, 150, 200]);
        assert_eq!(parts(1), [1, 1, 1]);
        assert_eq!((near(50), near(4), near(1)), (40, 4, 1));
    }
}
