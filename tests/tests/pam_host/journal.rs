use postern_tests::{FakePosternd, fail2ban};

use crate::{alice, pam, site, usual};

/// The lines of the log where posternd refuses for `reason`, without what differs from process to process.
fn refused(name: &str, reason: &'static str, user: &str, rhost: &str) -> Vec<String> {
    let site = site(name, "");
    let _fake = FakePosternd::start(&site.socket(), move |line| {
        line.begin();
        line.reject(reason, "");
    });
    let host = site.host("test", user).word("rhost", rhost).word("tty", "ssh").word("ruser", "carol");
    let report = host.authenticate();
    report.log.iter().map(|line| line.split_once("]: ").unwrap().1.to_owned()).collect()
}

#[test]
fn a_wrong_secret_is_one_line_in_the_words_of_pam_modules() {
    let site = site("words", "");
    let _fake = usual(&site);
    let report = alice(&site).types("hunter2").types("1").authenticate();
    // authpriv.notice, under the host's own name.
    assert!(report.log[0].starts_with("<85>pam-host["), "{:?}", report.log);
    let line = "pam_postern(test:auth): authentication failure; logname= uid=0 euid=0 tty=pts/3 ruser= rhost=192.0.2.7 user=alice";
    assert!(report.log[0].ends_with(line) && report.log.len() == 1, "{:?}", report.log);
}

#[test]
fn only_what_speaks_of_guessing_is_called_an_authentication_failure() {
    for (reason, is_a_guess) in [
        ("bad_credential", true),
        ("unknown_account", true),
        ("limited", false),
        ("locked", false),
        ("replayed", false),
        ("disabled", false),
        ("expired", false),
        ("scope", false),
        ("network", false),
        ("use_app_password", false),
        ("not_permitted", false),
        ("cancelled", false),
    ] {
        let log = refused("guess", reason, "alice", "192.0.2.7");
        let what = if is_a_guess { "authentication failure" } else { &format!("refused ({reason})") };
        let line = format!(
            "pam_postern(test:auth): {what}; logname= uid=0 euid=0 tty=ssh ruser=carol rhost=192.0.2.7 user=alice"
        );
        assert_eq!(log, [line]);
    }
}

#[test]
fn no_input_can_forge_a_line_or_a_field() {
    let log = refused("forge", "bad_credential", "x rhost=192.0.2.9 user=root\nfoo", "1.2.3.4 user=bob");
    let end = r#"rhost="1.2.3.4 user=bob" user="x rhost=192.0.2.9 user=root\x0afoo""#;
    assert!(log.len() == 1 && log[0].ends_with(end), "{log:?}");
}

/// A name from which the address of somebody else could be read.
const FORGED: &str = "pam_postern(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.9 user=x";

#[test]
fn the_filter_of_fail2ban_finds_guesses_and_no_forged_address() {
    let mut lines = Vec::new();
    for (reason, user) in
        [("bad_credential", "alice"), ("unknown_account", FORGED), ("limited", FORGED), ("cancelled", FORGED)]
    {
        lines.extend(refused("filter", reason, user, "192.0.2.7"));
    }
    lines.extend(refused("filter", "bad_credential", "alice", &format!("x {FORGED}")));
    // Nobody listens: an outage.
    let site = site("filter_outage", "");
    let outage = site.host("test", FORGED).word("rhost", "192.0.2.8").authenticate();
    assert_ne!(outage.answer("auth"), pam::SUCCESS);
    assert!(!outage.log.is_empty());
    lines.extend(outage.log.iter().map(|line| line.split_once("]: ").unwrap().1.to_owned()));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(fail2ban::addresses("postern-pam", "sshd", &lines), ["192.0.2.7"; 2], "{lines:#?}");
}

#[test]
fn an_accept_writes_nothing_and_no_line_ever_holds_a_secret() {
    let site = site("quiet", "");
    let _fake = usual(&site);
    let right = alice(&site).types("hunter2").types("123456").calls(&["auth", "acct", "cred"]).run().lived();
    assert!(right.log.is_empty(), "{:?}", right.log);
    for answers in [&["s3cret", "777777"][..], &["s3cret", "s3cret"], &["s3cret"]] {
        let host = answers.iter().fold(alice(&site), |host, answer| host.types(answer));
        let report = host.authenticate();
        assert_ne!(report.answer("auth"), pam::SUCCESS);
        assert!(!report.log.is_empty());
        let log = report.log.join("\n");
        assert!(!log.contains("s3cret") && !log.contains("777777"), "{log}");
    }
}
