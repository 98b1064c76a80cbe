//! What people try at a page that anybody can reach.

use postern_tests::account_host::AccountHost;
use postern_tests::form_client::FormClient;

use crate::on_both;

on_both!(
    a_session_begins_with_its_login_and_ends_with_its_logout,
    a_form_of_another_site_changes_nothing,
    a_session_is_good_for_its_own_account_alone,
    a_question_belongs_to_the_browser_that_began_it,
    stored_texts_are_text,
    other_hosts_and_paths_are_refused,
    every_answer_has_the_headers_that_protect_it,
    a_form_with_other_fields_is_refused,
);

const SESSION: &str = "-session";

fn a_session_begins_with_its_login_and_ends_with_its_logout(host: &AccountHost) {
    let anna = host.user("anna");
    let mut client = FormClient::new(host);
    // A session that somebody planted is none.
    client.cookies.insert("__Host-postern-session".to_owned(), "A".repeat(60));
    let visitor = client.cookie("-visitor").unwrap();
    client.get("/security");
    assert_eq!(client.path, "/log-in?why=over");
    client.log_in(&anna);
    assert_eq!(client.path, "/security");
    assert_ne!(client.cookie("-visitor").unwrap(), visitor, "the token of the forms is another one");
    let copy = client.clone();
    client.submit("/log-out", &[]);
    assert!(client.page.body.contains("You are logged out."));
    assert_eq!(client.cookie(SESSION), None);
    assert!(client.replies[0].header("clear-site-data").unwrap().contains("\"cache\""));
    // The cookie of before, and the page from the browser's memory.
    for path in ["/security", "/app-passwords", "/devices"] {
        let mut replayed = copy.clone();
        assert!(replayed.get(path).body.contains("You were logged out."), "{path}");
    }
    let mut replayed = copy;
    replayed.submit("/app-passwords/create", &[("label", "x"), ("imap", "on")]);
    assert!(replayed.page.body.contains("You were logged out."), "{}", replayed.page.body);
}

fn a_form_of_another_site_changes_nothing(host: &AccountHost) {
    let anna = host.user("anna");
    let client = FormClient::logged_in(host, &anna);
    let forged: [&[(&str, &str)]; 4] = [
        &[("Origin", "https://evil.example")],
        &[("Origin", "null")],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
    ];
    for headers in forged {
        let mut client = client.clone();
        client.headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        for (path, fields) in [
            ("/log-out", &[][..]),
            ("/log-in", &[("user", "x"), ("password", "y")]),
            ("/app-passwords/create", &[("label", "x"), ("imap", "on")]),
            ("/security/recovery-codes", &[]),
            ("/devices/log-out-everywhere", &[]),
            ("/language", &[("to", "zh-CN"), ("back", "/")]),
        ] {
            client.get("/security");
            assert_eq!(client.submit(path, fields).status, 403, "{path} {headers:?}");
        }
    }
    let own = format!("https://{}", host.authority());
    for token in ["", "AAAA", &client.hidden("token").unwrap().to_lowercase()] {
        let mut client = client.clone();
        client.headers = vec![("Origin".to_owned(), own.clone())];
        assert_eq!(client.submit("/log-out", &[("token", token)]).status, 403, "{token}");
    }
    let mut client = client;
    client.headers = vec![("Origin".to_owned(), own)];
    assert!(client.get("/app-passwords").body.contains("You have no app passwords."));
    client.submit("/app-passwords/create", &[("label", "Foxmail"), ("imap", "on")]);
    assert!(client.page.body.contains("shown only this once"), "{}", client.page.body);
}

