//! Requests that another site, or a page without an origin, makes in a visitor's name.

use serde_json::json;

use crate::served;

const BODY: &str = r#"{"account":"a","factor":"f","time":"1","signature":"s"}"#;

#[test]
fn without_the_pages_token_nothing_reaches_posternd() {
    let (_dir, phone_posternd, web) = served("forgery", "");
    let (cookie, token) = web.token();
    let (_, other) = web.token();
    assert_ne!(token, other);
    let post = || web.place().request("POST", "/api/pending").header("Content-Type", "application/json");
    for (what, request) in [
        ("neither", post()),
        ("no header", post().header("Cookie", &cookie)),
        ("no cookie", post().header("X-Postern-Token", &token)),
        ("another's", post().header("Cookie", &cookie).header("X-Postern-Token", &other)),
        ("cut", post().header("Cookie", &cookie).header("X-Postern-Token", &token[..42])),
        ("empty", post().header("Cookie", "postern=").header("X-Postern-Token", "")),
        ("chosen", post().header("Cookie", "postern=x").header("X-Postern-Token", "x")),
    ] {
        let reply = request.body(BODY).send();
        assert_eq!((reply.status, reply.json()["reason"].clone()), (403, json!("token")), "{what}");
    }
    assert!(phone_posternd.conversations().is_empty());
    let right = post().header("Cookie", &cookie).header("X-Postern-Token", &token).body(BODY).send();
    assert_eq!(right.json()["reason"], "unknown_account", "posternd's own word");
    assert_eq!(phone_posternd.conversations().len(), 1);
}

#[test]
fn another_site_is_refused_even_with_the_token() {
    let (_dir, phone_posternd, web) = served("cross_site", "");
    let own = format!("http://{}", web.place().host());
    for (name, value) in [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", "http://127.0.0.1"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Sec-Fetch-Site", "none"),
    ] {
        let reply = web.api("pending").header(name, value).json(&json!({})).send();
        assert_eq!((reply.status, reply.json()["reason"].clone()), (403, json!("token")), "{name}: {value}");
    }
    assert!(phone_posternd.conversations().is_empty());
    let reply = web.api("pending").header("Origin", &own).header("Sec-Fetch-Site", "same-origin");
    assert_eq!(
        reply.header("Content-Type", "application/json").body(BODY).send().json()["reason"],
        "unknown_account"
    );
}

#[test]
fn only_json_of_the_verbs_own_fields_is_passed_on() {
    let (_dir, phone_posternd, web) = served("json", "");
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
        let reply = web.api("pending").header("Content-Type", kind).body(BODY).send();
        assert_eq!(reply.status, 415, "{kind}");
    }
    assert_eq!(web.api("pending").body(BODY).send().status, 415, "no type");
    for body in [
        "",
        "{",
        "[]",
        "null",
        "\"text\"",
        "{}",
        r#"{"account":"a"}"#,
        r#"{"account":"a","factor":"f","time":1,"signature":"s"}"#,
        r#"{"account":null,"factor":"f","time":"1","signature":"s"}"#,
        r#"{"account":{"x":"y"},"factor":"f","time":"1","signature":"s"}"#,
        r#"{"account":"a","factor":"f","time":"1","signature":"s","number":"07"}"#,
        r#"{"account":"a","account":"b","factor":"f","time":"1","signature":"s"}"#,
        r#"{"account":"a","factor":"f","time":"1","signature":"s"}{}"#,
        "{\"account\":\"\u{0}\",\"factor\":\"f\",\"time\":\"1\",\"signature\":\"s\"}",
        r#"{"account":"\ud800","factor":"f","time":"1","signature":"s"}"#,
    ] {
        let reply = web.api("pending").header("Content-Type", "application/json").body(body).send();
        assert_eq!((reply.status, reply.json()["reason"].clone()), (400, json!("malformed")), "{body}");
        assert_eq!(reply.json()["verdict"], "error");
    }
    let latin = web
        .api("pending")
        .header("Content-Type", "application/json")
        .body(b"{\"account\":\"\xe4\"}".to_vec());
    assert_eq!(latin.send().status, 400);
    assert!(phone_posternd.conversations().is_empty());
    let reply =
        web.api("pending").header("Content-Type", "application/json; charset=utf-8").body(BODY).send();
    assert_eq!(reply.status, 403);
}

#[test]
fn posternd_is_told_only_what_the_page_sent() {
    let (_dir, phone_posternd, web) = served("relay", "");
    let body =
        json!({"account": "a", "challenge": "c", "key": "k", "name": "工作 \"\u{7}\n📱", "proof": "p"});
    assert_eq!(web.ask("bind", &body).0, 403);
    let begin = phone_posternd.conversations()[0][0]["begin"].clone();
    assert_eq!(begin["arguments"], body);
    assert_eq!(begin["flow"], "phone_bind");
    assert_eq!(
        (&begin["user"], &begin["service"], &begin["secret"]),
        (&json!(""), &json!("web"), &json!(null))
    );
    assert_eq!((&begin["interactive"], &begin["device"]), (&json!(false), &json!(null)));
    let log = web.log();
    assert!(!log.contains("工作") && !log.contains("proof"), "{log}");
}

#[test]
fn the_log_has_a_line_for_each_request_without_its_content() {
    let (_dir, _desk, web) = served("log", "");
    let (cookie, token) = web.token();
    drop(web.get("/?secret=hunter2"));
    drop(web.get("/hunter2/%0a2031-01-01"));
    drop(web.place().request("HUNTER2", "/x").send());
    let request =
        web.place().request("POST", "/api/ring").header("Cookie", &cookie).header("X-Postern-Token", &token);
    drop(request.json(&json!({"hunter2": "hunter2"})).send());
    for request in ["GET / 200", "- - (unknown) 404", "POST /api/ring 400"] {
        drop(web.logged(&[request]));
    }
    let log = web.log();
    assert!(!log.contains("hunter2") && !log.contains("HUNTER2") && !log.contains(&token), "{log}");
}
