//! What people call a browser, such as "Firefox on Linux". It is for lists alone: a client can claim any.

use std::borrow::Cow;

use hyper::header::{HeaderMap, USER_AGENT};

use super::words::{Words, fill};

/// The name of the browser that sends these headers. `None` if it is none that people know.
pub(super) fn browser_name(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(USER_AGENT)?.to_str().ok()?;
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name)
    };
    let (program, system) = (find(PROGRAMS), find(SYSTEMS));
    match (program, system) {
        (Some(program), Some(system)) => Some(format!("{program}{ON}{system}")),
        (Some(name), None) | (None, Some(name)) => Some(name.to_owned()),
        (None, None) => None,
    }
}

/// A name that posternd keeps, as the page says it: one that was made here is put into the page's language, and any other, such as that of
/// an ssh key, stays as it is.
pub(super) fn in_words<'n>(name: &'n str, words: &Words) -> Cow<'n, str> {
    let is_of = |table: &[(&str, &str)], text: &str| table.iter().any(|(_, known)| *known == text);
    match name.split_once(ON) {
        Some((program, system)) if is_of(PROGRAMS, program) && is_of(SYSTEMS, system) => {
            Cow::Owned(fill(words.browser_on, &[("program", program), ("system", system)]))
        }
        Some(_) | None => Cow::Borrowed(name),
    }
}

/// Between program and system in the names that posternd keeps.
const ON: &str = " on ";
/// Browsers also name those that they descend from, so the order counts.
const PROGRAMS: &[(&str, &str)] = &[
    ("MicroMessenger/", "WeChat"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
];

#[cfg(test)]
mod tests {
    use super::super::words::{CHINESE, ENGLISH};
    use super::*;

    #[test]
    fn a_browser_is_called_what_people_call_it() {
        let of = |agent: &str| browser_name(&[(USER_AGENT, agent.parse().unwrap())].into_iter().collect());
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0";
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Safari/604.1";
        assert_eq!(of(firefox).as_deref(), Some("Firefox on Linux"));
        assert_eq!(of(edge).as_deref(), Some("Edge on Windows"));
        assert_eq!(of(iphone).as_deref(), Some("Safari on iPhone"));
        assert_eq!(of("curl/8.0"), None);
        assert_eq!(browser_name(&HeaderMap::new()), None);
    }

    #[test]
    fn a_name_that_was_made_here_is_said_in_the_language_of_the_page() {
        assert_eq!(in_words("Chrome on Windows", &CHINESE), "Windows 上的 Chrome");
        assert_eq!(in_words("Chrome on Windows", &ENGLISH), "Chrome on Windows");
        for other in ["Chrome", "key on laptop", "Chrome on laptop", "anna on Windows", "", " on "] {
            assert_eq!(in_words(other, &CHINESE), other);
        }
    }
}
