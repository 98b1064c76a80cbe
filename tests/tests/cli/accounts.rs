use postern_tests::Site;
use postern_tests::site::random_password;
use serde_json::json;

use crate::{DATA, NO_USER, USAGE, fails, json, said};

#[test]
fn account_create_prints_the_account_and_refuses_a_name_in_use() {
    let site = Site::new("create");
    let create = ["account", "create", "alice", "--no-password", "--mail", "a@example.org"];
    assert_eq!(said(&site, "alice", &create), "created account alice\n");
    let made = json(
        &site,
        &["account", "create", "bob", "--no-password", "--uid", "1234", "--attribute", "mailQuota=5G"],
    );
    let bob = &made["account"];
    assert_eq!(
        (&bob["name"], &bob["standing"], &bob["app_passwords"]),
        (&json!("bob"), &json!("active"), &json!(0))
    );
    assert_eq!(bob["attributes"], json!({ "uidNumber": ["1234"], "mailQuota": ["5G"] }));
    assert_eq!(bob["id"].as_str().unwrap().len(), 36);
    for taken in ["alice", "a@example.org"] {
        let said = fails(&site, DATA, &["account", "create", taken, "--no-password"]);
        assert!(said.contains(&format!("\"{taken}\" is already the name or an address")), "{said}");
        fails(&site, DATA, &["account", "create", "carol", "--no-password", "--mail", taken]);
    }
    assert_eq!(json(&site, &["account", "list"])["accounts"].as_array().unwrap().len(), 2);
}

#[test]
fn account_create_refuses_malformed_names_and_attributes() {
    let site = Site::new("create_bad");
    for name in ["", "Alice", "two words", "bell\u{7}"] {
        fails(&site, DATA, &["account", "create", name, "--no-password"]);
    }
    fails(&site, DATA, &["account", "create", &"x".repeat(256), "--no-password"]);
    fails(&site, DATA, &["account", "create", "a", "--no-password", "--mail", "A@example.org"]);
    fails(&site, DATA, &["account", "create", "a", "--no-password", "--attribute", "x=a\tb"]);
    fails(&site, DATA, &["account", "create", "a", "--no-password", "--expires", "soon"]);
    for args in [
        &["--attribute", "nothing"][..],
        &["--attribute", "=x"],
        &["--attribute", "mail=x", "--mail", "a@example.org"],
        &["--uid", "0"],
        &["--uid", "-1"],
        &["--password-stdin"],
    ] {
        fails(&site, USAGE, &[&["account", "create", "a", "--no-password"], args].concat());
    }
    assert_eq!(site.cli_ok(&["account", "list"]), "no accounts; make one with: postern account create\n");
}

#[test]
fn account_show_and_list_print_accounts_and_their_policy() {
    let site = Site::new("show");
    let password = random_password();
    let alice = site.account_with("alice", &password, &["--mail", "alice@example.org"]);
    drop(site.account("bob"));
    drop(site.app_password("alice", "Phone", &[]));
    for name in ["alice", "alice@example.org", "ALICE"] {
        let text = site.cli_ok(&["account", "show", name]);
        let has =
            |key: &str, value: &str| text.lines().any(|line| line.starts_with(key) && line.ends_with(value));
        assert!(has("name", "alice") && has("standing", "active") && has("main password ", "yes"), "{text}");
        assert!(
            has("app passwords", "1") && has("homeDirectory", &alice.home.display().to_string()),
            "{text}"
        );
        assert!(has("main password on mail", "until-enrolled (configuration)"), "{text}");
        assert!(!text.contains("argon2"), "{text}");
    }
    let show = json(&site, &["account", "show", "alice"]);
    assert_eq!(
        show["account"]["effective_policy"]["imap"],
        json!({ "main_password_on_mail": "until-enrolled", "combined": false, "observe": false })
    );
    assert!(!show.to_string().contains("argon2"), "{show}");
    let list = site.cli_ok(&["account", "list"]);
    let rows: Vec<Vec<&str>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[1], ["alice", "active", "-", "default", "1"], "{list}");
    assert_eq!(rows[2], ["bob", "active", "-", "default", "0"], "{list}");
    let names: Vec<_> = json(&site, &["account", "list"])["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].clone())
        .collect();
    assert_eq!(names, ["alice", "bob"]);
}

