//! An app password from its page to a real mail server and back.

use postern_tests::account_host::AccountHost;
use postern_tests::form_client::FormClient;
use postern_tests::postfix::Postfix;
use postern_tests::{Browser, canary, guard, qr};
use serde_json::{Value, json};
use std::time::Duration;

use crate::on_both;

on_both!(
    an_app_password_of_the_page_opens_mail_until_it_is_revoked,
    an_app_password_of_the_page_sends_mail_until_it_is_revoked,
    a_new_app_password_sets_a_device_up,
    mail_programs_find_their_settings_at_the_accounts_host,
);

/// The password that a page shows.
fn shown(client: &FormClient<'_>) -> String {
    let rest = client.page.body.split("<code id=\"password\">").nth(1).expect("a password");
    let shown = rest.split('<').next().unwrap();
    assert_eq!(shown.split(' ').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4], "four groups: {shown}");
    let password: String = shown.split(' ').collect();
    canary::register(&password);
    password
}

fn an_app_password_of_the_page_opens_mail_until_it_is_revoked(host: &AccountHost) {
    let mut anna = host.enrolled_with("anna", &[]);
    let dovecot = host.site.dovecot();
    let name = anna.unix.name.clone();
    assert!(!dovecot.imap(&name, &anna.password).is_in(), "a factor is bound");
    let mut client = FormClient::new(host);
    client.log_in(&anna);
    client.answer(&anna.app.code());
    let advice = "Does your mail program ask for a password?";
    assert!(client.get("/security").body.contains(advice), "{}", client.page.body);
    client.get("/app-passwords");
    client.submit("/app-passwords/create", &[("label", "Thunderbird"), ("imap", "on"), ("pop3", "on")]);
    let password = shown(&client);
    assert!(!client.clone().get("/security").body.contains(advice), "whoever has one knows");
    let page = &client.page.body;
    for setting in [
        "imap.example.org",
        "993, SSL/TLS",
        "pop.example.org",
        &format!("<code id=\"mail-user\">{name}</code>"),
    ] {
        assert!(page.contains(setting), "{setting}: {page}");
    }
    assert!(!page.contains("smtp.example.org"), "it does not open that");
    assert!(dovecot.imap(&name, &password).is_in() && dovecot.pop3(&name, &password).is_in());
    // The use is noted after the login.
    let page = guard::wait_for("the last use", Duration::from_secs(20), || {
        let page = client.get("/app-passwords").body.clone();
        // Either login may have been noted.
        ["imap, from 127.0.0.1", "pop3, from 127.0.0.1"]
            .iter()
            .any(|used| page.contains(used))
            .then_some(page)
    });
    assert!(page.contains("Thunderbird") && page.contains(&format!("{}…", &password[..4])), "{page}");
    client.submit("/app-passwords/regenerate", &[("id", &password[..4])]);
    let newer = shown(&client);
    assert!(!dovecot.imap(&name, &password).is_in() && dovecot.imap(&name, &newer).is_in());
    client.get("/app-passwords");
    client.submit("/app-passwords/revoke", &[("id", &newer[..4])]);
    assert!(client.page.body.contains("has been revoked"), "{}", client.page.body);
    assert!(!dovecot.imap(&name, &newer).is_in());
    assert!(client.get("/app-passwords").body.contains("You have no app passwords."));
}

fn an_app_password_of_the_page_sends_mail_until_it_is_revoked(host: &AccountHost) {
    let mut anna = host.enrolled_with("anna", &[]);
    let dovecot = host.site.dovecot();
    let postfix = Postfix::start(host.site.dir(), host.site.output(), &dovecot);
    let name = anna.unix.name.clone();
    assert!(postfix.auth(&name, &anna.password).starts_with("535 "), "a factor is bound");
    let mut client = FormClient::new(host);
    client.log_in(&anna);
    client.answer(&anna.app.code());
    let mut create = |label: &str, service: &str| {
        client.get("/app-passwords");
        client.submit("/app-passwords/create", &[("label", label), (service, "on")]);
        shown(&client)
    };
    let (sends, reads) = (create("Scanner", "smtp"), create("Reader", "imap"));
    assert!(postfix.auth(&name, &sends).starts_with("235 "), "{}", postfix.log());
    assert!(postfix.auth(&name, &reads).starts_with("535 "), "it opens that alone");
    assert!(!dovecot.imap(&name, &sends).is_in(), "and so does this one");
    let page = guard::wait_for("the last use", Duration::from_secs(20), || {
        let page = client.get("/app-passwords").body.clone();
        page.contains("smtp, from 127.0.0.1").then_some(page)
    });
    assert!(page.contains("Scanner"), "{page}");
    client.submit("/app-passwords/revoke", &[("id", &sends[..4])]);
    assert!(client.page.body.contains("has been revoked"), "{}", client.page.body);
    assert!(postfix.auth(&name, &sends).starts_with("535 "));
}

fn a_new_app_password_sets_a_device_up(host: &AccountHost) {
    let anna = host.user("anna");
    let mut browser = Browser::builder(&format!("account_setup_{}", anna.unix.name)).desktop().start();
    host.log_in(&browser, &anna);
    // Its answer would take the place of the next page.
    browser.wait_for_text("Nothing is set up yet");
    browser.open(&host.url("/app-passwords"));
    browser.type_into("#label", "Phone & <tablet>");
    browser.click("Create");
    browser.click("Thunderbird on Android");
    browser.click("iPhone, iPad or Mac");
    let shot = browser.screenshot("set-up");
    browser.axe();
    let password: String = browser.text_of("#password").split(' ').collect();
    canary::register(&password);
    let read: Value = serde_json::from_str(&qr::of_picture(&shot).concat()).expect("what Thunderbird reads");
    assert_eq!((&read[0], &read[2][1], &read[2][2]), (&json!(1), &json!("imap.example.org"), &json!(993)));
    assert_eq!(read[2][7], password);
    // The profile is made from what the page has, and by no GET.
    let mut client = FormClient::logged_in(host, &anna);
    client.get("/app-passwords");
    client.submit("/app-passwords/create", &[("label", "Phone & <tablet>"), ("imap", "on"), ("smtp", "on")]);
    let password = shown(&client);
    let fields = [
        ("address", &*anna.address()),
        ("label", "Phone & <tablet>"),
        ("password", &password),
        ("services", "imap,smtp"),
    ];
    client.submit("/app-passwords/profile", &fields);
    let profile = &client.page;
    assert_eq!(profile.header("content-type"), Some("application/x-apple-aspen-config"));
    assert_eq!(profile.header("cache-control"), Some("no-store"));
    for part in [
        "com.apple.mail.managed",
        "imap.example.org",
        "smtp.example.org",
        &password,
        "Phone &amp; &lt;tablet&gt;",
    ] {
        assert!(profile.body.contains(part), "{part}: {}", profile.body);
    }
    assert_eq!(client.get("/app-passwords/profile").status, 405);
}

fn mail_programs_find_their_settings_at_the_accounts_host(host: &AccountHost) {
    for path in
        ["/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=x@example.org", "/mail/config-v1.1.xml"]
    {
        let reply = host.request("GET", path).send();
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        assert!(reply.body.contains("<hostname>imap.example.org</hostname>"), "{}", reply.body);
        assert!(reply.body.contains(&host.url("/app-passwords")), "where to get a password: {}", reply.body);
    }
}
