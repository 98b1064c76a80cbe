//! What is accepted and what is not, and what comes with it.

use std::os::unix::fs::MetadataExt;

use postern_tests::mail_host::SERVICES;
use postern_tests::site::wrong_password;
use postern_tests::{Attempt, Login, Outcome, Protocol};

use crate::LuaHost;

#[test]
fn app_passwords_open_every_mail_service_with_the_fields_of_the_account() {
    let host = LuaHost::new("lua-opens");
    let anna = host.site.account_with("anna", &wrong_password(), &["--mail", "anna.b@example.org"]);
    let app = host.site.app_password("anna", "Phone", &[]).password;
    for spelling in [app.clone(), app.replace(' ', "")] {
        assert_eq!(host.dovecot.imap("anna", &spelling).text(), "INBOX: 0 messages");
        assert_eq!(host.dovecot.pop3("anna", &spelling).text(), "INBOX: 0 messages");
        assert_eq!(host.opened("anna", &spelling), SERVICES);
    }
    let maildir = std::fs::metadata(anna.home.join("Maildir")).expect("the mailbox is in the account's home");
    assert_eq!((maildir.uid(), maildir.gid()), (anna.uid, anna.uid));
    // Dovecot folds the case of names before a passdb sees them; an address is one more name of the account.
    for name in ["ANNA", "Anna.B@Example.ORG"] {
        let reply = host.dovecot.auth_client().login(&Attempt::new("imap", name, &app));
        assert_eq!((reply.outcome, reply.fields["user"].as_str()), (Outcome::Accepted, "anna"), "{name}");
    }
    for (user, password) in [("anna", wrong_password()), ("nobody-here", app.clone())] {
        assert!(host.opened(user, &password).is_empty(), "{user}");
        assert!(!host.dovecot.imap(user, &password).is_in());
    }
    for password in [&b"\xff\xfe"[..], b"", &[b'x'; 600]] {
        let attempt = Attempt::of_bytes("imap", b"anna", password);
        assert_eq!(host.dovecot.auth_client().login(&attempt).outcome, Outcome::Refused);
    }
    drop(host.dovecot.logged(&["posternd refuses the login: bad_credential", "anna"]));
    drop(host.site.cli_ok(&["account", "disable", "anna"]));
    assert!(host.opened("anna", &app).is_empty(), "disabled");
}

#[test]
fn scope_network_and_revocation_hold() {
    let host = LuaHost::new("lua-holds");
    drop(host.site.account("anna"));
    let scoped = host.site.app_password("anna", "Reader", &["--scope", "imap,sieve"]);
    assert_eq!(host.opened("anna", &scoped.password), ["imap", "sieve"]);
    drop(host.posternd.logged(&["reason=scope", "service=pop3", &format!("app_password={}", scoped.id)]));
    drop(host.dovecot.logged(&["posternd refuses the login: scope"]));
    let office = host.site.app_password("anna", "Office", &["--network", "127.0.0.2/32"]).password;
    let from =
        |source: &str| Login::new(&host.dovecot, Protocol::Imap, "anna", &office).from(source).run().is_in();
    assert!(from("127.0.0.2") && !from("127.0.0.3"));
    drop(host.posternd.logged(&["reason=network", "service=imap", "rhost=127.0.0.3", "user=anna"]));
    let attempt = Attempt::new("imap", "anna", &office);
    let mut auth = host.dovecot.auth_client();
    let told = auth.login(&attempt.clone().from("127.0.0.2").with("real_rip=192.0.2.1"));
    assert_eq!(told.outcome, Outcome::Accepted, "the network is that of the client");
    assert_eq!(auth.login(&attempt.from("2001:db8::1")).outcome, Outcome::Refused);
    drop(host.posternd.logged(&["via=192.0.2.1", "service=imap", "rhost=127.0.0.2"]));
    drop(host.site.cli_ok(&["app-password", "revoke", "anna", &scoped.id]));
    assert!(host.opened("anna", &scoped.password).is_empty(), "at once");
}

#[test]
fn deliveries_and_doveadm_find_accounts_without_a_password() {
    let mut host = LuaHost::new("lua-userdb");
    let anna = host.site.account_with("anna", &wrong_password(), &["--mail", "anna.b@example.org"]);
    for name in ["anna", "anna.b@example.org"] {
        let found = host.dovecot.user(name).expect("the account");
        assert_eq!(found["uid"], anna.uid.to_string(), "{name}");
        assert_eq!(found["home"], anna.home.display().to_string());
    }
    const UNKNOWN: i32 = 67;
    const TEMPORARY: i32 = 75;
    for nobody in ["nobody-here", &"a".repeat(600)] {
        assert_eq!(host.dovecot.user(nobody).unwrap_err().0, UNKNOWN, "a mail bounces: {nobody}");
    }
    // A passdb lookup, as proxies make it, shows that there is an account, and no password.
    let looked_up = host.dovecot.doveadm(&["auth", "lookup", "anna"]);
    assert!(looked_up.code == 0 && looked_up.stdout.contains(" : anna\n"), "{looked_up:?}");
    assert_ne!(host.dovecot.doveadm(&["auth", "lookup", "nobody-here"]).code, 0);
    assert!(host.posternd.stop().success());
    let (code, said) = host.dovecot.user("anna").unwrap_err();
    assert_eq!(code, TEMPORARY, "mail waits, and does not bounce: {said}");
}

#[test]
fn workers_that_run_as_root_may_ask_for_the_same() {
    let host = LuaHost::with("lua-root", "service auth-worker {\n user = root\n}\n");
    drop(host.site.account("anna"));
    let app = host.site.app_password("anna", "Phone", &[]).password;
    assert_eq!(host.opened("anna", &app), SERVICES);
    drop(host.posternd.logged(&["verdict=accept", "peer=0", "user=anna"]));
}
