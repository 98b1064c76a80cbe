use postern_tests::site::wrong_password;
use postern_tests::{CHECK_FAILED, MailHost, Site};

use crate::{Said, login, slapd};

#[test]
fn accounts_are_shown_listed_disabled_enabled_and_expired() {
    let slapd = slapd("accounts", &["alice", "bob"]).crowd(700).start();
    let host = MailHost::with_ldap("accounts", &slapd);
    let site = &host.site;
    let alice = slapd.person("alice");
    let app = site.app_password(&alice.mail, "Phone", &[]).password;
    let shown = site.cli_json(&["account", "show", "alice"]);
    assert_eq!(shown["account"]["id"], slapd.entry(&alice.dn).text("entryUUID"));
    let text = site.cli_ok(&["account", "show", &alice.mail]);
    assert!(text.contains("/homes/accounts/alice") && !text.contains("$argon2id"), "{text}");
    let listed = site.cli_json(&["account", "list"]);
    assert_eq!(listed["accounts"].as_array().unwrap().len(), 702, "in pages, where slapd gives 500 at once");

    drop(site.cli_ok(&["account", "disable", "alice"]));
    for secret in [&app, &alice.password] {
        assert_eq!(login(site, "alice", secret), Said::Reject);
    }
    assert!(site.cli_ok(&["account", "show", "alice"]).contains("disabled"));
    drop(site.cli_ok(&["account", "enable", "alice"]));
    assert_eq!(login(site, "alice", &app), Said::Accept);
    drop(site.cli_ok(&["account", "expire", "alice", "--at", "2020-01-01"]));
    assert_eq!(login(site, "alice", &app), Said::Reject);
    drop(site.cli_ok(&["account", "expire", "alice", "--never"]));
    assert_eq!(login(site, "alice", &app), Said::Accept);
    drop(site.cli_ok(&["account", "policy", "alice", "--main-password-on-mail", "never"]));
    assert!(site.cli_ok(&["account", "policy", "alice"]).contains("never"));
    assert_eq!(login(site, "alice", &alice.password), Said::Reject);
    drop(site.cli_ok(&["account", "policy", "alice", "--main-password-on-mail", "default"]));
    assert_eq!(login(site, "alice", &alice.password), Said::Accept);
    assert_eq!(site.cli(&["account", "show", "nobody-here"]).code, 67);
}

#[test]
fn app_passwords_are_made_listed_replaced_and_revoked() {
    let slapd = slapd("app_passwords", &["alice"]).start();
    let host = MailHost::with_ldap("app_passwords", &slapd);
    let site = &host.site;
    let old = site.app_password("alice", "Phone", &["--scope", "imap", "--expires", "90d"]);
    let made = site.cli_json(&["app-password", "regenerate", "alice", &old.id]);
    let new = made["app_passwords"][0]["password"].as_str().unwrap();
    assert_eq!(login(site, "alice", &old.password), Said::Reject);
    assert_eq!(login(site, "alice", new), Said::Accept);
    let text = site.cli_ok(&["app-password", "list", "alice"]);
    assert!(text.contains("Phone") && text.contains("imap from 192.0.2.1"), "{text}");
    drop(site.cli_ok(&["app-password", "revoke", "alice", "--all"]));
    assert_eq!(login(site, "alice", new), Said::Reject);
    let listed = site.cli_json(&["app-password", "list", "alice", "--revoked"]);
    assert_eq!(listed["app_passwords"].as_array().unwrap().len(), 2);
    for number in 0..25 {
        drop(site.app_password("alice", &format!("Device {number}"), &[]));
    }
    assert_eq!(site.cli(&["app-password", "create", "alice", "--label", "One more"]).code, 65);
}

