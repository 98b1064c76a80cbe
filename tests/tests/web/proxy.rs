//! The examples of proxies before postern-web, with a port of loopback in the place of TLS.

use postern_tests::caddy::Caddy;
use postern_tests::guard::free_port;
use postern_tests::http::Place;
use postern_tests::nginx::{Nginx, Security};
use serde_json::json;

use crate::phone_posternd::PhonePosternd;
use crate::served;

const BODY: &str = r#"{"account":"a","factor":"f","time":"1","signature":"s"}"#;

#[test]
fn behind_nginx_the_client_is_the_one_nginx_sees_and_the_cookie_is_for_https() {
    for (name, lines) in [("nginx", ""), ("nginx_unix", "listen = \"unix:…\"")] {
        let (_dir, phone_posternd, web) = served(name, lines);
        let nginx = Nginx::start(name, &web, free_port(), Security::None);
        let place = Place::Port(nginx.phone);
        check_the_phones_page(&place, &place.host(), &phone_posternd);
    }
}

#[test]
fn behind_caddy_the_client_is_the_one_caddy_sees_and_each_host_has_its_site() {
    let urls = "url = \"https://2fa.example.org/\"\naccount_url = \"https://account.example.org/\"\n\
                autoconfig_hosts = [\"autoconfig.example.org\"]\n";
    for (name, lines) in [("caddy", ""), ("caddy_unix", "listen = \"unix:…\"\n")] {
        let (_dir, phone_posternd, web) = served(name, &format!("{lines}{urls}"));
        let caddy = Caddy::start(name, &web);
        let place = Place::Port(caddy.port);
        check_the_phones_page(&place, "2fa.example.org", &phone_posternd);
        let get = |host: &str, path: &str| place.request("GET", path).header("Host", host).send();
        let login = get("account.example.org", "/log-in");
        assert_eq!(login.status, 200);
        assert!(
            login.body.contains("name=\"password\"") && login.header("strict-transport-security").is_some()
        );
        let large =
            place.request("POST", "/log-in").header("Host", "account.example.org").body(vec![b'x'; 9_000]);
        assert_eq!(large.send().status, 413);
        let autoconfig = |path: &str| get("autoconfig.example.org", path).status;
        assert_eq!((autoconfig("/mail/config-v1.1.xml"), autoconfig("/log-in")), (503, 404));
        assert!(!get("elsewhere.example.org", "/log-in").body.contains("password"), "no site of the example");
    }
}

/// The page sets a cookie for https, and posternd is told the proxy's client, whatever that says of itself.
fn check_the_phones_page(place: &Place, host: &str, posternd: &PhonePosternd) {
    let page = place.request("GET", "/").header("Host", host).send();
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap();
    assert!(cookie.starts_with("__Host-postern="), "{cookie}");
    assert!(page.header("strict-transport-security").is_some());
    let token = cookie.split_once('=').unwrap().1;
    let post = |origin: &str, body: &[u8]| {
        place
            .request("POST", "/api/pending")
            .header("Host", host)
            .header("Cookie", cookie)
            .header("X-Postern-Token", token)
            .header("X-Forwarded-For", "198.51.100.66")
            .header("Content-Type", "application/json")
            .header("Origin", origin)
            .body(body)
            .send()
    };
    let origin = format!("https://{host}");
    let own = post(&origin, BODY.as_bytes());
    assert_eq!((own.status, own.json()["reason"].clone()), (403, json!("unknown_account")));
    assert_eq!(posternd.state().visitors, [(json!(null), json!("127.0.0.1"))], "not what the visitor says");
    assert_eq!(post("https://evil.example", BODY.as_bytes()).json()["reason"], "token");
    assert_eq!(post(&origin, &[b'x'; 9_000]).status, 413);
}

#[test]
fn behind_nginx_a_host_for_mail_programs_passes_on_their_file_alone() {
    let hosts = "autoconfig_hosts = [\"autoconfig.example.org\"]";
    let (_dir, phone_posternd, web) = served("nginx_autoconfig", hosts);
    let nginx = Nginx::start("nginx_autoconfig", &web, free_port(), Security::None);
    let place = Place::Port(nginx.autoconfig);
    let status =
        |path: &str| place.request("GET", path).header("Host", "autoconfig.example.org").send().status;
    for path in ["/", "/health", "/app.js", "/mail/config-v1.1.xml/", "/mail/config-v1a1.xml"] {
        assert_eq!(status(path), 404, "{path}");
    }
    assert!(phone_posternd.conversations().is_empty());
    // This posternd knows nothing of settings.
    assert_eq!(status("/mail/config-v1.1.xml?emailaddress=a@example.org"), 503);
    assert_eq!(status("/.well-known/autoconfig/mail/config-v1.1.xml"), 503);
    assert_eq!(phone_posternd.conversations()[0][0]["begin"]["flow"], "mail_settings");
}
