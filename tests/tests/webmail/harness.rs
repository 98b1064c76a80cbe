//! The host by itself: Roundcube's own login, as it is without the plugin.

use postern_tests::Browser;
use postern_tests::login_host::Stores;
use postern_tests::webmail_host::{Settings, WebmailHost};

#[test]
fn an_app_password_opens_a_web_mail_without_the_plugin() {
    let host = WebmailHost::shared(Stores::Embedded);
    let roundcube = host.roundcube("plain", &Settings::plain());
    let anna = host.enrolled_with("anna", &[]);
    let name = &anna.unix.name;
    let app_password = host.site.app_password(name, "web mail", &[]);
    let browser = Browser::builder("webmail-harness").desktop().start();
    for (password, is_in) in [(&anna.password, false), (&app_password.password, true)] {
        browser.open(&roundcube.url("/"));
        browser.type_into("#rcmloginuser", name);
        browser.type_into("#rcmloginpwd", password);
        browser.click("#rcmloginsubmit");
        browser.wait_for_text(if is_in { "Inbox" } else { "Login failed." });
    }
    let login = format!("Login: user=<{name}>");
    assert!(host.dovecot().log().contains(&login), "{}", host.dovecot().log());
}
