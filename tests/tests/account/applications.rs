//! Web mails that people log in to by the account's pages: the code, the interface for plugins, and the gate.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postern_tests::account_host::AccountHost;
use postern_tests::form_client::FormClient;
use postern_tests::http::HttpReply;
use postern_tests::login_host::LoginUser;
use postern_tests::{canary, guard};
use serde_json::{Value, json};

use crate::on_both;

on_both!(
    a_browser_carries_a_code_to_its_web_mail_and_the_key_opens_mail_until_the_session_ends,
    a_login_goes_on_to_the_web_mail_that_sent_the_browser,
    nothing_but_a_code_of_this_browser_is_swapped,
    the_gate_lets_a_session_through_and_says_who_it_is_by_a_credential_alone,
    the_gate_sends_pages_to_the_login_and_tells_scripts_and_frames,
    an_open_page_asks_posternd_once_in_a_while,
);

fn state() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("state-of-a-test-{:027}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The address that a browser with a session is sent to.
fn sent_to(client: &mut FormClient<'_>, application: &str, state: &str) -> String {
    let reply = client.get(&format!("/application?name={application}&state={state}"));
    assert_eq!(reply.status, 303, "{}", reply.body);
    reply.header("location").unwrap().to_owned()
}

/// A parameter of an address.
pub(crate) fn parameter(address: &str, name: &str) -> String {
    let at = format!("{name}=");
    let rest = address.split(&at).nth(1).unwrap_or_else(|| panic!("no {name} in {address}"));
    rest.split(['&', '"']).next().unwrap().to_owned()
}

fn code(address: &str) -> String {
    let code = parameter(address, "postern_code");
    canary::register(&code);
    code
}

fn ask(host: &AccountHost, question: &str, body: &Value) -> HttpReply {
    let path = format!("/application/{question}");
    host.web.applications().request("POST", &path).json(body).send()
}

/// What a plugin gets for a code.
pub(crate) struct Got {
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) handle: String,
}

fn got(reply: &HttpReply) -> Got {
    assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")), "{}", reply.body);
    let answer = reply.json();
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    let got = Got { user: text("user"), password: text("password"), handle: text("handle") };
    canary::register(&got.password);
    canary::register(&got.handle);
    assert!(answer["idle_ends"].as_u64().unwrap() <= answer["ends"].as_u64().unwrap());
    got
}

pub(crate) fn let_in(host: &AccountHost, client: &mut FormClient<'_>) -> Got {
    let state = state();
    let address = sent_to(client, "roundcube", &state);
    got(&ask(host, "redeem", &json!({ "application": "roundcube", "code": code(&address), "state": state })))
}

fn a_browser_carries_a_code_to_its_web_mail_and_the_key_opens_mail_until_the_session_ends(
    host: &AccountHost,
) {
    let mut anna = host.enrolled_with("anna", &[]);
    let dovecot = host.site.dovecot();
    let mut client = FormClient::new(host);
    client.log_in(&anna);
    client.answer(&anna.app.code());
    let state = state();
    let address = sent_to(&mut client, "roundcube", &state);
    assert!(address.starts_with(&format!("{}?postern_code=", host.webmail_url())), "{address}");
    assert_eq!(parameter(&address, "postern_state"), state);
    let question = json!({ "application": "roundcube", "code": code(&address), "state": state });
    let in_mail = got(&ask(host, "redeem", &question));
    assert_eq!(in_mail.user, anna.unix.name);
    assert!(dovecot.imap(&in_mail.user, &in_mail.password).is_in());
    assert!(!dovecot.pop3(&in_mail.user, &in_mail.password).is_in(), "none of its services");
    assert!(!dovecot.imap(&in_mail.user, &anna.password).is_in(), "meanwhile");
    let line = guard::wait_for("the login in the log", Duration::from_secs(20), || {
        let log = host.posternd.log();
        log.lines()
            .find(|line| line.contains("credential=session") && line.contains("accept"))
            .map(str::to_owned)
    });
    assert!(line.contains(" session=") && line.contains("service=imap"), "{line}");
    let check =
        |is_active: bool| ask(host, "check", &json!({ "handle": in_mail.handle, "is_active": is_active }));
    assert_eq!(got(&check(true)).password, in_mail.password);
    // Ended at the account's pages.
    client.get("/security");
    client.submit("/log-out", &[]);
    assert_eq!((check(true).status, check(false).status), (403, 403));
    assert!(!dovecot.imap(&in_mail.user, &in_mail.password).is_in());
    // And from the web mail.
    let mut client = FormClient::new(host);
    client.log_in(&anna);
    client.answer(&anna.app.code());
    let in_mail = let_in(host, &mut client);
    assert!(dovecot.imap(&in_mail.user, &in_mail.password).is_in());
    assert_eq!(ask(host, "end", &json!({ "handle": in_mail.handle })).status, 204);
    assert!(!dovecot.imap(&in_mail.user, &in_mail.password).is_in());
    client.get("/security");
    assert_eq!(client.path, "/log-in?why=over");
    assert_eq!(ask(host, "end", &json!({ "handle": in_mail.handle })).status, 204, "it is not there");
}

