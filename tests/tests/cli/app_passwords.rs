use std::thread;

use postern_tests::{Attempt, Outcome, Site, canary};
use serde_json::{Value, json};

use crate::{DATA, fails, json};

fn listed(site: &Site) -> Vec<Value> {
    json(site, &["app-password", "list", "alice"])["app_passwords"].as_array().unwrap().clone()
}

fn in_force(site: &Site) -> Vec<Value> {
    listed(site).into_iter().filter(|one| one["revoked"].is_null()).collect()
}

#[test]
fn create_shows_the_password_once_with_the_mail_settings_beside_it() {
    let site = Site::new("create");
    drop(site.account("alice"));
    let args = ["--scope", "imap,smtp", "--network", "192.0.2.0/24", "--expires", "2099-01-31"];
    let text =
        site.cli_ok(&[&["app-password", "create", "alice", "--label", "Fox mail"], &args[..]].concat());
    let shown = canary::register_shown(&text);
    assert_eq!(shown.len(), 1);
    for part in [
        "App password \"Fox mail\" for alice:",
        "opens: imap, smtp; from: 192.0.2.0/24; until 2099-01-31 00:00 UTC",
        "User name  alice\n",
        "IMAP       imap.example.org, port 993, SSL/TLS\n",
        "SMTP       smtp.example.org, port 587, STARTTLS\n",
    ] {
        assert!(text.contains(part), "no \"{part}\"");
        assert!(!text.contains("POP3"), "it does not open that");
    }
    let made = site.app_password("alice", "Script", &[]);
    let one = &made.json["app_password"];
    assert_eq!(made.json["version"], 1);
    assert_eq!(
        (&one["label"], &one["scope"], &one["networks"]),
        (&json!("Script"), &json!(["all"]), &json!([]))
    );
    assert!(one["expires"].is_null() && one["revoked"].is_null() && one["replaces"].is_null());
    assert!(made.password.starts_with(&made.id) && made.password.len() == 19);
    assert_eq!(
        made.json["mail_settings"]["smtp"],
        json!({ "host": "smtp.example.org", "port": 587, "tls": "starttls" })
    );
    assert_eq!(made.json["mail_settings"]["user"], "alice");
    for later in [site.cli_ok(&["app-password", "list", "alice"]), json!(listed(&site)).to_string()] {
        assert!(!later.contains("argon2") && canary::register_shown(&later).is_empty(), "shown this once");
    }
}

#[test]
fn list_has_a_row_for_each_and_the_revoked_on_request() {
    let site = Site::new("list");
    drop(site.account("alice"));
    assert_eq!(
        crate::said(&site, "alice", &["app-password", "list", "alice"]),
        "alice has no app passwords\n"
    );
    let phone = site.app_password("alice", "Phone", &["--scope", "imap", "--network", "2001:db8::/32"]);
    let laptop = site.app_password("alice", "Laptop", &[]);
    let text = site.cli_ok(&["app-password", "list", "alice"]);
    let headings: Vec<&str> =
        text.lines().next().unwrap().split("  ").map(str::trim).filter(|word| !word.is_empty()).collect();
    assert_eq!(headings, ["ID", "LABEL", "STATE", "OPENS", "FROM", "CREATED", "LAST USED"]);
    let row = text.lines().find(|line| line.starts_with(&format!("{}…", phone.id))).unwrap();
    for part in ["Phone", "in force", "imap", "2001:db8::/32", "never"] {
        assert!(row.contains(part), "{row}");
    }
    drop(site.cli_ok(&["app-password", "revoke", "alice", &laptop.id]));
    assert!(!site.cli_ok(&["app-password", "list", "alice"]).contains(&laptop.id));
    let with_revoked = site.cli_ok(&["app-password", "list", "alice", "--revoked"]);
    assert!(
        with_revoked.lines().any(|line| line.contains(&laptop.id) && line.contains("revoked 20")),
        "{with_revoked}"
    );
}

#[test]
fn revoke_takes_an_id_as_listed_or_all_and_again_is_no_error() {
    let site = Site::new("revoke");
    drop(site.account("alice"));
    let made: Vec<_> = ["One", "Two", "Three"].map(|label| site.app_password("alice", label, &[])).into();
    let as_listed = format!("{}…", made[0].id);
    assert_eq!(
        crate::said(&site, "alice", &["app-password", "revoke", "alice", &as_listed]),
        format!("revoked app password {} \"One\"\n", made[0].id)
    );
    assert_eq!(
        json(&site, &["app-password", "revoke", "alice", &made[0].id])["revoked"],
        json!([made[0].id])
    );
    let said = site.cli_ok(&["app-password", "revoke", "alice", &made[0].id]);
    assert!(said.contains("was revoked before"), "{said}");
    assert_eq!(in_force(&site).len(), 2);
    let all = json(&site, &["app-password", "revoke", "alice", "--all"]);
    assert_eq!(all["revoked"].as_array().unwrap().len(), 2);
    assert!(in_force(&site).is_empty());
    assert_eq!(
        crate::said(&site, "alice", &["app-password", "revoke", "alice", "--all"]),
        "no app password to revoke\n"
    );
    for bad in ["zzzz", "z!", "", "toolong"] {
        fails(&site, DATA, &["app-password", "revoke", "alice", bad]);
    }
}

