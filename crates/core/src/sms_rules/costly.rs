//! The ranges of telephone numbers that a country's prefix does not allow.

/// The longest range that contains numbers with these digits: the country code, and the digits behind it.
pub(super) fn range_of(digits: &str) -> Option<(&'static str, &'static str)> {
    COSTLY
        .iter()
        .filter_map(|(country, ranges)| Some((*country, *ranges, digits.strip_prefix(country)?)))
        .flat_map(|(country, ranges, rest)| {
            ranges.iter().filter(move |range| rest.starts_with(**range)).map(move |range| (country, *range))
        })
        .max_by_key(|(country, range)| country.len() + range.len())
}

/// Ranges in which a message costs its sender much, or earns its recipient money, by country code. Only a prefix that names a
/// range allows it. No range contains ordinary mobile numbers.
///
/// First the ranges without a country (ITU-T E.164, list of assigned country codes): freephone and shared cost, satellites and
/// maritime, universal personal numbers, global networks, relief, premium rates, trials, and reserved ranges. Then, behind +1, the
/// personal and non-geographic numbers, premium rates, and the Caribbean countries. Then the ranges of national plans for premium
/// and shared rates, personal numbers and satellites.
pub const COSTLY: &[(&str, &[&str])] = &[
    ("", &["800", "808", "87", "881", "882", "883", "888", "969", "979", "991", "999"]),
    (
        "1",
        &[
            "500", "521", "522", "523", "524", "525", "526", "527", "528", "529", "532", "533", "544", "566",
            "577", "588", "600", "622", "900", "976", "242", "246", "264", "268", "284", "345", "441", "473",
            "649", "658", "664", "721", "758", "767", "784", "809", "829", "849", "868", "869", "876",
        ],
    ),
    ("7", &["80"]),
    ("20", &["900"]),
    ("27", &["862", "863", "864", "865", "866", "867", "868", "869", "90"]),
    ("30", &["70", "90"]),
    ("31", &["90"]),
    ("32", &["70", "90"]),
    ("33", &["8"]),
    ("34", &["70", "803", "806", "807", "905", "907"]),
    ("36", &["90", "91"]),
    ("39", &["1", "8"]),
    ("40", &["90"]),
    ("41", &["878", "90"]),
    ("43", &["810", "820", "821", "9"]),
    ("44", &["70", "84", "87", "9"]),
    ("45", &["90"]),
    ("46", &["75", "900", "939", "944", "99"]),
    ("47", &["82", "880"]),
    ("48", &["70"]),
    ("49", &["118", "137", "180", "700", "900"]),
    ("51", &["80"]),
    ("52", &["50", "90"]),
    ("54", &["60"]),
    ("55", &["50", "90"]),
    ("57", &["190", "90"]),
    ("58", &["90"]),
    ("61", &["1"]),
    ("62", &["809"]),
    ("64", &["70", "90"]),
    ("65", &["1"]),
    ("81", &["990"]),
    ("82", &["50", "60"]),
    ("84", &["190"]),
    ("90", &["592", "898", "900"]),
    ("92", &["900"]),
    ("212", &["89"]),
    ("213", &["80"]),
    ("216", &["88"]),
    ("221", &["88"]),
    ("227", &["09"]),
    ("230", &["30"]),
    ("240", &["90"]),
    ("254", &["90"]),
    ("255", &["90"]),
    ("256", &["90"]),
    ("262", &["8"]),
    ("264", &["87"]),
    ("267", &["90"]),
    ("268", &["90"]),
    ("269", &["8"]),
    ("297", &["90"]),
    ("298", &["90"]),
    ("351", &["601", "607", "608", "64", "7", "8"]),
    ("352", &["900", "901", "905"]),
    ("353", &["15", "70"]),
    ("354", &["90"]),
    ("355", &["7", "9"]),
    ("356", &["50"]),
    ("357", &["70", "90"]),
    ("358", &["600", "700"]),
    ("359", &["90"]),
    ("370", &["70", "90"]),
    ("371", &["90"]),
    ("372", &["40", "70", "90"]),
    ("373", &["90"]),
    ("374", &["90"]),
    ("375", &["90"]),
    ("376", &["9"]),
    ("380", &["90"]),
    ("381", &["7", "9"]),
    ("382", &["9"]),
    ("383", &["9"]),
    ("385", &["6", "7"]),
    ("386", &["89", "90"]),
    ("387", &["9"]),
    ("389", &["50"]),
    ("420", &["900", "906", "909", "976"]),
    ("421", &["900", "97", "98"]),
    ("423", &["90"]),
    ("502", &["190"]),
    ("503", &["900"]),
    ("506", &["90"]),
    ("590", &["81", "82", "89"]),
    ("592", &["900"]),
    ("594", &["81", "82", "89"]),
    ("596", &["81", "82", "89"]),
    ("597", &["90"]),
    ("598", &["90"]),
    ("670", &["70", "90"]),
    ("687", &["36"]),
    ("852", &["81", "82", "83", "900"]),
    ("886", &["20", "99"]),
    ("962", &["70", "90"]),
    ("966", &["925"]),
    ("968", &["900"]),
    ("971", &["90"]),
    ("972", &["1212", "19"]),
    ("973", &["90"]),
    ("994", &["900"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_range_counts_and_most_numbers_are_in_none() {
        assert_eq!(range_of("449098790000"), Some(("44", "9")));
        assert_eq!(range_of("881612345678"), Some(("", "881")));
        assert_eq!(range_of("18765550100"), Some(("1", "876")));
        assert_eq!(range_of("442079460123"), None);
        assert_eq!(range_of("4"), None);
    }

    #[test]
    fn no_range_stands_twice_or_below_another() {
        let all: Vec<String> = COSTLY
            .iter()
            .flat_map(|(country, ranges)| ranges.iter().map(move |range| format!("{country}{range}")))
            .collect();
        for (at, range) in all.iter().enumerate() {
            assert!(range.bytes().all(|b| b.is_ascii_digit()), "{range}");
            let mut others = all.iter().enumerate().filter(|(other, _)| *other != at);
            assert!(!others.any(|(_, other)| range.starts_with(other.as_str())), "{range}");
        }
    }

    #[test]
    fn the_documentation_has_each_range() {
        let docs = include_str!("../../../../docs/couriers.md");
        let (_, list) = docs.split_once("<!-- costly -->\n").unwrap();
        let (list, _) = list.split_once("\n<!-- /costly -->").unwrap();
        let written: Vec<String> = COSTLY
            .iter()
            .map(|(country, ranges)| match *country {
                "" => format!(
                    "| | {} |",
                    ranges.iter().map(|range| format!("+{range}")).collect::<Vec<_>>().join(", ")
                ),
                country => format!("| +{country} | {} |", ranges.join(", ")),
            })
            .collect();
        let told: Vec<&str> = list.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
        assert_eq!(told, written);
    }
}
