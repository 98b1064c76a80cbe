//! Stored hashes that would exhaust the machine, planted by an attacker who can write to the directory.

use serde_json::json;

use crate::Target;
use crate::raw::{Said, login, say};
use postern_tests::planted::{execute, query};

const EXCESSIVE: [&str; 5] = [
    "m=4194304,t=1,p=1",
    "m=4194303,t=3,p=4",
    "m=65537,t=1,p=1",
    "m=4096,t=4294967295,p=1",
    "m=65536,t=1,p=255",
];

#[test]
fn an_app_password_that_asks_for_4_gib_is_not_computed() {
    let target = Target::new("planted app password");
    let record = query(&target.site, "SELECT value FROM app_password")[0][0].as_str().unwrap().to_owned();
    let good = "m=4096,t=1,p=1";
    assert!(record.contains(good), "{record}");
    let quiet = target.posternd.peak_resident_kib();
    for excessive in EXCESSIVE {
        let planted = record.replace(good, excessive);
        execute(&target.site, "UPDATE app_password SET value = ?", &[json!([planted])]);
        for _ in 0..3 {
            let said = say(&target.site.socket(), &login("alice", &target.thunderbird.password, &json!({})));
            assert_eq!(said, Said::Defer, "{excessive}");
        }
        assert_eq!(target.checkpassword("alice", &target.thunderbird.password), 111, "{excessive}");
    }
    assert_no_spike(&target, quiet, "app_password");
    execute(&target.site, "UPDATE app_password SET value = ?", &[json!([record])]);
    target.assert_alice_gets_in();
}

#[test]
fn a_main_password_that_asks_for_4_gib_is_not_computed() {
    let target = Target::new("planted main password");
    drop(target.site.account("bob"));
    let hash = query(&target.site, "SELECT password FROM account WHERE name = 'bob'")[0][0]
        .as_str()
        .unwrap()
        .to_owned();
    let quiet = target.posternd.peak_resident_kib();
    for excessive in EXCESSIVE {
        let planted = hash.replace("m=19456,t=2,p=1", excessive);
        assert_ne!(planted, hash);
        execute(&target.site, "UPDATE account SET password = ? WHERE name = 'alice'", &[json!([planted])]);
        for secret in [&target.alice.password, "a wrong one"] {
            let said = say(&target.site.socket(), &login("alice", secret, &json!({})));
            assert_eq!(said, Said::Defer, "{excessive}");
        }
        assert_eq!(target.checkpassword("alice", &target.alice.password), 111, "{excessive}");
        // Her app password does not need that hash.
        assert_eq!(target.checkpassword("alice", &target.thunderbird.password), 0, "{excessive}");
    }
    assert_no_spike(&target, quiet, "main_password");
    // An outage is not an attempt: nothing of this counts against her.
    drop(
        target
            .site
            .cli_stdin(
                &["account", "password", "alice", "--password-stdin"],
                &format!("{}\n", target.alice.password),
            )
            .succeeded(),
    );
    target.assert_alice_gets_in();
}

#[test]
fn a_stored_hash_of_another_kind_is_not_taken_for_one() {
    let target = Target::new("planted kinds");
    for planted in [
        "",
        &target.alice.password,
        &format!("{{CLEARTEXT}}{}", target.alice.password),
        "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$k7m8wGcTuvWLbIHTKw4NjNIZi6rVLQdDdLNf0DpwtCo",
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$",
        "$argon2id$v=19$m=19456,t=2,p=1$$k7m8wGcTuvWLbIHTKw4NjNIZi6rVLQdDdLNf0DpwtCo",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
    ] {
        execute(&target.site, "UPDATE account SET password = ? WHERE name = 'alice'", &[json!([planted])]);
        for secret in [&target.alice.password, "a wrong one", planted] {
            if !secret.is_empty() {
                let said = say(&target.site.socket(), &login("alice", secret, &json!({})));
                assert_eq!(said, Said::Defer, "{planted}");
            }
        }
    }
    execute(&target.site, "UPDATE account SET password = NULL", &[json!([])]);
    let said = say(&target.site.socket(), &login("alice", &target.alice.password, &json!({})));
    assert_eq!(said, Said::reject("bad_credential"), "no main password at all");
    assert_eq!(target.checkpassword("alice", &target.thunderbird.password), 0);
}

#[track_caller]
fn assert_no_spike(target: &Target, quiet_kib: u64, purpose: &str) {
    let status = target.posternd.status();
    assert!(status.argon2id_runs[purpose] <= 1, "{status:?}");
    let peak = target.posternd.peak_resident_kib();
    assert!(peak < quiet_kib + 16 * 1024, "{quiet_kib} KiB before, {peak} KiB at most");
}
