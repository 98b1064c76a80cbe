//! Trusted browsers, sessions in lists, and app passwords at a real mail server.

use std::time::Duration;

use postern_tests::account_host::AccountHost;
use postern_tests::form_client::FormClient;
use postern_tests::guard;
use postern_tests::login_host::{CodeApp, LoginUser};

use crate::on_both;

on_both!(
    a_trusted_browser_skips_the_second_factor_until_it_is_revoked,
    a_copied_trust_is_noticed_and_told,
    sessions_are_listed_and_ended,
    a_proof_is_asked_for_before_a_change_unless_it_is_fresh,
    the_language_is_the_accounts_then_the_browsers_and_can_be_switched,
);

const SESSION: &str = "-session";
const TRUSTED: &str = "-browser";

fn log_in_and_trust<'h>(host: &'h AccountHost, user: &mut LoginUser) -> FormClient<'h> {
    let mut client = FormClient::new(host);
    client.log_in(user);
    assert!(
        client.page.body.contains("Skip the second factor in this browser for 30 days"),
        "{}",
        client.page.body
    );
    assert!(!client.page.body.contains("name=\"trust\" value=\"on\" checked"), "off until it is ticked");
    let path = client.path.clone();
    client.submit(&path, &[("answer", &user.app.code()), ("trust", "on")]);
    assert_eq!(client.path, "/security", "{}", client.page.body);
    client
}

fn a_trusted_browser_skips_the_second_factor_until_it_is_revoked(host: &AccountHost) {
    let mut anna = host.enrolled_with("anna", &[]);
    let mut client = log_in_and_trust(host, &mut anna);
    let first = client.cookie(TRUSTED).expect("a trusted browser");
    client.submit("/log-out", &[]);
    assert!(client.cookie(SESSION).is_none() && client.cookie(TRUSTED).is_some());
    client.log_in(&anna);
    assert_eq!(client.path, "/security", "no second step: {}", client.page.body);
    assert_ne!(client.cookie(TRUSTED).unwrap(), first, "another value at each use");
    // It is no proof before a change.
    client.submit("/security/recovery-codes", &[]);
    assert!(
        client.path.starts_with("/step/") && client.page.body.contains("Main password"),
        "{}",
        client.page.body
    );
    client.get("/devices");
    assert!(client.page.body.contains("Trusted devices"));
    client.submit("/devices/revoke-all", &[]);
    client.answer(&anna.password);
    client.answer(&anna.app.code());
    assert!(client.page.body.contains("No longer trusted"), "{}", client.page.body);
    client.get("/devices");
    assert!(client.page.body.contains("There are no trusted devices."), "{}", client.page.body);
    client.submit("/log-out", &[]);
    client.log_in(&anna);
    assert!(client.path.starts_with("/step/"), "asked again: {}", client.page.body);
}

fn a_copied_trust_is_noticed_and_told(host: &AccountHost) {
    let mut anna = host.user("anna");
    anna.app = CodeApp::of(host.bind_app(&anna));
    let mut client = log_in_and_trust(host, &mut anna);
    client.submit("/log-out", &[]);
    let mut thief = client.clone();
    client.log_in(&anna);
    assert_eq!(client.path, "/security");
    thief.log_in(&anna);
    assert!(thief.path.starts_with("/step/"), "the old value is no trust: {}", thief.page.body);
    while !host.mail(&anna.address(), "change to your account").text.contains("is no longer trusted") {}
    // The trust is over for the owner, too.
    client.get("/security");
    client.submit("/log-out", &[]);
    client.log_in(&anna);
    assert!(client.path.starts_with("/step/"), "{}", client.page.body);
}