fn a_login_goes_on_to_the_web_mail_that_sent_the_browser(host: &AccountHost) {
    let mut anna = host.enrolled_with("anna", &[]);
    let mut client = FormClient::new(host);
    let state = state();
    client.get(&format!("/application?name=roundcube&state={state}"));
    assert_eq!(client.path, "/log-in?to=application");
    assert!(client.page.body.contains("Log in to go on to your mail."), "{}", client.page.body);
    // Another language is no other way.
    let back = client.hidden("back").unwrap();
    client.submit("/language", &[("to", "zh-CN"), ("back", &back)]);
    assert_eq!(client.path, "/log-in?to=application");
    let back = client.hidden("back").unwrap();
    client.submit("/language", &[("to", "en"), ("back", &back)]);
    client.log_in_here(&anna);
    client.answer(&anna.app.code());
    assert_eq!(client.path, "/application");
    let page = client.page.body.clone();
    let refresh =
        format!("<meta http-equiv=\"refresh\" content=\"0; url={}?postern_code=", host.webmail_url());
    assert!(page.contains(&refresh) && page.contains("Your mail opens in a moment."), "{page}");
    assert_eq!(parameter(&page.replace("&amp;", "&"), "postern_state"), state);
    let question =
        json!({ "application": "roundcube", "code": code(&page.replace("&amp;", "&")), "state": state });
    assert_eq!(got(&ask(host, "redeem", &question)).user, anna.unix.name);
    assert!(client.cookie("goal").is_none());
    // A bookmark leads to the pages of the account.
    client.get("/application");
    assert_eq!(client.path, "/security");
    // An application that is none of this site's hears nothing.
    for query in
        ["name=squirrel&state=0123456789abcdef", "name=roundcube&state=short", "name=roundcube", "state=x"]
    {
        let reply = client.get(&format!("/application?{query}"));
        assert_eq!((reply.status, reply.header("location")), (404, None), "{query}");
    }
    // A person without a factor is led through the first binding where policy wants one, and goes on as well.
    let bert = host.user("bert");
    let mut client = FormClient::new(host);
    client.get(&format!("/application?name=roundcube&state={}", self::state()));
    client.log_in_here(&bert);
    assert_eq!(client.path, "/application", "{}", client.page.body);
}

