//! What the plugin does with each answer of the listener while somebody is signed in.

use postern_tests::http_double::Mood;
use postern_tests::webmail_host::WebmailClient;

use crate::stand_in::{CODE, Known, StandIn, come_back, is_inbox};

#[test]
fn a_page_that_asks_by_itself_is_no_activity() {
    let stand_in = StandIn::new("activity");
    let anna = stand_in.person("anna");
    let mut client = stand_in.signed_in(&anna);
    for (path, is_active) in [
        ("/?_task=mail", true),
        ("/?_task=mail&_action=refresh&_remote=1", false),
        ("/?_task=mail&_action=keep-alive&_remote=1", false),
        ("/?_task=mail&_action=check-recent&_remote=1", false),
        ("/?_task=mail&_action=getunread&_remote=1", false),
        ("/?_task=mail&_action=list&_remote=1", true),
        ("/?_task=settings", true),
    ] {
        let before = stand_in.asked("check").len();
        drop(client.get(path));
        let asked = stand_in.asked("check");
        assert_eq!(asked.len(), before + 1, "{path}");
        let body = asked[before].json();
        assert_eq!(
            (&body["is_active"], &body["handle"]),
            (&is_active.into(), &anna.handle.as_str().into()),
            "{path}"
        );
    }
}

#[test]
fn a_session_that_is_over_leads_to_the_sign_in_and_scripts_hear_of_it() {
    let stand_in = StandIn::new("over");
    let anna = stand_in.person("anna");
    for path in [
        "/?_task=mail",
        "/?_task=settings&_action=identities",
        "/?_task=login",
        "/?_task=mail&_action=refresh",
    ] {
        let mut client = stand_in.signed_in(&anna);
        stand_in.knows_nobody();
        drop(stand_in.state(&client.get(path)));
        // For good, even if it comes back to life.
        stand_in.knows(&anna);
        drop(stand_in.state(&client.get("/?_task=mail")));
    }
    for path in [
        "/?_task=mail&_action=list&_remote=1",
        "/?_task=mail&_action=send&_framed=1",
        "/?_task=mail&_action=refresh&_remote=1",
    ] {
        let mut client = stand_in.signed_in(&anna);
        stand_in.knows_nobody();
        let reply = client.get(path);
        assert_eq!(reply.status, 200, "{path}");
        assert!(reply.body.contains("session_error"), "{path}: {}", reply.body);
        assert!(!is_inbox(&client.get("/?_task=mail")));
    }
    let mut client = stand_in.signed_in(&anna);
    stand_in.knows_nobody();
    client.headers.push(("X-Requested-With".to_owned(), "XMLHttpRequest".to_owned()));
    assert_eq!(client.get("/?_task=mail").status, 401, "what follows no redirect gets none");
    assert!(stand_in.asked("end").is_empty(), "it had ended");
}

