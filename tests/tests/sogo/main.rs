//! A real SOGo behind the gate, by the packaged examples, with a real nginx, Dovecot and Postfix, and Chromium.

mod stage;

use std::fs;
use std::time::Duration;

use postern_tests::account_host::SOGO_REFRESH;
use postern_tests::gate_proxy::GateProxy;
use postern_tests::http::Place;
use postern_tests::{Browser, guard};

use stage::{Stage, webmail};

#[test]
#[ignore = "needs SOGo and PostgreSQL, which make test-all installs"]
fn a_person_reads_and_sends_mail_and_logs_out() {
    let stage = &*Stage::shared();
    let (host, mut anna) = (&stage.host, stage.person("anna", "Lunch on Friday"));
    let name = anna.unix.name.clone();
    let mut browser = Browser::builder(&format!("reads_{name}")).desktop().start();
    stage.log_in(&browser, &mut anna);
    browser.wait_for_text("Lunch on Friday");
    assert!(
        browser.url().starts_with(&format!("{}so/{name}/Mail/view", host.sogo_url())),
        "{}",
        browser.url()
    );
    drop(browser.screenshot("inbox"));
    browser.click(MAIL);
    browser.wait_for_text("At noon, by the river.");
    let (user, password) = stage.credential(&browser);
    assert!(user == name && stage.dovecot.imap(&name, &password).is_in());
    assert!(stage.opens("smtp", &name, &password) && !stage.opens("sieve", &name, &password));
    assert!(!stage.dovecot.imap(&name, &anna.password).is_in(), "a factor is bound");
    let to = format!("friend-of-{name}@example.org");
    write(&browser, &to);
    drop(browser.screenshot("letter"));
    browser.click("button[ng-click='editor.send()']");
    let mail = host.mailbox.next_to(&to);
    assert!(mail.subject == "Friday" && mail.from.contains(&format!("{name}@example.org")), "{mail:?}");
    assert!(mail.text.contains("Yes, gladly."), "{mail:?}");
    drop(host.logged(&anna, &["verdict=accept", "service=smtp", "credential=session"]));
    let sent = anna.unix.home.join("Maildir/.Sent/cur");
    let copy =
        guard::wait_for("a copy of it", Duration::from_secs(20), || fs::read_dir(&sent).ok()?.next()?.ok());
    assert!(fs::read_to_string(copy.path()).unwrap().contains("Subject: Friday"));
    browser.wait_until("the dialog to go", || {
        (browser.js("return document.querySelector('.md-dialog-container') === null") == true).then_some(())
    });
    // The button that nginx gives it leads out of the session, and not in again.
    browser.click("a[ng-href$='/logoff']");
    browser.wait_for_text("You are logged out.");
    assert!(!stage.opens("imap", &name, &password) && !stage.opens("smtp", &name, &password));
    browser.open(&host.sogo_url());
    browser.wait_for_text("Log in to go on to your mail.");
}

#[test]
#[ignore = "needs SOGo and PostgreSQL, which make test-all installs"]
fn a_session_that_an_admin_ends_is_over_at_once_and_the_next_person_sees_their_own_mail() {
    let stage = &*Stage::shared();
    let (mut anna, mut berta) =
        (stage.person("anna", "Lunch on Friday"), stage.person("berta", "The accounts"));
    let name = anna.unix.name.clone();
    let mut browser = Browser::builder(&format!("ended_{name}")).desktop().start();
    stage.log_in(&browser, &mut anna);
    browser.wait_for_text("Lunch on Friday");
    let (_, password) = stage.credential(&browser);
    assert!(stage.dovecot.imap(&name, &password).is_in());
    write(&browser, "friend@example.org");
    drop(stage.host.site.cli_ok(&["session", "end", &name, "--all"]));
    assert!(!stage.dovecot.imap(&name, &password).is_in(), "at once");
    let told = guard::wait_for("the end", Duration::from_secs(20), || {
        let told = browser.js_async(&fetched(&format!("/SOGo/so/{name}/Mail/0/view"), "{}"));
        (told[0] == 401).then_some(told)
    });
    assert!(told[1].as_str().unwrap().contains("Log in again to go on."), "{told}");
    // What was being written is still there.
    browser.click("button[ng-click='editor.send()']");
    browser.wait_for_text("Log in again to go on.");
    drop(browser.screenshot("ended"));
    let kept = browser.js("return document.querySelector('md-dialog textarea').value");
    assert_eq!(kept, "Yes, gladly.", "{}", browser.text());
    browser.open(&stage.host.sogo_url());
    browser.wait_for_text("You were logged out. Log in again.");
    stage.give_proofs(&browser, &mut berta);
    browser.wait_for_text("The accounts");
    assert!(!browser.text().contains("Lunch on Friday"), "{}", browser.text());
    assert_eq!(stage.credential(&browser).0, berta.unix.name);
}