fn nothing_but_a_code_of_this_browser_is_swapped(host: &AccountHost) {
    let anna = host.user("anna");
    let mut client = FormClient::logged_in(host, &anna);
    let mut fresh = || {
        let state = state();
        let address = sent_to(&mut client, "roundcube", &state);
        (code(&address), state)
    };
    let refused = |application: &str, code: &str, state: &str| {
        let question = json!({ "application": application, "code": code, "state": state });
        let reply = ask(host, "redeem", &question);
        assert_eq!((reply.status, reply.json()["error"].as_str()), (403, Some("over")), "{}", reply.body);
    };
    let (used, first) = fresh();
    drop(got(&ask(host, "redeem", &json!({ "application": "roundcube", "code": used, "state": first }))));
    refused("roundcube", &used, &first);
    let (foreign, other) = fresh();
    refused("roundcube", &foreign, &state());
    refused("roundcube", &foreign, &other);
    let (of_another, its) = fresh();
    refused("gated", &of_another, &its);
    for wrong in ["", "x", "postern_mail_x", &"A".repeat(4000)] {
        refused("roundcube", wrong, &its);
        assert_eq!(ask(host, "check", &json!({ "handle": wrong, "is_active": true })).status, 403);
    }
    for (question, body) in [
        ("redeem", json!({})),
        ("redeem", json!({ "application": "roundcube", "code": "x", "state": "y", "user": "root" })),
        ("check", json!({ "handle": "x" })),
        ("check", json!({ "handle": "x", "is_active": "true" })),
        ("end", json!({ "handle": 1 })),
        ("end", json!([])),
    ] {
        let reply = ask(host, question, &body);
        assert_eq!((reply.status, reply.json()["error"].as_str()), (400, Some("malformed")), "{body}");
    }
    let place = host.web.applications();
    let no_json = place.request("POST", "/application/end").body("handle=x").send();
    assert_eq!(no_json.status, 415);
    assert_eq!(place.request("GET", "/application/redeem").send().status, 405);
    // Nothing else is at this listener, and nothing of it at the others.
    for path in ["/", "/security", "/log-in", "/api/pending", "/application", "/gate/"] {
        assert_eq!(place.request("GET", path).send().status, 404, "{path}");
    }
    for path in ["/application/redeem", "/application/check", "/gate?application=gated", "/gate/log-in"] {
        let status = host.request("POST", path).json(&json!({ "handle": "x" })).send().status;
        assert_eq!(status, 404, "{path}");
    }
}

/// A question of nginx at the gate for `gated`.
fn at_gate(host: &AccountHost, path: &str, uri: &str, cookies: &str, more: &[(&str, &str)]) -> HttpReply {
    let mut request = host.web.at_gate(path, uri, cookies);
    for (name, value) in more {
        request = request.header(name, value);
    }
    request.send()
}

