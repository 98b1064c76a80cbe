//! Two tabs, two clicks, and the way back: what a person does by accident.

use postern_tests::account_host::AccountHost;
use postern_tests::form_client::FormClient;
use postern_tests::login_host::{CodeApp, LoginUser};
use postern_tests::{Browser, canary};

use crate::on_both;
use crate::replacing::factors;

on_both!(
    two_tabs_that_create_app_passwords_at_once_get_one_each,
    a_factor_is_removed_once_by_two_tabs_and_the_last_one_by_neither,
    a_form_that_is_sent_twice_is_one_answer,
    a_session_is_no_good_with_the_form_of_another_account,
    the_way_back_after_logging_out_shows_nothing,
);

const SESSION: &str = "-session";

/// A tab, the form that it sends, and what is filled in.
type Tab<'h, 'f> = (FormClient<'h>, &'f str, &'f [(&'f str, &'f str)]);

/// The forms of two tabs at once.
fn at_once<'h>(tabs: [Tab<'h, '_>; 2]) -> [FormClient<'h>; 2] {
    std::thread::scope(|scope| {
        let sent = tabs.map(|(mut tab, path, fields)| {
            scope.spawn(move || {
                tab.submit(path, fields);
                tab
            })
        });
        sent.map(|tab| tab.join().expect("an answer"))
    })
}

fn logged_in<'h>(host: &'h AccountHost, user: &mut LoginUser) -> FormClient<'h> {
    let mut client = FormClient::new(host);
    client.log_in(user);
    client.answer(&user.app.code());
    assert_eq!(client.path, "/security", "{}", client.page.body);
    client
}

fn two_tabs_that_create_app_passwords_at_once_get_one_each(host: &AccountHost) {
    let mut anna = host.enrolled_with("anna", &[]);
    let mut client = logged_in(host, &mut anna);
    client.get("/app-passwords");
    let fields = |label| [("label", label), ("imap", "on")];
    let tabs = at_once([
        (client.clone(), "/app-passwords/create", &fields("Left")),
        (client.clone(), "/app-passwords/create", &fields("Right")),
    ]);
    let mut all: Vec<String> = tabs
        .iter()
        .map(|tab| {
            let shown = tab.page.body.split("<code id=\"password\">").nth(1);
            let shown = shown.unwrap_or_else(|| panic!("a password: {}", tab.page.body));
            let password: String = shown.split('<').next().unwrap().split(' ').collect();
            canary::register(&password);
            password
        })
        .collect();
    all.dedup();
    assert_eq!(all.len(), 2);
    let page = client.get("/app-passwords").body.clone();
    assert!(page.contains("Left") && page.contains("Right"), "{page}");
    // Revoked by two tabs at once it is gone, and neither is an error.
    let id = &all[0][..4];
    let tabs = at_once([
        (client.clone(), "/app-passwords/revoke", &[("id", id)]),
        (client.clone(), "/app-passwords/revoke", &[("id", id)]),
    ]);
    assert!(tabs.iter().any(|tab| tab.page.body.contains("has been revoked")));
    assert!(tabs.iter().all(|tab| [200, 403].contains(&tab.page.status)));
    let left = host.site.cli_json(&["app-password", "list", &anna.unix.name]);
    let is_live = |one: &&serde_json::Value| one["revoked"].is_null();
    assert_eq!(left["app_passwords"].as_array().unwrap().iter().filter(is_live).count(), 1, "{left}");
}

fn a_factor_is_removed_once_by_two_tabs_and_the_last_one_by_neither(host: &AccountHost) {
    let mut anna = host.enrolled_with("anna", &[]);
    let others = ["second", "third"].map(|label| host.enrol_another(&anna, label));
    let client = logged_in(host, &mut anna);
    let remove = |id: &str, other: &str| {
        at_once([
            (client.clone(), "/security/remove", &[("id", id)]),
            (client.clone(), "/security/remove", &[("id", other)]),
        ])
    };
    let all = factors(host, &anna);
    // The same one.
    let tabs = remove(&all["third"], &all["third"]);
    assert!(tabs.iter().any(|tab| tab.page.body.contains("has been removed")), "{}", tabs[0].page.body);
    assert!(tabs.iter().all(|tab| [200, 403].contains(&tab.page.status)));
    assert_eq!(factors(host, &anna).into_keys().collect::<Vec<_>>(), ["authenticator", "second"]);
    // The last two, of which one has to stay: a service here requires it.
    let mut app = others[0].clone();
    let mut client = FormClient::new(host);
    client.log_in(&anna);
    client.answer(&app.code());
    assert_eq!(client.path, "/security", "{}", client.page.body);
    let tabs = at_once([
        (client.clone(), "/security/remove", &[("id", &all["authenticator"])]),
        (client.clone(), "/security/remove", &[("id", &all["second"])]),
    ]);
    let left = factors(host, &anna);
    assert_eq!(left.len(), 1, "{left:?}: {}", tabs[0].page.body);
    assert!(tabs.iter().all(|tab| [200, 403].contains(&tab.page.status)));
}

