//! Protection against cross-site request forgery: a form counts only if it comes from a page of ours, in the browser that we
//! gave the page to.

use hyper::HeaderMap;
use subtle::ConstantTimeEq;

use crate::same_origin::is_same_origin;
use crate::site::SiteUrl;

/// Whether a form comes from our own page. `given` is the token in the form, `visitor` that in the browser's cookie.
pub(super) fn is_from_page(site: &SiteUrl, headers: &HeaderMap, visitor: Option<&str>, given: &str) -> bool {
    let is_same = visitor.is_some_and(|visitor| bool::from(visitor.as_bytes().ct_eq(given.as_bytes())));
    is_same && is_same_origin(headers, |origin| site.is_origin(origin))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderName;

    use super::*;

    fn accepts(lines: &[(&str, &str)], visitor: Option<&str>, given: &str) -> bool {
        let line =
            |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        let site = SiteUrl::parse("https://account.example.org/").unwrap();
        is_from_page(&site, &lines.iter().map(line).collect(), visitor, given)
    }

    #[test]
    fn a_form_repeats_the_cookie() {
        assert!(accepts(&[], Some("abc"), "abc"));
        assert!(!accepts(&[], Some("abc"), "abd") && !accepts(&[], Some("abc"), ""));
        assert!(!accepts(&[], None, "abc") && !accepts(&[], None, ""));
    }

    #[test]
    fn a_form_of_another_site_is_refused() {
        let with = |name, value| accepts(&[(name, value)], Some("abc"), "abc");
        assert!(with("origin", "https://account.example.org") && with("sec-fetch-site", "same-origin"));
        for origin in
            ["https://evil.example", "null", "http://account.example.org", "https://2fa.example.org", ""]
        {
            assert!(!with("origin", origin), "{origin}");
        }
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!with("sec-fetch-site", site), "{site}");
        }
    }
}
