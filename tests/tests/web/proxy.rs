//! The example for nginx before postern-web, with a port of loopback in the place of TLS.

use postern_tests::guard::free_port;
use postern_tests::http::Place;
use postern_tests::nginx::{Nginx, Security};
use serde_json::json;

use crate::served;

const BODY: &str = r#"{"account":"a","factor":"f","time":"1","signature":"s"}"#;

#[test]
fn behind_nginx_the_client_is_the_one_nginx_sees_and_the_cookie_is_for_https() {
    for (name, lines) in [("nginx", ""), ("nginx_unix", "listen = \"unix:…\"")] {
        let (_dir, phone_posternd, web) = served(name, lines);
        let nginx = Nginx::start(name, &web, free_port(), Security::None);
        let place = Place::Port(nginx.phone);
        let page = place.request("GET", "/").send();
        let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap();
        assert!(cookie.starts_with("__Host-postern="), "{cookie}");
        assert!(page.header("strict-transport-security").is_some());
        let token = cookie.split_once('=').unwrap().1;
        let post = |origin: &str| {
            place
                .request("POST", "/api/pending")
                .header("Cookie", cookie)
                .header("X-Postern-Token", token)
                .header("X-Forwarded-For", "198.51.100.66")
                .header("Content-Type", "application/json")
                .header("Origin", origin)
                .body(BODY)
                .send()
        };
        let own = post(&format!("https://{}", place.host()));
        assert_eq!((own.status, own.json()["reason"].clone()), (403, json!("unknown_account")));
        assert_eq!(
            phone_posternd.state().visitors,
            [(json!(null), json!("127.0.0.1"))],
            "not what the visitor says"
        );
        assert_eq!(post("https://evil.example").json()["reason"], "token");
        let large = place.request("POST", "/api/pending").body(vec![b'x'; 9_000]).send();
        assert_eq!(large.status, 413);
    }
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
