use postern_tests::MailHost;

use crate::{Said, ask, let_in_as, login, slapd};

/// Checks passwords, and shows entries without their attributes.
const BINDS: &str = "attrs=userPassword by * auth";
const ENTRIES: &str = "attrs=entry,children by * read";

#[test]
fn an_entry_whose_attributes_are_hidden_defers() {
    let slapd = slapd("hidden", &["alice"]).start();
    let host = MailHost::with_ldap("hidden", &slapd);
    let alice = slapd.person("alice");
    let app = host.site.app_password("alice", "Phone", &[]).password;
    for rules in [
        &[BINDS, ENTRIES, "* by * search"][..],
        &[BINDS, ENTRIES, "attrs=objectClass by * search", "* by * read"],
        &[BINDS, ENTRIES, "attrs=entryUUID by * search", "* by * read"],
        &[BINDS, ENTRIES, "attrs=uid by * search", "* by * read"],
        &[BINDS, ENTRIES, "attrs=posternRevision by * search", "* by * read"],
        &[BINDS, ENTRIES, "attrs=posternEnrolled by * search", "* by * read"],
        &[BINDS, ENTRIES, "attrs=posternPolicy by * search", "* by * read"],
    ] {
        slapd.set_access(rules);
        for secret in [&app, &alice.password, &postern_tests::site::wrong_password()] {
            assert_eq!(login(&host.site, "alice", secret), Said::Defer, "{rules:?}");
        }
        assert_eq!(host.dovecot.user("alice").unwrap_err().0, 75, "{rules:?}");
    }
    slapd.set_access(&[BINDS, "* by * write"]);
    assert_eq!(login(&host.site, "alice", &app), Said::Accept, "by itself, once it is fixed");
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Accept);
}

#[test]
fn an_entry_that_cannot_be_found_is_unknown_and_other_users_log_in() {
    let slapd = slapd("invisible", &["alice", "bob"]).start();
    let host = MailHost::with_ldap("invisible", &slapd);
    let (alice, bob) = (slapd.person("alice"), slapd.person("bob"));
    let app = host.site.app_password("alice", "Phone", &[]).password;
    let hers = format!("dn.exact=\"{}\" by * none", alice.dn);
    slapd.set_access(&[&hers, BINDS, "* by * write"]);
    for secret in [&app, &alice.password] {
        assert_eq!(login(&host.site, "alice", secret), Said::Reject);
    }
    assert_eq!(login(&host.site, "bob", &bob.password), Said::Accept);
    // The attributes of the filter may not be compared, so no entry is found.
    slapd.set_access(&[BINDS, ENTRIES, "attrs=objectClass by * none", "* by * read"]);
    for (name, secret) in [("alice", &app), ("alice", &alice.password), ("bob", &bob.password)] {
        assert_eq!(login(&host.site, name, secret), Said::Reject, "{name}");
    }
}

#[test]
fn if_the_base_is_hidden_every_login_is_deferred() {
    let slapd = slapd("base", &["alice"]).start();
    let host = MailHost::with_ldap("base", &slapd);
    let alice = slapd.person("alice");
    slapd.set_access(&[BINDS, "* by * none"]);
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Defer);
    assert_eq!(login(&host.site, "nobody-here", &alice.password), Said::Defer);
}

#[test]
fn a_service_account_that_may_not_bind_defers_every_login() {
    let slapd = slapd("unbound", &["alice"]).start();
    let host = MailHost::with_ldap("unbound", &slapd);
    let alice = slapd.person("alice");
    slapd.set(postern_tests::slapd::SERVICE, "replace: userPassword\nuserPassword: changed-by-an-admin");
    let site = host.site;
    drop(host.posternd);
    let _posternd = site.posternd();
    assert_eq!(login(&site, "alice", &alice.password), Said::Defer);
    assert_eq!(login(&site, "nobody-here", &alice.password), Said::Defer);
}

#[test]
fn a_locked_or_expired_account_opens_by_no_secret_until_that_is_lifted() {
    let slapd = slapd("locked", &["alice", "bob"]).start();
    let host = MailHost::with_ldap("locked", &slapd);
    let (alice, bob) = (slapd.person("alice"), slapd.person("bob"));
    let app = host.site.app_password("alice", "Phone", &[]).password;
    let refused = |reason: &str| {
        for secret in [&app, &alice.password] {
            assert_eq!(login(&host.site, "alice", secret), Said::Reject, "{reason}");
        }
        assert!(host.dovecot.user("alice").is_ok(), "{reason}: her mail does not bounce");
        drop(host.posternd.logged(&[&format!("reason={reason}"), "user=alice"]));
        assert_eq!(login(&host.site, "bob", &bob.password), Said::Accept);
    };
    slapd.lock(&alice);
    refused("disabled");
    slapd.set(&alice.dn, "delete: pwdAccountLockedTime");
    assert_eq!(login(&host.site, "alice", &app), Said::Accept);
    slapd.set(&alice.dn, "replace: shadowExpire\nshadowExpire: 1");
    refused("expired");
    slapd.set(&alice.dn, "replace: shadowExpire\nshadowExpire: -1");
    assert_eq!(login(&host.site, "alice", &app), Said::Accept);
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Accept);
}

#[test]
fn a_referral_is_never_followed_and_does_not_affect_local_entries() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let elsewhere = format!("ldap://{}/ou=people,dc=example,dc=org", listener.local_addr().unwrap());
    let slapd = slapd("referral", &["alice"]).referral(&elsewhere).start();
    let host = MailHost::with_ldap("referral", &slapd);
    let alice = slapd.person("alice");
    let app = host.site.app_password("alice", "Phone", &[]).password;
    for secret in [&app, &alice.password] {
        assert_eq!(let_in_as(&ask(&host.site, "alice", secret)), "alice");
    }
    assert_eq!(login(&host.site, "alice", &postern_tests::site::wrong_password()), Said::Reject);
    assert_eq!(login(&host.site, "carol", &app), Said::Defer, "she may be elsewhere");
    assert!(listener.accept().is_err(), "nobody was asked there");
}

#[test]
fn a_size_limit_of_the_server_defers_where_it_cuts_and_nowhere_else() {
    let slapd = slapd("limit", &["alice", "bob"]).size_limit(1).start();
    let host = MailHost::with_ldap("limit", &slapd);
    let (alice, bob) = (slapd.person("alice"), slapd.person("bob"));
    let app = host.site.app_password("alice", "Phone", &[]).password;
    slapd.set(&bob.dn, &format!("add: mail\nmail: {}", alice.mail));
    for secret in [&app, &alice.password, &bob.password] {
        assert_eq!(login(&host.site, &alice.mail, secret), Said::Defer);
    }
    assert_eq!(login(&host.site, "alice", &app), Said::Accept);
    assert_eq!(login(&host.site, &bob.mail, &bob.password), Said::Accept);
}

#[test]
fn a_name_that_a_crowd_has_as_its_address_defers() {
    let names: Vec<String> = (0..12).map(|number| format!("p{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let slapd = slapd("many", &names).start();
    let host = MailHost::with_ldap("many", &slapd);
    for name in &names {
        slapd.set(&slapd.person(name).dn, "add: mail\nmail: team@example.org");
    }
    let person = slapd.person("p7");
    assert_eq!(login(&host.site, "team@example.org", &person.password), Said::Defer);
    assert_eq!(login(&host.site, "p7", &person.password), Said::Accept);
}