fn a_form_that_is_sent_twice_is_one_answer(host: &AccountHost) {
    let mut anna = host.enrolled_with("anna", &[]);
    let mut client = FormClient::new(host);
    client.log_in(&anna);
    let (path, code) = (client.path.clone(), anna.app.code());
    let fields: &[(&str, &str)] = &[("answer", &code)];
    let tabs = at_once([(client.clone(), &path, fields), (client.clone(), &path, fields)]);
    // The first answer may go to a page that is left already: that one alone is logged in for sure, and nobody is refused.
    assert!(tabs.iter().any(|tab| tab.path == "/security" && tab.cookie(SESSION).is_some()));
    assert!(tabs.iter().all(|tab| !tab.page.body.contains("That code is wrong")), "{}", tabs[1].page.body);
    let refused = host.site.cli_json(&["history", &anna.unix.name]);
    assert!(!refused.to_string().contains("replayed"), "{refused}");
    let mut in_there = tabs.into_iter().find(|tab| tab.path == "/security").expect("a session");
    let sessions = host.site.cli_json(&["session", "list", &anna.unix.name]);
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1, "{sessions}");
    // A change that asks for nothing more.
    in_there.get("/devices");
    let tabs = at_once([
        (in_there.clone(), "/devices/log-out-everywhere", &[]),
        (in_there.clone(), "/devices/log-out-everywhere", &[]),
    ]);
    for tab in tabs {
        assert_eq!(tab.path.split('?').next(), Some("/log-in"), "{}", tab.page.body);
    }
}

fn a_session_is_no_good_with_the_form_of_another_account(host: &AccountHost) {
    let (anna, bert) = (host.user("anna"), host.user("bert"));
    let of_anna = FormClient::logged_in(host, &anna);
    let mut of_bert = FormClient::logged_in(host, &bert);
    of_bert.get("/app-passwords");
    let form_of_bert = of_bert.hidden("token").unwrap();
    let fields: &[(&str, &str)] = &[("label", "Mixed"), ("imap", "on")];
    // The cookies of one, and the form of the other.
    let mut mixed = of_anna.clone();
    mixed.get("/app-passwords");
    mixed.submit("/app-passwords/create", &[fields, &[("token", &form_of_bert)]].concat());
    assert_eq!(mixed.page.status, 403);
    // The session of one in the browser of the other: it is the session that says whose account it is.
    let mut mixed = of_bert.clone();
    let session = of_anna.cookie(SESSION).unwrap();
    for (name, value) in &mut mixed.cookies {
        if name.ends_with(SESSION) {
            value.clone_from(&session);
        }
    }
    mixed.submit("/app-passwords/create", fields);
    let count = |user: &LoginUser| {
        let list = host.site.cli_json(&["app-password", "list", &user.unix.name]);
        list["app_passwords"].as_array().unwrap().len()
    };
    assert_eq!(count(&bert), 0, "nothing of the one whose session it is not");
    // Two sessions in one request are none.
    let mut both = of_bert.clone();
    both.cookies.insert("x".to_owned(), format!("y; __Host-postern-session={session}"));
    both.get("/security");
    assert!(both.path.starts_with("/log-in"), "{}", both.page.body);
    // A conversation of one is not shown to the session of the other.
    let mut half = of_anna.clone();
    half.get("/security");
    half.submit("/security/add", &[("kind", "email")]);
    assert!(half.path.starts_with("/step/"), "{}", half.page.body);
    of_bert.get(&half.path);
    assert!(!of_bert.page.body.contains(&anna.unix.name), "{}", of_bert.page.body);
    assert!(of_bert.page.body.contains("was not finished"), "{}", of_bert.page.body);
}

fn the_way_back_after_logging_out_shows_nothing(host: &AccountHost) {
    let mut anna = host.user("anna");
    anna.app = CodeApp::of(host.bind_app(&anna));
    let browser = host.browser(Browser::builder("account_back").desktop());
    host.log_in(&browser, &anna);
    browser.type_into("#answer", &anna.app.code());
    browser.click("Continue");
    browser.wait_for_text("Add another way");
    browser.open(&host.url("/app-passwords"));
    browser.type_into("#label", "Secret program");
    browser.click("Create");
    browser.wait_for_text("shown only this once");
    let password = browser.text_of("#password");
    canary::register(&password.split(' ').collect::<String>());
    browser.click("Continue");
    browser.wait_for_text("Last used");
    browser.click("Log out");
    browser.wait_for_text("You are logged out.");
    for _ in 0..4 {
        drop(browser.js("history.back()"));
        browser
            .wait_until("a page", || (browser.js("return document.readyState") == "complete").then_some(()));
        postern_tests::guard::pause(std::time::Duration::from_millis(300));
        let text = browser.text();
        for of_the_account in ["Secret program", &*password, &*anna.unix.name, "Add another way"] {
            assert!(!text.contains(of_the_account), "{}: {text}", browser.url());
        }
    }
}
