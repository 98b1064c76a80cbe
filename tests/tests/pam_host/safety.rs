use postern_tests::{FakePosternd, PamSite, host};

use crate::{alice, pam, site, usual};

#[test]
fn a_panic_in_any_hook_is_pam_abort_and_the_host_lives() {
    let site = PamSite::new("panic");
    site.service_with("test", &host::panicking_pam_module(), "", "panic");
    let fake = usual(&site);
    let calls = ["auth", "acct", "cred", "open", "close", "chauthtok"];
    let report = alice(&site).types("s3cret").calls(&calls).run().lived();
    for call in calls {
        assert_eq!(report.answer(call), pam::ABORT, "{call}");
    }
    assert!(report.shown().is_empty(), "{report:?}");
    assert!(
        report.log[0].contains("internal error at ") && report.log[0].contains(".rs:"),
        "{:?}",
        report.log
    );
    assert!(report.log.iter().all(|line| !line.contains("the argument asked for it")), "{:?}", report.log);
    assert!(fake.conversations().is_empty());
}

#[test]
fn that_build_is_the_usual_one_otherwise() {
    let site = PamSite::new("no-panic");
    site.service_with("test", &host::panicking_pam_module(), "", "");
    let _fake = usual(&site);
    assert_eq!(alice(&site).types("hunter2").types("123456").authenticate().answer("auth"), pam::SUCCESS);
}

#[test]
fn a_host_without_stdin_stdout_and_stderr_is_served_and_gets_no_socket_in_their_place() {
    let site = site("stdio", "");
    let _fake = usual(&site);
    let closed = alice(&site).word("stdio", "closed");
    let report = closed.types("hunter2").types("123456").calls(&["auth", "acct", "cred"]).run().lived();
    assert_eq!((report.answer("auth"), report.answer("acct")), (pam::SUCCESS, pam::SUCCESS));
    assert_eq!(report.descriptors.0, report.descriptors.1);
}

#[test]
fn without_a_descriptor_left_no_user_gets_in_and_the_host_lives() {
    let site = site("starve", "");
    let _fake = usual(&site);
    // The first call makes libpam load the module, for which it needs descriptors of its own.
    let starved = alice(&site).calls(&["cred", "starve", "auth", "acct", "feed"]);
    let report = starved.types("hunter2").types("123456").run().lived();
    for call in ["auth", "acct"] {
        // libpam turns it into PAM_SYSTEM_ERR where it cannot open a socket for the audit log either.
        let code = report.answer(call);
        assert!([pam::AUTHINFO_UNAVAIL, pam::SYSTEM_ERR].contains(&code), "{call}: {code}");
    }
    assert!(report.shown().is_empty(), "nobody was asked: {report:?}");
    assert_eq!(report.descriptors.0, report.descriptors.1);
    let again = alice(&site).calls(&["cred", "starve", "feed", "auth"]);
    assert_eq!(again.types("hunter2").types("123456").run().lived().answer("auth"), pam::SUCCESS);
}

#[test]
fn no_secret_is_left_in_the_hosts_memory() {
    let site = site("wiped", "");
    let secret = "kV7-rQ2_xT9+wZ4";
    let whole = format!("{}{secret}", "x".repeat(64));
    let fake = FakePosternd::start(&site.socket(), move |line| {
        line.begin();
        let heard = line.ask("hidden", "Password: ");
        if heard["answer"] == whole.as_str() { line.accept("alice") } else { line.reject("scope", "") }
    });
    let disguised: String = secret.bytes().map(|byte| format!("{:02x}", byte ^ 0x5a)).collect();
    let host = alice(&site).word("secret", disguised);
    let report = host.clone().word("answer", "secret").authenticate();
    assert_eq!((report.answer("auth"), report.secrets_left), (pam::SUCCESS, 0));
    // The search finds what is there: a reply that the host itself kept.
    let report = host.word("answer", "secret-kept").authenticate();
    assert_eq!((report.answer("auth"), report.secrets_left), (pam::SUCCESS, 1));
    assert_eq!(fake.conversations().len(), 2);
}

#[test]
fn valgrind_finds_nothing() {
    let valgrind = host::system_program("/usr/bin/valgrind", "valgrind");
    let valgrind = valgrind.to_str().unwrap();
    let command = [
        valgrind,
        "-q",
        "--error-exitcode=99",
        "--leak-check=full",
        "--show-leak-kinds=definite,indirect,possible",
        "--errors-for-leak-kinds=definite,indirect,possible",
        "--track-fds=no",
    ];
    let site = site("valgrind", "debug");
    let _fake = usual(&site);
    let calls = ["auth", "acct", "cred", "open", "close"];
    for (tty, answers, expected) in [
        ("pts/3", &["text:hunter2", "text:123456"][..], pam::SUCCESS),
        ("pts/3", &["text:hunter2", "text:0"], pam::AUTH_ERR),
        // A person at a terminal is told; a program that echoes is not asked again.
        ("pts/3", &["text:hunter2", "text:hunter2"], pam::AUTH_ERR),
        ("ftp", &["text:hunter2", "text:hunter2"], pam::CONV_ERR),
        ("pts/3", &["null"], pam::CONV_ERR),
        ("pts/3", &["none"], pam::CONV_ERR),
        ("pts/3", &["big:100000"], pam::AUTH_ERR),
    ] {
        let host = site.host("test", "alice").word("rhost", "192.0.2.7").word("tty", tty);
        let host = answers.iter().fold(host, |host, answer| host.word("answer", answer));
        let report = host.calls(&calls).word("rounds", "2").under(&command).run().lived();
        assert_eq!(report.answer("auth"), expected, "{answers:?}");
    }
}
