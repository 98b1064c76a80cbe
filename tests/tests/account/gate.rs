//! The gate as web servers ask it, by the packaged examples, with a double in the place of the web mail.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use postern_tests::account_host::AccountHost;
use postern_tests::form_client::FormClient;
use postern_tests::gate_proxy::{GateProxy, Webmail};
use postern_tests::guard::free_port;
use postern_tests::http::{HttpReply, Place};
use postern_tests::http_double::{HttpDouble, Mood, Seen};
use postern_tests::login_host::{LoginUser, Stores};
use postern_tests::raw_http::{connect_tls_from, exchange};
use postern_tests::{Browser, canary, guard};

use serde_json::json;

use crate::applications::{cookies, parameter};

fn host() -> Arc<AccountHost> {
    AccountHost::shared(Stores::LdapAndRedis)
}

/// A web mail that shows a page whatever it is asked for.
fn webmail() -> HttpDouble {
    let webmail = HttpDouble::plain();
    let header = "Content-Type: text/html\r\nSet-Cookie: webmail=session; Path=/SOGo; Secure\r\n";
    let page = "<!DOCTYPE html><html lang=en><title>Inbox</title><h1>Inbox</h1><p>No mail.</p>";
    webmail.set(Mood::Answers(200, header.to_owned(), page.to_owned()));
    webmail
}

fn gated(webmail: &HttpDouble) -> Webmail<'static> {
    Webmail { application: "gated", port: webmail.port() }
}

/// Name and password of the credential that came with a request.
fn credential(seen: &Seen) -> (String, String) {
    let basic = seen.header("authorization").unwrap().strip_prefix("Basic ").unwrap();
    let pair = String::from_utf8(STANDARD.decode(basic).unwrap()).unwrap();
    let (user, password) = pair.split_once(':').unwrap();
    canary::register(password);
    canary::register(basic);
    (user.to_owned(), password.to_owned())
}

fn holds_nothing_of_ours(seen: &Seen) {
    let cookies = seen.header("cookie").unwrap_or_default();
    assert!(!cookies.contains("postern"), "one of our cookies at {}", seen.target);
    for (name, _) in &seen.headers {
        let name = name.replace('_', "-");
        assert!(!name.contains("user") || name == "user-agent", "{name} at {}", seen.target);
    }
}

