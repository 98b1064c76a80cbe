//! PAM's account management: may a login continue that Postern may not have authenticated?

use std::sync::atomic::Ordering;

use postern_core::clock::Timestamp;
use postern_core::exchange::Outcome;
use postern_core::keyring::{KEY_BYTES, Keyring};
use postern_core::name::LoginName;
use postern_core::policy::SecondFactor;
use postern_core::proof::Proof;
use postern_core::{Reason, Verdict, flows};

use crate::harness::{MAIN_PASSWORD, Site, Someone};

async fn proof(site: &Site, who: &Someone, service: &str) -> Proof {
    let ended = site.visit(service, &who.name).says(&[MAIN_PASSWORD]).await;
    ended.into_proof().unwrap()
}

fn is(outcome: &Outcome, expected: &str) -> bool {
    match &outcome.verdict {
        Verdict::Accept(accepted) => expected == "accept" && accepted.proof.is_none(),
        Verdict::Reject(reason) => expected == reason.as_str(),
        Verdict::Defer(_) => expected == "defer",
        Verdict::Ignore(_) => expected == "ignore",
    }
}

/// alice has no factor, bob has one.
async fn site() -> (Site, Someone, Someone) {
    let site = Site::new().await;
    let (alice, bob) = (site.person("alice").await, site.person("bob").await);
    drop(site.bind(&bob, "phone").await);
    (site, alice, bob)
}

#[tokio::test]
async fn a_login_that_postern_has_just_accepted_continues() {
    let (site, alice, _) = site().await;
    let proof = proof(&site, &alice, "sshd").await;
    for _ in 0..2 {
        assert!(is(&site.account_flow("sshd", "alice", Some(&proof)).await, "accept"));
        site.clock.advance(60);
    }
    assert!(is(&site.account_flow("sshd", "alice", Some(&proof)).await, "accept"));
    site.clock.advance(1);
    assert!(is(&site.account_flow("sshd", "alice", Some(&proof)).await, "ignore"), "it is over");
}

#[tokio::test]
async fn a_proof_of_a_code_lets_an_enrolled_account_go_on_and_nothing_else_does() {
    let (mut site, alice, bob) = site().await;
    let app = site.bind(&bob, "token").await;
    let ended = site.visit("sshd", "bob").says(&[MAIN_PASSWORD, &app.code()]).await;
    let of_bob = ended.into_proof().unwrap();
    assert!(is(&site.account_flow("sshd", "bob", Some(&of_bob)).await, "accept"));
    let of_alice = proof(&site, &alice, "sshd").await;
    for wrong in [None, Some(&of_alice)] {
        assert!(is(&site.account_flow("sshd", "bob", wrong).await, "not_permitted"), "without one of bob's");
    }
    assert!(is(&site.account_flow("sshkey", "bob", Some(&of_bob)).await, "not_permitted"), "another service");
    site.clock.advance(121);
    assert!(is(&site.account_flow("sshd", "bob", Some(&of_bob)).await, "not_permitted"), "expired");
    let name = LoginName::new("bob").unwrap();
    for forged in ["", ".", "1800000720.00000000000000000000000000000000", "18446744073709551615.0"] {
        let outcome = flows::account(&site.engine, site.engine.service("sshd"), &name, Some(forged)).await;
        assert!(is(&outcome, "not_permitted"), "{forged}");
    }
    site.clock.advance(30);
    let ended = site.visit("sshd", "bob").says(&[MAIN_PASSWORD, &app.code()]).await;
    let fresh = ended.into_proof().unwrap();
    site.configure(|setup| {
        setup.keyring = Keyring::render(&[8; KEY_BYTES], Timestamp::from_unix(1)).to_string()
    });
    assert!(is(&site.account_flow("sshd", "bob", Some(&fresh)).await, "not_permitted"), "another site's");
}

#[tokio::test]
async fn a_login_by_a_key_alone_does_not_walk_past_a_second_factor() {
    let (mut site, alice, _) = site().await;
    for service in ["sshd", "sshkey"] {
        assert!(is(&site.account_flow(service, "alice", None).await, "ignore"));
        assert!(is(&site.account_flow(service, "bob", None).await, "not_permitted"));
    }
    site.configure(|setup| setup.policy.second_factor = SecondFactor::Required);
    assert!(is(&site.account_flow("sshd", "alice", None).await, "not_permitted"), "none is bound");
    site.edit(&alice, |data| data.policy.second_factor = Some(SecondFactor::Exempt)).await;
    assert!(is(&site.account_flow("sshd", "alice", None).await, "ignore"));
    site.configure(|setup| setup.policy.second_factor = SecondFactor::Off);
    assert!(is(&site.account_flow("sshd", "bob", None).await, "ignore"));
}

