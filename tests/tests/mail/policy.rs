use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use postern_tests::guard::wait_for;
use postern_tests::mail_host::SERVICES;
use postern_tests::site::wrong_password;
use postern_tests::{MailHost, Ran, Site, host};

/// Marks an account as having a second factor, which no command does yet.
fn enrol(site: &Site, name: &str) {
    let script = "import sqlite3, sys\n\
                  c = sqlite3.connect(sys.argv[1], timeout=10)\n\
                  n = c.execute('UPDATE account SET enrolled = 1 WHERE name = ?', (sys.argv[2],)).rowcount\n\
                  c.commit()\n\
                  sys.exit(n != 1)";
    let (uid, gid) = host::ids("postern");
    let mut command = Command::new(host::system_program("/usr/bin/python3", "python3"));
    command.args(["-I", "-c", script]).arg(site.database()).arg(name);
    command.uid(uid.as_raw()).gid(gid.as_raw()).current_dir("/");
    drop(Ran::of(&mut command, b"", Duration::from_secs(20)).succeeded());
}

fn set_site_policy(host: &MailHost, value: &str) {
    let line = format!("main_password_on_mail = \"{value}\"");
    let set = |old: &str| {
        if old.starts_with("main_password_on_mail") { format!("{line}\n") } else { format!("{old}\n") }
    };
    host.site.edit_config(|text| text.lines().map(set).collect());
    let before = host.posternd.status().reloads;
    host.posternd.hup();
    let after = wait_for("posternd to reload", Duration::from_secs(10), || {
        Some(host.posternd.status()).filter(|now| now.reloads > before)
    });
    assert!(!after.config_broken, "{after:?}");
}

#[test]
fn the_sites_policy_decides_whether_the_main_password_opens_mail() {
    let host = MailHost::new("site_policy");
    let (plain, enrolled) = (host.site.account("plain"), host.site.account("enrolled"));
    enrol(&host.site, "enrolled");
    let app = host.site.app_password("enrolled", "Phone", &[]).password;
    for (policy, opens_plain, opens_enrolled) in
        [("always", true, true), ("until-enrolled", true, false), ("never", false, false)]
    {
        set_site_policy(&host, policy);
        for (account, opens) in [(&plain, opens_plain), (&enrolled, opens_enrolled)] {
            let expected: &[&str] = if opens { &SERVICES } else { &[] };
            assert_eq!(host.opened(&account.name, &account.password), expected, "{policy} {}", account.name);
        }
        assert_eq!(host.dovecot.imap("enrolled", &enrolled.password).is_in(), opens_enrolled, "{policy}");
        assert_eq!(host.dovecot.pop3("plain", &plain.password).is_in(), opens_plain, "{policy}");
        assert_eq!(host.opened("enrolled", &app), SERVICES, "an app password opens under {policy}");
        assert!(host.opened("plain", &wrong_password()).is_empty(), "a wrong one does not under {policy}");
    }
}

#[test]
fn a_services_policy_goes_before_the_sites() {
    let site = Site::builder("service_policy")
        .setting("[services.imap]", "main_password_on_mail = \"never\"")
        .build();
    let host = MailHost::of(site);
    let alice = host.site.account("alice");
    assert_eq!(host.opened("alice", &alice.password), ["pop3", "smtp", "sieve"]);
    assert!(!host.dovecot.imap("alice", &alice.password).is_in());
    assert!(host.dovecot.pop3("alice", &alice.password).is_in());
    drop(host.posternd.logged(&["reason=use_app_password", "service=imap", "user=alice"]));
}

#[test]
fn an_accounts_policy_goes_before_the_services_and_the_sites() {
    let site = Site::builder("account_policy")
        .setting("[services.imap]", "main_password_on_mail = \"never\"")
        .build();
    let host = MailHost::of(site);
    let alice = host.site.account("alice");
    let bob = host.site.account("bob");
    let set = |value: &str| {
        drop(host.site.cli_ok(&["account", "policy", "alice", "--main-password-on-mail", value]))
    };
    set("always");
    assert_eq!(host.opened("alice", &alice.password), SERVICES);
    set("never");
    assert!(host.opened("alice", &alice.password).is_empty());
    enrol(&host.site, "alice");
    set("until-enrolled");
    assert!(host.opened("alice", &alice.password).is_empty());
    set("default");
    assert!(host.opened("alice", &alice.password).is_empty(), "she is enrolled, and the site asks for that");
    set("always");
    assert_eq!(host.opened("alice", &alice.password), SERVICES, "whether enrolled or not");
    assert_eq!(host.opened("bob", &bob.password), ["pop3", "smtp", "sieve"], "nobody else is touched");
}

#[test]
fn observing_lets_in_what_policy_would_refuse_and_logs_it() {
    let site = Site::builder("observe")
        .postern_toml(|text| text.replace("\"until-enrolled\"", "\"never\"\nobserve = true"))
        .setting("[services.sieve]", "observe = false")
        .build();
    let host = MailHost::of(site);
    let alice = host.site.account("alice");
    assert!(host.dovecot.imap("alice", &alice.password).is_in());
    let line = host.posternd.logged(&["observed=use_app_password", "service=imap", "user=alice"]);
    assert!(line.contains("verdict=accept"), "{line}");
    assert_eq!(host.opened("alice", &alice.password), ["imap", "pop3", "smtp"], "sieve does not observe");
    // Only policy is observed, not passwords.
    assert!(host.opened("alice", &wrong_password()).is_empty());
    let scoped = host.site.app_password("alice", "Reader", &["--scope", "imap"]).password;
    assert_eq!(host.opened("alice", &scoped), ["imap"]);
    let app = host.site.app_password("alice", "Phone", &[]);
    assert_eq!(host.opened("alice", &app.password), SERVICES);
    let line = host.posternd.logged(&["verdict=accept", &format!("app_password={}", app.id)]);
    assert!(!line.contains("observed="), "{line}");
}
