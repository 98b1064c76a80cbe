use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use postern_tests::{Checkpassword, Ran, Site, host};

use crate::{CONFIG, NOT_PERMITTED, UNAVAILABLE, fails, json};

#[test]
fn status_counts_what_posternd_did() {
    let site = Site::new("status");
    let posternd = site.posternd();
    let alice = site.account("alice");
    let login = |password: &str| -> Checkpassword {
        let reply_tool = ["/usr/lib/dovecot/checkpassword-reply"];
        site.checkpassword().args(&reply_tool).login("imap", "192.0.2.1").credentials("alice", password)
    };
    assert_eq!(login(&alice.password).run().code, 0);
    assert_eq!(login("wrong").run().code, 1);
    let status = json(&site, &["status"])["status"].clone();
    assert_eq!(status["pid"], posternd.pid());
    assert_eq!((&status["verdicts"]["accept"], &status["verdicts"]["reject"]), (&1.into(), &1.into()));
    assert_eq!(
        (&status["argon2id_runs"]["main_password"], &status["config_broken"]),
        (&2.into(), &false.into())
    );
    let text = site.cli_ok(&["status"]);
    assert!(text.contains(&format!("process {}", posternd.pid())) && text.contains("1 accept"), "{text}");
}

#[test]
fn status_without_posternd_is_69_and_with_a_broken_configuration_78() {
    let site = Site::new("no_status");
    let said = fails(&site, UNAVAILABLE, &["status"]);
    assert!(said.contains("posternd.sock") && said.contains("not reachable"), "{said}");
    site.edit_config(|text| text + "[nonsense]\n");
    for args in [&["status"][..], &["account", "list"], &["app-password", "list", "alice"]] {
        assert!(fails(&site, CONFIG, args).contains("nonsense"), "{args:?}");
    }
}

#[test]
fn only_the_admin_gets_the_status() {
    let site = Site::new("mallory");
    let _posternd = site.posternd();
    drop(site.account("alice"));
    let (uid, gid) = host::ids("mallory");
    for args in [
        &["account", "list"][..],
        &["status"],
        &["init"],
        &["app-password", "create", "alice", "--label", "x"],
    ] {
        let mut command = Command::new(host::program("postern"));
        command
            .arg("--config")
            .arg(site.config())
            .args(args)
            .uid(uid.as_raw())
            .gid(gid.as_raw())
            .current_dir("/");
        let ran = Ran::of(&mut command, b"", Duration::from_secs(20));
        let expected = if args == ["init"] { CONFIG } else { NOT_PERMITTED };
        assert_eq!((ran.code, ran.stdout.as_str()), (expected, ""), "{args:?}: {ran:?}");
        assert!(ran.stderr.contains("run it as root"), "{args:?}: {ran:?}");
    }
    assert_eq!(json(&site, &["account", "show", "alice"])["account"]["app_passwords"], 0);
}

#[test]
fn the_store_is_written_as_postern_and_not_as_root() {
    let site = Site::new("as_postern");
    drop(site.account("alice"));
    let postern = host::ids("postern").0.as_raw();
    let folder = site.database().parent().unwrap().to_owned();
    for entry in std::fs::read_dir(folder).unwrap() {
        let meta = entry.as_ref().unwrap().metadata().unwrap();
        assert_eq!(std::os::unix::fs::MetadataExt::uid(&meta), postern, "{entry:?}");
    }
}
