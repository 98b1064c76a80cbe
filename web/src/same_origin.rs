//! Whether a browser sends a request from a page of ours, as far as its headers tell.

use hyper::HeaderMap;
use hyper::header::ORIGIN;

/// Whether `Sec-Fetch-Site` and `Origin` are those of our own page; `is_own` knows its origins. Old browsers send neither header, and no
/// browser lets a page set them.
pub(crate) fn is_same_origin(headers: &HeaderMap, is_own: impl FnOnce(&str) -> bool) -> bool {
    let is_fetched = headers.get("sec-fetch-site").is_none_or(|site| site.as_bytes() == b"same-origin");
    is_fetched && headers.get(ORIGIN).is_none_or(|origin| origin.to_str().is_ok_and(is_own))
}