#[test]
#[ignore = "needs SOGo and PostgreSQL, which make test-all installs"]
fn what_open_pages_ask_by_themselves_keeps_no_session_alive() {
    let stage = &*Stage::shared();
    let mut anna = stage.person("carla", "Lunch on Friday");
    let browser = Browser::builder("open_pages").desktop().start();
    stage.log_in(&browser, &mut anna);
    browser.wait_for_text("Lunch on Friday");
    write(&browser, "friend@example.org");
    browser.js("window.open('../Calendar'); window.open('../Contacts');");
    let own = format!("/SOGo/so/{}/", anna.unix.name);
    let asked = || stage.sogo.served().into_iter().filter(|(_, target, _)| target.starts_with(&own));
    guard::pause(Duration::from_secs(80));
    let before = asked().count();
    guard::pause(Duration::from_secs(80));
    let by_themselves: Vec<(String, String, String)> = asked().skip(before).collect();
    let example = include_str!("../../../packaging/web.toml");
    assert!(
        SOGO_REFRESH.iter().all(|text| example.contains(&format!("\"{text}\""))),
        "the example has changed"
    );
    let is_known = |target: &str| SOGO_REFRESH.iter().any(|text| target.contains(text));
    let others: Vec<_> = by_themselves.iter().filter(|(_, target, _)| !is_known(target)).collect();
    assert!(others.is_empty(), "{others:#?}");
    for expected in ["/unseenCount", "/changes", "/folderDrafts/", "/eventsblocks", "/Contacts/"] {
        assert!(by_themselves.iter().any(|(_, target, _)| target.contains(expected)), "{by_themselves:#?}");
    }
}

