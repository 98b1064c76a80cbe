//! The way to the sign-in and back.

use postern_tests::http::HttpReply;

use crate::stand_in::{CODE, StandIn, come_back, is_inbox};

#[test]
fn a_code_opens_the_inbox_and_its_page_is_the_one_that_was_wanted() {
    let stand_in = StandIn::new("wanted");
    let anna = stand_in.person("anna");
    stand_in.knows(&anna);
    for (wanted, opened) in [
        ("/", "/?_task=mail"),
        ("/?_task=settings&_action=identities", "/?_task=settings&_action=identities"),
        (
            "/?_task=mail&_action=compose&_to=bob%40example.org&_id=1",
            "/?_task=mail&_action=compose&_to=bob%40example.org",
        ),
        ("/?_task=mail&_remote=&_framed=&_token=x&_user=mallory&_url=https://evil.example", "/?_task=mail"),
        ("/?_task=logout", "/?_task=mail"),
        ("/?_task=login&_action=login&_err=session", "/?_task=mail"),
        ("/?_task=settings&_action=delete-identity&_iid=1", "/?_task=settings"),
        ("/?https://evil.example/=1&//evil.example=2&_x[]=3", "/?_task=mail"),
    ] {
        let (mut client, state) = stand_in.at_sign_in(wanted);
        let before = client.cookies["roundcube_sessid"].clone();
        let reply = come_back(&mut client, CODE, &state);
        assert_eq!((reply.status, opened_page(&reply)), (302, opened), "{wanted}");
        assert_ne!(client.cookies["roundcube_sessid"], before, "a session of its own");
        assert!(is_inbox(&client.get("/?_task=mail")), "{wanted}: {}", stand_in.roundcube.log());
    }
    let redeemed = stand_in.asked("redeem")[0].json();
    assert_eq!((&redeemed["application"], &redeemed["code"]), (&"roundcube".into(), &CODE.into()));
    let secrets = [anna.password.as_str(), anna.handle.as_str()];
    for kept in stand_in.roundcube.sessions() {
        assert!(!secrets.iter().any(|secret| kept.contains(secret)), "in clear: {kept}");
    }
}

#[test]
fn a_page_that_is_too_long_is_forgotten_and_a_form_is_too() {
    let stand_in = StandIn::new("forgotten");
    let anna = stand_in.person("anna");
    stand_in.knows(&anna);
    let long = format!("/?_task=settings&_x={}", "x".repeat(1_100));
    let (mut client, state) = stand_in.at_sign_in(&long);
    assert_eq!(opened_page(&come_back(&mut client, CODE, &state)), "/?_task=mail");
    let mut client = stand_in.roundcube.client();
    let reply = client.post("/?_task=settings", &[("_task", "settings"), ("_action", "save")]);
    let state = stand_in.state(&reply);
    assert_eq!(opened_page(&come_back(&mut client, CODE, &state)), "/?_task=mail");
}

#[test]
fn a_code_without_the_state_of_this_browser_opens_nothing() {
    let stand_in = StandIn::new("foreign");
    let anna = stand_in.person("anna");
    stand_in.knows(&anna);
    let (mut mallory, of_mallory) = stand_in.at_sign_in("/");
    let (mut client, state) = stand_in.at_sign_in("/");
    let forged = "A".repeat(43);
    for (code, given) in [
        (CODE, of_mallory.as_str()),
        (CODE, &forged),
        (CODE, ""),
        (CODE, &state[..42]),
        ("", &state),
        ("x", ""),
    ] {
        let reply = come_back(&mut client, code, given);
        assert_eq!(reply.status, 403, "{code} {given}");
        assert!(reply.body.contains("You are not logged in") || reply.body.contains("YOU ARE NOT LOGGED IN"));
        assert!(reply.body.contains("href=\"./\""), "a way on: {}", reply.body);
    }
    assert!(stand_in.asked("redeem").is_empty(), "nobody was asked");
    assert_eq!(come_back(&mut client, CODE, &state).status, 403, "a state is good once, even without a code");
    let mut nobody = stand_in.roundcube.client();
    assert_eq!(come_back(&mut nobody, CODE, &of_mallory).status, 403, "without the cookie");
    for path in ["/?postern_code[]=x&postern_state[]=y", "/?postern_code=a", "/?postern_state=a"] {
        assert_eq!(client.get(path).status, 403, "{path}");
    }
    assert!(!is_inbox(&client.get("/?_task=mail")));
    assert_eq!(come_back(&mut mallory, CODE, &of_mallory).status, 302, "its own is as good as before");
    assert_eq!(come_back(&mut mallory, CODE, &of_mallory).status, 303, "replayed: the inbox that is open");
    assert_eq!(stand_in.asked("redeem").len(), 1);
}

