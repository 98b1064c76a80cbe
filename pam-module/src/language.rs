//! The language of the host's environment.

/// The language of messages (BCP 47). `None` if the environment names none.
pub(crate) fn of_process() -> Option<String> {
    let value = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(std::env::var_os)
        .find(|value| !value.is_empty())?
        .into_string()
        .ok()?;
    tag(&value)
}

/// Converts a locale to a language tag: `zh_CN.UTF-8` is `zh-CN`; see setlocale(3).
fn tag(locale: &str) -> Option<String> {
    let tag = locale.split(['.', '@']).next()?.replace('_', "-");
    let is_tag = (2..=35).contains(&tag.len())
        && tag.starts_with(|c: char| c.is_ascii_alphabetic())
        && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (is_tag && tag != "POSIX").then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn a_locale_becomes_a_language_tag() {
        assert_eq!(tag("zh_CN.UTF-8").as_deref(), Some("zh-CN"));
        assert_eq!(tag("de_DE@euro").as_deref(), Some("de-DE"));
        assert_eq!(tag("en").as_deref(), Some("en"));
    }

    #[test]
    fn a_text_without_a_language_is_none() {
        for locale in ["C", "C.UTF-8", "POSIX", "", "/etc/passwd", "12", "zh CN", &"x".repeat(36)] {
            assert_eq!(tag(locale), None, "{locale}");
        }
    }
}
