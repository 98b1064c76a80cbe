use std::time::Duration;

use postern_tests::{FakePosternd, PamReport};
use serde_json::json;

use crate::{alice, pam, site, usual};

const REASONS: [(&str, i32, i32); 12] = [
    ("bad_credential", pam::AUTH_ERR, pam::PERM_DENIED),
    ("unknown_account", pam::AUTH_ERR, pam::PERM_DENIED),
    ("disabled", pam::AUTH_ERR, pam::ACCT_EXPIRED),
    ("expired", pam::AUTH_ERR, pam::ACCT_EXPIRED),
    ("scope", pam::AUTH_ERR, pam::PERM_DENIED),
    ("network", pam::AUTH_ERR, pam::PERM_DENIED),
    ("use_app_password", pam::AUTH_ERR, pam::PERM_DENIED),
    ("replayed", pam::AUTH_ERR, pam::PERM_DENIED),
    ("not_permitted", pam::AUTH_ERR, pam::PERM_DENIED),
    ("cancelled", pam::CONV_ERR, pam::PERM_DENIED),
    ("limited", pam::MAXTRIES, pam::PERM_DENIED),
    ("locked", pam::MAXTRIES, pam::PERM_DENIED),
];

/// What authenticate and acct_mgmt answer where posternd says `verdict` at once.
fn answers(name: &str, verdict: serde_json::Value) -> (i32, i32, PamReport) {
    let site = site(name, "");
    let _fake = FakePosternd::start(&site.socket(), move |line| {
        line.begin();
        line.say(json!({ "verdict": verdict }));
    });
    let report = alice(&site).calls(&["auth", "acct"]).run().lived();
    (report.answer("auth"), report.answer("acct"), report)
}

#[test]
fn every_reason_to_refuse_has_its_code() {
    for (reason, login, account) in REASONS {
        let (auth, acct, report) =
            answers("reasons", json!({"reject": {"reason": reason, "text": "Login failed."}}));
        assert_eq!((auth, acct), (login, account), "{reason}");
        let text = (pam::ERROR, "Login failed.".to_owned());
        assert_eq!(report.shown(), [text.clone(), text], "{reason}");
    }
}

#[test]
fn an_accept_is_success_an_outage_is_unavailable_and_nothing_to_say_is_ignore() {
    let (auth, acct, report) = answers("accept", json!({"accept": {"user": "alice", "userdb": {}}}));
    assert_eq!((auth, acct), (pam::SUCCESS, pam::SUCCESS));
    assert!(report.messages.is_empty(), "{report:?}");
    let (auth, acct, report) = answers("defer", json!({"defer": {"reason": "the directory is down"}}));
    assert_eq!((auth, acct), (pam::AUTHINFO_UNAVAIL, pam::AUTHINFO_UNAVAIL));
    let told = report.shown();
    assert!(
        told.iter().all(|(_, text)| text.contains("out of order") && text.contains("try again")),
        "{told:?}"
    );
    assert!(!told.is_empty(), "people hear that it is an outage");
    let (auth, acct, _) = answers("ignore", json!({"ignore": {"reason": "no factor"}}));
    assert_eq!((auth, acct), (pam::IGNORED, pam::IGNORED));
}

#[test]
fn a_login_with_password_and_code() {
    let site = site("login", "");
    let fake = usual(&site);
    let report = alice(&site).types("hunter2").types("123456").authenticate();
    assert_eq!(report.answer("auth"), pam::SUCCESS);
    assert_eq!(report.shown(), [(pam::HIDDEN, "Password: ".to_owned()), (pam::VISIBLE, "Code: ".to_owned())]);
    assert_eq!(report.delay, None);
    let heard = fake.conversation();
    assert_eq!(heard[1..], [json!({"answer": "hunter2"}), json!({"answer": "123456"})]);
}

#[test]
fn a_wrong_code_is_refused_in_words_and_after_a_moment() {
    let site = site("wrong", "");
    let _fake = usual(&site);
    let report = alice(&site).types("hunter2").types("654321").authenticate();
    assert_eq!(report.answer("auth"), pam::AUTH_ERR);
    assert_eq!(report.shown()[2..], [(pam::ERROR, "Login failed.".to_owned())]);
    let delay = Duration::from_micros(report.delay.unwrap().try_into().unwrap());
    assert!(delay > Duration::from_secs(1), "libpam varies what we ask for: {delay:?}");
    // The host waits, and not we.
    report.took.assert_within(delay);
}

#[test]
fn a_mail_login_that_is_refused_is_not_delayed() {
    let site = site("mail", "");
    let _fake = FakePosternd::start(&site.socket(), |line| {
        line.begin();
        line.ask("hidden", "Password: ");
        line.reject("bad_credential", "");
    });
    let report = alice(&site).types("wrong").authenticate();
    assert_eq!((report.answer("auth"), report.delay), (pam::AUTH_ERR, None));
    assert_eq!(report.shown(), [(pam::HIDDEN, "Password: ".to_owned())], "no text, no message");
}

#[test]
fn the_other_hooks_never_stand_in_the_way_and_need_no_daemon() {
    let site = site("hooks", "nonsense");
    let report = alice(&site).calls(&["cred", "open", "close", "chauthtok"]).run().lived();
    assert_eq!(report.answer("cred"), pam::SUCCESS);
    for call in ["open", "close", "chauthtok"] {
        assert_eq!(report.answer(call), pam::IGNORED, "{call}");
    }
}
