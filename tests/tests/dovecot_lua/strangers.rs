//! What a client without an account can do to the logins of others.

use std::time::Duration;

use postern_tests::planted::execute;
use postern_tests::site::wrong_password;
use postern_tests::{Attempt, Outcome, Stopwatch};
use serde_json::json;

use crate::LuaHost;

/// Puts `attempt` to Dovecot more often than it has auth workers, and expects `outcome`. Meanwhile others have to get in.
fn is_answered_at_once(host: &LuaHost, app: &str, attempt: &Attempt, outcome: Outcome) {
    let mut stranger = host.dovecot.auth_client();
    let sent: Vec<u32> = (0..40).map(|_| stranger.send(attempt)).collect();
    let imap = Stopwatch::start();
    assert_eq!(host.login("imap", "anna", app), Outcome::Accepted);
    let answers: Vec<Outcome> =
        sent.iter().map(|_| stranger.receive().expect("dovecot auth answers").outcome).collect();
    assert_eq!(answers, vec![outcome; sent.len()]);
    // An outage takes 11 s at this service.
    imap.assert_within(Duration::from_secs(8));
}

#[test]
fn secrets_and_names_that_cannot_be_any_are_refused_at_once_and_logged() {
    let host = LuaHost::new("lua-too-long");
    drop(host.site.account("anna"));
    let app = host.site.app_password("anna", "Phone", &[]).password;
    assert_eq!(host.login("imap", "anna", &app), Outcome::Accepted);
    // In JSON each of these takes six bytes, and so all of them more than a line may have.
    let long = Attempt::of_bytes("smtp", b"anna", &[2; 2800]).from("192.0.2.66");
    is_answered_at_once(&host, &app, &long.with("no-penalty"), Outcome::Refused);
    drop(host.posternd.logged(&["reason=bad_credential", "service=smtp", "rhost=192.0.2.66", "user=anna"]));
    let not_text = Attempt::of_bytes("smtp", b"anna", b"\xff\xfe").from("192.0.2.67");
    assert_eq!(host.dovecot.auth_client().login(&not_text).outcome, Outcome::Refused);
    drop(host.posternd.logged(&["reason=bad_credential", "service=smtp", "rhost=192.0.2.67", "user=anna"]));
    let name = "a".repeat(600);
    let long_name = Attempt::new("smtp", &name, "x").from("192.0.2.68");
    assert_eq!(host.dovecot.auth_client().login(&long_name).outcome, Outcome::Refused);
    drop(host.posternd.logged(&["reason=bad_credential", "service=smtp", "rhost=192.0.2.68", "user=aaaa"]));
}

#[test]
fn an_account_that_is_out_of_order_keeps_no_other_out() {
    let host = LuaHost::new("lua-one-broken");
    drop(host.site.account("anna"));
    drop(host.site.account("bert"));
    let app = host.site.app_password("anna", "Phone", &[]).password;
    let sql = "UPDATE account SET password = replace(password, 'm=19456', 'm=4194304') WHERE name = 'bert'";
    execute(&host.site, sql, &[json!([])]);
    let attempt = Attempt::new("smtp", "bert", &wrong_password()).with("no-penalty");
    is_answered_at_once(&host, &app, &attempt, Outcome::Unavailable);
}
