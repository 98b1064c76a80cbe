//! The cookies of the gate, at the host of a web mail. Their prefix keeps other hosts from setting them (RFC 6265bis, section 4.1.3.2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::HeaderMap;
use hyper::header::{COOKIE, HeaderValue, SET_COOKIE};
use zeroize::Zeroizing;

use crate::reply::Reply;
use crate::token::only_cookie;

use super::original::is_local;

/// What the browser has of its session.
pub(super) fn key(headers: &HeaderMap) -> Option<Zeroizing<String>> {
    let value = only_cookie(headers, KEY)?;
    let is_key = (1..=LONGEST).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    is_key.then(|| Zeroizing::new(value.to_owned()))
}

/// What the gate wants to hear again from a browser that it has sent to the login, and where that wanted to go.
pub(super) fn state(headers: &HeaderMap) -> Option<(String, String)> {
    let (state, wanted) = only_cookie(headers, STATE)?.split_once('.')?;
    let wanted = String::from_utf8(URL_SAFE_NO_PAD.decode(wanted).ok()?).ok()?;
    is_local(&wanted).then(|| (state.to_owned(), wanted))
}

pub(super) fn set_key(reply: &mut Reply, key: &str) {
    add(reply, KEY, key, "");
}

pub(super) fn set_state(reply: &mut Reply, state: &str, wanted: &str) {
    add(reply, STATE, &format!("{state}.{}", URL_SAFE_NO_PAD.encode(wanted)), "; Max-Age=900");
}

pub(super) fn clear_key(reply: &mut Reply) {
    add(reply, KEY, "", "; Max-Age=0");
}

pub(super) fn clear_state(reply: &mut Reply) {
    add(reply, STATE, "", "; Max-Age=0");
}

/// Removes what the web mail has set in the browser: whoever logged in now may be somebody else. A cookie is removed at the paths
/// that lead to `uri`, as a web mail sets them at its own.
pub(super) fn clear_others(reply: &mut Reply, headers: &HeaderMap, uri: &str) {
    let path = uri.split(['?', '#']).next().unwrap_or("/");
    let ends = path.char_indices().filter(|(at, c)| *c == '/' && *at > 0).map(|(at, _)| at);
    let parts: Vec<&str> = ends.filter_map(|end| path.get(..end)).take(MOST_PATHS).collect();
    let names = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let names = names.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    for name in names.map(|(name, _)| name).filter(|name| is_of_others(name)).take(MOST_COOKIES) {
        for place in std::iter::once("/".to_owned())
            .chain(parts.iter().flat_map(|part| [(*part).to_owned(), format!("{part}/")]))
        {
            let line = format!("{name}=; Path={place}; Secure; Max-Age=0");
            if let Ok(value) = HeaderValue::from_str(&line) {
                reply.headers_mut().append(SET_COOKIE, value);
            }
        }
    }
}

fn is_of_others(name: &str) -> bool {
    // RFC 6265, section 4.1.1: a token.
    let is_token = !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
    is_token && !name.starts_with("__Host-postern-")
}

fn add(reply: &mut Reply, name: &str, value: &str, age: &str) {
    let line = Zeroizing::new(format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}"));
    if let Ok(mut value) = HeaderValue::from_str(&line) {
        value.set_sensitive(true);
        reply.headers_mut().append(SET_COOKIE, value);
    }
}

const KEY: &str = "__Host-postern-application";
const STATE: &str = "__Host-postern-state";
const LONGEST: usize = 1024;
const MOST_COOKIES: usize = 16;
const MOST_PATHS: usize = 3;