#[test]
fn disabling_expiring_and_policy_are_said_and_shown() {
    let site = Site::new("standing");
    drop(site.account("alice"));
    let standing =
        || json(&site, &["account", "show", "alice"])["account"]["standing"].as_str().unwrap().to_owned();
    assert_eq!(said(&site, "alice", &["account", "disable", "alice"]), "disabled account alice\n");
    assert_eq!(standing(), "disabled");
    assert_eq!(
        said(&site, "alice", &["account", "disable", "alice"]),
        "disabled account alice\n",
        "again is no error"
    );
    assert_eq!(json(&site, &["account", "enable", "alice"])["account"]["standing"], "active");
    assert!(
        site.cli_ok(&["account", "expire", "alice", "--at", "2020-01-31"]).contains("2020-01-31T00:00:00Z")
    );
    assert_eq!(standing(), "expired");
    assert!(site.cli_ok(&["account", "expire", "alice", "--never"]).contains("does not expire"));
    assert_eq!(standing(), "active");

    let policy = |args: &[&str]| said(&site, "alice", &[&["account", "policy", "alice"], args].concat());
    assert_eq!(
        policy(&[]),
        "main password on mail: until-enrolled (configuration)\nsecond factor at logins: if-enrolled (configuration)\n"
    );
    for value in ["always", "until-enrolled", "never"] {
        assert_eq!(
            policy(&["--main-password-on-mail", value]),
            format!("main password on mail: {value} (account)\n")
        );
        assert_eq!(
            json(&site, &["account", "policy", "alice"])["account"]["policy"]["main_password_on_mail"],
            value
        );
    }
    assert_eq!(
        policy(&["--main-password-on-mail", "default"]),
        "main password on mail: until-enrolled (configuration)\n"
    );
    let said = fails(&site, USAGE, &["account", "policy", "alice", "--main-password-on-mail", "maybe"]);
    assert!(said.contains("always, until-enrolled, never, default"), "{said}");
    for value in ["off", "if-enrolled", "required", "exempt"] {
        assert_eq!(
            policy(&["--second-factor", value]),
            format!("second factor at logins: {value} (account)\n")
        );
        let shown = json(&site, &["account", "show", "alice"]);
        assert_eq!(shown["account"]["policy"]["second_factor"], value);
        assert_eq!(
            shown["account"]["effective_policy"]["sshd"],
            json!({ "second_factor": value, "forced_enrolment": "login", "trust_device": 2_592_000, "observe": false })
        );
    }
    let both = policy(&["--second-factor", "default", "--main-password-on-mail", "never"]);
    assert_eq!(
        both,
        "main password on mail: never (account)\nsecond factor at logins: if-enrolled (configuration)\n"
    );
    let said = fails(&site, USAGE, &["account", "policy", "alice", "--second-factor", "maybe"]);
    assert!(said.contains("off, if-enrolled, required, exempt, default"), "{said}");
    fails(&site, USAGE, &["account", "expire", "alice"]);
    fails(&site, USAGE, &["account", "expire", "alice", "--never", "--at", "1d"]);
}

#[test]
fn a_policy_that_differs_by_service_is_shown_for_each() {
    let site = Site::builder("policy_services")
        .setting("[services.imap]", "main_password_on_mail = \"never\"")
        .build();
    drop(site.account("alice"));
    let text = site.cli_ok(&["account", "policy", "alice"]);
    assert!(text.contains("imap never") && text.contains("pop3 until-enrolled"), "{text}");
}