#[test]
fn a_failed_command_leaves_nothing_behind() {
    let slapd = slapd("read_only", &["alice"]).start();
    let host = MailHost::with_ldap("read_only", &slapd);
    let alice = slapd.person("alice");
    let before = slapd.entry(&alice.dn).text("entryCSN");
    slapd.set_access(&["attrs=userPassword by * auth", "* by * read"]);
    let ran = host.site.cli(&["app-password", "create", "alice", "--label", "Phone"]);
    assert_eq!(ran.code, 65, "{ran:?}");
    assert!(ran.stderr.contains("postern check names the access rule"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("Password"), "no app password is shown that was not kept");
    assert_eq!(slapd.entry(&alice.dn).text("entryCSN"), before);
}

#[test]
fn accounts_and_main_passwords_are_left_to_the_tools_of_ldap() {
    let slapd = slapd("own_tools", &["alice"]).start();
    let site = Site::builder("own_tools").ldap(&slapd).build();
    let password = wrong_password();
    for args in [
        &["account", "create", "carol", "--password-stdin"][..],
        &["account", "password", "alice", "--password-stdin"],
        &["account", "password", "alice", "--remove"],
    ] {
        let ran = site.cli_stdin(args, &format!("{password}\n"));
        assert_eq!(ran.code, 64, "{args:?}: {ran:?}");
        assert!(ran.stderr.contains("LDAP"), "{args:?}: {}", ran.stderr);
    }
    let _posternd = site.posternd();
    assert_eq!(login(&site, "alice", &slapd.person("alice").password), Said::Accept);
}

#[test]
fn check_finds_a_site_on_ldap_in_order_and_says_so_when_it_is_not() {
    let mut slapd = slapd("check", &["alice"]).start();
    let host = MailHost::with_ldap("check", &slapd);
    drop(host.site.app_password("alice", "Phone", &[]));
    let good = host.site.check();
    assert_ne!(good.code, CHECK_FAILED, "{}{}", good.stdout, good.stderr);
    assert!(good.stdout.contains("1 can be read"), "{}", good.stdout);
    slapd.stop();
    let down = host.site.check();
    assert_eq!(down.code, CHECK_FAILED, "{}", down.stdout);
    let faults: Vec<&str> = down.stdout.lines().filter(|line| line.starts_with("FAIL  ")).collect();
    assert_eq!(faults.len(), 1, "one outage is one fault: {}", down.stdout);
    assert!(faults[0].contains("cannot connect") && faults[0].contains("hidden by this: "), "{faults:?}");
}

#[test]
fn a_policy_is_set_only_for_accounts_that_a_filter_finds() {
    let slapd = slapd("filtered", &["alice", "bob", "carol"]).start();
    let host = MailHost::with_ldap("filtered", &slapd);
    let site = &host.site;
    let policy =
        |name: &str| site.cli_json(&["account", "show", name])["account"]["policy"]["second_factor"].clone();
    let set = |filter: &str, more: &[&str]| {
        site.cli(&[&["account", "policy", "--filter", filter, "--second-factor", "exempt"], more].concat())
    };
    let dry = set("(|(uid=alice)(uid=bob))", &["--dry-run"]);
    assert!(dry.code == 0 && dry.stdout.contains("2 would be set"), "{dry:?}");
    assert_eq!(policy("alice"), serde_json::Value::Null);
    let ran = set("(|(uid=alice)(uid=bob))", &[]);
    assert!(ran.code == 0 && ran.stdout.contains("2 set, 0 before, 0 failed"), "{ran:?}");
    assert!(ran.stdout.contains("set     alice (") && ran.stdout.contains("set     bob ("), "{ran:?}");
    assert_eq!(
        (policy("alice"), policy("bob"), policy("carol")),
        ("exempt".into(), "exempt".into(), serde_json::Value::Null)
    );
    assert!(set("(uid=alice)", &[]).stdout.contains("0 set, 1 before"));
    for filter in ["uid=carol", "(uid=carol", "(uid=carol))(uid=*", "(uid=carol)(uid=*)", "(&)", ""] {
        assert_eq!(set(filter, &[]).code, 64, "{filter}");
    }
    assert_eq!(set("(uid=nobody-here)", &[]).code, 65);
    assert_eq!(policy("carol"), serde_json::Value::Null);
}
