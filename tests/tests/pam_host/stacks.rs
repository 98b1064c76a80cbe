//! The files of packaging/pam, in the real libpam, with everything around our module as Debian has it.

use postern_tests::{FakePosternd, PamHost, PamReport, PamSite};

use crate::pam;

/// A site with the services that Debian's files include. The password of the host's own check is `local`.
fn site(name: &str) -> PamSite {
    let site = PamSite::new(name);
    let check = site.dir().join("check");
    std::fs::write(&check, "IFS= read -r password; [ \"$password\" = local ]\n").unwrap();
    for (kind, password) in [
        ("auth", format!("pam_exec.so expose_authtok /bin/sh {}", check.display())),
        ("account", "pam_permit.so".to_owned()),
        ("session", "pam_permit.so".to_owned()),
        ("password", "pam_permit.so".to_owned()),
    ] {
        let text = format!(
            "{kind} [success=1 default=ignore] {password}\n{kind} requisite pam_deny.so\n{kind} required pam_permit.so\n"
        );
        site.stack(&format!("common-{kind}"), &text);
        site.stack(&format!("common-{kind}-noninteractive"), &text);
    }
    site
}

/// A daemon that answers a login with `login`, after it has asked for a code, and account management with `account`.
fn daemon(site: &PamSite, login: &'static str, account: &'static str) -> FakePosternd {
    let said = |what: &str| match what {
        "accept" => serde_json::json!({"verdict": {"accept": {"user": "nobody", "userdb": {}}}}),
        "ignore" => serde_json::json!({"verdict": {"ignore": {"reason": "nothing to say"}}}),
        "defer" => serde_json::json!({"verdict": {"defer": {"reason": "down"}}}),
        _ => serde_json::json!({"verdict": {"reject": {"reason": "not_permitted", "text": ""}}}),
    };
    FakePosternd::start(&site.socket(), move |line| {
        let begin = line.begin();
        if begin["flow"] == "account" {
            return line.say(said(account));
        }
        if begin["service"] != "imap" && login != "ignore" {
            line.ask("visible", "Code: ");
        }
        line.say(said(login));
    })
}

/// A user whom NSS knows, who is not root, and who is not asked for anything but what `answers` has.
fn run(site: &PamSite, service: &str, answers: &[&str], calls: &[&str]) -> PamReport {
    let host = site.host(service, "nobody").word("tty", "ssh");
    answers.iter().fold(host, |host: PamHost, answer| host.types(answer)).calls(calls).run().lived()
}

#[test]
fn if_only_postern_decides_only_its_accept_lets_in() {
    for (file, service) in
        [("sshd", "sshd"), ("sshd-key", "sshd"), ("imap", "imap"), ("saslauthd-smtp", "smtp")]
    {
        let site = site("alone");
        site.packaged(file, service);
        for login in ["accept", "ignore", "defer", "reject"] {
            let fake = daemon(&site, login, "accept");
            let code = run(&site, service, &["123456"], &["auth"]).answer("auth");
            assert_eq!(code == pam::SUCCESS, login == "accept", "{file}, {login}: {code}");
            assert_eq!(fake.conversations().len(), 1, "{file}");
        }
        let code = run(&site, service, &["123456"], &["auth"]).answer("auth");
        assert_ne!(code, pam::SUCCESS, "{file}, without a daemon");
    }
}

#[test]
fn a_key_only_login_to_sshd_is_posterns_to_refuse() {
    for file in ["sshd", "sshd-key"] {
        let site = site("account");
        site.packaged(file, "sshd");
        for (account, is_in) in [("accept", true), ("ignore", true), ("defer", false), ("reject", false)] {
            let _fake = daemon(&site, "reject", account);
            let code = run(&site, "sshd", &[], &["acct"]).answer("acct");
            assert_eq!(code == pam::SUCCESS, is_in, "{file}, {account}: {code}");
        }
        assert_ne!(
            run(&site, "sshd", &[], &["acct"]).answer("acct"),
            pam::SUCCESS,
            "{file}, without a daemon"
        );
    }
}

#[test]
fn sudo_asks_for_no_code_before_the_password_is_right() {
    let site = site("sudo");
    site.packaged("sudo", "sudo");
    let fake = daemon(&site, "accept", "reject");
    assert_ne!(run(&site, "sudo", &["wrong", "123456"], &["auth"]).answer("auth"), pam::SUCCESS);
    assert!(fake.conversations().is_empty(), "nobody without the password comes to a code");
    let report = run(&site, "sudo", &["local", "123456"], &["auth", "acct"]);
    assert_eq!((report.answer("auth"), report.answer("acct")), (pam::SUCCESS, pam::SUCCESS));
    let heard = fake.conversation();
    assert_eq!(heard[0]["begin"]["secret"], "local", "evidence that the password was right");
    assert_eq!(heard[1]["answer"], "123456");
}

#[test]
fn sudo_accepts_the_password_alone_only_for_users_that_postern_ignores() {
    let site = site("sudo-ignore");
    site.packaged("sudo", "sudo");
    for (login, is_in) in [("ignore", true), ("defer", false), ("reject", false)] {
        let _fake = daemon(&site, login, "reject");
        let code = run(&site, "sudo", &["local", "123456"], &["auth"]).answer("auth");
        assert_eq!(code == pam::SUCCESS, is_in, "{login}: {code}");
    }
    assert_ne!(run(&site, "sudo", &["local"], &["auth"]).answer("auth"), pam::SUCCESS, "without a daemon");
}

#[test]
fn su_and_login_ask_postern_first_and_the_host_only_about_strangers() {
    for service in ["su", "login"] {
        let site = site(service);
        site.packaged(service, service);
        // su without a question is for a host that runs as root, which ours does.
        let path = site.dir().join("services").join(service);
        let text = std::fs::read_to_string(&path).unwrap();
        site.stack(service, &text.replace("auth     sufficient pam_rootok.so", ""));
        for (login, answers, is_in) in [
            ("accept", &["123456"][..], true),
            ("ignore", &["local"], true),
            ("ignore", &["wrong"], false),
            ("defer", &["123456", "local"], false),
            ("reject", &["123456", "local"], false),
        ] {
            let _fake = daemon(&site, login, "reject");
            let report = run(&site, service, answers, &["auth", "acct"]);
            assert_eq!(report.answer("auth") == pam::SUCCESS, is_in, "{service}, {login}");
            assert_eq!(report.answer("acct"), pam::SUCCESS, "{service}: no account line of ours");
        }
        assert_ne!(
            run(&site, service, &["local"], &["auth"]).answer("auth"),
            pam::SUCCESS,
            "{service}, no daemon"
        );
    }
}

#[test]
fn root_gets_in_at_the_console_by_its_own_password_while_posternd_is_down() {
    for service in ["su", "login"] {
        let site = site("console");
        site.packaged(service, service);
        let path = site.dir().join("services").join(service);
        let text = std::fs::read_to_string(&path).unwrap();
        site.stack(service, &text.replace("auth     sufficient pam_rootok.so", ""));
        for (password, is_in) in [("local", true), ("wrong", false)] {
            let report = site.host(service, "root").types(password).authenticate();
            assert_eq!(report.answer("auth") == pam::SUCCESS, is_in, "{service}, {password}");
        }
    }
}