#[test]
fn a_person_goes_through_nginx_to_their_web_mail_and_out_again() {
    let host = &*host();
    let mut anna = host.enrolled_with("anna", &[]);
    let name = anna.unix.name.clone();
    let (dovecot, webmail) = (host.site.dovecot(), webmail());
    let output = format!("account_gate_{name}");
    let nginx =
        GateProxy::nginx(&output, host.gated, &host.web.applications(), gated(&webmail), host.certs());
    let mut browser = Browser::builder(&output).desktop().start();
    let wanted = format!("{}SOGo/so/{name}/Mail/view?folder=Sent#m1", host.gated_url());
    browser.open(&wanted);
    browser.wait_for_text("Log in to go on to your mail.");
    drop(browser.screenshot("log-in"));
    log_in(&browser, &mut anna);
    assert_eq!(browser.url(), wanted.split('#').next().unwrap());
    let seen = webmail.next_with("");
    let (user, password) = credential(&seen);
    assert!(user == name && seen.target.starts_with(&format!("/SOGo/so/{name}/Mail/view?folder=Sent")));
    holds_nothing_of_ours(&seen);
    assert!(dovecot.imap(&user, &password).is_in());
    // What a client claims beside a session that is open.
    let key = browser.js_async("return document.cookie").as_str().unwrap_or_default().to_owned();
    assert!(!key.contains("postern"), "no script reads it");
    let claims = "const reply = await fetch('/SOGo/claims', {headers: {'Remote-User': 'root', 'Remote_User': 'root', \
                  'X-Webobjects-Remote-User': 'root', 'X_Webobjects_Remote_User': 'root', 'X-Forwarded-User': 'root'}}); \
                  return reply.status;";
    assert_eq!(browser.js_async(claims), 200);
    holds_nothing_of_ours(webmail.seen().last().unwrap());
    // Ended by an admin: a script of the open page hears it, and the next page is the login.
    let script = "const reply = await fetch('/SOGo/so/x'); const text = await reply.text(); return [reply.status, text];";
    assert_eq!(browser.js_async(script)[0], 200);
    drop(host.site.cli_ok(&["session", "end", &name, "--all"]));
    assert!(!dovecot.imap(&user, &password).is_in(), "at once");
    let told = guard::wait_for("the end", Duration::from_secs(20), || {
        let told = browser.js_async(script);
        (told[0] == 401).then_some(told)
    });
    assert!(told[1].as_str().unwrap().contains("Log in again to go on."), "{told}");
    browser.open(&wanted);
    browser.wait_for_text("You were logged out. Log in again.");
    log_in(&browser, &mut anna);
    let (_, newer) = credential(webmail.seen().last().unwrap());
    assert!(newer != password && dovecot.imap(&user, &newer).is_in());
    // The web mail's own way out leads out of the session, too.
    browser.open(&format!("{}SOGo/so/{name}/logoff", host.gated_url()));
    browser.wait_for_text("You are logged out.");
    assert!(!dovecot.imap(&user, &newer).is_in());
    browser.open(&wanted);
    browser.wait_for_text("Log in to go on to your mail.");
    browser.cdp("Network.clearBrowserCookies", &json!({}));
    browser.open(&format!("{}?postern_code=x.y&postern_state=z", host.gated_url()));
    browser.wait_for_text("You are not logged in");
    drop(browser.screenshot("not-done"));
    browser.axe();
    // No client asks the gate itself, and no name that looks like a header of nginx's gets anywhere.
    let before = webmail.seen().len();
    for path in ["/postern/gate", "/postern/log-in", "/postern/log-out", "/postern/unavailable"] {
        let reply = get(host, nginx.port, path, "");
        assert_eq!(reply.status, 404, "{path}: {}", reply.body);
    }
    let claims = "Authorization: Basic cm9vdDp4\r\nRemote_User: root\r\nRemote-User: root\r\nX-Original-Method: POST\r\nAccept: text/html\r\n";
    assert_eq!(get(host, nginx.port, "/SOGo/", claims).status, 303);
    // A form that comes too late is not sent again as a link.
    let late = get(host, nginx.port, "/SOGo/delete?id=1", "Accept: text/html\r\n").body;
    assert_eq!(kept_address(&late), "/SOGo/delete?id=1");
    let late =
        ask(host, nginx.port, "POST", "/SOGo/delete?id=1", "Accept: text/html\r\nContent-Length: 0\r\n").body;
    assert_eq!(kept_address(&late), "/");
    // What another person's web mail has set goes, at the path that the browser sends it to.
    let cookies = "Accept: text/html\r\nCookie: webmail=x\r\n";
    let begun = get(host, nginx.port, "/SOGo/so/x", cookies).body;
    assert!(begun.contains("webmail=; Path=/SOGo; Secure; Max-Age=0"), "{begun}");
    assert_eq!(webmail.seen().len(), before, "nothing goes on");
}

/// From the login that the web mail led to, to its inbox.
fn log_in(browser: &Browser, user: &mut LoginUser) {
    browser.type_into("#user", &user.unix.name);
    browser.type_into("#password", &user.password);
    browser.click("form[action='/log-in?to=application'] button");
    browser.type_into("input[name='answer']", &user.app.code());
    browser.press("Enter");
    browser.wait_for_text("No mail.");
}

