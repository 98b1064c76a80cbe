use postern_tests::site::wrong_password;
use postern_tests::{Attempt, Login, MailHost, Outcome, Protocol};

use crate::{Said, ask, let_in_as, login, slapd};

#[test]
fn an_app_password_and_the_main_password_open_mail_through_dovecot() {
    let slapd = slapd("opens", &["alice", "bob"]).start();
    let host = MailHost::with_ldap("opens", &slapd);
    let alice = host.person(&slapd, "alice");
    let app = host.site.app_password("alice", "Thunderbird", &[]).password;
    for secret in [&app, &alice.password] {
        assert_eq!(host.dovecot.imap("alice", secret).text(), "INBOX: 0 messages");
        assert_eq!(host.dovecot.pop3("alice", secret).text(), "INBOX: 0 messages");
        assert_eq!(host.dovecot.imap(&alice.mail, secret).text(), "INBOX: 0 messages");
    }
    assert!(alice.home.join("Maildir").is_dir(), "the mailbox is in the home that LDAP names");
    for (user, secret) in [("alice", &wrong_password()), ("bob", &app), ("bob", &alice.password)] {
        let answer = host.dovecot.imap(user, secret);
        assert!(!answer.is_in() && !answer.is_unavailable(), "{user}: {answer:?}");
    }
    let fields = host.dovecot.user("alice").unwrap();
    assert_eq!((fields["uid"].as_str(), fields["home"].as_str()), ("30000", alice.home.to_str().unwrap()));
    assert_eq!(host.dovecot.user("nobody-here").unwrap_err().0, 67);
    let reply = host.dovecot.auth_client().login(&Attempt::new("smtp", &alice.mail, &app));
    assert_eq!((reply.outcome, reply.fields["user"].as_str()), (Outcome::Accepted, "alice"));
}

#[test]
fn a_main_password_that_was_changed_in_ldap_counts_at_once() {
    let slapd = slapd("changed", &["alice"]).start();
    let host = MailHost::with_ldap("changed", &slapd);
    let alice = slapd.person("alice");
    let new = wrong_password();
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Accept);
    assert_eq!(login(&host.site, "alice", &new), Said::Reject);
    slapd.set(&alice.dn, &format!("replace: userPassword\nuserPassword: {new}"));
    assert_eq!(login(&host.site, "alice", &new), Said::Accept, "though it was wrong a moment ago");
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Reject);
}

#[test]
fn policy_scope_network_and_revocation_hold_in_ldap_as_they_do_everywhere() {
    let slapd = slapd("holds", &["alice"]).start();
    let host = MailHost::with_ldap("holds", &slapd);
    let alice = host.person(&slapd, "alice");
    let office = ["--scope", "imap", "--network", "127.0.0.2/32"];
    let office = host.site.app_password("alice", "Office", &office);
    let from = |protocol, source: &str| {
        Login::new(&host.dovecot, protocol, "alice", &office.password).from(source).run().is_in()
    };
    assert!(from(Protocol::Imap, "127.0.0.2"));
    assert!(!from(Protocol::Imap, "127.0.0.3"));
    assert!(!from(Protocol::Pop3, "127.0.0.2"));
    let never = ["account", "policy", "alice", "--main-password-on-mail", "never"];
    drop(host.site.cli_ok(&never));
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Reject);
    drop(host.posternd.logged(&["reason=use_app_password", "user=alice"]));
    drop(host.site.cli_ok(&["app-password", "revoke", "alice", &office.id]));
    assert!(!from(Protocol::Imap, "127.0.0.2"), "at once");
}

#[test]
fn a_user_name_comes_back_as_ldap_writes_it() {
    let slapd = slapd("canonical", &["Alice"]).start();
    let host = MailHost::with_ldap("canonical", &slapd);
    let alice = slapd.person("Alice");
    for name in ["alice", "ALICE", "alice@example.org", "ALICE@EXAMPLE.ORG"] {
        assert_eq!(let_in_as(&ask(&host.site, name, &alice.password)), "Alice", "{name}");
    }
}