#[test]
fn an_unknown_name_exits_with_67_for_every_command() {
    let site = Site::new("nobody");
    for args in [
        &["account", "show", "zoe"][..],
        &["account", "disable", "zoe"],
        &["account", "enable", "zoe"],
        &["account", "expire", "zoe", "--never"],
        &["account", "policy", "zoe"],
        &["account", "policy", "zoe", "--main-password-on-mail", "never"],
        &["account", "password", "zoe", "--remove"],
        &["account", "unlock", "zoe"],
        &["account", "reset", "zoe", "--yes"],
        &["account", "invite", "zoe"],
        &["totp", "enrol", "zoe", "--unproved"],
        &["factor", "list", "zoe"],
        &["factor", "remove", "zoe", "abcd"],
        &["factor", "remove", "zoe", "--all"],
        &["recovery", "create", "zoe"],
        &["device", "list", "zoe"],
        &["device", "revoke", "zoe", "--all"],
        &["app-password", "create", "zoe", "--label", "x"],
        &["app-password", "list", "zoe"],
        &["app-password", "revoke", "zoe", "GdGn"],
        &["app-password", "revoke", "zoe", "--all"],
        &["app-password", "regenerate", "zoe", "--all"],
    ] {
        let said = fails(&site, NO_USER, args);
        assert!(said.contains("no account \"zoe\""), "{said}");
    }
}

#[test]
fn a_call_that_makes_no_sense_is_64() {
    let site = Site::new("usage");
    drop(site.account("alice"));
    for args in [
        &[][..],
        &["bogus"],
        &["account"],
        &["account", "create"],
        &["account", "show"],
        &["account", "show", "alice", "bob"],
        &["app-password", "create", "alice"],
        &["app-password", "revoke", "alice"],
        &["app-password", "revoke", "alice", "GdGn", "--all"],
        &["app-password", "regenerate", "alice"],
        &["totp", "enrol"],
        &["totp", "enrol", "alice", "--digits", "7"],
        &["totp", "enrol", "alice", "--period", "45"],
        &["totp", "enrol", "alice", "--algorithm", "md5"],
        &["totp", "enrol", "alice", "--unproved", "--seed", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"],
        &["factor", "remove", "alice"],
        &["device", "revoke", "alice"],
        &["account", "invite", "alice", "--for", "a while"],
        &["key", "rotate", "--reseal", "--no-reseal"],
        &["my"],
        &["status", "--verbose"],
    ] {
        fails(&site, USAGE, args);
    }
    for args in
        [&["--help"][..], &["--version"], &["account", "--help"], &["app-password", "create", "--help"]]
    {
        assert!(site.cli_ok(args).contains("postern"), "{args:?}");
    }
}

#[test]
fn a_main_password_of_a_few_characters_is_refused() {
    let site = Site::builder("short").build();
    for short in ["x", "1234567", "sieben7"] {
        let ran = site.cli_stdin(&["account", "create", "alice", "--password-stdin"], &format!("{short}\n"));
        assert_eq!(ran.code, DATA, "{ran:?}");
        assert!(ran.stderr.contains("fewer than 8 characters") && !ran.stderr.contains(short), "{ran:?}");
    }
    fails(&site, NO_USER, &["account", "show", "alice"]);
    drop(site.account("bob"));
    let ran = site.cli_stdin(&["account", "password", "bob", "--password-stdin"], "short\n");
    assert_eq!(ran.code, DATA, "{ran:?}");
    drop(site.cli_stdin(&["account", "password", "bob", "--password-stdin"], "acht8888\n").succeeded());
    site.edit_config(|text| text + "\n[limits]\nmain_password_min = 20\n");
    let ran = site.cli_stdin(&["account", "password", "bob", "--password-stdin"], "nineteen characters\n");
    assert!(ran.stderr.contains("fewer than 20 characters"), "{ran:?}");
}

#[test]
fn show_says_where_policy_is_only_observed() {
    let site = Site::builder("observed").setting("[policy]", "observe = true").build();
    drop(site.account("alice"));
    let shown = |site: &Site| {
        let text = site.cli_ok(&["account", "show", "alice"]);
        text.lines().find(|line| line.starts_with("observe ")).unwrap_or_default().to_owned()
    };
    assert!(shown(&site).contains("yes: what policy would refuse is only logged"), "{}", shown(&site));
    site.edit_config(|text| text.replace("observe = true", "observe = false"));
    assert!(shown(&site).trim_end().ends_with(" no"), "{}", shown(&site));
    site.edit_config(|text| text + "\n[services.sudo]\nobserve = true\n");
    assert!(shown(&site).contains("at sudo: "), "{}", shown(&site));
}
