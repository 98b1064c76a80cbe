//! Ways past the sign-in: each is refused, and none reaches Dovecot.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use postern_tests::webmail_host::{Front, WebmailClient};

use crate::stand_in::{Known, StandIn, is_inbox};

#[test]
fn no_form_of_roundcubes_is_a_way_in() {
    let stand_in = StandIn::new("forms");
    let anna = stand_in.person("anna");
    let (name, password) = (anna.user.unix.name.clone(), anna.password.clone());
    let basic = BASE64_STANDARD.encode(format!("{name}:{password}"));
    let login =
        [("_task", "login"), ("_action", "login"), ("_user", name.as_str()), ("_pass", password.as_str())];
    let forms: &[(&str, &[(&str, &str)])] = &[
        ("/", &[]),
        ("/", &[("_remote", "1")]),
        ("/", &[("_framed", "1")]),
        ("/", &[("_autologin", "1")]),
        ("/", &[("_url", "_task=mail"), ("_timezone", "UTC")]),
        ("/", &[("_host", "127.0.0.1")]),
        ("/?_task=login&_action=login", &[]),
        ("/?_task=mail&_action=login", &[]),
        ("/?_task=login&_action=oauth", &[]),
        ("/?_task=login&_action=login&_remote=1", &[]),
        ("/index.php?_task=login", &[]),
    ];
    for (path, more) in forms {
        for has_token in [true, false] {
            let mut client = stand_in.roundcube.client();
            client.headers.push(("Authorization".to_owned(), format!("Basic {basic}")));
            let token = token(&mut client);
            let mut fields = [&login[..], more].concat();
            if has_token {
                fields.push(("_token", &token));
                client.headers.push(("X-Roundcube-Request".to_owned(), token.clone()));
            }
            drop(client.post(path, &fields));
            is_out(&stand_in, &mut client, path);
        }
    }
    reached_nothing(&stand_in, &anna);
}

#[test]
fn no_header_and_no_query_is_a_way_in() {
    let stand_in = StandIn::new("headers");
    let anna = stand_in.person("anna");
    let (name, password) = (anna.user.unix.name.clone(), anna.password.clone());
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")));
    for (header, value) in [
        ("Authorization", basic.as_str()),
        ("Authorization", &format!("Bearer {password}")),
        ("Proxy-Authorization", &basic),
        ("Remote-User", &name),
        ("Remote_User", &name),
        ("Remote.User", &name),
        ("X-Remote-User", &name),
        ("Auth-User", &name),
    ] {
        let mut client = stand_in.roundcube.client();
        client.headers.push((header.to_owned(), value.to_owned()));
        for path in [
            "/".to_owned(),
            "/?_task=mail".to_owned(),
            "/?_task=login&_action=login".to_owned(),
            format!("/?_task=login&_action=login&_user={name}&_pass={password}&_autologin=1"),
            "/?_task=login&_action=oauth&code=x&state=y".to_owned(),
        ] {
            drop(stand_in.state(&client.get(&path)));
            is_out(&stand_in, &mut client, &path);
        }
    }
    reached_nothing(&stand_in, &anna);
}

#[test]
fn another_plugin_that_lets_people_in_does_not() {
    let stand_in = StandIn::with("plugins", |settings| {
        settings.plugin("http_authentication").plugin("autologon").line(BELIEVED)
    });
    let anna = stand_in.person("anna");
    let basic = BASE64_STANDARD.encode(format!("{}:{}", anna.user.unix.name, anna.password));
    for path in ["/", "/?_task=mail", "/?_task=login&_action=login", "/?_autologin=1"] {
        let mut client = stand_in.roundcube.client();
        client.headers.push(("X-Believed".to_owned(), format!("Basic {basic}")));
        drop(client.get(path));
        is_out(&stand_in, &mut client, path);
    }
    reached_nothing(&stand_in, &anna);
}

#[test]
fn only_the_program_of_roundcube_is_run_and_nothing_else_is_served() {
    for (name, front) in [("files", Front::Nginx), ("apache", Front::Apache)] {
        let stand_in = StandIn::with(name, |settings| settings.behind(front));
        let mut client = stand_in.roundcube.client();
        for path in [
            "/.htaccess",
            "/config/config.inc.php",
            "/config/postern.inc.php",
            "/plugins/postern/postern.php",
            "/plugins/postern/config.inc.php.dist",
            "/plugins/postern/composer.json",
            "/plugins/managesieve/managesieve.php",
            "/plugins/",
            "/program/include/iniset.php",
            "/program/js/app.js/x.php",
            "/index.php/x.php",
            "/logs/errors.log",
            "/db/roundcube.db",
            "/SQL/sqlite.initial.sql",
            "/installer/index.php",
            "/skins/elastic/../../config/config.inc.php",
        ] {
            let status = client.get(path).status;
            assert!(matches!(status, 400 | 403 | 404), "{front:?} {path}: {status}");
        }
        assert_eq!(client.get("/program/js/app.min.js").status, 200, "{front:?}");
        assert_eq!(client.get("/skins/elastic/styles/styles.min.css").status, 200, "{front:?}");
        let anna = stand_in.person("anna");
        client = stand_in.signed_in(&anna);
        assert!(is_inbox(&client.get("/index.php?_task=mail")), "{front:?}");
    }
}

/// The token that a login form would have, from the only page that somebody who is not logged in gets to see.
#[track_caller]
fn token(client: &mut WebmailClient) -> String {
    let page = client.get("/?postern_state=x").body;
    let rest = page.split("\"request_token\":\"").nth(1).unwrap_or_else(|| panic!("no token: {page}"));
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Has PHP believe a header as it would believe `Authorization`, from which nginx keeps it.
const BELIEVED: &str = r#"if (preg_match('/^Basic (.+)$/', $_SERVER['HTTP_X_BELIEVED'] ?? '', $found)) {
    [$_SERVER['PHP_AUTH_USER'], $_SERVER['PHP_AUTH_PW']] = explode(':', base64_decode($found[1]), 2);
}"#;

#[track_caller]
fn is_out(stand_in: &StandIn, client: &mut WebmailClient, path: &str) {
    let reply = client.get("/?_task=mail");
    assert!(!is_inbox(&reply), "{path}");
    drop(stand_in.state(&reply));
}

/// The app password works, and this is the first time that anybody asked about it.
#[track_caller]
fn reached_nothing(stand_in: &StandIn, anna: &Known) {
    let name = &anna.user.unix.name;
    assert!(stand_in.host.dovecot().imap(name, &anna.password).is_in());
    drop(stand_in.host.logged(&anna.user, &["verdict=accept"]));
    let log = stand_in.host.posternd.log();
    let is_login = |line: &&str| line.contains("flow=login") && line.ends_with(&format!(" user={name}"));
    let logins: Vec<_> = log.lines().filter(is_login).collect();
    assert!(logins.len() == 1 && logins[0].contains("service=imap"), "{logins:#?}");
    assert!(stand_in.listener.seen().is_empty(), "nobody is asked about sessions that are none");
}
