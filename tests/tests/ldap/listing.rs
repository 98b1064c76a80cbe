//! Accounts that mail services do not find: commands about all accounts include them.

use std::fs;

use postern_core::clock::Timestamp;
use postern_tests::slapd::PEOPLE;
use postern_tests::{CHECK_FAILED, Listen, Redis, Site, Slapd, canary};
use serde_json::json;

use crate::slapd;

/// An account for hosts only: Dovecot accepts no user with its gid.
fn add_backup(slapd: &Slapd) {
    slapd.add(&format!(
        "dn: uid=backup,{PEOPLE}\nobjectClass: account\nobjectClass: posixAccount\nuid: backup\ncn: backup\n\
         uidNumber: 20001\ngidNumber: 0\nhomeDirectory: /srv/backup\n"
    ));
}

/// A new current key; the older one was replaced long ago.
fn rotate(site: &Site) {
    drop(site.cli_ok(&["key", "rotate", "--no-reseal"]));
    let text = fs::read_to_string(site.keyring()).unwrap();
    let lines = text.lines().map(|line| {
        if let Some(secret) = line.strip_prefix("secret = ") {
            canary::register(secret.trim_matches('"').trim_end_matches('='));
        }
        let is_time = line.starts_with("replaced = ");
        let then = Timestamp::from_unix(1_000_000_000);
        if is_time { format!("replaced = \"{then}\"\n") } else { format!("{line}\n") }
    });
    fs::write(site.keyring(), lines.collect::<String>()).unwrap();
}

fn sealed_under_1(site: &Site) -> u64 {
    let listed = site.cli_json(&["key", "list", "--count"]);
    let mut keys = listed["keys"].as_array().unwrap().iter();
    keys.find(|key| key["id"] == 1).unwrap()["sealed"].as_u64().unwrap()
}

#[test]
fn a_key_is_not_dropped_under_an_account_that_login_services_alone_find() {
    let slapd = slapd("login_only", &["alice"]).start();
    add_backup(&slapd);
    let site = Site::builder("login_only").ldap(&slapd).build();
    drop((site.enrol("alice"), site.enrol("backup")));
    rotate(&site);
    assert_eq!(sealed_under_1(&site), 2);
    let refused = site.cli(&["key", "drop", "1"]);
    assert!(refused.code == 65 && refused.stderr.contains("2 secrets are sealed with key 1"), "{refused:?}");
    let dry = site.cli_json(&["key", "reseal", "--dry-run"]);
    assert_eq!(dry["resealed"]["accounts"], json!(["alice", "backup"]));
    // An account that neither filter finds any more may be found again later.
    let dn = format!("uid=backup,{PEOPLE}");
    let classes =
        "objectClass\nobjectClass: account\nobjectClass: extensibleObject\nobjectClass: posternAccount";
    slapd.set(&dn, &format!("replace: {classes}"));
    assert_eq!(sealed_under_1(&site), 2);
    drop(site.cli_ok(&["key", "reseal"]));
    assert_eq!(sealed_under_1(&site), 0);
    drop(site.cli_ok(&["key", "drop", "1"]));
}

#[test]
fn lists_show_an_account_that_login_services_alone_find_once_and_mail_asks_nothing_of_it() {
    let slapd = slapd("login_listed", &["alice"]).start();
    add_backup(&slapd);
    let site = Site::builder("login_listed").ldap(&slapd).build();
    let _posternd = site.posternd();
    let names = |listed: &serde_json::Value| -> Vec<String> {
        let listed = listed["accounts"].as_array().unwrap().iter();
        let mut names: Vec<_> = listed.map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    for command in [["account", "list"].as_slice(), &["report"]] {
        assert_eq!(names(&site.cli_json(command)), ["alice", "backup"], "{command:?}");
    }
    let set = ["account", "policy", "--filter", "(uid=backup)", "--second-factor", "exempt"];
    let set = site.cli_ok(&set);
    assert!(set.contains("set     backup ("), "{set}");
    let checked = site.check();
    assert!(checked.stdout.contains("2 can be read"), "{}", checked.stdout);
    assert!(!checked.stdout.contains("backup: "), "{}", checked.stdout);
    assert_ne!(checked.code, CHECK_FAILED, "{}", checked.stdout);
}

#[test]
fn a_lagging_replica_hides_no_seal_from_key_drop() {
    let provider = slapd("seal_p", &["alice"]).provider().start();
    let consumer = slapd("seal_c", &[]).consumer_of(&provider).start();
    let redis = Redis::start("seal_lag", Listen::Tcp);
    let site = Site::builder("seal_lag").ldap_servers(&[&consumer], &provider).build();
    redis.join(&site);
    consumer.wait_synced(&provider);
    consumer.pause_sync();
    drop(site.enrol("alice"));
    rotate(&site);
    assert_eq!(sealed_under_1(&site), 1);
    assert_eq!(site.cli(&["key", "drop", "1"]).code, 65);
}