#[test]
fn regenerate_replaces_one_or_all_that_are_in_force() {
    let site = Site::new("regenerate");
    let _posternd = site.posternd();
    let dovecot = site.dovecot();
    drop(site.account("alice"));
    let old: Vec<_> =
        ["One", "Two"].map(|label| site.app_password("alice", label, &["--scope", "imap"])).into();
    let gone = site.app_password("alice", "Gone", &[]);
    drop(site.cli_ok(&["app-password", "revoke", "alice", &gone.id]));
    let text = site.cli_ok(&["app-password", "regenerate", "alice", &old[0].id]);
    assert_eq!(canary::register_shown(&text).len(), 1);
    assert!(text.contains(&format!("instead of {}", old[0].id)) && text.contains("IMAP "), "{text}");
    let all = json(&site, &["app-password", "regenerate", "alice", "--all"]);
    let new = all["app_passwords"].as_array().unwrap();
    let mut labels: Vec<&str> = new.iter().map(|one| one["label"].as_str().unwrap()).collect();
    labels.sort_unstable();
    assert_eq!(labels, ["One", "Two"], "the revoked one stays revoked");
    assert!(new.iter().all(|one| one["scope"] == json!(["imap"])));
    let login =
        |password: &str| dovecot.auth_client().login(&Attempt::new("imap", "alice", password)).outcome;
    assert!(new.iter().all(|one| login(one["password"].as_str().unwrap()) == Outcome::Accepted));
    assert!(old.iter().all(|one| login(&one.password) == Outcome::Refused));
    assert_eq!(in_force(&site).len(), 2);
    fails(&site, DATA, &["app-password", "regenerate", "alice", &gone.id]);
    drop(site.cli_ok(&["app-password", "revoke", "alice", "--all"]));
    assert_eq!(
        crate::said(&site, "alice", &["app-password", "regenerate", "alice", "--all"]),
        "no app password to replace\n"
    );
}

#[test]
fn an_invalid_label_scope_network_or_expiry_is_65_and_creates_nothing() {
    let site = Site::new("create_bad");
    drop(site.account("alice"));
    let long = "x".repeat(65);
    for args in [
        &["--label", ""][..],
        &["--label", &long],
        &["--label", "a\tb"],
        &["--label", "x", "--scope", "ssh"],
        &["--label", "x", "--scope", "all,imap"],
        &["--label", "x", "--scope", ""],
        &["--label", "x", "--network", "home"],
        &["--label", "x", "--network", "192.0.2.7/24"],
        &["--label", "x", "--expires", "yesterday"],
        &["--label", "x", "--expires", "2020-01-01"],
        &["--label", "x", "--expires", "0s"],
    ] {
        fails(&site, DATA, &[&["app-password", "create", "alice"], args].concat());
    }
    assert!(listed(&site).is_empty());
    let said =
        fails(&site, DATA, &["app-password", "create", "alice", "--label", "x", "--network", "192.0.2.7/24"]);
    assert!(said.contains("did you mean 192.0.2.0/24?"), "{said}");
}

#[test]
fn the_26th_app_password_is_refused_until_one_is_revoked() {
    let site = Site::new("twenty_five");
    drop(site.account("alice"));
    let made: Vec<_> =
        (1..=25).map(|number| site.app_password("alice", &format!("Number {number}"), &[])).collect();
    let said = fails(&site, DATA, &["app-password", "create", "alice", "--label", "Number 26"]);
    assert!(said.contains("25 app passwords") && said.contains("revoke one first"), "{said}");
    assert_eq!(in_force(&site).len(), 25);
    drop(json(&site, &["app-password", "regenerate", "alice", &made[3].id]));
    assert_eq!(in_force(&site).len(), 25, "a replacement needs no room of its own");
    drop(site.cli_ok(&["app-password", "revoke", "alice", &made[7].id]));
    drop(site.app_password("alice", "Number 26", &[]));
    assert_eq!(in_force(&site).len(), 25);
}

#[test]
fn commands_at_the_same_time_lose_no_update() {
    let site = Site::new("together");
    drop(site.account("alice"));
    let old = site.app_password("alice", "Old", &[]);
    let made: Vec<String> = thread::scope(|scope| {
        let site = &site;
        let creators: Vec<_> = (0..10)
            .map(|number| {
                scope.spawn(move || site.app_password("alice", &format!("Number {number}"), &[]).id)
            })
            .collect();
        let policy =
            scope.spawn(|| site.cli_ok(&["account", "policy", "alice", "--main-password-on-mail", "never"]));
        let revoker = scope.spawn(|| site.cli_ok(&["app-password", "revoke", "alice", &old.id]));
        drop((policy.join().unwrap(), revoker.join().unwrap()));
        creators.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let mut found: Vec<String> =
        in_force(&site).iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    let mut expected = made;
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    let policy = site.cli_ok(&["account", "policy", "alice"]);
    assert!(policy.starts_with("main password on mail: never (account)\n"), "{policy}");
}

#[test]
fn a_label_that_is_used_twice_is_a_warning() {
    let site = Site::new("twice_labelled");
    drop(site.account("alice"));
    let create = ["app-password", "create", "alice", "--label", "Phone"];
    assert_eq!(site.cli(&create).succeeded().stderr, "");
    let again = site.cli(&create).succeeded();
    assert!(
        again.stderr.starts_with("postern: warning: alice has an app password \"Phone\" already, "),
        "{again:?}"
    );
    let enrol = ["totp", "enrol", "alice", "--unproved", "--uri", "--label", "app"];
    assert!(!site.cli(&enrol).succeeded().stderr.contains("warning"));
    let again = site.cli(&enrol).succeeded();
    assert!(again.stderr.contains("warning: alice has a second factor \"app\" already"), "{again:?}");
}
