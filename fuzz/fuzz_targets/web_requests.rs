//! What the internet sends to postern-web: a path, header fields with cookies, a body. One a line, and the body last.
#![no_main]

use hyper::header::{COOKIE, HOST, HeaderName, HeaderValue, ORIGIN};
use hyper::{HeaderMap, Method};
use libfuzzer_sys::fuzz_target;
use postern_fuzz::parts;
use postern_ipc::PhoneFlow;
use postern_web::{
    AccountPath, ApplicationPath, Form, Network, Route, arguments, is_from_page, is_local, of_client,
    only_cookie,
};
use url::Url;

fuzz_target!(|input: &str| {
    let [path, cookie, token, origin, client, body] = parts(input);
    leads_somewhere_or_not(path);
    stays_at_its_host(path);
    let address = HeaderName::from_static("x-forwarded-for");
    let mut headers = HeaderMap::new();
    let token_name = HeaderName::from_static("x-postern-token");
    for (name, value) in [(COOKIE, cookie), (token_name, token), (ORIGIN, origin), (address.clone(), client)]
    {
        if let Ok(value) = value.parse() {
            headers.append(name, value);
        }
    }
    headers.append(HOST, "2fa.example.org".parse().expect("a host"));
    if is_from_page(&headers) {
        assert!(
            token.trim().len() == 43 && cookie.contains(token.trim()),
            "a form without the cookie's token"
        );
        // A field that cannot be sent is not there.
        let is_own = |sent: &HeaderValue| {
            let own = ["https://2fa.example.org", "http://2fa.example.org"];
            own.iter().any(|own| sent.as_bytes().eq_ignore_ascii_case(own.as_bytes()))
        };
        assert!(headers.get(ORIGIN).is_none_or(is_own), "{origin}");
    }
    if only_cookie(&headers, SESSION).is_some() {
        let named = |pair: &&str| pair.trim().split_once('=').is_some_and(|(name, _)| name == SESSION);
        assert_eq!(cookie.split(';').filter(named).count(), 1, "a cookie that was sent twice");
    }
    if let Some(address) = of_client(&headers, Some(&address)) {
        assert!(
            Network::of(&address).is_some()
                && client.rsplit(',').next().is_some_and(|last| !last.trim().is_empty())
        );
    }
    reads_bodies(body);
});

fn leads_somewhere_or_not(path: &str) {
    let account = AccountPath::of(path).map(Route::Account);
    let application = ApplicationPath::of(path).map(Route::Application);
    for route in [Route::of(path), account, application].into_iter().flatten() {
        assert!(path.starts_with('/') && !path.contains(['?', '#', '\0']) && !path.contains(".."));
        assert!(!route.allows(&Method::CONNECT));
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            let is_listed = route.allow().split(", ").any(|one| one == method.as_str());
            assert!(!is_listed || route.allows(&method), "{method} is offered and refused");
        }
    }
}

/// What the gate sends a browser back to is at the host that it came from, as browsers read it (the URL standard).
fn stays_at_its_host(path: &str) {
    if is_local(path) {
        let base = Url::parse("https://mail.example.org/deep/er").expect("a base");
        let to = base.join(path).expect("a path that browsers can follow");
        assert_eq!(
            (to.scheme(), to.host_str(), to.port()),
            ("https", Some("mail.example.org"), None),
            "{to}"
        );
    }
}

fn reads_bodies(body: &str) {
    let known = ["name", "password", "code"];
    if let Some(form) = Form::parse(body.as_bytes(), &known) {
        assert_eq!(form.field("other"), "");
        for name in known {
            assert!(form.field(name).len() <= body.len());
        }
        assert_eq!(form.is_ticked("name"), form.field("name") == "on");
    }
    for flow in [PhoneFlow::Bind, PhoneFlow::Pending, PhoneFlow::Answer, PhoneFlow::Push] {
        match arguments(flow, body.as_bytes()) {
            Ok(found) => assert!(found.keys().map(String::as_str).eq(sorted(flow.arguments()))),
            Err(what) => assert!(!what.is_empty() && what.len() < 200, "an error that quotes the body"),
        }
    }
}

fn sorted(names: &[&'static str]) -> Vec<&'static str> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names
}

const SESSION: &str = "__Host-postern-session";
