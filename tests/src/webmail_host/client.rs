//! A client of a web mail that keeps cookies, follows nothing, and sends what it is told to.

use std::collections::BTreeMap;

use crate::http::{HttpReply, Place, Request, escaped};

/// A browser's cookies, without the browser.
#[derive(Debug, Clone)]
pub struct WebmailClient {
    place: Place,
    authority: String,
    /// By name.
    pub cookies: BTreeMap<String, String>,
    /// Headers that go with every request.
    pub headers: Vec<(String, String)>,
}

impl WebmailClient {
    pub(super) fn at(place: Place, authority: &str) -> Self {
        Self { place, authority: authority.to_owned(), cookies: BTreeMap::new(), headers: Vec::new() }
    }

    /// GETs a path with its query.
    #[track_caller]
    pub fn get(&mut self, path: &str) -> HttpReply {
        let request = self.place.request("GET", path);
        self.send(request)
    }

    /// POSTs a form.
    #[track_caller]
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> HttpReply {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
        let request = self.place.request("POST", path);
        let request =
            request.header("Content-Type", "application/x-www-form-urlencoded").body(body.join("&"));
        self.send(request)
    }

    #[track_caller]
    fn send(&mut self, mut request: Request) -> HttpReply {
        request = request.header("Host", &self.authority);
        if !self.cookies.is_empty() {
            let all: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("Cookie", &all.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let reply = request.send();
        for (name, value) in &reply.headers {
            if name != "set-cookie" {
                continue;
            }
            let (name, value) =
                value.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            if value == "-del-" {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }
}