#[test]
#[ignore = "needs SOGo and PostgreSQL, which make test-all installs"]
fn nobody_is_taken_for_anybody_else() {
    let stage = &*Stage::shared();
    let (mut anna, bob) = (stage.person("anna", "Lunch on Friday"), stage.person("bob", "The accounts"));
    let (name, other) = (anna.unix.name.clone(), bob.unix.name.clone());
    let browser = Browser::builder(&format!("claims_{name}")).desktop().start();
    stage.log_in(&browser, &mut anna);
    browser.wait_for_text("Lunch on Friday");
    let asked = |path: &str, options: &str| browser.js_async(&fetched(path, options));
    // What a client claims gets nowhere.
    for claim in ["X-Webobjects-Remote-User", "X_Webobjects_Remote_User", "Remote-User", "X-Remote-User"] {
        let options = format!("{{headers: {{'{claim}': '{other}'}}}}");
        let page = asked("/SOGo/", &options);
        assert!(page[2].as_str().unwrap().contains(&format!("/SOGo/so/{name}/")), "{claim}: {page}");
        assert_eq!(asked(&format!("/SOGo/so/{other}/Mail/0/view"), &options)[0], 403, "{claim}");
    }
    let basic = "{headers: {'Authorization': 'Basic ' + btoa('OTHER:PASSWORD')}}";
    let basic = basic.replace("OTHER", &other).replace("PASSWORD", &bob.password);
    assert_eq!(asked(&format!("/SOGo/so/{other}/Mail/0/view"), &basic)[0], 403);
    // SOGo's own ways to use or change a main password are none.
    let post = |body: &str| {
        format!(
            "{{method: 'POST', headers: {{'Content-Type': 'application/json'}}, body: JSON.stringify({body})}}"
        )
    };
    for (user, password) in [(&other, &bob.password), (&name, &anna.password)] {
        let body =
            post(&format!("{{userName: '{user}', password: '{password}', newPassword: 'another one 2'}}"));
        for path in ["/SOGo/connect", "/SOGo/so/connect", "/SOGo/changePassword", "/SOGo/so/changePassword"] {
            let told = asked(path, &body);
            assert!(told[0].as_u64().unwrap() >= 400, "{path}: {told}");
        }
    }
    assert!(asked("/SOGo/", "{}")[2].as_str().unwrap().contains(&format!("/SOGo/so/{name}/")));
    browser.open(&stage.host.sogo_url());
    browser.wait_for_text("Lunch on Friday");
    for user in [&anna, &bob] {
        let pages = stage.host.browser(Browser::builder(&format!("still_{}", user.unix.name)).desktop());
        stage.host.log_in(&pages, user);
        pages.wait_until("the question for a code", || {
            (pages.js("return document.querySelector(\"input[name='answer']\") !== null") == true)
                .then_some(())
        });
    }
    // This is why nobody else may reach SOGo.
    let direct = Place::Port(stage.sogo.port).request("GET", "/SOGo/");
    let believed = direct.header("X-Webobjects-Remote-User", &other).send();
    assert!(believed.status == 302 && believed.header("location").unwrap().ends_with(&other), "{believed:?}");
}

#[test]
#[ignore = "needs SOGo and PostgreSQL, which make test-all installs"]
fn caddy_leads_to_the_same_pages() {
    let stage = &*Stage::shared();
    let mut anna = stage.person("anna", "Lunch on Friday");
    let name = anna.unix.name.clone();
    let browser = Browser::builder(&format!("caddy_{name}")).desktop().start();
    stage.log_in(&browser, &mut anna);
    browser.wait_for_text("Lunch on Friday");
    let (port, asked) = (guard::free_port(), stage.host.web.applications());
    let caddy = GateProxy::caddy("servers", port, &asked, webmail(&stage.sogo));
    let get = |path: &str| Place::Port(caddy.port).request("GET", path).header("Accept", "text/html");
    let moved = get("/").send();
    assert_eq!((moved.status, moved.header("location")), (302, Some("/SOGo/?")));
    let style = get("/SOGo.woa/WebServerResources/css/theme-default.css").send();
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
    let path = format!("/SOGo/so/{name}/Mail/view");
    assert_eq!(get(&path).send().status, 303);
    let page = get(&path).header("Cookie", &stage.key(&browser)).header("User-Agent", CHROME).send();
    assert!(page.status == 200 && page.body.contains(&format!("var UserLogin = '{name}'")), "{}", page.body);
}

/// Writes a mail, which is not sent yet.
fn write(browser: &Browser, to: &str) {
    // Its button comes out from behind another one under a mouse.
    let button = "button[ng-click='mailbox.newMessage($event)']";
    drop(browser.js(&format!("document.querySelector(\"{button}\").click()")));
    browser.type_into("md-dialog input[placeholder='Add a recipient']", to);
    browser.press("Enter");
    browser.type_into("md-dialog input[name='subject']", "Friday");
    browser.type_into("md-dialog textarea", "Yes, gladly.");
}

/// A script that asks for `path`: status, body, and where it ended.
fn fetched(path: &str, options: &str) -> String {
    format!(
        "const reply = await fetch('{path}', {options}); return [reply.status, await reply.text(), reply.url];"
    )
}

/// SOGo has no page for programs that it does not know.
const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36";
const MAIL: &str = "md-list-item button[ng-click='mailbox.selectMessage(currentMessage)']";