/// The cookies that a reply sets, without those that it removes.
pub(crate) fn cookies(reply: &HttpReply) -> Vec<(String, String)> {
    let lines =
        reply.headers.iter().filter(|(name, value)| name == "set-cookie" && !value.contains("Max-Age=0"));
    let pairs = lines.map(|(_, line)| line.split(';').next().unwrap().split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn cookie(reply: &HttpReply, ending: &str) -> String {
    let found = cookies(reply).into_iter().find(|(name, _)| name.ends_with(ending));
    let (name, value) = found.unwrap_or_else(|| panic!("no {ending}: {:?}", reply.headers));
    assert!(name.starts_with("__Host-postern-"), "{name}");
    canary::register(&value);
    format!("{name}={value}")
}

/// Goes through the login of the gate, and gives the cookie of the session at the web mail's host.
fn through_the_gate(host: &AccountHost, client: &mut FormClient<'_>, wanted: &str) -> String {
    let begun = at_gate(host, "/gate/log-in?application=gated", wanted, "", &[]);
    assert_eq!(begun.status, 303);
    let address = begun.header("location").unwrap().to_owned();
    assert!(address.starts_with(&host.url("/application?name=gated&state=")), "{address}");
    let kept = cookie(&begun, "-state");
    let back = sent_to(client, "gated", &parameter(&address, "state"));
    let (_, uri) = back.split_once(&host.gated_url()).unwrap();
    let uri = format!("/{uri}");
    // nginx is refused, so that the next question sets the cookie.
    assert_eq!(at_gate(host, "/gate?application=gated", &uri, &kept, &[]).status, 401);
    let others = format!("{kept}; webmail_session=x; __Secure-other=y");
    let done = at_gate(host, "/gate/log-in?application=gated", &uri, &others, &[]);
    assert_eq!((done.status, done.header("location")), (303, Some(wanted)), "{}", done.body);
    let cleared: Vec<&str> = done
        .headers
        .iter()
        .filter(|(name, value)| name == "set-cookie" && value.contains("Max-Age=0"))
        .map(|(_, value)| value.split('=').next().unwrap())
        .collect();
    assert_eq!(cleared, ["webmail_session", "__Secure-other", "__Host-postern-state"]);
    let again = at_gate(host, "/gate/log-in?application=gated", &uri, &kept, &[]);
    assert_eq!((again.status, cookies(&again)), (403, Vec::new()), "a code is good once");
    cookie(&done, "-application")
}

fn credential(reply: &HttpReply) -> (String, String) {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let basic = reply.header("authorization").unwrap().strip_prefix("Basic ").unwrap();
    let pair = String::from_utf8(STANDARD.decode(basic).unwrap()).unwrap();
    let (user, password) = pair.split_once(':').unwrap();
    canary::register(password);
    canary::register(basic);
    (user.to_owned(), password.to_owned())
}

fn the_gate_lets_a_session_through_and_says_who_it_is_by_a_credential_alone(host: &AccountHost) {
    let (anna, bert) = (host.user("anna"), host.user("bert"));
    let dovecot = host.site.dovecot();
    let mut client = FormClient::logged_in(host, &anna);
    let session = through_the_gate(host, &mut client, "/SOGo/so/anna/Mail/view");
    let gate = |cookies: &str, more: &[(&str, &str)]| {
        at_gate(host, "/gate?application=gated", "/SOGo/", cookies, more)
    };
    let reply = gate(&session, &[]);
    let (user, password) = credential(&reply);
    assert_eq!((user.as_str(), cookies(&reply)), (anna.unix.name.as_str(), Vec::new()));
    let names: Vec<&str> = reply.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.iter().all(|name| !name.contains("user") && !name.contains("remote")), "{names:?}");
    assert!(dovecot.imap(&user, &password).is_in());
    assert!(!dovecot.imap(&bert.unix.name, &password).is_in());
    // What a client says of itself is nothing.
    let claims = [
        ("Authorization", "Basic YWxpY2U6eA=="),
        ("Remote-User", "root"),
        ("X-Webobjects-Remote-User", "root"),
        ("X-Original_URI", "/"),
    ];
    assert_eq!(gate("", &claims).status, 401);
    assert_eq!(credential(&gate(&session, &claims)).0, anna.unix.name);
    for wrong in [
        format!("{session}; {session}"),
        session.replace("__Host-", ""),
        session.replace("application=", "application=A"),
        format!("__Host-postern-application={}", client.cookie("session").unwrap()),
        "__Host-postern-application=".to_owned(),
    ] {
        assert_eq!(gate(&wrong, &[]).status, 401, "{wrong}");
    }
    // The session of one application is none at another's gate.
    let at_another = at_gate(host, "/gate?application=roundcube", "/", &session, &[]);
    assert_eq!((at_another.status, at_another.header("authorization")), (401, None));
    for query in
        ["", "?application=", "?application=gated&answer=yes", "?application=gated&application=x", "?x=y"]
    {
        assert_eq!(at_gate(host, &format!("/gate{query}"), "/", &session, &[]).status, 400, "{query}");
    }
    // Logged out at the web mail: at both ends, and at once.
    let out = at_gate(host, "/gate/log-out?application=gated", "/SOGo/so/anna/logoff", &session, &[]);
    assert_eq!((out.status, out.header("location")), (303, Some(&*host.url("/log-in?why=out"))));
    assert_eq!(gate(&session, &[]).status, 401);
    assert!(!dovecot.imap(&user, &password).is_in());
    client.get("/security");
    assert_eq!(client.path, "/log-in?why=over");
}

fn the_gate_sends_pages_to_the_login_and_tells_scripts_and_frames(host: &AccountHost) {
    let begin =
        |uri: &str, more: &[(&str, &str)]| at_gate(host, "/gate/log-in?application=gated", uri, "", more);
    let page = begin("/SOGo/?a=b", &[("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]);
    assert_eq!(page.status, 303);
    let script = begin("/SOGo/x", &[("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty")]);
    assert_eq!((script.status, script.header("location")), (401, None));
    let told = script.json();
    assert_eq!((told["error"].as_str(), told["log_in"].as_str()), (Some("over"), Some(&*host.url("/"))));
    let frame = begin(
        "/SOGo/x",
        &[
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Dest", "iframe"),
            ("Accept-Language", "zh-CN,en;q=0.5"),
        ],
    );
    assert_eq!((frame.status, frame.header("location")), (401, None));
    assert!(frame.header("content-security-policy").unwrap().contains("frame-ancestors 'self'"));
    assert!(frame.body.contains("target=\"_top\"") && frame.body.contains("您已退出登录"), "{}", frame.body);
    // Caddy and Traefik pass the answer on.
    let passed_on = host
        .web
        .applications()
        .request("GET", "/gate?application=gated&answer=redirect")
        .header("X-Forwarded-Uri", "/SOGo/")
        .header("X-Forwarded-Method", "GET")
        .header("Accept", "text/html")
        .send();
    assert_eq!(passed_on.status, 303);
    assert!(passed_on.header("location").unwrap().starts_with(&host.url("/application?name=gated")));
    // A code of another tab, or of no login of this browser at all.
    let kept = cookie(&page, "-state");
    for uri in ["/?postern_code=x.y&postern_state=z", "/?postern_code=a&postern_state=b&x=/"] {
        let other = at_gate(host, "/gate/log-in?application=gated", uri, &kept, &[]);
        assert_eq!((other.status, other.header("location"), cookies(&other)), (303, Some("/"), Vec::new()));
        let refused = at_gate(host, "/gate/log-in?application=gated", uri, "", &[]);
        assert_eq!((refused.status, cookies(&refused)), (403, Vec::new()), "{uri}");
        assert!(refused.body.contains("You are not logged in"), "{}", refused.body);
    }
    // A link of another site logs nobody out.
    let key = "__Host-postern-application=x";
    let cross = [("Sec-Fetch-Site", "cross-site")];
    let stays = at_gate(host, "/gate/log-out?application=gated", "/logoff", key, &cross);
    assert_eq!((stays.status, stays.header("location")), (303, Some("/")));
    // No address leads elsewhere.
    for uri in ["//evil.example/", "/\\evil.example", "https://evil.example/"] {
        let anna = host.user("anna");
        let mut client = FormClient::logged_in(host, &anna);
        drop(through_the_gate_to_start(host, &mut client, uri));
    }
}

fn through_the_gate_to_start(host: &AccountHost, client: &mut FormClient<'_>, asked: &str) -> HttpReply {
    let begun = at_gate(host, "/gate/log-in?application=gated", asked, "", &[]);
    let address = begun.header("location").unwrap().to_owned();
    let back = sent_to(client, "gated", &parameter(&address, "state"));
    let (_, uri) = back.split_once(&host.gated_url()).unwrap();
    let kept = cookie(&begun, "-state");
    let done = at_gate(host, "/gate/log-in?application=gated", &format!("/{uri}"), &kept, &[]);
    assert_eq!((done.status, done.header("location")), (303, Some("/")), "{asked}");
    done
}

fn an_open_page_asks_posternd_once_in_a_while(host: &AccountHost) {
    let anna: LoginUser = host.user("anna");
    let mut client = FormClient::logged_in(host, &anna);
    let session = through_the_gate(host, &mut client, "/");
    let asked = || host.posternd.log().matches("verdict=accept flow=application_check").count();
    for file in 0..20 {
        let reply = at_gate(host, "/gate?application=gated", &format!("/{file}.css"), &session, &[]);
        assert_eq!(reply.status, 200);
    }
    assert_eq!(asked(), 0, "what is repeated all the time is not logged");
    client.get("/security");
    client.submit("/log-out", &[]);
    let ended = guard::wait_for("the end of the answer", Duration::from_secs(20), || {
        let reply = at_gate(host, "/gate?application=gated", "/a.css", &session, &[]);
        (reply.status == 401).then_some(reply)
    });
    assert_eq!(ended.header("postern-log-in"), Some(&*host.url("/")));
}
