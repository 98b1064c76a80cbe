//! More than one host, and more than one postern-web: people do not notice which of them they are at.

use postern_tests::Web;
use postern_tests::account_host::{AccountHost, AccountPages, SecondHost};
use postern_tests::form_client::FormClient;
use postern_tests::guard::free_port;
use postern_tests::http::Place;
use postern_tests::login_host::Stores;
use postern_tests::nginx::{Nginx, Security};

const SESSION: &str = "-session";
const TRUSTED: &str = "-browser";

#[track_caller]
fn is_logged_out(client: &mut FormClient<'_>) {
    for path in ["/security", "/app-passwords", "/devices"] {
        assert!(client.get(path).body.contains("You were logged out."), "{path}: {}", client.page.body);
    }
}

#[track_caller]
fn is_logged_in(client: &mut FormClient<'_>) {
    let page = client.get("/devices");
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("(this browser)"), "{}", page.body);
}

#[test]
fn a_session_is_good_at_both_hosts_and_ends_at_both() {
    let host = AccountHost::shared(Stores::LdapAndRedis);
    let mut second = SecondHost::beside(&host, "second_sessions");
    let anna = host.user("anna");
    let (one, two) = (host.pages(), &second.pages);
    let mut client = FormClient::logged_in(&host, &anna);
    is_logged_in(&mut client.at(two));
    // A change at one of them is seen at the other.
    let mut there = client.at(two);
    there.get("/app-passwords");
    there.submit("/app-passwords/create", &[("label", "Of the second"), ("imap", "on")]);
    assert!(there.page.body.contains("shown only this once"), "{}", there.page.body);
    assert!(there.at(one).get("/app-passwords").body.contains("Of the second"));
    // Logged out at one is logged out at both.
    let copy = there.clone();
    there.get("/security");
    there.submit("/log-out", &[]);
    assert_eq!(there.cookie(SESSION), None);
    is_logged_out(&mut copy.at(one));
    is_logged_out(&mut copy.at(two));
    // And so is everywhere: here of three, begun at either.
    let mut clients = [one, two, one].map(|pages| {
        let mut client = FormClient::of(pages);
        client.log_in(&anna);
        assert_eq!(client.path, "/security", "{}", client.page.body);
        client
    });
    let [first, other, third] = &mut clients;
    is_logged_in(&mut other.at(one));
    let mut ends = first.at(two);
    ends.get("/devices");
    ends.submit("/devices/log-out-everywhere", &[]);
    for client in [&*first, other, third] {
        is_logged_out(&mut client.at(one));
        is_logged_out(&mut client.at(two));
    }
    // A session outlives the host that it began at.
    client = FormClient::of(two);
    client.log_in(&anna);
    assert!(second.posternd.stop().success());
    is_logged_in(&mut client.at(one));
}

#[test]
fn a_change_of_factors_at_one_host_ends_the_other_sessions_at_both() {
    let host = AccountHost::shared(Stores::LdapAndRedis);
    let second = SecondHost::beside(&host, "second_changes");
    let mut anna = host.enrolled_with("anna", &[]);
    let (one, two) = (host.pages(), &second.pages);
    let mut clients = [one, two].map(|pages| {
        let mut client = FormClient::of(pages);
        client.log_in(&anna);
        client.answer(&anna.app.code());
        assert_eq!(client.path, "/security", "{}", client.page.body);
        client
    });
    let [here, there] = &mut clients;
    here.submit("/security/recovery-codes", &[]);
    assert!(here.page.body.contains("shown only this once"), "{}", here.page.body);
    is_logged_out(&mut there.at(two));
    is_logged_out(&mut there.at(one));
    is_logged_in(&mut here.at(two));
    // By the admin, at whichever host.
    drop(host.site.cli_ok(&["account", "disable", &anna.unix.name]));
    is_logged_out(&mut here.at(two));
}

#[test]
fn a_browser_is_trusted_at_both_hosts_and_at_neither_once_it_is_revoked() {
    let host = AccountHost::shared(Stores::LdapAndRedis);
    let second = SecondHost::beside(&host, "second_trust");
    let mut anna = host.enrolled_with("anna", &[]);
    let (one, two) = (host.pages(), &second.pages);
    let mut client = FormClient::of(one);
    client.log_in(&anna);
    let path = client.path.clone();
    client.submit(&path, &[("answer", &anna.app.code()), ("trust", "on")]);
    assert_eq!(client.path, "/security", "{}", client.page.body);
    let mut seen = vec![client.cookie(TRUSTED).expect("a trusted browser")];
    let mut copy = None;
    for pages in [two, one, two] {
        client.submit("/log-out", &[]);
        copy = Some(client.clone());
        client = client.at(pages);
        client.log_in(&anna);
        assert_eq!(client.path, "/security", "no second step: {}", client.page.body);
        let trusted = client.cookie(TRUSTED).expect("still trusted");
        assert!(!seen.contains(&trusted), "another value at each use");
        seen.push(trusted);
    }
    // A value that was used at the other host is noticed as a copy here.
    let mut thief = copy.expect("a browser before its last login").at(one);
    thief.log_in(&anna);
    assert!(thief.path.starts_with("/step/"), "{}", thief.page.body);
    client.submit("/log-out", &[]);
    for pages in [one, two] {
        let mut owner = client.at(pages);
        owner.log_in(&anna);
        assert!(owner.path.starts_with("/step/"), "its trust is over: {}", owner.page.body);
    }
}

/// Logs in with a second factor, through nginx and in steps.
fn log_in_by_code(host: &AccountHost, pages: &AccountPages) {
    let mut anna = host.enrolled_with("anna", &[]);
    let mut client = FormClient::of(pages);
    client.log_in(&anna);
    client.answer(&anna.app.code());
    assert_eq!(client.path, "/security", "{}", client.page.body);
}

#[test]
fn two_postern_web_behind_one_proxy_are_one_to_their_visitors() {
    let host = AccountHost::shared(Stores::Embedded);
    let authority = host.authority();
    let webs = ["behind_one", "behind_two"];
    let mut webs = webs.map(|name| Web::with(name, &host.site.socket(), &host.web_toml()));
    let nginx = Nginx::before(
        "before_two",
        &webs.iter().collect::<Vec<_>>(),
        free_port(),
        &authority,
        Security::None,
    );
    let pages = AccountPages::at(Place::Port(nginx.account), &authority);
    // A login in several steps stays with the process that it began at.
    for _ in 0..3 {
        log_in_by_code(&host, &pages);
    }
    let anna = host.user("anna");
    let mut client = FormClient::of(&pages);
    client.log_in(&anna);
    is_logged_in(&mut client);
    let asked = webs.iter().position(|web| web.log().contains("POST /log-in")).expect("one of them");
    assert!(!webs[1 - asked].log().contains("POST /log-in"), "all of one client at one of them");
    // Once that one ends, the session goes on at the other one, and logins do, too.
    assert!(webs[asked].stop().success());
    for _ in 0..3 {
        is_logged_in(&mut client);
    }
    log_in_by_code(&host, &pages);
    assert!(webs[1 - asked].log().contains("POST /log-in"));
}