#[test]
fn what_went_wrong_is_said_in_the_language_of_the_browser() {
    let stand_in = StandIn::new("language");
    for (language, text) in
        [("en", "This login has expired"), ("zh-CN,zh;q=0.9", "您尚未登录"), ("de", "This login")]
    {
        let mut client = stand_in.roundcube.client();
        client.headers.push(("Accept-Language".to_owned(), language.to_owned()));
        let page = client.get("/?postern_code=x&postern_state=y").body;
        assert!(page.contains(text), "{language}: {page}");
    }
}

#[test]
fn a_code_that_postern_refuses_opens_nothing() {
    let stand_in = StandIn::new("refused");
    stand_in.knows_nobody();
    let (mut client, state) = stand_in.at_sign_in("/");
    assert_eq!(come_back(&mut client, CODE, &state).status, 403);
    stand_in.is_out_of_order();
    let state = stand_in.state(&client.get("/"));
    let reply = come_back(&mut client, CODE, &state);
    assert_eq!(reply.status, 503);
    assert!(!reply.body.contains(CODE) && !reply.body.contains(&state), "{}", reply.body);
    let log = stand_in.roundcube.log();
    assert!(log.contains("postern: the answer has status 503"), "{log}");
    assert!(!log.contains(CODE), "{log}");
}

#[test]
fn two_tabs_sign_in_and_the_second_one_keeps_what_the_first_one_opened() {
    let stand_in = StandIn::new("tabs");
    let (anna, bob) = (stand_in.person("anna"), stand_in.person("bob"));
    stand_in.knows(&anna);
    let (mut client, first) = stand_in.at_sign_in("/");
    let second = stand_in.state(&client.get("/?_task=settings"));
    let third = stand_in.state(&client.get("/?_task=addressbook"));
    assert_eq!(come_back(&mut client, CODE, &first).status, 302);
    let session = client.cookies["roundcube_sessid"].clone();
    let reply = come_back(&mut client, CODE, &second);
    assert_eq!((reply.status, reply.header("location")), (303, Some("/?_task=settings")), "{reply:?}");
    assert_eq!(client.cookies["roundcube_sessid"], session);
    // In the third one another person signs in.
    stand_in.knows(&bob);
    assert_eq!(come_back(&mut client, CODE, &third).status, 302);
    assert_ne!(client.cookies["roundcube_sessid"], session);
    let page = client.get("/?_task=mail").body;
    assert!(page.contains(&bob.user.unix.name) && !page.contains(&anna.user.unix.name), "{page}");
    let ended = stand_in.asked("end");
    assert_eq!(ended.len(), 1, "{ended:?}");
    assert_eq!(ended[0].json()["handle"], anna.handle);
    let mut old = stand_in.roundcube.client();
    old.cookies.insert("roundcube_sessid".to_owned(), session);
    assert!(!is_inbox(&old.get("/?_task=mail")), "the first one's session is gone");
}

/// Where Roundcube goes after a login, without its own token against forged requests.
fn opened_page(reply: &HttpReply) -> &str {
    let location = reply.header("location").unwrap_or_default();
    location.split("&_token=").next().unwrap_or_default()
}