fn a_session_is_good_for_its_own_account_alone(host: &AccountHost) {
    let (anna, bert) = (host.user("anna"), host.user("bert"));
    let mut of_anna = FormClient::logged_in(host, &anna);
    of_anna.submit("/app-passwords/create", &[("label", "Annas"), ("imap", "on")]);
    let id = host.site.cli_json(&["app-password", "list", &anna.unix.name])["app_passwords"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut of_bert = FormClient::logged_in(host, &bert);
    assert!(!of_bert.get("/app-passwords").body.contains("Annas"));
    of_bert.submit("/app-passwords/revoke", &[("id", &id)]);
    assert_eq!(of_bert.page.status, 403, "{}", of_bert.page.body);
    assert!(of_anna.get("/app-passwords").body.contains("Annas"));
}

fn a_question_belongs_to_the_browser_that_began_it(host: &AccountHost) {
    let mut anna = host.enrolled_with("anna", &[]);
    let mut own = FormClient::new(host);
    own.log_in(&anna);
    assert!(own.path.starts_with("/step/") && own.cookie(SESSION).is_none(), "{}", own.page.body);
    let mut other = FormClient::new(host);
    let code = anna.app.code();
    let path = own.path.clone();
    other.get(&path);
    assert!(other.page.body.contains("was not finished"), "{}", other.page.body);
    other.submit(&path, &[("answer", &code), ("turn", "1")]);
    assert!(other.cookie(SESSION).is_none());
    // An old page of the same browser, and then the right one.
    own.submit(&path, &[("answer", &code), ("turn", "0")]);
    assert!(own.page.body.contains("That page was out of date"), "{}", own.page.body);
    own.answer(&code);
    assert_eq!(own.path, "/security", "{}", own.page.body);
    own.get(&path);
    assert!(own.path.starts_with("/security"), "it is over");
}

fn stored_texts_are_text(host: &AccountHost) {
    let script = "<script>alert(1)</script>";
    let anna = host.user("anna");
    let mut client = FormClient::new(host);
    client.headers = vec![("User-Agent".to_owned(), format!("Firefox/1 Linux {script}"))];
    client.log_in(&anna);
    for label in [script, "\"><img src=x onerror=alert(1)>", "{{x}}", "a&lt;b"] {
        client.get("/app-passwords");
        client.submit("/app-passwords/create", &[("label", label), ("imap", "on")]);
        assert!(client.page.body.contains("shown only this once"), "{label}: {}", client.page.body);
        assert!(
            !client.page.body.contains("<script>alert") && !client.page.body.contains("<img src=x"),
            "{label}"
        );
    }
    for path in ["/app-passwords", "/devices", "/security"] {
        let body = &client.get(path).body;
        assert!(!body.contains("<script>alert") && !body.contains("<img src=x"), "{path}: {body}");
    }
    assert!(client.get("/app-passwords").body.contains("a&amp;lt;b"));
    client.submit("/app-passwords/create", &[("label", "\u{202e}x"), ("imap", "on")]);
    client.get("/log-in");
    client.submit("/log-in", &[("user", "\"><script>alert(2)</script>"), ("password", "x")]);
    assert_eq!(client.page.status, 403);
    assert!(!client.page.body.contains("<script>alert"), "{}", client.page.body);
}

fn other_hosts_and_paths_are_refused(host: &AccountHost) {
    for other in ["evil.example", "localhost", "localhost:1", "", "127.0.0.1@evil.example"] {
        let reply = host.request("GET", "/log-in").header("Host", other).send();
        assert!(matches!(reply.status, 400 | 421), "{other}: {}", reply.status);
        assert!(reply.header("set-cookie").is_none());
    }
    let target = format!("http://evil.example{}", "/log-in");
    assert!(matches!(host.request("GET", &target).send().status, 400 | 421));
    // Each site has its own paths.
    assert_eq!(host.request("GET", "/api/pending").send().status, 404);
    assert_eq!(host.request("GET", "/app.js").send().status, 404);
    assert_eq!(host.web.get("/log-in").status, 404);
    assert_eq!(host.web.get("/account.js").status, 404);
    for path in
        ["/security/../devices", "//security", "/security/", "/step/..%2f..%2fetc", "/%2e%2e/", "/log-in/x"]
    {
        assert_eq!(host.request("GET", path).send().status, 404, "{path}");
    }
    for path in ["/security/remove", "/app-passwords/revoke-all", "/log-out", "/language"] {
        assert_eq!(host.request("GET", path).send().status, 405, "{path}");
    }
    for query in [
        "/log-in?why=https://evil.example",
        "/log-in?return=https://evil.example",
        "/log-in?why=over&x=%3Cscript%3E",
    ] {
        let reply = host.request("GET", query).send();
        assert!(
            reply.status == 200 && !reply.body.contains("evil") && !reply.body.contains("<script>"),
            "{query}"
        );
    }
}

fn every_answer_has_the_headers_that_protect_it(host: &AccountHost) {
    let anna = host.user("anna");
    let mut client = FormClient::logged_in(host, &anna);
    for path in ["/security", "/log-in", "/account.css", "/account.js", "/nothing", "/", "/devices"] {
        client.get(path);
        for reply in &client.replies {
            let header = |name: &str| reply.header(name).unwrap_or_default().to_owned();
            let policy = header("content-security-policy");
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
            assert!(
                policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"),
                "{path}"
            );
            assert!(header("strict-transport-security").contains("63072000"), "{path}");
            assert!(header("permissions-policy").contains("publickey-credentials-get=(self)"), "{path}");
            for (name, value) in [
                ("cache-control", "no-store"),
                ("x-frame-options", "deny"),
                ("x-content-type-options", "nosniff"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                ("cross-origin-embedder-policy", "require-corp"),
            ] {
                assert_eq!(header(name), value, "{path} {name}");
            }
        }
        assert!(!client.page.body.contains(" style=") && !client.page.body.contains("<style"), "{path}");
    }
    for cookie in client.clone().cookies.keys() {
        assert!(cookie.starts_with("__Host-"), "{cookie}");
    }
    let reply = FormClient::new(host).page;
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.contains("; Secure; HttpOnly; SameSite=Lax"), "{cookie}");
}

fn a_form_with_other_fields_is_refused(host: &AccountHost) {
    let anna = host.user("anna");
    let mut client = FormClient::logged_in(host, &anna);
    for fields in [
        &[("label", "x"), ("more", "y")][..],
        &[("label", "x"), ("label", "y")],
        &[("label", "x"), ("web_session", "y")],
    ] {
        assert_eq!(client.submit("/app-passwords/create", fields).status, 403, "{fields:?}");
        client.get("/app-passwords");
    }
    let large = "x".repeat(9_000);
    assert_eq!(client.submit("/app-passwords/create", &[("label", &large)]).status, 413);
    client.get("/app-passwords");
    // What is wrong is said beside the field, and what was typed stays.
    client.submit(
        "/app-passwords/create",
        &[("label", "Foxmail"), ("imap", "on"), ("networks", "not a network")],
    );
    assert_eq!(client.page.status, 400);
    assert!(client.page.body.contains("id=\"networks-problem\""), "{}", client.page.body);
    assert!(
        client.page.body.contains("value=\"Foxmail\"")
            && client.page.body.contains("value=\"not a network\"")
    );
    client.submit("/app-passwords/create", &[("label", "Foxmail")]);
    assert!(client.page.body.contains("id=\"scope-problem\""), "nothing was ticked: {}", client.page.body);
}
