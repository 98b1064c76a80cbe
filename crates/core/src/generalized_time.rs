//! Generalized time (RFC 4517, section 3.3.13), in its complete grammar.

/// Seconds since 1970, negative for earlier times, without the fraction of a second. `None` if the text is not a generalized time,
/// or names a day that does not exist.
///
/// Minutes, seconds and a fraction of the smallest unit are optional. The fraction follows a dot or a comma. A leap second counts
/// as the first second of the next minute. The time zone is required: `Z`, or an offset.
#[must_use]
pub(crate) fn parse(text: &str) -> Option<i64> {
    let mut rest = Digits(text.as_bytes());
    let (century, year) = (rest.two(0, 99)?, rest.two(0, 99)?);
    let (month, day) = (rest.two(1, 12)?, rest.two(1, 31)?);
    let year = century * 100 + year;
    if day > days_of_month(year, month) {
        return None;
    }
    let mut seconds = days_since_1970(year, month, day) * DAY + rest.two(0, 23)? * HOUR;
    let mut unit = HOUR;
    if rest.is_digit() {
        seconds += rest.two(0, 59)? * MINUTE;
        unit = MINUTE;
        if rest.is_digit() {
            seconds += rest.two(0, 60)?;
            unit = 1;
        }
    }
    if rest.next_if(b".,").is_some() {
        seconds += rest.fraction_of(unit)?;
    }
    match rest.next_if(b"Z+-")? {
        b'Z' => {}
        sign => {
            let mut offset = rest.two(0, 23)? * HOUR;
            if rest.is_digit() {
                offset += rest.two(0, 59)? * MINUTE;
            }
            seconds -= if sign == b'+' { offset } else { -offset };
        }
    }
    rest.0.is_empty().then_some(seconds)
}

/// The text that is left to read.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn is_digit(&self) -> bool {
        self.0.first().is_some_and(u8::is_ascii_digit)
    }

    fn next_if(&mut self, wanted: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        if !wanted.contains(first) {
            return None;
        }
        self.0 = rest;
        Some(*first)
    }

    fn digit(&mut self) -> Option<i64> {
        self.next_if(b"0123456789").map(|digit| i64::from(digit - b'0'))
    }

    fn two(&mut self, least: i64, most: i64) -> Option<i64> {
        let number = self.digit()? * 10 + self.digit()?;
        (least..=most).contains(&number).then_some(number)
    }

    /// The whole seconds in this fraction of a unit. Digits that cannot matter are skipped.
    fn fraction_of(&mut self, unit: i64) -> Option<i64> {
        let (mut numerator, mut denominator) = (self.digit()?, 10);
        while let Some(digit) = self.digit() {
            if denominator < 1_000_000_000_000 {
                numerator = numerator * 10 + digit;
                denominator *= 10;
            }
        }
        Some(numerator * unit / denominator)
    }
}

/// In the proleptic Gregorian calendar, which repeats every 400 years.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // The year begins in March here, so that the leap day is its last day.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn days_of_month(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_rfc_4517_is_read() {
        let noon = 1_800_014_400;
        for (text, expected) in [
            ("20270115120000Z", noon),
            ("202701151200Z", noon),
            ("2027011512Z", noon),
            ("20270115120000.9Z", noon),
            ("20270115120000,999999999999999999999Z", noon),
            ("2027011511.99999999999999999999999999999Z", noon - 1),
            ("2027011511.5Z", noon - 1_800),
            ("202701151159,5Z", noon - 30),
            ("202701151159.25Z", noon - 45),
            ("20270115130000+0100", noon),
            ("2027011513+01", noon),
            ("202701151330+0130", noon),
            ("20270115000000-1200", noon),
            ("20270115120000.5+0000", noon),
            ("20270115115960Z", noon),
            ("20161231235960Z", 1_483_228_800),
            ("19700101000000Z", 0),
            ("19691231235959Z", -1),
            ("20000229000000Z", 951_782_400),
            ("99991231235959Z", 253_402_300_799),
            ("00000101000000Z", -62_167_219_200),
            ("000001010000Z", -62_167_219_200),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "soon",
            "20270115",
            "20270115Z",
            "2027011512",
            "20270115120000",
            "20270115120000z",
            "20270115120000 Z",
            "20270115120000ZZ",
            "2027011512000Z",
            "202701151Z",
            "20270015120000Z",
            "20271315120000Z",
            "20270132120000Z",
            "20270229120000Z",
            "21000229120000Z",
            "20270431120000Z",
            "20270115240000Z",
            "20270115126000Z",
            "20270115120061Z",
            "20270115120000.Z",
            "20270115120000.5",
            "20270115120000+1Z",
            "20270115120000+24",
            "20270115120000+0160",
            "20270115120000+01:00",
            "-0270115120000Z",
            "2027-01-15T12:00:00Z",
            "\u{ff12}0270115120000Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
