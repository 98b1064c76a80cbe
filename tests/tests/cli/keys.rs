use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use postern_tests::guard::{pause, wait_for};
use postern_tests::{Site, canary, host, unix_users};
use serde_json::json;

use crate::app::App;
use crate::{CONFIG, DATA, TEMPORARY, fails, json};

/// How many seeds are sealed with each key, the current one first.
fn sealed(site: &Site) -> Vec<(u64, u64)> {
    let listed = json(site, &["key", "list", "--count"]);
    let number = |value: &serde_json::Value| value.as_u64().unwrap();
    let keys = listed["keys"].as_array().unwrap();
    assert!(keys.iter().enumerate().all(|(at, key)| key["current"] == (at == 0)), "{listed}");
    keys.iter().map(|key| (number(&key["id"]), number(&key["sealed"]))).collect()
}

/// Secrets of a keyring count as such from now on.
pub(crate) fn register(site: &Site) {
    for line in fs::read_to_string(site.keyring()).unwrap().lines() {
        if let Some(secret) = line.strip_prefix("secret = ") {
            canary::register(secret.trim_matches('"').trim_end_matches('='));
        }
    }
}

#[test]
fn a_rotated_keyring_seals_everything_anew_under_a_running_posternd() {
    let site = Site::new("rotate");
    let user = unix_users::fresh("kate");
    let account = site.account_of(&user);
    let _posternd = site.posternd();
    site.age_ledger();
    let mut app = App::enrol(&site, &user.name);
    drop(site.account("bob"));
    drop((site.enrol("bob"), site.enrol("bob")));
    assert_eq!(sealed(&site), [(1, 3)]);
    let before = fs::metadata(site.keyring()).unwrap();
    let text = site.cli_ok(&["key", "rotate"]);
    register(&site);
    assert!(
        text.contains("key 2 is the current one") && text.contains("sealed 3 secrets of 2 accounts"),
        "{text}"
    );
    let after = fs::metadata(site.keyring()).unwrap();
    assert_eq!((after.uid(), after.gid(), after.mode()), (before.uid(), before.gid(), before.mode()));
    assert_eq!(fs::read_dir(site.dir().join("etc")).unwrap().count(), 3, "no draft is left");
    assert_eq!(sealed(&site), [(2, 3), (1, 0)]);
    // posternd reads the new file by itself: a code of a seed under the new key opens.
    let code = app.code();
    wait_for("posternd to take a code of a seed under the new key", Duration::from_secs(20), || {
        let made = site.my(&user, &["recovery-codes"], &format!("{}\n{code}\n", account.password));
        canary::shown_to_people(&made.stdout).iter().for_each(|code| canary::register(code));
        assert!(made.code == 0 || made.code == TEMPORARY, "{}", made.stderr);
        (made.code == 0).then_some(())
    });
    let again = json(&site, &["key", "reseal"]);
    assert_eq!(again["resealed"], json!({ "secrets": 0, "accounts": 0, "failed": [] }));
    let plain = json(&site, &["key", "list"]);
    assert_eq!(plain["keys"][0]["sealed"], json!(null), "counted only where that is wanted");
}

#[test]
fn other_hosts_get_the_file_before_anything_is_sealed_with_its_key() {
    let site = Site::new("no_reseal");
    drop(site.account("alice"));
    drop(site.enrol("alice"));
    let old = fs::read(site.keyring()).unwrap();
    let text = site.cli_ok(&["key", "rotate", "--no-reseal"]);
    register(&site);
    assert!(text.contains("other host") && text.contains("postern key reseal"), "{text}");
    assert_eq!(sealed(&site), [(2, 0), (1, 1)]);
    let new = fs::read(site.keyring()).unwrap();
    fs::write(site.keyring(), &old).unwrap();
    drop(site.cli_ok(&["factor", "list", "alice"]));
    fs::write(site.keyring(), &new).unwrap();
    let dry = site.cli_ok(&["key", "reseal", "--dry-run"]);
    assert!(dry.contains("would be sealed anew ") && dry.contains("dry run: 1 account;"), "{dry}");
    assert!(site.cli_ok(&["key", "reseal"]).contains("sealed 1 secret of 1 account "));
    assert_eq!(sealed(&site), [(2, 1), (1, 0)]);

    // A host that was forgotten says what it lacks.
    fs::write(site.keyring(), &old).unwrap();
    let text = site.cli_ok(&["key", "list", "--count"]);
    assert!(text.contains("1 are sealed with keys that are not in this keyring"), "{text}");
    let said = fails_after_output(&site, &["key", "reseal"]);
    assert!(said.contains("alice: factor") && said.contains("copy the newest keyring"), "{said}");
}

fn fails_after_output(site: &Site, args: &[&str]) -> String {
    let ran = site.cli(args);
    assert_eq!(ran.code, DATA, "{ran:?}");
    ran.stderr
}

#[test]
fn a_broken_keyring_is_not_rotated() {
    let site = Site::new("rotate_broken");
    fs::write(site.keyring(), "version = 1\n").unwrap();
    fails(&site, CONFIG, &["key", "rotate"]);
    fails(&site, CONFIG, &["key", "list"]);
    assert_eq!(fs::read_to_string(site.keyring()).unwrap(), "version = 1\n");
}

#[test]
fn a_rotation_killed_at_any_moment_leaves_every_seed_open() {
    let site = Site::new("rotate_killed");
    for number in 0..30 {
        let name = format!("user{number}");
        drop(site.cli_ok(&["account", "create", &name, "--no-password"]));
        drop(site.enrol(&name));
    }
    let mut cut_off = 0;
    for millis in (4..64).step_by(4) {
        let mut command = Command::new(host::program("postern"));
        command
            .arg("--config")
            .arg(site.config())
            .args(["key", "rotate"])
            .current_dir("/")
            .stdin(Stdio::null());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        pause(Duration::from_millis(millis));
        child.kill().unwrap();
        child.wait().unwrap();
        register(&site);
        let counts = sealed(&site);
        assert_eq!(
            counts.iter().map(|(_, count)| count).sum::<u64>(),
            30,
            "{counts:?}: a seal without its key"
        );
        cut_off += u32::from(counts[0].1 > 0 && counts[0].1 < 30);
    }
    let done = json(&site, &["key", "reseal"]);
    assert_eq!(done["resealed"]["failed"], json!([]));
    assert_eq!(sealed(&site)[0].1, 30);
    println!("cut off in the middle of sealing {cut_off} times, {} keys at the end", sealed(&site).len());
}
