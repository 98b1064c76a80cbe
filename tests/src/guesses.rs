//! Wrong app passwords by the thousand. They have the right form, and no two are the same.

/// An app password whose selector nobody has, a different one for each number below 262,144.
#[must_use]
pub fn unknown_app_password(mut number: usize) -> String {
    let mut text = "AAAABBBBCC".to_owned();
    for _ in 0..6 {
        text.push(char::from(b'a' + u8::try_from(number % 8).expect("a digit")));
        number /= 8;
    }
    text
}

/// The selector of the app password `right` with another rest, a different one for each number below 262,144.
#[must_use]
pub fn wrong_app_password(right: &str, number: usize) -> String {
    format!("{}{}", &right[..SELECTOR], &unknown_app_password(number)[SELECTOR..])
}

const SELECTOR: usize = 4;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use postern_core::app_password::Candidate;

    use super::*;

    #[test]
    fn guesses_are_all_different_and_have_the_form_of_app_passwords() {
        let unknown: BTreeSet<String> = (0..262_144).map(unknown_app_password).collect();
        assert_eq!(unknown.len(), 262_144);
        let right = "GdGneAF6iFvUg6rB";
        let wrong: BTreeSet<String> = (0..4096).map(|number| wrong_app_password(right, number)).collect();
        assert_eq!(wrong.len(), 4096);
        let is_guess = |text: &String| {
            Candidate::parse(text).is_some_and(|typed| typed.selector().as_str() == "GdGn") && text != right
        };
        assert!(wrong.iter().all(is_guess), "{wrong:?}");
        assert!(unknown.iter().all(|text| Candidate::parse(text).is_some()));
    }
}
