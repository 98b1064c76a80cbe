//! Services whose first factor is proved before Postern is asked: with evidence of it, and without.

use postern_core::ledger::Credential;
use postern_core::policy::First;
use postern_core::{Reason, Verdict};

use crate::harness::{MAIN_PASSWORD, Point, Site, SshKey};

#[tokio::test]
async fn after_a_key_or_another_modules_password_only_a_code_is_asked_for() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    for visit in [
        site.visit("sshkey", "alice"),
        site.visit("sshkey", "alice").key(SshKey(1)),
        site.visit("sshkey", "alice").secret(MAIN_PASSWORD),
        site.visit("sshkey", "alice").secret("a password of another kind"),
    ] {
        let ended = visit.says(&[&app.code(), "n"]).await;
        assert_eq!(ended.credential(), Credential::Factor(app.id.unwrap()));
        assert_eq!(ended.questions()[0], "Code from phone: ");
        assert_eq!(ended.outcome.detail, None);
        site.clock.advance(30);
    }
}

#[tokio::test]
async fn without_a_factor_nothing_is_said_about_the_login() {
    let site = Site::new().await;
    drop(site.person("alice").await);
    for visit in [
        site.visit("sshkey", "alice"),
        site.visit("sshkey", "alice").key(SshKey(1)),
        site.visit("sshkey", "alice").secret(MAIN_PASSWORD),
        site.visit("sshkey", "alice").secret("wrong"),
    ] {
        let ended = visit.says(&[]).await;
        assert_eq!(ended.outcome.verdict, Verdict::Ignore("no second factor is needed"));
        assert!(ended.heard.is_empty());
    }
}

#[tokio::test]
async fn without_evidence_wrong_codes_count_for_their_source_alone_and_never_lock() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.limits.codes.in_a_row = 8);
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    for round in 0..6_u32 {
        for source in ["198.51.100.1", "198.51.100.2", "2001:db8::1"] {
            let wrong = app.wrong_code(round.into());
            let ended = site.visit("sshkey", "alice").from(source).says(&[&wrong, "", ""]).await;
            let expected = if round < 5 { Reason::BadCredential } else { Reason::Limited };
            assert_eq!(ended.reason(), expected);
        }
    }
    for source in ["2001:db8::ffff", "::ffff:198.51.100.1"] {
        let ended = site.visit("sshkey", "alice").from(source).says(&[&app.code()]).await;
        assert_eq!(ended.reason(), Reason::Limited, "{source} is one of them");
    }
    let elsewhere = site.visit("sshkey", "alice").from("198.51.100.3").says(&[&app.code()]).await;
    assert!(elsewhere.is_accept(), "15 wrong codes in a row, and nobody is shut out");
    site.clock.advance(30);
    assert!(site.visit("sshkey", "alice").key(SshKey(1)).says(&[&app.code(), ""]).await.is_accept());
    assert!(site.account(&alice).await.data.factors.iter().all(|factor| factor.locked.is_none()));
}

#[tokio::test]
async fn a_password_that_is_not_the_main_password_is_no_evidence() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.limits.codes.in_a_row = 3);
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    for _ in 0..5 {
        let wrong = app.wrong_code(1);
        let visit = site.visit("sshkey", "alice").from("198.51.100.1").secret("wrong");
        assert_eq!(visit.says(&[&wrong, "", ""]).await.reason(), Reason::BadCredential);
    }
    assert_eq!(site.account(&alice).await.data.factors[0].locked, None);
    for visit in
        [site.visit("sshkey", "alice").key(SshKey(1)), site.visit("sshkey", "alice").secret(MAIN_PASSWORD)]
    {
        let ended = visit.says(&[&app.code(), ""]).await;
        assert!(ended.is_accept());
        site.clock.advance(30);
    }
}

#[tokio::test]
async fn with_evidence_wrong_codes_count_for_the_account_and_lock() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.limits.codes.in_a_row = 3);
    for (name, key) in [("alice", Some(SshKey(1))), ("bob", None)] {
        let person = site.person(name).await;
        let app = site.bind(&person, "phone").await;
        let visit = site.visit("sshkey", name);
        let visit = match key {
            Some(key) => visit.key(key),
            None => visit.secret(MAIN_PASSWORD),
        };
        let wrong = app.wrong_code(1);
        let ended = visit.says(&[&wrong, &wrong, &wrong]).await;
        assert_eq!(ended.reason(), Reason::Locked, "{name}");
        assert!(site.account(&person).await.data.factors[0].locked.is_some());
        let elsewhere = site.visit("sshkey", name).from("198.51.100.9").says(&[&app.code()]).await;
        assert_eq!(elsewhere.reason(), Reason::Locked);
    }
}

#[tokio::test]
async fn a_password_from_the_stack_is_checked_and_counted_as_any() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    for number in 0..12 {
        drop(site.visit("sshkey", "alice").secret(&format!("wrong {number}")).says(&[]).await);
    }
    assert_eq!(site.faults.count(Point::CheckMainPassword), 10);
    let ended = site.visit("sshkey", "alice").secret(MAIN_PASSWORD).says(&[&app.code()]).await;
    assert!(ended.is_accept(), "its code counts for its source then");
}

#[tokio::test]
async fn auto_takes_the_stacks_word_only_where_it_hands_on_a_password() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.login_service("sudo", |login| login.first = First::Auto));
    let alice = site.person("alice").await;
    drop(site.person("berta").await);
    let app = site.bind(&alice, "phone").await;
    // As with packaging/pam/sudo: the password of this host, which may differ from the directory's.
    let sudo = |name: &str| site.visit("sudo", name).secret("the password of this host");
    let ended = sudo("alice").says(&[&app.code()]).await;
    assert_eq!((ended.is_accept(), ended.questions()), (true, vec!["Code from phone: "]));
    assert!(matches!(sudo("berta").says(&[]).await.outcome.verdict, Verdict::Ignore(_)));
    // Without a password, a code alone opens nothing.
    site.clock.advance(30);
    let alone = site.visit("sudo", "alice").says(&[&app.code(), &app.code()]).await;
    assert_eq!((alone.reason(), alone.questions()), (Reason::BadCredential, vec!["Password: "]));
    assert!(site.visit("sudo", "alice").says(&[MAIN_PASSWORD, &app.code()]).await.is_accept());
    assert_eq!(site.visit("sudo", "berta").says(&["wrong"]).await.reason(), Reason::BadCredential);
}
