use postern_tests::FakePosternd;
use serde_json::Value;

use crate::{alice, pam, site, usual};

#[test]
fn the_proof_of_a_login_reaches_account_management_and_not_the_session() {
    let site = site("travels", "");
    let fake = usual(&site);
    let login = alice(&site).types("hunter2").types("123456");
    let report = login.clone().calls(&["auth", "acct", "acct"]).run().lived();
    assert_eq!((report.answer("auth"), report.answer("acct")), (pam::SUCCESS, pam::SUCCESS));
    assert_eq!(report.env, ["POSTERN_PROOF=the-proof"], "until the host is through with account management");
    for (_, heard) in fake.conversations().iter().enumerate().skip(1) {
        assert_eq!(heard[0]["begin"]["secret"], "the-proof");
    }
    for last in ["cred", "open"] {
        let report = login.clone().calls(&["auth", "acct", last]).run().lived();
        assert!(report.env.is_empty(), "{last}: {:?}", report.env);
    }
}

#[test]
fn without_a_login_there_is_no_proof() {
    let site = site("key-only", "");
    let fake = usual(&site);
    let report = alice(&site).calls(&["acct"]).run().lived();
    assert_eq!(report.answer("acct"), pam::PERM_DENIED);
    assert_eq!(fake.conversation()[0]["begin"]["secret"], Value::Null);
}

#[test]
fn a_proof_from_before_does_not_survive_the_next_attempt() {
    let site = site("stale", "");
    let _fake = usual(&site);
    let stale = alice(&site).word("env", "POSTERN_PROOF=the-proof");
    for (answers, expected) in [(&["hunter2", "0"][..], pam::AUTH_ERR), (&["hunter2"], pam::CONV_ERR)] {
        let host = answers.iter().fold(stale.clone(), |host, answer| host.types(answer));
        let report = host.calls(&["auth", "acct"]).run().lived();
        assert_eq!((report.answer("auth"), report.answer("acct")), (expected, pam::PERM_DENIED));
        assert!(report.env.is_empty());
    }
    let broken = crate::site("stale-broken", "nonsense");
    let report = alice(&broken).word("env", "POSTERN_PROOF=the-proof").authenticate();
    assert_eq!((report.answer("auth"), report.env.len()), (pam::SERVICE_ERR, 0));
}

/// What a host with this terminal gets where posternd lets in another name than it asked about.
fn another_name(tty: &str, proof: Option<&'static str>) -> (i32, String) {
    let site = site("alias", "");
    let _fake = FakePosternd::start(&site.socket(), move |line| {
        line.begin();
        match proof {
            Some(proof) => line.accept_with_proof("alice", proof),
            None => line.accept("alice"),
        }
    });
    let report = site.host("test", "alice@example.org").word("tty", tty).authenticate();
    assert!(report.env.is_empty(), "no proof of another's login");
    (report.answer("auth"), report.user)
}

#[test]
fn only_dovecot_gets_the_canonical_name_instead_of_an_alias() {
    assert_eq!(another_name("dovecot", None), (pam::SUCCESS, "alice".to_owned()));
    for (tty, proof) in
        [("dovecot", Some("p")), ("ssh", None), ("ssh", Some("p")), ("pts/1", None), ("", None)]
    {
        let typed = "alice@example.org".to_owned();
        assert_eq!(another_name(tty, proof), (pam::AUTH_ERR, typed), "{tty} {proof:?}");
    }
}

#[test]
fn a_name_that_c_would_read_as_another_is_not_taken() {
    let site = site("nul", "");
    let _fake = FakePosternd::start(&site.socket(), |line| {
        line.begin();
        line.accept("root\0alice");
    });
    let report = site.host("test", "alice@example.org").word("tty", "dovecot").authenticate();
    assert_eq!((report.answer("auth"), report.user.as_str()), (pam::AUTH_ERR, "alice@example.org"));
}

#[test]
fn account_management_takes_no_other_name_either() {
    let site = site("alias-account", "");
    let _fake = FakePosternd::start(&site.socket(), |line| {
        line.begin();
        line.accept("alice");
    });
    let report = site.host("test", "bob").word("tty", "dovecot").calls(&["acct"]).run().lived();
    assert_eq!(report.answer("acct"), pam::PERM_DENIED);
}
