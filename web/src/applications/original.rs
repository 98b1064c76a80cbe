//! The request that a web server was asked and asks about.

use hyper::{HeaderMap, Method};

/// A request of a browser to a web mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Original<'h> {
    /// The path and the query, beginning with one slash.
    pub(super) uri: &'h str,
    method: Method,
    headers: &'h HeaderMap,
}

/// Who waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// A browser that shows the answer as a page.
    Page,
    /// A browser that shows it in a frame of a page.
    Frame,
    /// A script, or what a page loads for itself.
    Script,
}

impl<'h> Original<'h> {
    /// As nginx says it by the documented example, or Caddy and Traefik by themselves.
    pub(super) fn of(headers: &'h HeaderMap) -> Self {
        let text = |names: [&str; 2]| names.into_iter().find_map(|name| headers.get(name)?.to_str().ok());
        let uri = text(["x-original-uri", "x-forwarded-uri"]).filter(|uri| is_local(uri)).unwrap_or("/");
        let method = text(["x-original-method", "x-forwarded-method"]);
        let method = method.and_then(|method| method.parse().ok()).unwrap_or(Method::GET);
        Self { uri, method, headers }
    }

    /// The code and the state with which a browser comes back from the login.
    pub(super) fn code(&self) -> Option<(&'h str, &'h str)> {
        let (_, query) = self.uri.split_once('?')?;
        let value = |name: &str| {
            let mut values =
                query.split('&').filter_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name));
            let (_, value) = values.next()?;
            values.next().is_none().then_some(value)
        };
        Some((value("postern_code")?, value("postern_state")?))
    }

    /// Where the browser is to come back to.
    pub(super) fn wanted(&self) -> &'h str {
        let is_link = matches!(self.method, Method::GET | Method::HEAD);
        if is_link && self.code().is_none() && self.uri.len() <= LONGEST { self.uri } else { "/" }
    }

    /// Whether the page asks by itself: its address holds one of these texts.
    pub(super) fn is_refresh(&self, texts: &[String]) -> bool {
        texts.iter().any(|text| self.uri.contains(text.as_str()))
    }

    /// Who reads the answer, by what browsers say of a request (Fetch Metadata, section 2), or old ones accept.
    pub(super) fn reader(&self) -> Reader {
        let header = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        let accepts_pages = header("accept").is_some_and(|accept| accept.contains("text/html"));
        match (header("sec-fetch-mode"), header("sec-fetch-dest")) {
            (Some("navigate"), Some("document") | None) => Reader::Page,
            (Some("navigate" | "nested-navigate"), Some(_)) => Reader::Frame,
            (Some(_), _) => Reader::Script,
            // Of scripts; programs on Android send their own name with each page.
            (None, _) if header("x-requested-with") == Some("XMLHttpRequest") => Reader::Script,
            (None, _) if accepts_pages => Reader::Page,
            (None, _) => Reader::Script,
        }
    }
}

/// Whether it is a path of the same host and nothing that a browser takes for another one (the URL standard, *relative slash state*).
#[must_use]
pub fn is_local(uri: &str) -> bool {
    let mut bytes = uri.bytes();
    bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && uri.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

/// What fits into a cookie, and more than what people link to.
const LONGEST: usize = 1500;

#[cfg(test)]
mod tests {
    use hyper::header::HeaderName;

    use super::*;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let line =
            |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        lines.iter().map(line).collect()
    }

    #[test]
    fn only_a_path_of_the_same_host_is_where_a_browser_comes_back_to() {
        let wanted = |method: &str, uri: &str| {
            let headers = headers(&[("x-original-uri", uri), ("x-original-method", method)]);
            Original::of(&headers).wanted().to_owned()
        };
        for uri in ["/", "/SOGo/so/alice/Mail/view#x", "/?_task=mail&_mbox=INBOX"] {
            assert_eq!(wanted("GET", uri), uri);
            assert_eq!(wanted("POST", uri), "/");
        }
        let long = format!("/{}", "a".repeat(LONGEST));
        for uri in ["//evil.example", "/\\evil.example", "https://evil.example", "/a\\b", "", &long] {
            assert_eq!(wanted("GET", uri), "/", "{uri}");
        }
        assert_eq!(wanted("GET", "/?postern_code=a&postern_state=b"), "/");
        let by_caddy = headers(&[("x-forwarded-uri", "/a"), ("x-forwarded-method", "GET")]);
        assert_eq!(Original::of(&by_caddy).wanted(), "/a");
    }

    #[test]
    fn a_code_comes_once_and_with_its_state() {
        let code = |uri: &str| {
            let headers = headers(&[("x-original-uri", uri)]);
            Original::of(&headers).code().map(|(code, state)| format!("{code} {state}"))
        };
        assert_eq!(code("/?postern_code=a.b&postern_state=c").as_deref(), Some("a.b c"));
        for uri in
            ["/", "/?postern_code=a", "/?postern_state=a", "/?postern_code=a&postern_code=b&postern_state=c"]
        {
            assert_eq!(code(uri), None, "{uri}");
        }
    }

    #[test]
    fn scripts_and_frames_are_told_apart_from_pages() {
        let reader = |lines: &[(&str, &str)]| Original::of(&headers(lines)).reader();
        assert_eq!(reader(&[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]), Reader::Page);
        assert_eq!(reader(&[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")]), Reader::Frame);
        assert_eq!(reader(&[("sec-fetch-mode", "cors"), ("accept", "text/html")]), Reader::Script);
        assert_eq!(reader(&[("accept", "text/html,*/*")]), Reader::Page);
        assert_eq!(reader(&[("accept", "*/*")]), Reader::Script);
        let with = |name| reader(&[("accept", "text/html"), ("x-requested-with", name)]);
        assert_eq!((with("XMLHttpRequest"), with("org.example.browser")), (Reader::Script, Reader::Page));
    }
}
