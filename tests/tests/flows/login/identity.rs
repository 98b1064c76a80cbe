//! Identity: the account of the directory has to match the user of the host.

use std::sync::atomic::Ordering;

use postern_core::{Reason, Verdict};

use crate::harness::{MAIN_PASSWORD, Point, Site, SshKey};

#[tokio::test]
async fn a_name_that_the_directory_has_not_is_refused_or_left_to_others() {
    let site = Site::new().await;
    let refused = site.visit("sshd", "nobody").says(&[MAIN_PASSWORD, "123456"]).await;
    assert_eq!((refused.reason(), refused.questions()), (Reason::UnknownAccount, vec!["Password: "]));
    site.set_host_user("root", Some(0));
    let ignored = site.visit("sudo", "root").says(&[]).await;
    assert_eq!(ignored.outcome.verdict, Verdict::Ignore("not in the directory"));
    assert!(ignored.heard.is_empty(), "nobody is asked twice");
    let stack = site.visit("sshkey", "nobody").key(SshKey(1)).says(&[]).await;
    assert_eq!(stack.reason(), Reason::UnknownAccount);
}

#[tokio::test]
async fn a_name_without_a_uid_is_refused_where_strangers_are_left_to_others() {
    let site = Site::new().await;
    let before = site.hasher.tally().main_password;
    let refused = site.visit("sudo", "nobody").says(&[MAIN_PASSWORD]).await;
    assert_eq!((refused.reason(), refused.questions()), (Reason::UnknownAccount, vec!["Password: "]));
    assert_eq!(site.hasher.tally().main_password, before + 1, "it costs what a wrong password costs");
    site.set_host_user("nobody", Some(65_534));
    assert_eq!(site.visit("sudo", "nobody").says(&[]).await.outcome.verdict, STRANGER);
}

#[tokio::test]
async fn a_user_of_the_host_with_another_uid_is_not_the_account() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    for (uid, detail) in [
        (Some(alice.uid + 1), "the account's uidNumber is not the uid of the user of this host"),
        (Some(0), "the account's uidNumber is not the uid of the user of this host"),
        (None, "this host has no such user"),
    ] {
        site.set_host_user("alice", uid);
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await;
        assert_eq!((ended.reason(), ended.outcome.detail), (Reason::NotPermitted, Some(detail)));
        assert_eq!(ended.questions(), ["Password: "], "as for a stranger");
        let stack = site.visit("sshkey", "alice").key(SshKey(1)).says(&[&app.code()]).await;
        assert_eq!((stack.reason(), stack.questions().len()), (Reason::NotPermitted, 0));
        let sudo = site.visit("sudo", "alice").says(&[MAIN_PASSWORD, &app.code()]).await;
        assert_eq!(
            sudo.reason(),
            Reason::NotPermitted,
            "the directory has the name, so nobody else is asked"
        );
    }
    assert_eq!(site.faults.count(Point::AdmitCode), 0);
    site.set_host_user("alice", Some(alice.uid));
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await.is_accept());
}

#[tokio::test]
async fn root_is_never_taken_from_the_directory() {
    let site = Site::new().await;
    for (name, uid) in [("toor", "0"), ("none", ""), ("text", "ten"), ("below", "-1"), ("over", "4294967296")]
    {
        drop(site.person_with(name, &[("uidNumber", uid)]).await);
        site.set_host_user(name, Some(0));
        for service in ["sshd", "sudo"] {
            let ended = site.visit(service, name).says(&[MAIN_PASSWORD]).await;
            assert_eq!(ended.reason(), Reason::NotPermitted, "{name} {service}");
        }
        let stack = site.visit("sshkey", name).key(SshKey(1)).says(&[]).await;
        assert_eq!(stack.reason(), Reason::NotPermitted);
    }
}

#[tokio::test]
async fn an_address_is_no_name_at_a_login_and_case_counts() {
    let site = Site::new().await;
    let alice = site.person_with("alice", &[("mail", "root")]).await;
    site.set_host_user("root", Some(0));
    site.set_host_user("ALICE", Some(alice.uid));
    for (name, reason) in [
        ("root", Reason::UnknownAccount),
        ("ALICE", Reason::NotPermitted),
        ("alice ", Reason::NotPermitted),
        ("ａｌｉｃｅ", Reason::UnknownAccount),
    ] {
        let ended = site.visit("sshd", name).says(&[MAIN_PASSWORD]).await;
        assert_eq!(ended.reason(), reason, "{name}");
    }
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await.is_accept());
}