#[tokio::test]
async fn if_account_is_not_enforced_the_login_is_ignored() {
    let (site, _, _) = site().await;
    site.faults.expect(None);
    for name in ["alice", "bob", "nobody"] {
        assert!(is(&site.account_flow("sudo", name, None).await, "ignore"), "{name}");
    }
    assert!(is(&site.account_flow("imap", "bob", None).await, "ignore"), "a mail login has its secret");
    assert!(site.faults.calls().is_empty(), "nothing had to be looked up for that");
    assert!(is(&site.account_flow("telnet", "alice", None).await, "not_permitted"), "not configured");
}

#[tokio::test]
async fn a_proof_counts_where_accounts_are_not_enforced_too() {
    let (site, alice, _) = site().await;
    let proof = proof(&site, &alice, "sudo").await;
    assert!(is(&site.account_flow("sudo", "alice", Some(&proof)).await, "accept"));
    assert!(is(&site.account_flow("sudo", "bob", Some(&proof)).await, "ignore"));
}

#[tokio::test]
async fn a_stranger_is_refused_or_left_to_the_rest_of_the_stack_as_at_a_login() {
    let (mut site, alice, _) = site().await;
    let proof = proof(&site, &alice, "sshd").await;
    for second_factor in [SecondFactor::IfEnrolled, SecondFactor::Required] {
        for (ignores, expected) in [(false, "unknown_account"), (true, "ignore")] {
            site.configure(|setup| {
                setup.policy.second_factor = second_factor;
                setup.login_service("sshd", |sshd| sshd.ignores_strangers = ignores);
            });
            site.set_host_user("root", Some(0));
            site.set_host_user("nobody", Some(65_534));
            for (name, expected) in [("root", expected), ("nobody", expected), ("none", "unknown_account")] {
                for given in [None, Some(&proof)] {
                    let outcome = site.account_flow("sshd", name, given).await;
                    assert!(is(&outcome, expected), "{name} {:?}", outcome.verdict);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_key_alone_does_not_let_a_user_in_under_another_spelling() {
    let (mut site, alice, bob) = site().await;
    let proof = proof(&site, &alice, "sshd").await;
    for ignores in [false, true] {
        site.configure(|setup| setup.login_service("sshd", |sshd| sshd.ignores_strangers = ignores));
        for who in [&alice, &bob] {
            let name = &who.name;
            for spelled in [name.to_uppercase(), format!("{name}@default"), format!("DOM\\{name}")] {
                site.set_host_user(&spelled, Some(who.uid));
                for given in [None, Some(&proof)] {
                    let outcome = site.account_flow("sshd", &spelled, given).await;
                    assert!(is(&outcome, "not_permitted"), "{spelled} {:?}", outcome.verdict);
                }
            }
        }
    }
}

#[tokio::test]
async fn another_user_of_the_same_name_is_refused() {
    let (site, alice, _) = site().await;
    for uid in [Some(alice.uid + 1), Some(0), None] {
        site.set_host_user("alice", uid);
        assert!(is(&site.account_flow("sshd", "alice", None).await, "not_permitted"), "{uid:?}");
    }
    drop(site.person_with("rootlike", &[("uidNumber", "0")]).await);
    site.set_host_user("rootlike", Some(0));
    assert!(is(&site.account_flow("sshd", "rootlike", None).await, "not_permitted"));
}

#[tokio::test]
async fn an_account_that_ended_since_is_refused_with_a_proof_too() {
    let (site, alice, _) = site().await;
    let proof = proof(&site, &alice, "sshd").await;
    let now = site.now_plus(0);
    site.edit(&alice, |data| data.policy.expires = Some(now)).await;
    for given in [None, Some(&proof)] {
        assert!(is(&site.account_flow("sshd", "alice", given).await, "expired"));
    }
    site.edit(&alice, |data| data.policy.disabled = true).await;
    for given in [None, Some(&proof)] {
        assert!(is(&site.account_flow("sshd", "alice", given).await, "disabled"));
    }
}

#[tokio::test]
async fn an_observed_refusal_is_logged_and_not_enforced() {
    let (mut site, _, _) = site().await;
    site.configure(|setup| setup.policy.observe = true);
    let outcome = site.account_flow("sshd", "bob", None).await;
    assert!(is(&outcome, "ignore"));
    assert_eq!(outcome.trail.observed, Some(Reason::NotPermitted));
    let stranger = site.account_flow("sshd", "nobody", None).await;
    assert!(is(&stranger, "ignore"));
    assert_eq!(stranger.trail.observed, Some(Reason::UnknownAccount));
}

#[tokio::test]
async fn a_directory_or_a_name_service_out_of_order_defers() {
    let (site, alice, _) = site().await;
    let proof = proof(&site, &alice, "sshd").await;
    site.faults.users_are_down.store(true, Ordering::Relaxed);
    assert!(is(&site.account_flow("sshd", "alice", None).await, "defer"));
    assert!(is(&site.account_flow("sshd", "alice", Some(&proof)).await, "accept"), "proved a moment ago");
    site.faults.directory_is_down.store(true, Ordering::Relaxed);
    for given in [None, Some(&proof)] {
        assert!(is(&site.account_flow("sshd", "alice", given).await, "defer"));
    }
}
