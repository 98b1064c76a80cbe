//! Where a login leads: to the page that the person asked for, and nowhere that somebody else chose.

use postern_tests::account_host::AccountHost;
use postern_tests::form_client::FormClient;

use crate::on_both;

on_both!(
    a_login_leads_to_the_page_that_was_asked_for,
    a_login_that_begins_again_still_knows_the_page,
    no_address_makes_a_login_lead_elsewhere,
);

fn a_login_leads_to_the_page_that_was_asked_for(host: &AccountHost) {
    let mut anna = host.enrolled_with("anna", &[]);
    let mut client = FormClient::new(host);
    client.get("/app-passwords");
    assert_eq!(client.path, "/log-in?to=app-passwords");
    // A wrong password and the switch of the language lose nothing.
    let action = client.action("/log-in");
    client.submit(&action, &[("user", &anna.unix.name), ("password", "wrong")]);
    assert_eq!(client.page.status, 403);
    let back = client.hidden("back").expect("where the language leads");
    client.submit("/language", &[("to", "en"), ("back", &back)]);
    assert_eq!(client.path, "/log-in?to=app-passwords");
    client.log_in_here(&anna);
    client.answer(&anna.app.code());
    assert_eq!(client.path, "/app-passwords", "{}", client.page.body);
    // A session that is over, and a form that was sent with it.
    let stale = "A".repeat(60);
    let mut client = FormClient::new(host);
    client.cookies.insert("__Host-postern-session".to_owned(), stale);
    client.get("/devices");
    assert_eq!(client.path, "/log-in?why=over&to=devices");
    client.submit("/app-passwords/create", &[("label", "x"), ("imap", "on")]);
    assert_eq!(client.path, "/log-in?why=over&to=app-passwords");
    assert!(client.page.body.contains("You were logged out."), "{}", client.page.body);
}

fn a_login_that_begins_again_still_knows_the_page(host: &AccountHost) {
    let mut anna = host.enrolled_with("anna", &[]);
    let mut client = FormClient::new(host);
    client.get("/devices");
    client.log_in_here(&anna);
    let cancel = client.action("/step/");
    assert!(cancel.ends_with("?to=devices"), "{cancel}");
    let cancel = client.page.body.split("action=\"/step/").find(|rest| rest.contains("/cancel")).unwrap();
    let cancel = format!("/step/{}", cancel.split('"').next().unwrap());
    client.submit(&cancel, &[]);
    assert_eq!(client.path, "/log-in?to=devices");
    client.log_in_here(&anna);
    // This process does not know the conversation, as after a restart.
    let unknown = client.path.replace("/step/", "/step/AAAA");
    let unknown = format!("{}{}", &unknown[.."/step/".len() + 16], "?to=devices");
    client.submit(&unknown, &[("answer", "123456")]);
    assert_eq!(client.path, "/log-in?why=again&to=devices");
    assert!(client.page.body.contains("This login was not finished"), "{}", client.page.body);
    client.log_in_here(&anna);
    client.answer(&anna.app.code());
    assert_eq!(client.path, "/devices", "{}", client.page.body);
}

fn no_address_makes_a_login_lead_elsewhere(host: &AccountHost) {
    let anna = host.user("anna");
    for query in [
        "to=https://evil.example",
        "to=//evil.example",
        "to=/app-passwords",
        "to=app-passwords/revoke-all",
        "to=log-out",
        "to=%0d%0aLocation:%20https://evil.example",
        "return=https://evil.example",
        "why=over&to=\"><script>",
    ] {
        let query: String = query.replace(['"', '<', '>'], "%3c");
        let mut client = FormClient::new(host);
        client.get(&format!("/log-in?{query}"));
        assert!(!client.page.body.contains("evil"), "{query}");
        assert_eq!(client.action("/log-in"), "/log-in", "{query}");
        client
            .submit(&format!("/log-in?{query}"), &[("user", &anna.unix.name), ("password", &anna.password)]);
        assert_eq!(client.path, "/security", "{query}: {}", client.page.body);
        assert!(
            client
                .replies
                .iter()
                .all(|reply| { reply.header("location").is_none_or(|location| location == "/security") })
        );
    }
}