#[tokio::test]
async fn a_user_under_another_spelling_is_no_stranger() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    for name in ["ALICE", "Alice", "alice@default", "DOM\\alice", "al", "alice.", "ａｌｉｃｅ"] {
        site.set_host_user(name, Some(alice.uid));
        for service in ["sshd", "sudo", "sshkey"] {
            let ended = site.visit(service, name).key(SshKey(1)).says(&[MAIN_PASSWORD, &app.code()]).await;
            assert_eq!(ended.reason(), Reason::NotPermitted, "{name} {service}");
            assert_eq!(ended.outcome.trail.account.as_ref(), Some(&alice.id), "the log says whose it is");
        }
    }
    // The directory finds the spelling, but the host's user is another one.
    site.set_host_user("ALICE", Some(alice.uid + 500));
    let ended = site.visit("sudo", "ALICE").says(&[MAIN_PASSWORD]).await;
    assert_eq!(
        (ended.reason(), ended.outcome.detail),
        (Reason::NotPermitted, Some("the account has another name"))
    );
    assert_eq!(site.faults.count(Point::AdmitCode), 0);
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await.is_accept());
}

#[tokio::test]
async fn a_uid_that_several_accounts_carry_defers() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let uid = alice.uid.to_string();
    drop(site.person_with("bob", &[("uidNumber", &uid)]).await);
    site.set_host_user("ALICE", Some(alice.uid));
    for name in ["alice", "ALICE"] {
        for service in ["sshd", "sudo", "sshkey"] {
            let ended = site.visit(service, name).key(SshKey(1)).says(&[MAIN_PASSWORD]).await;
            assert!(ended.is_defer(), "{name} {service}");
        }
    }
    site.set_host_user("nobody", Some(65_534));
    assert_eq!(site.visit("sudo", "nobody").says(&[]).await.outcome.verdict, STRANGER);
}

#[tokio::test]
async fn a_uid_in_another_notation_makes_no_user_a_stranger() {
    let site = Site::new().await;
    for (number, form) in ["+", " ", "0", "000"].into_iter().enumerate() {
        let (uid, name) = (20_000 + u32::try_from(number).unwrap(), format!("alice{number}"));
        drop(site.person_with(&name, &[("uidNumber", &format!("{form}{uid}"))]).await);
        for name in [name.clone(), name.to_uppercase(), format!("{name}@default")] {
            site.set_host_user(&name, Some(uid));
            for service in ["sshd", "sudo", "sshkey"] {
                let ended = site.visit(service, &name).key(SshKey(1)).says(&[MAIN_PASSWORD]).await;
                assert_eq!(ended.reason(), Reason::NotPermitted, "{name} {service}");
            }
        }
    }
}

#[tokio::test]
async fn root_stays_a_stranger_even_if_an_entry_has_its_uid() {
    let site = Site::new().await;
    for name in ["toor", "admin"] {
        drop(site.person_with(name, &[("uidNumber", "0")]).await);
    }
    for name in ["root", "rescue"] {
        site.set_host_user(name, Some(0));
        assert_eq!(site.visit("sudo", name).says(&[]).await.outcome.verdict, STRANGER);
        assert_eq!(site.visit("sshd", name).says(&[MAIN_PASSWORD]).await.reason(), Reason::UnknownAccount);
    }
}

#[tokio::test]
async fn an_entry_that_is_called_root_does_not_lock_root_out() {
    for (name, uid) in [("root", "0"), ("root", "10050"), ("Root", "10050"), ("root", "")] {
        let site = Site::new().await;
        drop(site.person_with(name, &[("uidNumber", uid)]).await);
        site.set_host_user("root", Some(0));
        assert_eq!(site.visit("sudo", "root").says(&[]).await.outcome.verdict, STRANGER, "{name} {uid}");
        let refused = site.visit("sshd", "root").says(&[MAIN_PASSWORD]).await;
        assert_eq!(refused.reason(), Reason::UnknownAccount, "the entry's password opens nothing");
    }
}