fn sessions_are_listed_and_ended(host: &AccountHost) {
    let anna = host.user("anna");
    let mut here = FormClient::new(host);
    here.headers = vec![(
        "User-Agent".to_owned(),
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(),
    )];
    here.log_in(&anna);
    let mut there = FormClient::new(host);
    there.headers = vec![(
        "User-Agent".to_owned(),
        "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Version/19.0 Safari/604.1".to_owned(),
    )];
    there.log_in(&anna);
    let list = here.get("/devices").body.clone();
    assert!(
        list.contains("Firefox on Linux") && list.contains("Safari on iPhone") && list.contains("192.0.2.77"),
        "{list}"
    );
    assert_eq!(list.matches("(this browser)").count(), 1);
    // It is remembered after the verdict.
    guard::wait_for("the recent login", Duration::from_secs(20), || {
        here.get("/devices").body.contains("browser login: <span>accepted").then_some(())
    });
    let id = here.hidden("id").expect("that of the other one");
    here.submit("/devices/log-out", &[("id", &id)]);
    assert!(there.get("/security").body.contains("You were logged out."));
    there.log_in(&anna);
    here.get("/devices");
    here.submit("/devices/log-out-everywhere", &[]);
    assert!(here.cookie(SESSION).is_none());
    here.get("/devices");
    assert_eq!(here.path, "/log-in?to=devices");
    assert!(there.get("/security").body.contains("You were logged out."));
    // Both in the log, with the short id of the session.
    let log = host.posternd.log();
    assert!(log.lines().any(|line| line.contains("flow=session_end") && line.contains("session=")));
}

fn a_proof_is_asked_for_before_a_change_unless_it_is_fresh(host: &AccountHost) {
    let mut anna = host.enrolled_with("anna", &[]);
    let mut client = FormClient::new(host);
    client.log_in(&anna);
    client.answer(&anna.app.code());
    let token = client.cookie(SESSION).unwrap();
    // Two changes in a row wait for no code.
    client.submit("/security/recovery-codes", &[]);
    assert!(client.page.body.contains("shown only this once"), "{}", client.page.body);
    client.get("/app-passwords");
    client.submit("/app-passwords/create", &[("label", "Foxmail"), ("imap", "on"), ("smtp", "on")]);
    assert!(client.page.body.contains("shown only this once"), "{}", client.page.body);
    assert_eq!(client.cookie(SESSION).unwrap(), token);
    // A service here requires a factor: the last one can be replaced, and not removed.
    client.get("/security");
    let id = client.hidden("id").expect("the factor");
    assert!(
        client.page.body.contains("You can replace this one")
            && !client.page.body.contains("/security/remove")
    );
    client.submit("/security/remove", &[("id", &id)]);
    assert_eq!(client.page.status, 403);
    assert!(
        client.page.body.contains("You can replace this one")
            && client.page.body.contains("Nothing was changed.")
    );
    // A second one, and then the first can go.
    client.get("/security");
    client.submit("/security/add", &[("kind", "email")]);
    client.answer(&anna.backup());
    client.answer(&host.mailbox.next_to(&anna.backup()).code());
    assert!(client.page.body.contains("is set up"), "{}", client.page.body);
    client.get("/security");
    client.submit("/security/remove", &[("id", &id)]);
    assert!(client.page.body.contains("has been removed"), "{}", client.page.body);
}

fn the_language_is_the_accounts_then_the_browsers_and_can_be_switched(host: &AccountHost) {
    let anna = host.user("anna");
    let wei = host.user_with("wei", &[("preferredLanguage", "zh-CN")]);
    let mut client = FormClient::new(host);
    client.headers = vec![("Accept-Language".to_owned(), "zh-CN,zh;q=0.9".to_owned())];
    assert!(client.get("/log-in").body.contains("<html lang=\"zh-CN\">"));
    client.log_in(&anna);
    assert!(client.page.body.contains("<html lang=\"zh-CN\">"), "{}", client.page.body);
    client.submit("/language", &[("to", "en"), ("back", "/security")]);
    assert!(client.path == "/security" && client.page.body.contains("<html lang=\"en\">"));
    let mut client = FormClient::new(host);
    let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36";
    client.headers = vec![("User-Agent".to_owned(), chrome.to_owned())];
    client.log_in(&wei);
    assert!(client.page.body.contains("<html lang=\"zh-CN\">"), "the account's own");
    assert!(client.get("/devices").body.contains("Windows 上的 Chrome"), "{}", client.page.body);
    assert!(!client.page.body.contains("Chrome on Windows"), "{}", client.page.body);
    client.submit("/language", &[("to", "en"), ("back", "https://evil.example")]);
    assert!(client.path == "/security" && client.page.body.contains("<html lang=\"en\">"));
    // What posternd says is in the language of the page.
    client.submit("/security/add", &[("kind", "email")]);
    client.answer("nonsense");
    assert!(client.page.body.contains("That is not an e-mail address"), "{}", client.page.body);
}
