use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn a_missing_file_means_the_defaults() {
    let config = Config::load(Path::new("/nonexistent/web.toml")).unwrap();
    assert_eq!(config.listen, Listen::Loopback("127.0.0.1:8480".parse().unwrap()));
    assert_eq!(config.client_address_header, Some("x-forwarded-for".parse().unwrap()));
    assert_eq!(config.limits.body, 8192);
}

#[test]
fn a_file_that_others_may_write_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("web.toml");
    std::fs::write(&path, "").unwrap();
    for (mode, is_taken) in [(0o644, true), (0o664, false), (0o646, false)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(Config::load(&path).is_ok(), is_taken, "{mode:o}");
    }
}

#[test]
fn every_key_is_read() {
    let text = "socket = \"/tmp/p.sock\"\nlisten = \"unix:/tmp/h.sock\"\nclient_address_header = \"\"\n\
                autoconfig_hosts = [\"autoconfig.example.org\"]\n[limits]\n\
                connections = 1\nconversations = 2\nbody = 2048\nheader_time = \"3s\"\nrequest_time = \"4s\"\n\
                per_client = 6\nbody_time = \"5s\"\n[branding]\nname = \"Example\"\n\
                [applications]\nlisten = \"127.0.0.1:8481\"\nrefresh = { sogo = [\"/unseen\"] }\n";
    let text =
        format!("url = \"https://2fa.example.org/\"\naccount_url = \"https://account.example.org/\"\n{text}");
    let url = |text| SiteUrl::parse(text).unwrap();
    let branding = toml::from_str("name = \"Example\"").unwrap();
    let expected = Config {
        sites: Sites::Both {
            phone: url("https://2fa.example.org/"),
            account: url("https://account.example.org/"),
        },
        branding: Branding::read(branding).unwrap(),
        applications: Some(Applications {
            listen: Listen::Loopback("127.0.0.1:8481".parse().unwrap()),
            refresh: [("sogo".to_owned(), vec!["/unseen".to_owned()])].into(),
        }),
        socket: "/tmp/p.sock".into(),
        listen: Listen::Unix("/tmp/h.sock".into()),
        client_address_header: None,
        autoconfig_hosts: HostNames::parse(vec!["autoconfig.example.org".to_owned()]).unwrap(),
        limits: Limits {
            connections: 1,
            per_client: 6,
            conversations: 2,
            body: 2048,
            header_time: Duration::from_secs(3),
            body_time: Duration::from_secs(5),
            request_time: Duration::from_secs(4),
        },
    };
    assert_eq!(Config::parse(&text), Ok(expected));
}

#[test]
fn the_accounts_pages_have_a_host_of_their_own() {
    let parse =
        |phone: &str, account: &str| Config::parse(&format!("{phone}\naccount_url = \"{account}\"\n"));
    let phone = "url = \"https://2fa.example.org/\"";
    assert!(parse(phone, "https://account.example.org/").is_ok());
    for (phone, account, told) in [
        (phone, "https://2FA.example.org:443/", "of its own"),
        (phone, "https://2fa.example.org:444/", "of its own"),
        (
            "url = \"https://2fa.example.org/\"\nautoconfig_hosts = [\"account.example.org\"]",
            "https://account.example.org/",
            "another site",
        ),
        ("", "https://account.example.org/", "needs url"),
        (phone, "http://account.example.org/", "https"),
        (phone, "https://account.example.org/x", "slash"),
    ] {
        let error = parse(phone, account).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn the_listener_of_web_mails_is_one_of_its_own() {
    let sites = "url = \"https://2fa.example.org/\"\naccount_url = \"https://account.example.org/\"\n";
    let parse = |before: &str, keys: &str| Config::parse(&format!("{before}[applications]\n{keys}\n"));
    assert!(parse(sites, "listen = \"unix:/run/a.sock\"").is_ok());
    for (before, keys, told) in [
        ("", "listen = \"unix:/run/a.sock\"", "account_url"),
        (sites, "", "listen"),
        (sites, "listen = \"0.0.0.0:8481\"", "applications.listen"),
        (sites, "listen = \"127.0.0.1:8480\"", "of its own"),
        (sites, "listen = \"unix:a.sock\"", "applications.listen"),
        (sites, "listen = \"unix:/a\"\nrefresh = { sogo = [\"\"] }", "empty"),
        (sites, "listen = \"unix:/a\"\nport = 1", "unknown field"),
    ] {
        let error = parse(before, keys).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn the_example_shows_the_defaults() {
    let example = include_str!("../../../packaging/web.toml");
    let in_force: String = example
        .lines()
        .filter_map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(in_force.lines().count(), 12, "{in_force}");
    assert_eq!(Config::parse(&in_force), Config::parse(""));
}

#[test]
fn only_this_machine_can_reach_it() {
    for text in ["0.0.0.0:8480", "[::]:80", "192.0.2.1:80", "8480", "localhost:80", "unix:http.sock"] {
        assert!(Config::parse(&format!("listen = \"{text}\"")).is_err(), "{text}");
    }
    for text in ["127.0.0.2:1", "[::1]:8480"] {
        assert!(Config::parse(&format!("listen = \"{text}\"")).is_ok(), "{text}");
    }
}

#[test]
fn an_unknown_key_is_an_error_with_its_line_and_those_that_are_known() {
    let error = Config::parse("\nsockets = \"/x\"").unwrap_err();
    assert!(error.contains("line 2") && error.contains("sockets") && error.contains("`socket`"), "{error}");
    for text in [
        "[limits]\nbody = 1",
        "[limits]\nheader_time = \"soon\"",
        "client_address_header = \"a b\"",
        "autoconfig_hosts = [\"https://a\"]",
        "=",
    ] {
        assert!(Config::parse(text).is_err(), "{text}");
    }
}
