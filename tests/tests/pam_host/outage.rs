//! Users of this host alone while posternd has no verdict.

use postern_tests::{FakePosternd, PamReport, PamSite, unix_users};
use serde_json::json;

use crate::{OUTAGE, pam, site, usual};

/// Both hooks, for `user` of the service `test`.
fn both(site: &PamSite, user: &str) -> PamReport {
    site.host("test", user).types("hunter2").calls(&["auth", "acct"]).run().lived()
}

#[track_caller]
fn is_left_to_others(report: &PamReport) {
    assert_eq!((report.answer("auth"), report.answer("acct")), (pam::IGNORED, pam::IGNORED), "{report:?}");
    assert_eq!(report.shown(), [(pam::ERROR, LOCAL.to_owned())]);
    assert!(report.log.iter().all(|line| line.contains("cannot decide") && line.contains("local user=")));
}

#[track_caller]
fn is_refused(report: &PamReport) {
    let unavailable = (pam::AUTHINFO_UNAVAIL, pam::AUTHINFO_UNAVAIL);
    assert_eq!((report.answer("auth"), report.answer("acct")), unavailable, "{report:?}");
    assert_eq!(report.shown().last(), Some(&(pam::ERROR, OUTAGE.to_owned())));
}

#[test]
fn without_a_daemon_local_users_are_left_to_the_rest_of_the_stack_and_others_refused() {
    let (local, other) = (unix_users::fresh("local"), unix_users::fresh("other"));
    let group = format!("local_group={}", local.name);
    for (arguments, lets_local, lets_root) in [
        (group.as_str(), true, false),
        ("uid_min=1000", false, true),
        (&format!("{group} uid_min=1000"), true, true),
        ("local_group=no-such-group", false, false),
        ("", false, false),
    ] {
        let site = site("outage", arguments);
        for (user, is_let) in
            [(&*local.name, lets_local), ("root", lets_root), (&other.name, false), ("nobody-here", false)]
        {
            let report = both(&site, user);
            if is_let { is_left_to_others(&report) } else { is_refused(&report) }
        }
    }
}

#[test]
fn a_member_of_the_group_is_local_and_a_member_whom_the_host_does_not_have_is_not() {
    let (local, group) = (unix_users::fresh("local"), unix_users::fresh("wheel"));
    unix_users::add_members(&group.name, &[&local.name, "alice-of-ldap"]);
    let site = site("members", &format!("local_group={}-members", group.name));
    is_left_to_others(&both(&site, &local.name));
    is_refused(&both(&site, "alice-of-ldap"));
    is_refused(&both(&site, &local.name.to_uppercase()));
}

#[test]
fn a_daemon_that_cannot_decide_is_an_outage_and_one_that_decides_is_none() {
    let local = unix_users::fresh("local");
    let site = site("defers", &format!("local_group={}", local.name));
    let fake = FakePosternd::start(&site.socket(), |line| {
        line.begin();
        line.say(json!({"verdict": {"defer": {"reason": "the directory does not answer"}}}));
    });
    is_left_to_others(&both(&site, &local.name));
    is_refused(&both(&site, "alice"));
    drop(fake);
    let _fake = usual(&site);
    let report =
        site.host("test", &local.name).types("hunter2").types("1").calls(&["auth", "acct"]).run().lived();
    assert_eq!(report.answer("auth"), pam::AUTH_ERR, "it is reachable, and decides");
}

#[test]
fn a_user_whom_posternd_asked_a_question_is_not_local() {
    let local = unix_users::fresh("local");
    let site = site("asked", &format!("local_group={}", local.name));
    let _fake = FakePosternd::start(&site.socket(), |line| {
        line.begin();
        line.ask("hidden", "Password: ");
    });
    let report = site.host("test", &local.name).types("hunter2").authenticate();
    assert_eq!(report.answer("auth"), pam::AUTHINFO_UNAVAIL, "{report:?}");
    assert_eq!(report.shown().last(), Some(&(pam::ERROR, OUTAGE.to_owned())));
}

#[test]
fn a_broken_configuration_is_no_outage() {
    let local = unix_users::fresh("local");
    let site = site("broken", &format!("local_group={}", local.name));
    site.configure("sockets = 1\n");
    let report = both(&site, &local.name);
    let unavailable = (pam::AUTHINFO_UNAVAIL, pam::AUTHINFO_UNAVAIL);
    assert_eq!((report.answer("auth"), report.answer("acct")), unavailable, "{report:?}");
}

#[test]
fn silent_hosts_and_chinese_users_are_told_of_an_outage_too() {
    let site = site("words", "");
    let silent = site.host("test", "alice").word("flags", pam::SILENT).authenticate();
    assert_eq!(silent.shown(), [(pam::ERROR, OUTAGE.to_owned())]);
    let chinese = site.host("test", "alice").env("LANG", "zh_CN.UTF-8").authenticate();
    assert!(chinese.shown()[0].1.contains("故障"), "{chinese:?}");
}

#[test]
fn sshd_shows_an_outage_in_ascii_and_tells_local_users_nothing_twice() {
    let local = unix_users::fresh("local");
    let site = site("sshd", &format!("local_group={}", local.name));
    let at_sshd = |user: &str| site.host("test", user).env("LANG", "zh_CN.UTF-8").word("tty", "ssh");
    assert_eq!(at_sshd("alice").authenticate().shown(), [(pam::ERROR, OUTAGE.to_owned())]);
    let by_key = at_sshd(&local.name).calls(&["acct"]).run().lived();
    assert_eq!((by_key.answer("acct"), by_key.shown()), (pam::IGNORED, Vec::new()));
}

#[test]
fn a_login_by_key_alone_hears_that_it_is_an_outage() {
    let local = unix_users::fresh("local");
    let site = site("key", &format!("local_group={}", local.name));
    let by_key = |user: &str| site.host("test", user).calls(&["acct"]).run().lived();
    let other = by_key("alice");
    assert_eq!(other.answer("acct"), pam::AUTHINFO_UNAVAIL, "{other:?}");
    let text = "Two-step login is out of order on this host just now. Try again later.";
    assert_eq!(other.shown(), [(pam::ERROR, text.to_owned())]);
    is_local_by_key(&by_key(&local.name));
}

#[track_caller]
fn is_local_by_key(report: &PamReport) {
    assert_eq!(report.answer("acct"), pam::IGNORED, "{report:?}");
    assert_eq!(report.shown(), [(pam::ERROR, LOCAL.to_owned())]);
}

const LOCAL: &str = "Two-step login is out of order on this host just now. It is not needed for local users.";
