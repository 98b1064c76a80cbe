//! The normalisation of typed or pasted generated secrets, codes and numbers.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use zeroize::Zeroizing;

/// `typed` in compatibility form (Unicode NFKC: full-width digits and letters become ordinary ones), without white space, format
/// and control characters, and dashes of any kind.
///
/// For app passwords, codes, recovery codes, tickets, seeds and telephone numbers. Never for a main password, which has to remain
/// exactly as its owner typed it.
#[must_use]
pub fn cleaned(typed: &str) -> Zeroizing<String> {
    // The length is computed first, so that the buffer does not grow and leave an unwiped copy.
    let length = kept(typed).map(char::len_utf8).sum();
    let mut clean = Zeroizing::new(String::with_capacity(length));
    clean.extend(kept(typed));
    clean
}

/// `typed` without the white space, format and control characters at its ends, which copying may add. The rest is unchanged.
///
/// For addresses, in which a dash is significant.
#[must_use]
pub fn trimmed(typed: &str) -> &str {
    typed.trim_matches(|c: char| {
        c.is_whitespace()
            || IGNORABLE.contains(c)
            || [GeneralCategory::Control, GeneralCategory::Format].contains(&CATEGORIES.get(c))
    })
}

fn kept(typed: &str) -> impl Iterator<Item = char> {
    NFKC.normalize_iter(typed.chars()).filter(|c| !is_dropped(*c))
}

fn is_dropped(c: char) -> bool {
    if c.is_ascii() {
        return c == '-' || c.is_ascii_whitespace() || c.is_ascii_control();
    }
    c.is_whitespace() || LIKE_A_DASH.contains(&c) || IGNORABLE.contains(c) || is_of_a_dropped_category(c)
}

fn is_of_a_dropped_category(c: char) -> bool {
    let category = CATEGORIES.get(c);
    [
        GeneralCategory::Control,
        GeneralCategory::Format,
        GeneralCategory::DashPunctuation,
        GeneralCategory::SpaceSeparator,
        GeneralCategory::LineSeparator,
        GeneralCategory::ParagraphSeparator,
    ]
    .contains(&category)
}

static NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
static CATEGORIES: icu_properties::CodePointMapDataBorrowed<'static, GeneralCategory> =
    CodePointMapData::<GeneralCategory>::new();
/// Invisible characters of any category (Default_Ignorable_Code_Point, UAX #44): variation selectors, fillers, joiners.
static IGNORABLE: icu_properties::CodePointSetDataBorrowed<'static> =
    CodePointSetData::new::<DefaultIgnorableCodePoint>();
/// Characters that look like a dash, or are typed with its key, but have another category: the minus signs, the hyphen bullet, the
/// prolonged sound mark, box drawings; also the blank Braille pattern, which looks like a space.
const LIKE_A_DASH: [char; 12] = [
    '\u{2212}',
    '\u{2796}',
    '\u{02d7}',
    '\u{2043}',
    '\u{30fc}',
    '\u{2500}',
    '\u{2501}',
    '\u{23af}',
    '\u{2802}',
    '\u{2800}',
    '\u{06d4}',
    '\u{10191}',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_and_invisible_characters_are_dropped() {
        let between = [
            "",
            " ",
            "\t",
            "\r\n",
            "\n",
            "\0",
            "\u{7f}",
            "\u{85}",
            "\u{a0}",
            "\u{ad}",
            "\u{34f}",
            "\u{1680}",
            "\u{180e}",
            "\u{2002}",
            "\u{2007}",
            "\u{2009}",
            "\u{200b}",
            "\u{200c}",
            "\u{200d}",
            "\u{200e}",
            "\u{200f}",
            "\u{2028}",
            "\u{2029}",
            "\u{202a}",
            "\u{202c}",
            "\u{202f}",
            "\u{205f}",
            "\u{2060}",
            "\u{2066}",
            "\u{2069}",
            "\u{3000}",
            "\u{feff}",
            "\u{fe0f}",
            "\u{3164}",
            "\u{e0001}",
            "-",
            "\u{2010}",
            "\u{2011}",
            "\u{2012}",
            "\u{2013}",
            "\u{2014}",
            "\u{2015}",
            "\u{2212}",
            "\u{207b}",
            "\u{208b}",
            "\u{2e3a}",
            "\u{301c}",
            "\u{fe31}",
            "\u{fe58}",
            "\u{fe63}",
            "\u{ff0d}",
            "\u{30fc}",
            "\u{ff70}",
            "\u{2796}",
            "\u{58a}",
            "\u{5be}",
        ];
        for piece in between {
            assert_eq!(*cleaned(&format!("{piece}12{piece}3{piece}")), "123", "{piece:?}");
        }
    }

    #[test]
    fn text_is_trimmed_at_its_ends_only() {
        for around in [
            "", " ", "\t\r\n", "\0", "\u{a0}", "\u{200b}", "\u{200e}", "\u{202a}", "\u{2066}", "\u{feff}",
            "\u{3000}",
        ] {
            let typed = format!("{around}-a.b-c@example.org{around} {around}");
            assert_eq!(trimmed(&typed), "-a.b-c@example.org", "{around:?}");
        }
        assert_eq!(trimmed("a\u{200b}@example.org"), "a\u{200b}@example.org");
        assert_eq!(trimmed(" \u{feff} "), "");
    }

    #[test]
    fn compatible_forms_are_normalised_and_others_stay() {
        assert_eq!(*cleaned("１２３ＡＢｃ＋"), "123ABc+");
        assert_eq!(*cleaned("𝟏𝟐𝟑①²"), "12312");
        assert_eq!(*cleaned("a_b.c/d\u{e9}"), "a_b.c/d\u{e9}");
        assert_eq!(*cleaned("e\u{301}"), "\u{e9}");
        assert_eq!(*cleaned(""), "");
        assert_eq!(*cleaned(" \u{200b}- "), "");
    }
}
