use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use nix::unistd::{Gid, Uid};
use postern_tests::{Ran, Redis, Site, guard, host};

use crate::{checkpassword, posternd};

/// Starts a posternd that has to refuse, and returns what it says.
fn refusal(site: &Site) -> String {
    let ran = Ran::of(&mut posternd(site), b"", Duration::from_secs(20));
    assert_eq!((ran.code, ran.stdout.as_str()), (CONFIG, ""), "{ran:?}");
    assert!(ran.stderr.lines().all(|line| line.starts_with("posternd: ")), "{ran:?}");
    assert!(!site.socket().exists(), "it must not have listened");
    ran.stderr
}

#[test]
fn a_broken_configuration_is_refused_with_file_line_key_and_remedy() {
    let site = Site::new("broken");
    let good = fs::read_to_string(site.config()).unwrap();
    let line_of = |part: &str| good.lines().position(|line| line.contains(part)).unwrap() + 1;
    let config = site.config().display().to_string();
    let line = line_of("main_password_on_mail");
    for (from, to, expected) in [
        (
            "main_password_on_mail = ",
            "main_password_on_male = ",
            "policy.main_password_on_male: is not a known key; did you mean main_password_on_mail?",
        ),
        (
            "\"until-enrolled\"",
            "\"sometimes\"",
            "policy.main_password_on_mail: \"sometimes\" is none of always, until-enrolled, never",
        ),
        ("\"until-enrolled\"", "true", "policy.main_password_on_mail: is a boolean; put it in quotes"),
    ] {
        site.edit_config(|text| text.replace(from, to));
        let said = refusal(&site);
        assert_eq!(said, format!("posternd: {config}:{line}: {expected}\n"));
        site.edit_config(|_| good.clone());
    }
    site.edit_config(|text| text.replace("[keyring]", "[keyring"));
    let line = line_of("[keyring]");
    assert!(refusal(&site).contains(&format!("{config}:{line}:")));
    // Two mistakes are told in one go.
    site.edit_config(|_| good.replace("\"until-enrolled\"", "7").replace("\"implicit\"", "\"none\""));
    assert!(refusal(&site).lines().count() >= 2);
    fs::remove_file(site.config()).unwrap();
    assert!(refusal(&site).contains(&config));
}

#[test]
fn problems_of_the_ledgers_server_are_logged_once_after_the_start() {
    let redis = Redis::builder("forgetful").line("appendonly no").start();
    let site = Site::new("keeper");
    redis.join(&site);
    let alice = site.account("alice");
    let posternd = site.posternd();
    drop(posternd.logged(&["WARN", "appendonly"]));
    assert_eq!(checkpassword(&site, "alice", &alice.password).run().code, 0);
    posternd.reload();
    guard::pause(Duration::from_millis(500));
    assert_eq!(posternd.log().lines().filter(|line| line.contains("appendonly")).count(), 1);
}

/// Until the volatile database is there, a tool keeps to itself what it does: a phone that an admin binds would not find it.
#[test]
fn a_daemon_that_answers_has_begun_the_volatile_database() {
    let site = Site::new("begun");
    for start in 0..10 {
        let posternd = site.posternd();
        assert!(site.dir().join("run/postern.db.spent").exists(), "start {start}");
        drop(posternd);
        fs::remove_file(site.dir().join("run/postern.db.spent")).unwrap();
    }
}

#[test]
fn a_file_that_others_could_change_or_read_is_refused() {
    let site = Site::new("modes");
    let owner = (Uid::from_raw(0), host::ids("postern").1);
    for path in [site.config(), site.keyring()] {
        for mode in [0o660, 0o644, 0o642] {
            host::own(&path, owner, mode);
            let said = refusal(&site);
            assert!(
                said.contains(&path.display().to_string()) && said.contains(&format!("{mode:04o}")),
                "{said}"
            );
            assert!(said.contains("chmod 0640"), "{said}");
        }
        host::own(&path, host::ids("mallory"), 0o640);
        // Unreadable, or owned by another user: in either case it is not used.
        assert!(refusal(&site).contains(&path.display().to_string()));
        host::own(&path, (host::ids("mallory").0, owner.1), 0o640);
        assert!(refusal(&site).contains("chown root:postern"));
        host::own(&path, owner, 0o640);
    }
    host::own(&site.database(), host::ids("postern"), 0o640);
    let said = refusal(&site);
    assert!(said.contains(&site.database().display().to_string()) && said.contains("chmod 0600"), "{said}");
    host::own(&site.database(), (Uid::from_raw(0), Gid::from_raw(0)), 0o600);
    assert!(refusal(&site).contains(&site.database().display().to_string()));
    host::own(&site.database(), host::ids("postern"), 0o600);
    drop(site.posternd());
}

