use std::collections::BTreeMap;

use postern_tests::site::wrong_password;
use postern_tests::{Attempt, MailHost, Outcome};

/// A reason, and a name and a secret that must be refused for it.
type Refused = (&'static str, String, String);

/// All refusals, each for another reason.
fn all_refused(host: &MailHost) -> Vec<Refused> {
    let site = &host.site;
    let wrong = wrong_password();
    let alice = site.account("alice");
    let bob = site.account("bob");
    drop(site.cli_ok(&["account", "policy", "bob", "--main-password-on-mail", "never"]));
    let carol = site.account("carol");
    let carols = site.app_password("carol", "Phone", &[]).password;
    drop(site.cli_ok(&["account", "disable", "carol"]));
    let revoked = site.app_password("alice", "Lost", &[]);
    drop(site.cli_ok(&["app-password", "revoke", "alice", &revoked.id]));
    let live = site.app_password("alice", "Phone", &[]).password;
    let last = live.chars().next_back().unwrap();
    let near = format!("{}{}", &live[..live.len() - 1], if last == 'A' { 'B' } else { 'A' });
    let elsewhere = site.app_password("alice", "Office", &["--network", "192.0.2.0/24"]).password;
    let scoped = site.app_password("alice", "Calendar", &["--scope", "dav"]).password;
    // Only app passwords open this account, because it has no main password.
    drop(site.cli_ok(&["account", "create", "dora", "--no-password"]));
    let name = |account: &postern_tests::Account| account.name.clone();
    vec![
        ("an unknown name", "zoe".to_owned(), wrong.clone()),
        ("an unknown name with an app password of somebody", "zoe".to_owned(), live),
        ("a wrong main password", name(&alice), wrong.clone()),
        ("a right main password against policy", name(&bob), bob.password),
        ("a wrong main password against policy", "bob".to_owned(), wrong.clone()),
        ("a disabled account's main password", name(&carol), carol.password),
        ("a disabled account's app password", "carol".to_owned(), carols),
        ("an account without a main password", "dora".to_owned(), wrong),
        ("a revoked app password", "alice".to_owned(), revoked.password),
        ("an app password with one wrong symbol", "alice".to_owned(), near),
        ("an app password from elsewhere", "alice".to_owned(), elsewhere),
        ("an app password out of scope", "alice".to_owned(), scoped),
    ]
}

#[test]
fn every_refused_user_gets_the_same_message() {
    let host = MailHost::new("same_words");
    let mut heard: BTreeMap<[String; 3], Vec<&str>> = BTreeMap::new();
    for (who, user, password) in all_refused(&host) {
        let imap = host.dovecot.imap(&user, &password);
        let pop3 = host.dovecot.pop3(&user, &password);
        for answer in [&imap, &pop3] {
            assert!(!answer.is_in() && !answer.is_unavailable(), "{who}: {answer:?}");
        }
        // The answer to Postfix: every field that Dovecot sends, except the given name.
        let reply = host.dovecot.auth_client().login(&Attempt::new("smtp", &user, &password));
        assert_eq!(reply.outcome, Outcome::Refused, "{who}");
        let mut fields = reply.fields;
        assert_eq!(fields.remove("user").as_deref(), Some(user.as_str()), "{who}");
        let words = [imap.text().to_owned(), pop3.text().to_owned(), format!("{fields:?}")];
        heard.entry(words).or_default().push(who);
    }
    assert_eq!(heard.len(), 1, "not the same words for all: {heard:#?}");
    let who = heard.values().next().unwrap();
    assert_eq!(who.len(), 12, "{who:?}");
}

#[test]
fn the_log_distinguishes_reasons_that_users_cannot() {
    let host = MailHost::new("reasons");
    for (_, user, password) in all_refused(&host) {
        assert!(!host.dovecot.imap(&user, &password).is_in());
    }
    for parts in [
        ["reason=unknown_account", "user=zoe"],
        ["reason=bad_credential", "credential=main_password"],
        ["reason=use_app_password", "user=bob"],
        ["reason=disabled", "user=carol"],
        ["reason=bad_credential", "user=dora"],
        ["reason=revoked", "detail=\"the app password is revoked\""],
        ["reason=network", "user=alice"],
        ["reason=scope", "user=alice"],
    ] {
        drop(host.posternd.logged(&parts));
    }
}
