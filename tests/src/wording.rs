//! The phrases of the catalogue, for tests that walk through a flow in any language.

use postern_core::words::Language;

/// What a phrase says besides its arguments, in order: `Code from { $label }: ` is "Code from " and ": ". Of a phrase with
/// several forms this is the last one.
///
/// # Panics
/// If the catalogue has no such phrase.
#[must_use]
pub fn pieces(language: Language, id: &str) -> Vec<String> {
    let catalogue = match language {
        Language::English => include_str!("../../crates/core/src/words/en.ftl"),
        Language::SimplifiedChinese => include_str!("../../crates/core/src/words/zh-CN.ftl"),
    };
    let mut lines = catalogue.lines().skip_while(|line| !line.starts_with(&format!("{id} =")));
    let first = lines.next().unwrap_or_else(|| panic!("no phrase {id} in {language}"));
    let is_continued = |line: &&str| line.starts_with([' ', '}']) || line.is_empty();
    let more: Vec<&str> = lines.take_while(is_continued).collect();
    let form = more.iter().find_map(|line| line.trim_start().strip_prefix("*[other] "));
    let text = form.unwrap_or_else(|| first.split_once('=').map_or("", |(_, text)| text.trim_start()));
    literals(&text.replace('␣', " "))
}

fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        let (literal, argument) = rest.split_once('{').unwrap_or((rest, ""));
        if !literal.is_empty() {
            found.push(literal.to_owned());
        }
        match argument.split_once('}') {
            Some((_, after)) => rest = after,
            None => return found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_split_at_its_arguments() {
        assert_eq!(pieces(Language::English, "code"), ["Code from ", ": "]);
        assert_eq!(pieces(Language::SimplifiedChinese, "login-failed"), ["登录失败。"]);
        assert_eq!(
            pieces(Language::English, "trust-device"),
            ["Skip the second factor for ", " days when you log in from this device? [y/N] "]
        );
    }
}
