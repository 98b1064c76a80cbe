//! The headers of the account's pages, after OWASP's list of secure headers (July 2026).

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE,
};
use hyper::{Response, StatusCode};
use maud::Markup;

use crate::reply::Reply;

/// A reply with all headers that protect the pages.
pub(super) fn with(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    protect(&mut reply);
    let headers = reply.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("60"));
    }
    reply
}

/// Gives a reply the headers that protect the pages, whatever part of this process it is from.
pub(crate) fn protect(reply: &mut Reply) {
    for (name, value) in GUARDS {
        reply.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

/// A page.
pub(super) fn page(status: StatusCode, markup: Markup) -> Reply {
    with(status, "text/html; charset=utf-8", markup.into_string())
}

/// Sends the browser to another page of ours (RFC 9110, section 15.4.4).
pub(super) fn see(path: &str) -> Reply {
    let mut reply = with(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", "");
    if let Ok(path) = HeaderValue::from_str(path) {
        reply.headers_mut().insert(LOCATION, path);
    }
    reply
}

/// Adds a cookie.
pub(super) fn add_cookie(reply: &mut Reply, cookie: HeaderValue) {
    reply.headers_mut().append(SET_COOKIE, cookie);
}

/// After a logout nothing of the pages stays in the browser. Cookies are removed one by one: the header would remove those of other
/// hosts of the domain, too (Clear Site Data, section 3.1).
pub(super) fn clear_site_data(headers: &mut HeaderMap) {
    headers.insert(
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
}

const GUARDS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'; upgrade-insecure-requests",
    ),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "deny"),
    ("x-permitted-cross-domain-policies", "none"),
    // With "no-referrer" browsers send forms with "Origin: null" (Fetch, section 3.2).
    ("referrer-policy", "same-origin"),
    (
        "permissions-policy",
        "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), clipboard-write=(self), display-capture=(), \
         encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), \
         publickey-credentials-create=(self), publickey-credentials-get=(self), screen-wake-lock=(), usb=(), \
         xr-spatial-tracking=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
];
