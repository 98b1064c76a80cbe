//! Taking a key that leaked out of the keyring.

use std::fs;
use std::time::Duration;

use postern_core::clock::Timestamp;
use postern_tests::guard::wait_for;
use postern_tests::{Site, unix_users};

use crate::factors::{key, login};
use crate::keys::register;
use crate::{CONFIG, DATA, TEMPORARY, fails, json};

/// As if the rotation had been then.
fn replaced_at(site: &Site, at: Timestamp) {
    let text = fs::read_to_string(site.keyring()).unwrap();
    let lines = text.lines().map(|line| {
        let is_time = line.starts_with("replaced = ");
        if is_time { format!("replaced = \"{at}\"\n") } else { format!("{line}\n") }
    });
    fs::write(site.keyring(), lines.collect::<String>()).unwrap();
}

fn ids(site: &Site) -> Vec<u64> {
    let listed = json(site, &["key", "list"]);
    listed["keys"].as_array().unwrap().iter().map(|key| key["id"].as_u64().unwrap()).collect()
}

#[test]
fn a_key_that_leaked_is_dropped_once_nothing_is_sealed_with_it_and_posternd_notices() {
    let site = Site::builder("key_drop")
        .setting("[policy]", "second_factor = \"required\"\nforced_enrolment = \"ticket\"")
        .build();
    let _posternd = site.posternd();
    let user = unix_users::fresh("tina");
    let account = site.account_of(&user);
    drop(site.account("bob"));
    drop(site.enrol("bob"));
    let invited = json(&site, &["account", "invite", &user.name, "--for", "1h"]);
    let ticket = invited["ticket"]["ticket"].as_str().unwrap();
    let is_taken = || {
        let (asked, _) = login(&site, &user, &key(1), &[&account.password, ticket]);
        asked.iter().any(|text| text.contains("app shows"))
    };
    let said = fails(&site, CONFIG, &["key", "drop", "1"]);
    assert!(said.contains("it is the current one"), "{said}");
    drop(site.cli_ok(&["key", "rotate", "--no-reseal"]));
    register(&site);
    let said = fails(&site, TEMPORARY, &["key", "drop", "1", "--at-once"]);
    assert!(said.contains("a conversation that began before"), "{said}");

    let hour_ago = Timestamp::from_unix(postern_tests::otp::now()).minus(Duration::from_secs(3600));
    replaced_at(&site, hour_ago);
    let listed = json(&site, &["key", "list", "--count"]);
    assert_eq!(listed["keys"][1]["replaced"], hour_ago.to_string());
    assert_eq!((&listed["keys"][1]["sealed"], &listed["tickets"]), (&1.into(), &1.into()), "{listed}");
    let said = fails(&site, DATA, &["key", "drop", "1", "--at-once"]);
    assert!(said.contains("1 secret is sealed with key 1") && said.contains("postern key reseal"), "{said}");
    drop(site.cli_ok(&["key", "reseal"]));
    let said = fails(&site, DATA, &["key", "drop", "1"]);
    for part in ["devices may be trusted under it until", "1 ticket is good still", "--at-once"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(ids(&site), [2, 1]);
    assert!(is_taken(), "a ticket of before is good while its key is there");

    let text = site.cli_ok(&["key", "drop", "1", "--at-once"]);
    assert!(text.contains("key 1 is gone") && text.contains("Every other host"), "{text}");
    assert_eq!(ids(&site), [2]);
    wait_for("posternd to take no more of the key", Duration::from_secs(20), || (!is_taken()).then_some(()));
    let said = fails(&site, CONFIG, &["key", "drop", "1"]);
    assert!(said.contains("no key of that number"), "{said}");
    // Nothing else was lost.
    assert_eq!(json(&site, &["key", "list", "--count"])["keys"][0]["sealed"], 1);
}

#[test]
fn a_key_that_nothing_needs_any_more_goes_without_further_words() {
    let site = Site::new("key_drop_old");
    drop(site.account("alice"));
    drop(site.enrol("alice"));
    drop(site.cli_ok(&["key", "rotate"]));
    register(&site);
    let day = 86_400;
    let now = Timestamp::from_unix(postern_tests::otp::now());
    replaced_at(&site, now.minus(Duration::from_secs(29 * day)));
    let said = fails(&site, DATA, &["key", "drop", "1"]);
    assert!(said.contains("devices may be trusted") && !said.contains("tickets are good"), "{said}");
    replaced_at(&site, now.minus(Duration::from_secs(31 * day)));
    drop(site.cli_ok(&["key", "drop", "1"]));
    assert_eq!(ids(&site), [2]);
}

#[test]
fn an_account_that_cannot_be_read_keeps_every_key() {
    let site = Site::new("key_drop_unreadable");
    drop(site.account("alice"));
    drop(site.enrol("alice"));
    drop(site.cli_ok(&["key", "rotate"]));
    register(&site);
    replaced_at(&site, Timestamp::from_unix(1_000_000_000));
    let database = rusqlite::Connection::open(site.database()).unwrap();
    assert_eq!(database.execute("UPDATE factor SET value = '{}'", []).unwrap(), 1);
    drop(database);
    let said = fails(&site, DATA, &["key", "drop", "1"]);
    assert!(said.contains("nothing is dropped"), "{said}");
    assert_eq!(ids(&site), [2, 1]);
}
