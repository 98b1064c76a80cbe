//! Asking changes nothing: neither what is spent, nor since when that is known.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use postern_tests::{Listen, Ran, Redis, Site, host};

/// Every command that reads.
const READING: &[&[&str]] = &[
    &["check"],
    &["status"],
    &["report"],
    &["account", "list"],
    &["account", "show", "alice"],
    &["app-password", "list", "alice"],
    &["factor", "list", "alice"],
    &["device", "list", "alice"],
    &["history", "alice"],
    &["challenge", "list", "alice"],
    &["key", "list"],
];

/// Runs a command to which another start of the host is shown than to posternd, as systemd-nspawn and LXC do.
fn elsewhere(site: &Site, args: &[&str]) -> Ran {
    let boot = site.dir().join("boot_id");
    fs::write(&boot, "00000000-0000-4000-8000-000000000000\n").unwrap();
    let mut command = Command::new("unshare");
    command
        .args([
            "--mount",
            "sh",
            "-c",
            "mount --bind \"$1\" /proc/sys/kernel/random/boot_id; shift; exec \"$@\"",
            "sh",
        ])
        .arg(boot)
        .arg(host::program("postern"))
        .arg("--config")
        .arg(site.config())
        .args(args);
    Ran::of(&mut command, b"", Duration::from_secs(60))
}

fn spent_file(site: &Site) -> PathBuf {
    let mut name = site.database().file_name().unwrap().to_owned();
    name.push(".spent");
    site.socket().parent().unwrap().join(name)
}

fn bytes(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

#[test]
fn no_reading_command_touches_spent_codes_after_any_boot() {
    let site = Site::new("reading");
    let file = spent_file(&site);
    drop(site.account("alice"));
    for args in READING {
        drop(elsewhere(&site, args));
        assert!(!file.exists(), "{args:?} has made {}", file.display());
    }
    let posternd = site.posternd();
    // posternd begins with it, and says what is amiss.
    site.age_ledger();
    let before = bytes(&file);
    for args in READING {
        let ran = elsewhere(&site, args);
        assert!(!ran.stdout.is_empty(), "{args:?}: {ran:?}");
        assert_eq!(bytes(&file), before, "{args:?} has changed {}", file.display());
    }
    drop(posternd);
}

#[test]
fn no_reading_command_touches_a_fence_or_leaves_anything_in_redis() {
    let redis = Redis::start("reading", Listen::Tcp);
    let site = Site::new("reading_redis");
    redis.join(&site);
    drop(site.account("alice"));
    for args in READING {
        drop(site.cli(args));
        assert_eq!(redis.cli(&["KEYS", "*"]).trim(), "", "{args:?}");
    }
    // A fence of another server: posternd would raise it.
    let keys: Vec<String> = (0..64).map(|bucket| format!("postern:{{steps-{bucket:02}}}:fence")).collect();
    for key in &keys {
        drop(redis.cli(&["HSET", key, "epoch", "another", "since", "1"]));
    }
    for args in READING {
        drop(site.cli(args));
        let mut all: Vec<String> = redis.cli(&["KEYS", "*"]).lines().map(ToOwned::to_owned).collect();
        all.sort();
        assert_eq!(all, keys, "{args:?}");
        for key in &keys {
            assert_eq!(
                redis.cli(&["HGETALL", key]).lines().collect::<Vec<_>>(),
                ["epoch", "another", "since", "1"]
            );
        }
    }
}
