//! Redis is silent, emptied or restarted while a web mail is open.

use std::time::Duration;

use nix::sys::signal::Signal;
use postern_tests::form_client::FormClient;
use postern_tests::login_host::Stores;
use postern_tests::webmail_host::{Roundcube, WebmailClient, WebmailHost};
use postern_tests::{Attempt, Outcome, Redis, guard};

use crate::session_password::{let_in, outcome, signed_in};
use crate::stand_in::is_inbox;

#[test]
fn no_session_comes_back_from_a_ledger_that_lost_it() {
    let mut host = WebmailHost::new("redis", Stores::LdapAndRedis);
    let roundcube = host.known_roundcube("known");
    let mut anna = host.enrolled_with("anna", &[]);
    let name = anna.unix.name.clone();
    let app_password = host.site.app_password(&name, "phone", &[]).password;
    let opens = |host: &WebmailHost, password: &str| outcome(host, &Attempt::new("imap", &name, password));

    let mut browser = signed_in(&host, &mut anna);
    let mut webmail = opened(&roundcube, &mut browser);
    let other = let_in(&host, &mut browser, "gated");
    redis(&host).signal(Signal::SIGSTOP);
    let page = webmail.get("/?_task=mail");
    assert!(page.status == 503 && page.body.contains("Your session is kept"), "{page:?}");
    assert_eq!(opens(&host, &other.password), Outcome::Unavailable);
    assert_eq!(opens(&host, &app_password), Outcome::Accepted);
    redis(&host).signal(Signal::SIGCONT);
    // posternd asks it again after a while. Until then nobody is logged out.
    guard::wait_for("Redis to be asked again", Duration::from_secs(20), || {
        let page = webmail.get("/?_task=mail");
        assert!(matches!(page.status, 200 | 503), "{page:?}");
        is_inbox(&page).then_some(())
    });
    assert_eq!(opens(&host, &other.password), Outcome::Accepted);

    drop(redis(&host).cli(&["FLUSHALL"]));
    assert_eq!(webmail.get("/?_task=mail").status, 303);
    assert_eq!(opens(&host, &other.password), Outcome::Refused);

    host.age_ledger();
    let mut browser = signed_in(&host, &mut anna);
    let mut webmail = opened(&roundcube, &mut browser);
    let another = let_in(&host, &mut browser, "gated");
    let redis = host.redis.as_mut().expect("Redis");
    redis.kill();
    redis.start_again();
    guard::wait_for("Redis to be asked again", Duration::from_secs(20), || {
        let page = webmail.get("/?_task=mail");
        assert!(matches!(page.status, 303 | 503), "{page:?}");
        (page.status == 303).then_some(())
    });
    for password in [&other.password, &another.password] {
        assert_eq!(opens(&host, password), Outcome::Refused);
    }
    assert_eq!(opens(&host, &app_password), Outcome::Accepted);
}

fn redis(host: &WebmailHost) -> &Redis {
    host.redis.as_ref().expect("Redis")
}

/// A Roundcube that the session of this browser has opened.
#[track_caller]
fn opened(roundcube: &Roundcube, browser: &mut FormClient<'_>) -> WebmailClient {
    let mut client = roundcube.client();
    let to_sign_in = client.get("/");
    let location = to_sign_in.header("location").expect("the sign-in");
    let (_, query) = location.split_once("/application?").expect("the sign-in");
    let back = browser.get(&format!("/application?{query}")).clone();
    let location = back.header("location").unwrap_or_else(|| panic!("{back:?}"));
    let path = location.strip_prefix(&roundcube.url("")).expect("the web mail");
    assert_eq!(client.get(path).status, 302, "{}", roundcube.log());
    assert!(is_inbox(&client.get("/?_task=mail")), "{}", roundcube.log());
    client
}
