use std::os::unix::fs::PermissionsExt;

use postern_tests::host;

use crate::{alice, pam, site, usual};

#[test]
fn an_unknown_or_broken_argument_is_an_error_in_both_hooks() {
    for argument in ["nullok", "debug=yes", "service=", "config=client.toml", "try-first-pass", "panic"] {
        let site = site("unknown", argument);
        let fake = usual(&site);
        let report = alice(&site).types("hunter2").types("123456").calls(&["auth", "acct"]).run().lived();
        assert_eq!(
            (report.answer("auth"), report.answer("acct")),
            (pam::SERVICE_ERR, pam::SERVICE_ERR),
            "{argument}"
        );
        assert!(report.log.iter().all(|line| line.contains(argument)), "{:?}", report.log);
        assert_eq!(report.log.len(), 2, "{:?}", report.log);
        assert!(fake.conversations().is_empty(), "nobody is asked");
    }
}

#[test]
fn an_argument_that_is_no_text_is_an_error() {
    let site = site("no-text", "");
    let config = site.config();
    let module = host::pam_module();
    let mut text = format!("auth required {} config={} x", module.display(), config.display()).into_bytes();
    text.extend_from_slice(b"\xff\n");
    std::fs::write(site.dir().join("services/test"), text).unwrap();
    assert_eq!(alice(&site).authenticate().answer("auth"), pam::SERVICE_ERR);
}

#[test]
fn a_configuration_that_is_broken_or_writable_by_others_lets_no_user_in() {
    let site = site("config", "");
    let fake = usual(&site);
    let refused = |why: &str| {
        let report = alice(&site).types("hunter2").types("123456").calls(&["auth", "acct"]).run().lived();
        let unavailable = (pam::AUTHINFO_UNAVAIL, pam::AUTHINFO_UNAVAIL);
        assert_eq!((report.answer("auth"), report.answer("acct")), unavailable, "{why}");
        assert!(report.log[0].contains("client.toml"), "{:?}", report.log);
    };
    site.configure("sockets = 1\n");
    refused("an unknown key");
    site.configure("interactive_deadline = \"soon\"\n");
    refused("a broken value");
    site.configure("");
    std::fs::set_permissions(site.config(), std::fs::Permissions::from_mode(0o666)).unwrap();
    refused("open to others");
    host::own(&site.config(), host::ids("mallory"), 0o644);
    refused("somebody else's");
    host::own(&site.config(), host::ids("root"), 0o644);
    assert!(fake.conversations().is_empty(), "nobody was asked");
    let report = alice(&site).types("hunter2").types("123456").authenticate();
    assert_eq!(report.answer("auth"), pam::SUCCESS);
}

#[test]
fn debug_tells_every_step_and_no_secret() {
    let site = site("debug", "debug");
    let _fake = usual(&site);
    let report = alice(&site).types("hunter2").types("123456").calls(&["auth", "acct"]).run().lived();
    let log = report.log.join("\n");
    for step in
        ["asks, echo off", "asks, echo on", "authenticate answers SUCCESS", "acct_mgmt answers SUCCESS"]
    {
        assert!(log.contains(step), "{log}");
    }
    for secret in ["hunter2", "123456", "the-proof"] {
        assert!(!log.contains(secret), "{log}");
    }
}