/// Where the cookie of an answer says that the browser wants to go.
fn kept_address(answer: &str) -> String {
    let cookie = answer.split("__Host-postern-state=").nth(1).expect("a state");
    let coded = cookie.split(';').next().unwrap().split('.').nth(1).expect("an address");
    String::from_utf8(URL_SAFE_NO_PAD.decode(coded).unwrap()).unwrap()
}

/// A request to nginx over TLS, byte by byte.
fn get(host: &AccountHost, port: u16, path: &str, headers: &str) -> HttpReply {
    ask(host, port, "GET", path, headers)
}

fn ask(host: &AccountHost, port: u16, method: &str, path: &str, headers: &str) -> HttpReply {
    let mut stream = connect_tls_from(Ipv4Addr::LOCALHOST, port, host.certs());
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: gated.localhost\r\n{headers}Connection: close\r\n\r\n");
    let body = exchange(&mut stream, request.as_bytes());
    let status = body.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    HttpReply { status, headers: Vec::new(), body }
}

#[test]
fn caddy_passes_the_gates_answers_on_and_no_claims() {
    let host = &*host();
    let anna = host.user("anna");
    let (port, webmail) = (free_port(), webmail());
    let caddy = GateProxy::caddy("account_gate_caddy", port, &host.web.applications(), gated(&webmail));
    let get = |path: &str, cookies: &str, more: &[(&str, &str)]| {
        let mut request = Place::Port(caddy.port).request("GET", path).header("Accept", "text/html");
        if !cookies.is_empty() {
            request = request.header("Cookie", cookies);
        }
        for (name, value) in more {
            request = request.header(name, value);
        }
        request.send()
    };
    let claims = [
        ("Authorization", "Basic cm9vdDp4"),
        ("Remote-User", "root"),
        ("X-Webobjects-Remote-User", "root"),
        ("Remote_User", "root"),
        ("X_Webobjects_Remote_User", "root"),
        ("X-Original-URI", "//evil.example"),
    ];
    let begun = get("/SOGo/?a=b", "webmail=x", &claims);
    assert_eq!(begun.status, 303);
    assert!(webmail.seen().is_empty(), "nothing goes on");
    let state = cookies(&begun);
    let (state_name, state_value) = &state[0];
    let mut client = FormClient::logged_in(host, &anna);
    let asked = parameter(begun.header("location").unwrap(), "state");
    let back = client.get(&format!("/application?name=gated&state={asked}"));
    let back = back.header("location").unwrap().replace(&host.gated_url(), "/");
    let moved = get(&back, "", &[]);
    let back = moved.header("location").unwrap();
    assert!(moved.status == 302 && back.starts_with("/SOGo/?postern_code="), "{back}");
    let done = get(back, &format!("{state_name}={state_value}; webmail=x"), &[]);
    assert_eq!((done.status, done.header("location")), (303, Some("/SOGo/?a=b")), "{}", done.body);
    let kept: Vec<String> = cookies(&done).iter().map(|(name, value)| format!("{name}={value}")).collect();
    canary::register(kept[0].split('=').nth(1).unwrap());
    let inbox = get("/SOGo/?a=b", &format!("a=b; {}; c=d", kept[0]), &claims);
    assert!(inbox.status == 200 && inbox.body.contains("Inbox"), "{}", inbox.body);
    let seen = webmail.next();
    let (user, password) = credential(&seen);
    assert_eq!(user, anna.unix.name);
    assert!(host.site.dovecot().imap(&user, &password).is_in());
    holds_nothing_of_ours(&seen);
    assert_eq!(seen.header("cookie"), Some("a=b; c=d"));
    let script = get("/SOGo/x", "", &[("X-Requested-With", "XMLHttpRequest")]);
    assert_eq!((script.status, webmail.seen().len()), (401, 1));
    let out = get("/SOGo/so/anna/logoff", &kept[0], &[]);
    assert_eq!((out.status, out.header("location")), (303, Some(&*host.url("/log-in?why=out"))));
    assert!(!host.site.dovecot().imap(&user, &password).is_in());
}