#[tokio::test]
async fn a_disabled_or_expired_account_is_refused_with_every_secret() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let codes = site.recovery_codes(&alice, 1).await;
    let soon = site.now_plus(100);
    site.edit(&alice, |data| data.policy.expires = Some(soon)).await;
    site.clock.advance(99);
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await.is_accept());
    for reason in [Reason::Expired, Reason::Disabled] {
        site.clock.advance(1);
        site.edit(&alice, |data| data.policy.disabled = reason == Reason::Disabled).await;
        for second in [&app.code(), &codes[0]] {
            let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, second]).await;
            assert_eq!((ended.reason(), ended.questions()), (reason, vec!["Password: "]));
            let stack = site.visit("sshkey", "alice").key(SshKey(1)).says(&[second]).await;
            assert_eq!((stack.reason(), stack.questions().len()), (reason, 0));
        }
    }
}

#[tokio::test]
async fn name_services_that_do_not_answer_defer_every_login() {
    let site = Site::new().await;
    drop(site.person("alice").await);
    site.faults.users_are_down.store(true, Ordering::Relaxed);
    for service in ["sshd", "sudo", "sshkey"] {
        for name in ["alice", "nobody", "root"] {
            assert!(site.visit(service, name).says(&[MAIN_PASSWORD]).await.is_defer(), "{name}");
        }
    }
}

#[tokio::test]
async fn strangers_and_wrong_passwords_hear_the_same_questions_and_words() {
    let site = Site::new().await;
    let enrolled = site.person_with("enrolled", &[("preferredLanguage", "zh-CN")]).await;
    drop(site.bind(&enrolled, "phone").await);
    let disabled = site.person("disabled").await;
    site.edit(&disabled, |data| data.policy.disabled = true).await;
    drop(site.person("plain").await);
    drop(site.person_with("rootlike", &[("uidNumber", "0")]).await);
    drop(site.person("moved").await);
    site.set_host_user("moved", Some(1));
    let mut heard = Vec::new();
    for name in ["enrolled", "disabled", "plain", "rootlike", "moved", "nobody"] {
        for language in ["en", "zh"] {
            let before = site.hasher.tally().main_password;
            let ended = site
                .visit("sshd", name)
                .language(language)
                .says(&[&format!("wrong {language}"), "more", "more"])
                .await;
            assert!(!ended.is_accept());
            assert_eq!(site.hasher.tally().main_password, before + 1, "{name} costs what others cost");
            heard.push((language, ended.heard));
        }
        let given = site.visit("sshd", name).secret("wrong en").says(&["more"]).await;
        assert!(given.heard.is_empty() && matches!(given.outcome.verdict, Verdict::Reject(_)));
    }
    for (language, all) in &heard {
        let question = if *language == "en" { "Password: " } else { "密码： " };
        assert_eq!(
            all,
            &[crate::harness::Heard::Question(postern_core::conversation::Echo::Off, question.to_owned())]
        );
    }
}

#[tokio::test]
async fn the_junk_password_of_sshd_takes_as_long_as_a_wrong_password() {
    let site = Site::new().await;
    drop(site.person("plain").await);
    for name in ["plain", "nobody"] {
        for _ in 0..3 {
            let before = site.hasher.tally().main_password;
            let ended = site.visit("sshd", name).says(&[JUNK]).await;
            assert!(!ended.is_accept());
            assert_eq!(ended.questions(), ["Password: "], "{name}");
            assert_eq!(
                site.hasher.tally().main_password,
                before + 1,
                "{name}: it knows no name that sshd turns away"
            );
        }
    }
    assert!(
        site.visit("sshd", "plain").says(&[MAIN_PASSWORD]).await.is_accept(),
        "and it counts for nothing"
    );
}

const STRANGER: Verdict = Verdict::Ignore("not in the directory");
// auth-pam.c: sshd replaces the typed password by junk of this length.
const JUNK: &str = "\u{8}\n\r\u{7f}INCORRECT";
