use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

/// A reply. Its whole body is known before the first byte is sent.
pub(crate) type Reply = Response<Full<Bytes>>;

/// A reply with all headers that protect the page.
pub(crate) fn with(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    guard(reply.headers_mut());
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

/// A reply with one line of text; a visitor never sees an empty page.
pub(crate) fn text(status: StatusCode, line: &str) -> Reply {
    with(status, "text/plain; charset=utf-8", format!("{line}\n"))
}

/// A reply of the API in which posternd had no part.
pub(crate) fn refusal(status: StatusCode, reason: &str, text: &str) -> Reply {
    json(status, &json!({"verdict": "error", "reason": reason, "text": text, "records": []}))
}

/// A reply of the API.
pub(crate) fn json(status: StatusCode, value: &Value) -> Reply {
    with(status, "application/json", value.to_string())
}

fn guard(headers: &mut HeaderMap) {
    for (name, value) in GUARDS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

const GUARDS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
         manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];
