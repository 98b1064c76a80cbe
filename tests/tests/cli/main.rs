//! The command line: the output of each command for users and scripts, its exit status, and what it leaves alone.

mod accounts;
mod app;
mod app_passwords;
mod bulk;
mod challenges;
mod check;
mod check_logins;
mod check_pages;
mod export;
mod factors;
mod history;
mod import;
mod init;
mod installed;
mod key_drop;
mod keys;
mod migrate;
mod my;
mod out_of_band;
mod reading;
mod report;
mod secrets;
mod servers;
mod status;
mod totp;
mod units;

use postern_tests::Site;
use serde_json::Value;

/// A command that has to fail with this status, on stderr alone, each line marked as ours.
fn fails(site: &Site, status: i32, args: &[&str]) -> String {
    let ran = site.cli(args);
    assert_eq!((ran.code, ran.stdout.as_str()), (status, ""), "postern {args:?}: {ran:?}");
    assert!(!ran.stderr.trim().is_empty(), "postern {args:?} says nothing");
    if status != USAGE {
        assert!(ran.stderr.lines().all(|line| line.starts_with("postern: ")), "{ran:?}");
    }
    ran.stderr
}

/// A command's JSON document, which has to have the version that this test knows.
fn json(site: &Site, args: &[&str]) -> Value {
    let json = site.cli_json(args);
    assert_eq!(json["version"], 1, "postern --json {args:?}");
    assert_eq!(json.as_object().unwrap().keys().next_back().unwrap(), "version", "{json}");
    json
}

/// What a command says that acts on one account or shows it, without its last line, which names the account and its id.
#[track_caller]
fn said(site: &Site, name: &str, args: &[&str]) -> String {
    let text = site.cli_ok(args);
    let id = json(site, &["account", "show", name])["account"]["id"].as_str().unwrap().to_owned();
    let last = format!("account {name} (id {id})\n");
    text.strip_suffix(&last).unwrap_or_else(|| panic!("{last} does not end {text}")).to_owned()
}

/// sysexits(3).
const USAGE: i32 = 64;
const DATA: i32 = 65;
const NO_USER: i32 = 67;
const UNAVAILABLE: i32 = 69;
const TEMPORARY: i32 = 75;
const PROTOCOL: i32 = 76;
const NOT_PERMITTED: i32 = 77;
const CONFIG: i32 = 78;