#[test]
fn a_missing_keyring_and_a_missing_or_foreign_database_are_refused() {
    let site = Site::new("missing");
    let keyring = fs::read(site.keyring()).unwrap();
    fs::remove_file(site.keyring()).unwrap();
    assert!(refusal(&site).contains(&site.keyring().display().to_string()));
    fs::write(site.keyring(), keyring).unwrap();
    host::own(&site.keyring(), (Uid::from_raw(0), host::ids("postern").1), 0o640);
    // With an empty one instead, all users would be refused as unknown.
    let aside = site.dir().join("aside.db");
    fs::rename(site.database(), &aside).unwrap();
    assert!(refusal(&site).contains("postern.db: does not exist; create it with: postern init"));
    assert!(!site.database().exists());
    fs::rename(aside, site.database()).unwrap();
    // What SQLite keeps beside it would bring the old content back.
    for beside in ["postern.db-wal", "postern.db-shm"] {
        fs::remove_file(site.database().with_file_name(beside)).ok();
    }
    fs::write(site.database(), "this was never a database, however long it may be ".repeat(100)).unwrap();
    assert!(refusal(&site).contains(&site.database().display().to_string()));
}

#[test]
fn a_second_posternd_at_the_same_socket_refuses_and_the_first_goes_on() {
    let site = Site::new("second");
    let first = site.posternd();
    let alice = site.account("alice");
    let second = Ran::of(&mut posternd(&site), b"", Duration::from_secs(20));
    assert_eq!(second.code, CONFIG, "{second:?}");
    let socket = site.socket().display().to_string();
    assert!(second.stderr.contains(&socket) && second.stderr.contains("another posternd"), "{second:?}");
    assert!(site.socket().exists(), "the socket of the first is still there");
    assert_eq!(first.status().pid, first.pid());
    assert_eq!(checkpassword(&site, "alice", &alice.password).run().code, 0);
}

#[test]
fn a_file_that_is_not_a_socket_is_not_replaced_by_one() {
    let site = Site::new("in_the_way");
    fs::write(site.socket(), "precious").unwrap();
    let ran = Ran::of(&mut posternd(&site), b"", Duration::from_secs(20));
    assert_eq!(ran.code, CONFIG, "{ran:?}");
    assert!(ran.stderr.contains("not a socket"), "{ran:?}");
    assert_eq!(fs::read_to_string(site.socket()).unwrap(), "precious");
}

#[test]
fn a_running_posternd_leaves_no_core_dump_and_no_readable_files() {
    let site = Site::new("hardened");
    let mut running = site.posternd();
    let limits = fs::read_to_string(format!("/proc/{}/limits", running.pid())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    // proc(5): the files of a process that may not be dumped belong to root.
    let process = format!("/proc/{}", running.pid());
    assert_eq!(fs::metadata(format!("{process}/environ")).unwrap().uid(), 0);
    let postern = host::ids("postern").0.as_raw();
    let status = fs::read_to_string(format!("{process}/status")).unwrap();
    let uids = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap();
    assert!(uids.split_whitespace().all(|uid| uid == postern.to_string()), "it runs as postern: {uids}");
    drop(site.account("alice"));
    for entry in fs::read_dir(site.database().parent().unwrap()).unwrap() {
        let meta = entry.as_ref().unwrap().metadata().unwrap();
        assert_eq!((meta.uid(), meta.mode() & 0o7777), (postern, 0o600), "{entry:?}");
    }
    let status = running.stop();
    assert_eq!(status.code(), Some(0), "a clean stop");
    assert!(!site.socket().exists());
    assert!(running.log().contains("posternd stops"));
}

/// sysexits(3): something is wrong with the configuration.
const CONFIG: i32 = 78;
