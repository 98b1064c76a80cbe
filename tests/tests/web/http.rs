use std::os::unix::fs::PermissionsExt;

use postern_tests::{Ran, host};
use serde_json::json;

use crate::served;

const FILES: &[(&str, &str)] = &[
    ("/", "text/html; charset=utf-8"),
    ("/index.html", "text/html; charset=utf-8"),
    ("/app.js", "text/javascript; charset=utf-8"),
    ("/words.js", "text/javascript; charset=utf-8"),
    ("/sw.js", "text/javascript; charset=utf-8"),
    ("/style.css", "text/css; charset=utf-8"),
    ("/manifest.webmanifest", "application/manifest+json"),
    ("/icon.svg", "image/svg+xml"),
    ("/icon-180.png", "image/png"),
    ("/icon-512.png", "image/png"),
    ("/health", "text/plain; charset=utf-8"),
];

#[test]
fn every_answer_keeps_the_page_to_itself() {
    let (_dir, _desk, web) = served("headers", "");
    let replies = FILES.iter().map(|(path, _)| web.get(path)).chain([
        web.get("/nothing"),
        web.place().request("PUT", "/").send(),
        web.place().request("POST", "/api/pending").json(&json!({})).send(),
        web.api("pending").json(&json!({})).send(),
    ]);
    for reply in replies {
        let header = |name: &str| reply.header(name).unwrap_or_default();
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ] {
            assert!(policy.contains(part), "{part}: {reply:?}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!(header("cache-control"), "no-store", "{reply:?}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert!(header("permissions-policy").contains("camera=()"));
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        assert!(!reply.body.is_empty(), "never a blank page: {reply:?}");
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
}

#[test]
fn each_file_has_its_type_and_head_has_no_body() {
    let (_dir, _desk, web) = served("files", "");
    for (path, kind) in FILES {
        let got = web.get(path);
        assert_eq!((got.status, got.header("content-type")), (200, Some(*kind)), "{path}");
        let head = web.place().request("HEAD", path).send();
        assert_eq!(
            (head.status, head.header("content-type"), head.body.as_str()),
            (200, Some(*kind), ""),
            "{path}"
        );
    }
    assert_eq!(web.get("/?from=singlemessage&isappinstalled=0").status, 200, "as WeChat shares it");
    assert_eq!(web.get("/health").body, "ok\n");
}

#[test]
fn unknown_paths_are_not_found_and_wrong_methods_name_the_right_ones() {
    let (_dir, phone_posternd, web) = served("paths", "");
    for path in [
        "/app.js/",
        "//",
        "/../etc/passwd",
        "/%2e%2e/etc/passwd",
        "/api",
        "/api/",
        "/api/login",
        "/c.x.y",
        "/mail/",
        "/mail/config-v1.1.xml/",
        "/.well-known/autoconfig/mail/../mail/config-v1.1.xml",
        "/index.htm",
    ] {
        assert_eq!(web.get(path).status, 404, "{path}");
    }
    for (method, path, allow) in [
        ("POST", "/", "GET, HEAD"),
        ("DELETE", "/app.js", "GET, HEAD"),
        ("OPTIONS", "/api/answer", "POST"),
        ("GET", "/api/answer", "POST"),
        ("HEAD", "/api/pending", "POST"),
        ("PUT", "/api/bind", "POST"),
        ("POST", "/mail/config-v1.1.xml", "GET, HEAD"),
    ] {
        let reply = web.place().request(method, path).send();
        assert_eq!((reply.status, reply.header("allow")), (405, Some(allow)), "{method} {path}");
    }
    assert!(phone_posternd.conversations().is_empty());
}

#[test]
fn looking_at_an_approval_a_hundred_times_changes_nothing() {
    let (_dir, phone_posternd, web) = served("looking", "");
    let id = phone_posternd.challenge(1, 100);
    for number in 0..100 {
        let method = if number % 2 == 0 { "GET" } else { "HEAD" };
        // As link scanners do: with everything that they found in the message.
        for path in [
            "/".to_owned(),
            format!("/?c={id}&choice=approve&number=07"),
            format!("/api/answer?challenge={id}&choice=approve&number=07"),
            format!("/api/answer/{id}"),
        ] {
            let status = web.place().request(method, &path).send().status;
            assert!([200, 404, 405].contains(&status), "{status}");
        }
    }
    assert!(phone_posternd.conversations().is_empty(), "posternd heard nothing of it");
    assert_eq!(phone_posternd.state().challenges.len(), 1);
}

#[test]
fn only_the_proxy_determines_the_client() {
    let (_dir, phone_posternd, web) = served("proxy", "");
    let body = json!({"account": "a", "factor": "f", "time": "1", "signature": "s"});
    let ask = |lines: &[(&str, &str)]| {
        let request =
            lines.iter().fold(web.api("pending"), |request, (name, value)| request.header(name, value));
        assert_eq!(request.json(&body).send().status, 403);
        phone_posternd.state().visitors.pop().unwrap()
    };
    assert_eq!(ask(&[]).1, json!(null));
    assert_eq!(ask(&[("X-Forwarded-For", "198.51.100.9, 203.0.113.7")]).1, "203.0.113.7");
    assert_eq!(ask(&[("X-Forwarded-For", "2001:db8::7")]).1, "2001:db8::7");
    assert_eq!(ask(&[("X-Forwarded-For", "203.0.113.7, not an address")]).1, json!(null));
    assert_eq!(ask(&[("Accept-Language", "zh-Hans,en;q=0.5")]).0, "zh-Hans");
    assert_eq!(ask(&[("Accept-Language", "\"};")]).0, json!(null));
    drop(web.logged(&[" 203.0.113.7 POST /api/pending 403 "]));
}

#[test]
fn over_https_the_cookie_belongs_to_this_host_alone() {
    let (_dir, _desk, web) = served("cookie", "");
    let plain = web.get("/").header("set-cookie").unwrap().to_owned();
    assert!(
        plain.starts_with("postern=") && plain.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{plain}"
    );
    let https = web.place().request("GET", "/").header("X-Forwarded-Proto", "https").send();
    let secure = https.header("set-cookie").unwrap();
    assert!(
        secure.starts_with("__Host-postern=") && secure.ends_with("; SameSite=Strict; Secure"),
        "{secure}"
    );
}

#[test]
fn a_unix_socket_is_for_its_own_user_and_group() {
    let (_dir, _desk, web) = served("unix", "listen = \"unix:…\"");
    let socket = web.dir().join("http.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o660);
    assert_eq!(web.get("/health").body, "ok\n");
    drop(web);
    assert!(!socket.exists(), "it goes with the process");
}

#[test]
fn a_broken_configuration_is_told_with_its_line() {
    host::require_test_host();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("web.toml");
    let check = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let mut command = std::process::Command::new(host::program("postern-web"));
        Ran::of(command.arg("--check").arg("--config").arg(&file), b"", std::time::Duration::from_secs(10))
    };
    assert_eq!(check("listen = \"[::1]:8480\"\n").code, 0);
    for (text, parts) in [
        ("\nlisen = \"127.0.0.1:1\"\n", ["line 2", "lisen", "`listen`"]),
        ("listen = \"0.0.0.0:8480\"\n", ["listen", "without TLS", "127.0.0.1"]),
        ("[limits]\nbody = \"8k\"\n", ["line 2", "body", "invalid type"]),
    ] {
        let ran = check(text);
        assert_eq!(ran.code, 78, "{ran:?}");
        for part in parts {
            assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        }
    }
}
