//! The first login of people who need a second factor and have none.

use data_encoding::BASE32_NOPAD;
use postern_tests::account_host::AccountHost;
use postern_tests::form_client::FormClient;
use postern_tests::login_host::CodeApp;
use postern_tests::{Authenticator, canary};

use crate::on_both;

on_both!(who_needs_a_second_factor_gets_no_further_before_one_is_set_up);

fn who_needs_a_second_factor_gets_no_further_before_one_is_set_up(host: &AccountHost) {
    let anna = host.user("anna");
    drop(host.site.cli_ok(&["account", "policy", &anna.unix.name, "--second-factor", "required"]));
    let mut client = FormClient::new(host);
    client.get("/devices");
    client.log_in_here(&anna);
    let page = client.page.body.clone();
    assert!(page.contains("<h1>Protect your account</h1>") && page.contains("Set up"), "{page}");
    let step = client.path.clone();
    for path in ["/security", "/app-passwords", "/devices"] {
        client.get(path);
        assert!(client.path.starts_with("/log-in"), "{path}: {}", client.page.body);
    }
    client.get(&step);
    // A passkey is the first in the list, the authenticator the second.
    client.answer("2");
    let key = client
        .page
        .body
        .split("<p class=\"secret\"><code>")
        .nth(1)
        .expect("a key")
        .split('<')
        .next()
        .unwrap();
    let key: String = key.split_whitespace().collect();
    canary::register(&key);
    let mut app = CodeApp::of(Authenticator::new(&BASE32_NOPAD.decode(key.as_bytes()).unwrap()));
    client.answer("000000");
    assert!(client.page.body.contains("not the code of this key"), "{}", client.page.body);
    assert!(client.page.body.contains("<p class=\"secret\"><code>"), "the key is still there");
    client.answer(&app.code());
    assert!(client.page.body.contains("One more thing: recovery codes"), "{}", client.page.body);
    client.answer("y");
    assert!(client.page.body.contains("shown only this once"), "{}", client.page.body);
    client.answer("");
    assert_eq!(client.path, "/devices", "the page that was asked for: {}", client.page.body);
    client.get("/security");
    assert!(client.page.body.contains("Does your mail program ask for a password?"), "{}", client.page.body);
    assert!(
        client.path == "/security" && client.page.body.contains("10 unused codes"),
        "{}",
        client.page.body
    );
}