#[test]
fn an_outage_lets_nothing_through_and_ends_nothing() {
    let stand_in = StandIn::with("outage", |settings| settings.line("$config['postern_timeout'] = 1;"));
    let anna = stand_in.person("anna");
    let mut client = stand_in.signed_in(&anna);
    let other = r#"{"user":"root","password":"x","handle":"y"}"#;
    for mood in [
        answers(503, r#"{"error":"unavailable","text":"Try again."}"#),
        answers(429, r#"{"error":"busy"}"#),
        answers(408, ""),
        answers(400, r#"{"error":"malformed","text":"?"}"#),
        answers(403, "Forbidden"),
        answers(403, r#"{"error":"other"}"#),
        answers(200, ""),
        answers(200, "null"),
        answers(200, "[]"),
        answers(200, r#"{"user":"","password":"x","handle":"y"}"#),
        answers(200, r#"{"user":["a"],"password":"x","handle":"y"}"#),
        answers(200, r#"{"user":"a\r\nb","password":"x","handle":"y"}"#),
        answers(200, other),
        answers(204, ""),
        answers(301, ""),
        Mood::Drops,
        Mood::Garbage,
        Mood::Silent,
        Mood::Slow,
        Mood::Endless,
    ] {
        stand_in.listener.set(mood.clone());
        let reply = client.get("/?_task=mail");
        assert!(reply.status == 503 && !is_inbox(&reply), "{mood:?}: {}", reply.status);
        assert!(reply.body.to_lowercase().contains("please try again in a moment"), "{}", reply.body);
    }
    stand_in.is_out_of_order();
    for path in ["/?_task=mail&_action=list&_remote=1", "/?_task=mail&_action=send&_framed=1"] {
        let reply = client.get(path);
        assert_eq!(reply.status, 200, "{path}");
        assert!(
            reply.body.contains("Your session is kept") && !reply.body.contains("session_error"),
            "{}",
            reply.body
        );
    }
    let log_out = log_out_link(&stand_in, &anna, &mut client);
    stand_in.is_out_of_order();
    assert_eq!(client.get(&log_out).status, 503, "who cannot be logged out is told so");
    stand_in.knows(&anna);
    assert!(is_inbox(&client.get("/?_task=mail")));
    assert!(stand_in.asked("end").is_empty());
}

#[test]
fn a_new_password_takes_the_place_of_the_earlier_one() {
    let stand_in = StandIn::new("rotation");
    let mut anna = stand_in.person("anna");
    let mut client = stand_in.signed_in(&anna);
    let earlier = anna.handle.clone();
    let name = anna.user.unix.name.clone();
    drop(stand_in.host.site.cli_ok(&["app-password", "revoke", &name, &anna.password[..4]]));
    anna.password = stand_in.app_password(&name, "the next");
    anna.handle = format!("next-{}", &earlier[6..]);
    stand_in.knows(&anna);
    assert!(is_inbox(&client.get("/?_task=mail")));
    let list = client.get("/?_task=mail&_action=list&_mbox=INBOX&_remote=1");
    assert!(!list.body.contains("session_error"), "{}", list.body);
    let asked = stand_in.asked("check");
    let handles: Vec<_> = asked.iter().rev().take(2).map(|seen| seen.json()["handle"].clone()).collect();
    assert_eq!(handles, [anna.handle.as_str(), earlier.as_str()]);
}

#[test]
fn logging_out_ends_the_session_everywhere() {
    let stand_in = StandIn::new("out");
    let anna = stand_in.person("anna");
    let mut client = stand_in.signed_in(&anna);
    drop(client.get("/?_task=logout"));
    assert!(stand_in.asked("end").is_empty(), "not without a token");
    let log_out = log_out_link(&stand_in, &anna, &mut client);
    stand_in.knows(&anna);
    let reply = client.get(&log_out);
    // The stand-in says 200 and not 204: the person has to know that nothing has ended.
    assert_eq!(reply.status, 503);
    assert!(reply.body.to_lowercase().contains("you may still be logged in"), "{}", reply.body);
    assert!(reply.body.contains(&stand_in.pages("security")), "where they can log out: {}", reply.body);
    assert_eq!(stand_in.asked("end")[0].json()["handle"], anna.handle);
    drop(stand_in.state(&client.get("/?_task=mail")));
    // A session that is over has nothing to end.
    let mut client = stand_in.signed_in(&anna);
    let log_out = log_out_link(&stand_in, &anna, &mut client);
    stand_in.knows_nobody();
    let reply = client.get(&log_out);
    assert_eq!((reply.status, reply.header("location")), (303, Some(&*stand_in.pages("log-in?why=out"))));
    assert_eq!(stand_in.asked("end").len(), 1);
}

#[test]
fn the_mail_server_is_told_where_the_browser_is() {
    let elsewhere =
        "if (isset($_SERVER['HTTP_X_FROM'])) { $_SERVER['REMOTE_ADDR'] = $_SERVER['HTTP_X_FROM']; }";
    let stand_in = StandIn::with("address", |settings| settings.line(elsewhere));
    let anna = stand_in.person("anna");
    stand_in.knows(&anna);
    for address in ["192.0.2.44", "2001:db8::44"] {
        let mut client = stand_in.roundcube.client();
        client.headers.push(("X-From".to_owned(), address.to_owned()));
        let state = stand_in.state(&client.get("/"));
        assert_eq!(come_back(&mut client, CODE, &state).status, 302);
        let asked = stand_in.asked("redeem");
        assert_eq!(asked.last().expect("a question").header("x-forwarded-for"), Some(address));
        let rhost = format!("rhost={address}");
        drop(stand_in.host.logged(&anna.user, &["verdict=accept", "service=imap", &rhost]));
    }
}

#[test]
fn half_of_a_session_is_none() {
    let stand_in = StandIn::new("half");
    let anna = stand_in.person("anna");
    for path in ["/?_task=mail", "/?_task=login", "/?_task=utils&_action=save-pref"] {
        let mut client = stand_in.signed_in(&anna);
        client.cookies.remove("roundcube_sessauth");
        let before = stand_in.asked("check").len();
        drop(stand_in.state(&client.get(path)));
        assert_eq!(stand_in.asked("check").len(), before, "{path}: it is no activity of theirs");
    }
    assert!(stand_in.asked("end").is_empty());
}

#[test]
fn a_mail_server_that_does_not_take_the_password_is_no_circle() {
    let stand_in = StandIn::new("circle");
    let mut anna = stand_in.person("anna");
    anna.password = postern_tests::site::wrong_password();
    stand_in.knows(&anna);
    let (mut client, state) = stand_in.at_sign_in("/");
    let reply = come_back(&mut client, CODE, &state);
    assert_eq!((reply.status, reply.header("location")), (503, None));
    assert!(reply.body.to_lowercase().contains("the mail server cannot be used"), "{}", reply.body);
    drop(stand_in.state(&client.get("/?_task=mail")));
}

#[test]
fn settings_lead_to_the_pages_of_the_account() {
    let stand_in = StandIn::new("settings");
    let anna = stand_in.person("anna");
    let mut client = stand_in.signed_in(&anna);
    let tabs = client.get("/?_task=settings").body;
    assert!(tabs.contains("_action=plugin.postern"), "{tabs}");
    let page = client.get("/?_task=settings&_action=plugin.postern").body;
    let link = format!("href=\"{}\"", stand_in.pages("security"));
    let line = page.lines().find(|line| line.contains(&link)).unwrap_or_else(|| panic!("{page}"));
    assert!(line.contains("target=\"_blank\"") && line.contains("rel=\"noopener\""), "{line}");
    for secret in [&anna.password, &anna.handle] {
        assert!(!tabs.contains(secret.as_str()) && !page.contains(secret.as_str()));
    }
}

/// The path of the link that logs out.
fn log_out_link(stand_in: &StandIn, anna: &Known, client: &mut WebmailClient) -> String {
    stand_in.knows(anna);
    let page = client.get("/?_task=mail").body;
    let token = page.split("\"request_token\":\"").nth(1).unwrap_or_else(|| panic!("no token: {page}"));
    format!("/?_task=logout&_token={}", token.split('"').next().unwrap_or_default())
}

fn answers(status: u16, body: &str) -> Mood {
    Mood::Answers(status, String::new(), body.to_owned())
}
