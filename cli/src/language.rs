//! The language of the caller's environment.

/// The language of messages (BCP 47). `None` if the environment names none; see locale(7).
pub(crate) fn of_process() -> Option<String> {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    set.into_iter().find(|value| !value.is_empty()).and_then(|locale| tag(&locale))
}

/// A locale is a language, `_` and a territory, `.` and an encoding, `@` and a modifier. Only the language is required.
fn tag(locale: &str) -> Option<String> {
    let bare = locale.split(['.', '@']).next().unwrap_or_default();
    let is_language =
        |part: &str| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let mut parts = bare.split(['_', '-']);
    let language = parts.next().filter(|part| is_language(part) && *part != "POSIX")?;
    Some(
        parts.filter(|part| is_language(part)).fold(language.to_owned(), |tag, part| format!("{tag}-{part}")),
    )
}

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn a_locale_names_a_language_or_none() {
        for (locale, wanted) in [
            ("zh_CN.UTF-8", Some("zh-CN")),
            ("zh_Hans_SG", Some("zh-Hans-SG")),
            ("en", Some("en")),
            ("de_DE@euro", Some("de-DE")),
            ("C", None),
            ("C.UTF-8", None),
            ("POSIX", None),
            ("", None),
            ("../../etc", None),
        ] {
            assert_eq!(tag(locale).as_deref(), wanted, "{locale}");
        }
    }
}
