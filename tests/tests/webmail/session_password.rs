//! The session mail password at the real Dovecot and Postfix, as a thief would try it.

use postern_tests::account_host::AccountHost;
use postern_tests::form_client::FormClient;
use postern_tests::http::HttpReply;
use postern_tests::login_host::{LoginUser, Stores};
use postern_tests::webmail_host::WebmailHost;
use postern_tests::{Attempt, Outcome, canary};
use serde_json::{Value, json};

/// What an application gets.
pub(crate) struct LetIn {
    pub(crate) password: String,
    handle: String,
}

/// A browser with a session.
pub(crate) fn signed_in<'h>(host: &'h AccountHost, user: &mut LoginUser) -> FormClient<'h> {
    let mut client = FormClient::new(host);
    client.log_in(user);
    client.answer(&user.app.code());
    assert_eq!(client.path, "/security", "{}", client.page.body);
    client
}

/// Lets an application in.
#[track_caller]
pub(crate) fn let_in(host: &AccountHost, client: &mut FormClient<'_>, application: &str) -> LetIn {
    let state = format!("{:A<43}", application.len());
    let reply = client.get(&format!("/application?name={application}&state={state}"));
    let location = reply.header("location").unwrap_or_else(|| panic!("{reply:?}"));
    let (_, query) = location.split_once("/?postern_code=").unwrap_or_else(|| panic!("{location}"));
    let (code, returned) = query.split_once("&postern_state=").expect("a state");
    assert_eq!(returned, state);
    let asked = json!({"application": application, "code": code, "state": state});
    let reply = ask(host, "redeem", &asked);
    assert_eq!(reply.status, 200, "{}", reply.body);
    let text = |name: &str| reply.json()[name].as_str().expect("text").to_owned();
    let let_in = LetIn { password: text("password"), handle: text("handle") };
    canary::register(&let_in.password);
    canary::register(&let_in.handle);
    assert_eq!(ask(host, "redeem", &asked).status, 403, "once");
    let_in
}

fn ask(host: &AccountHost, verb: &str, body: &Value) -> HttpReply {
    host.web.applications().request("POST", &format!("/application/{verb}")).json(body).send()
}

pub(crate) fn outcome(host: &WebmailHost, attempt: &Attempt) -> Outcome {
    host.dovecot().auth_client().login(attempt).outcome
}

#[test]
fn it_is_good_for_its_account_its_services_and_its_networks_until_the_session_ends() {
    let host = WebmailHost::shared(Stores::Embedded);
    let (mut anna, bert) = (host.enrolled_with("anna", &[]), host.enrolled_with("bert", &[]));
    let mut client = signed_in(&host, &mut anna);
    let (name, other) = (anna.unix.name.as_str(), bert.unix.name.as_str());
    let full = let_in(&host, &mut client, "roundcube");
    let imap_only = let_in(&host, &mut client, "gated");
    for service in ["imap", "smtp", "sieve"] {
        assert_eq!(
            outcome(&host, &Attempt::new(service, name, &full.password)),
            Outcome::Accepted,
            "{service}"
        );
    }
    assert_eq!(outcome(&host, &Attempt::new("pop3", name, &full.password)), Outcome::Refused, "not listed");
    assert_eq!(outcome(&host, &Attempt::new("imap", name, &imap_only.password)), Outcome::Accepted);
    assert_eq!(
        outcome(&host, &Attempt::new("sieve", name, &imap_only.password)),
        Outcome::Refused,
        "not listed"
    );
    assert_eq!(
        outcome(&host, &Attempt::new("imap", other, &full.password)),
        Outcome::Refused,
        "another account"
    );
    let from = |attempt: Attempt| outcome(&host, &attempt.from("192.0.2.7"));
    assert_eq!(from(Attempt::new("imap", name, &full.password)), Outcome::Refused, "another host");
    let told = Attempt::new("imap", name, &full.password).from("192.0.2.7").with("real_rip=127.0.0.1");
    assert_eq!(outcome(&host, &told), Outcome::Accepted, "the web mail says where the person is");
    let stolen = Attempt::new("imap", name, &full.password).from("127.0.0.1").with("real_rip=192.0.2.7");
    assert_eq!(outcome(&host, &stolen), Outcome::Refused, "a claim of the client is no address");
    let by_lua = host.site.dovecot_by_lua();
    for (attempt, expected) in [(&told, Outcome::Accepted), (&stolen, Outcome::Refused)] {
        assert_eq!(by_lua.auth_client().login(attempt).outcome, expected, "by Lua");
    }
    let postfix = &host.servers.submission;
    assert!(postfix.auth_for("127.0.0.1", name, &full.password).starts_with("235 "));
    let beyond = postfix.auth_for("192.0.2.7", name, &full.password);
    assert!(beyond.starts_with("535 "), "by XCLIENT the person's address is the connection's own: {beyond}");
    for altered in [
        full.password[..55].to_owned(),
        format!("{}x", full.password),
        full.password.to_uppercase(),
        format!("{}{}", full.password, "x".repeat(513 - full.password.len())),
        full.handle.clone(),
    ] {
        canary::register(&altered);
        assert_eq!(
            outcome(&host, &Attempt::new("imap", name, &altered)),
            Outcome::Refused,
            "{}",
            altered.len()
        );
    }
    assert_eq!(
        outcome(&host, &Attempt::new("imap", name, &anna.password)),
        Outcome::Refused,
        "the main password"
    );
    let app_password = host.site.app_password(name, "phone", &[]).password;
    assert_eq!(outcome(&host, &Attempt::new("imap", name, &app_password)), Outcome::Accepted, "as before");

    assert_eq!(ask(&host, "end", &json!({"handle": full.handle})).status, 204);
    for (application, password) in [("roundcube", &full.password), ("gated", &imap_only.password)] {
        let attempt = Attempt::new("imap", name, password);
        assert_eq!(outcome(&host, &attempt), Outcome::Refused, "{application}: after the end");
    }
    let check = ask(&host, "check", &json!({"handle": imap_only.handle, "is_active": true}));
    assert_eq!((check.status, check.json()["error"].clone()), (403, "over".into()));
    assert_eq!(outcome(&host, &Attempt::new("imap", name, &app_password)), Outcome::Accepted, "as before");
}
