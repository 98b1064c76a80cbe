use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use postern_tests::guard::pause;
use postern_tests::{CHECK_FAILED, Ran, Site, host};
use serde_json::json;

use crate::{CONFIG, fails, json};

fn owner_and_mode(path: &Path) -> (u32, u32, u32) {
    let meta = fs::metadata(path).unwrap();
    (meta.uid(), meta.gid(), meta.mode() & 0o7777)
}

#[test]
fn init_creates_missing_files_and_keeps_existing_ones() {
    let site = Site::builder("init").build_without_init();
    assert!(!site.keyring().exists() && !site.database().exists());
    let made = json(&site, &["init"]);
    let created: Vec<_> =
        made["init"].as_array().unwrap().iter().map(|step| step["created"].clone()).collect();
    assert_eq!(created, [json!(false), json!(true), json!(true)], "the configuration was there: {made}");
    let (postern, group) = host::ids("postern");
    let (postern, group) = (postern.as_raw(), group.as_raw());
    assert_eq!(owner_and_mode(&site.keyring()), (0, group, 0o640));
    assert_eq!(owner_and_mode(&site.database()), (postern, group, 0o600));

    drop(site.account("alice"));
    let keyring = fs::read(site.keyring()).unwrap();
    let text = site.cli_ok(&["init"]);
    assert!(text.lines().count() == 3 && text.lines().all(|line| line.starts_with("kept ")), "{text}");
    assert_eq!(fs::read(site.keyring()).unwrap(), keyring);
    assert_eq!(json(&site, &["account", "list"])["accounts"].as_array().unwrap().len(), 1);
}

#[test]
fn init_makes_the_databases_folder_for_postern_alone() {
    let site = Site::builder("folder")
        .postern_toml(|text| text.replace("/var/postern.db", "/var/lib/deep/postern.db"))
        .build_without_init();
    host::own(&site.dir().join("var"), (0.into(), 0.into()), 0o755);
    drop(site.cli_ok(&["init"]));
    let (uid, gid) = host::ids("postern");
    let folder = site.dir().join("var/lib/deep");
    assert_eq!(owner_and_mode(&folder), (uid.as_raw(), gid.as_raw(), 0o700));
    drop(site.cli_ok(&["account", "create", "alice", "--no-password"]));
}

#[test]
fn folders_that_init_creates_let_postern_through_under_every_umask() {
    let site = Site::builder("umask")
        .postern_toml(|text| {
            text.replace("/var/postern.db", "/var/lib/very/deep/postern.db")
                .replace("/etc/keyring", "/etc/a/b/keyring")
        })
        .build_without_init();
    host::own(&site.dir().join("var"), (0.into(), 0.into()), 0o755);
    let mut init = Command::new("/bin/sh");
    init.args(["-c", "umask 077; exec \"$@\"", "sh"]).arg(host::program("postern"));
    init.arg("--config").arg(site.config()).arg("init").current_dir("/");
    drop(Ran::of(&mut init, b"", Duration::from_secs(20)).succeeded());
    for folder in ["var/lib", "var/lib/very", "etc/a", "etc/a/b"] {
        let folder = site.dir().join(folder);
        assert!(folder.is_dir(), "{}", folder.display());
        assert_eq!(owner_and_mode(&folder), (0, 0, 0o755), "{}", folder.display());
    }
    drop(site.cli_ok(&["account", "create", "alice", "--no-password"]));
    let _posternd = site.posternd();
}

#[test]
fn remains_of_an_interrupted_init_are_removed() {
    let site = Site::builder("stale").build_without_init();
    let stale = site.dir().join("etc/keyring.new");
    fs::write(&stale, "half a keyr").unwrap();
    fs::set_permissions(&stale, fs::Permissions::from_mode(0o640)).unwrap();
    drop(site.cli_ok(&["init"]));
    assert!(!stale.exists());
    assert!(fs::read_to_string(site.keyring()).unwrap().contains("[[key]]"));
    drop(site.posternd());
}

#[test]
fn init_killed_at_any_moment_is_finished_by_running_it_again() {
    for millis in 0..24 {
        let site = Site::builder("killed").build_without_init();
        let mut command = Command::new(host::program("postern"));
        command.arg("--config").arg(site.config()).arg("init").current_dir("/").stdin(Stdio::null());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        pause(Duration::from_millis(millis));
        child.kill().unwrap();
        child.wait().unwrap();
        // A keyring is there as a whole or not at all: others may be reading it.
        let before = fs::read(site.keyring()).ok();
        assert!(before.as_ref().is_none_or(|text| text.ends_with(b"\"\n")), "killed after {millis} ms");
        drop(site.cli_ok(&["init"]));
        assert!(
            before.is_none_or(|text| fs::read(site.keyring()).unwrap() == text),
            "a keyring is never replaced"
        );
        assert!(!site.dir().join("etc/keyring.new").exists());
        drop(site.cli_ok(&["account", "create", "alice", "--no-password"]));
    }
}

#[test]
fn what_a_killed_init_left_of_a_file_goes_and_what_another_program_writes_stays() {
    let site = Site::builder("left_over").build_without_init();
    drop(site.cli_ok(&["init"]));
    let (keyring, draft) = (site.keyring(), site.dir().join("etc/keyring.new"));
    let before = fs::read(&keyring).unwrap();
    fs::hard_link(&keyring, &draft).unwrap();
    drop(site.cli_ok(&["init"]));
    assert!(!draft.exists() && fs::read(&keyring).unwrap() == before);
    // A rotation of keys, under way.
    fs::write(&draft, "half a key").unwrap();
    drop(site.cli_ok(&["init"]));
    assert!(draft.exists() && fs::read(&keyring).unwrap() == before);
}

#[test]
fn without_init_every_command_says_so_and_makes_nothing() {
    let site = Site::builder("not_yet").build_without_init();
    for args in [&["account", "list"][..], &["account", "create", "alice", "--no-password"]] {
        let said = fails(&site, CONFIG, args);
        assert!(said.contains("postern.db: does not exist; create it with: postern init"), "{said}");
    }
    let check = site.check();
    assert_eq!(check.code, CHECK_FAILED);
    for part in ["FAIL  keyring: ", "FAIL  store: "] {
        let line =
            check.stdout.lines().find(|line| line.starts_with(part)).unwrap_or_else(|| panic!("{check:?}"));
        assert!(line.contains("postern init"), "{line}");
    }
    assert!(!site.database().exists() && !site.keyring().exists());
}

#[test]
fn init_refuses_a_broken_configuration_and_makes_nothing() {
    let site = Site::builder("init_broken").postern_toml(|text| text + "[nonsense]\n").build_without_init();
    assert!(fails(&site, CONFIG, &["init"]).contains("nonsense"));
    assert!(!site.database().exists() && !site.keyring().exists());
}
