//! An app password from its page to a real mail server and back.

use postern_tests::account_host::AccountHost;
use postern_tests::canary;
use postern_tests::form_client::FormClient;

use crate::on_both;

on_both!(an_app_password_of_the_page_opens_mail_until_it_is_revoked);

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
    client.get("/app-passwords");
    client.submit("/app-passwords/create", &[("label", "Thunderbird"), ("imap", "on"), ("pop3", "on")]);
    let password = shown(&client);
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
    client.get("/app-passwords");
    let page = client.page.body.clone();
    assert!(page.contains("Thunderbird") && page.contains(&format!("{}…", &password[..4])), "{page}");
    assert!(page.contains(", pop3, from 127.0.0.1"), "when, by which service, from where: {page}");
    client.submit("/app-passwords/regenerate", &[("id", &password[..4])]);
    let newer = shown(&client);
    assert!(!dovecot.imap(&name, &password).is_in() && dovecot.imap(&name, &newer).is_in());
    client.get("/app-passwords");
    client.submit("/app-passwords/revoke", &[("id", &newer[..4])]);
    assert!(client.page.body.contains("has been revoked"), "{}", client.page.body);
    assert!(!dovecot.imap(&name, &newer).is_in());
    assert!(client.get("/app-passwords").body.contains("You have no app passwords."));
}
