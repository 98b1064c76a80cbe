//! `postern import`: a sample of each format, written as its document has it.

mod files;
mod formats;
mod logins;

use std::fs;
use std::path::PathBuf;

use postern_tests::{Site, host};
use serde_json::Value;

/// A sample, as a file of the site that root alone may read.
fn sample(site: &Site, name: &str, text: &str) -> String {
    let path = site.dir().join(name);
    fs::write(&path, text).unwrap();
    host::own(&path, (0.into(), 0.into()), 0o600);
    path.display().to_string()
}

/// Makes accounts without a main password.
fn accounts(site: &Site, names: &[&str]) {
    for name in names {
        drop(site.cli_ok(&["account", "create", name, "--no-password"]));
    }
}

/// What a run says, as a script reads it, whatever its exit status.
fn run(site: &Site, args: &[&str]) -> Value {
    let ran = site.cli(&[&["--json", "import"], args].concat());
    let said: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(said["import"]["failed"] != 0, ran.code == crate::DATA, "{ran:?}");
    said["import"].clone()
}

/// How many entries ended in each way: bound, before, left, failed.
fn counts(said: &Value) -> [u64; 4] {
    ["bound", "before", "left", "failed"].map(|outcome| said[outcome].as_u64().unwrap())
}

/// The outcome of each entry in short: `alice totp bound`, and the reason.
fn outcomes(said: &Value) -> Vec<(String, String)> {
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let short = |entry: &Value| {
        let [account, kind, outcome] = ["account", "kind", "outcome"].map(|key| text(entry, key));
        (format!("{account} {kind} {outcome}"), text(entry, "reason"))
    };
    said["entries"].as_array().unwrap().iter().map(short).collect()
}

#[track_caller]
fn said(outcomes: &[(String, String)], short: &str, reason: &str) {
    let is_it = |(one, why): &(String, String)| one == short && why.contains(reason);
    assert!(outcomes.iter().any(is_it), "{short}: {reason} in {outcomes:#?}");
}

fn factors(site: &Site, name: &str) -> Vec<Value> {
    crate::json(site, &["factor", "list", name])["factors"].as_array().unwrap().clone()
}

/// The ASCII seed of a sample, of 20 bytes unless a length is given.
fn seed(name: &str, length: usize) -> Vec<u8> {
    name.bytes().chain(std::iter::repeat(b'-')).take(length).collect()
}

const GOOGLE: &str = include_str!("samples/google_authenticator");
const USERS_OATH: &str = include_str!("samples/users.oath");
const URIS: &str = include_str!("samples/uris");
const FREEOTP: &str = include_str!("samples/freeotp.json");
const AEGIS: &str = include_str!("samples/aegis.json");
const PRIVACYIDEA: &str = include_str!("samples/privacyidea.csv");
const PRIVACYIDEA_JSON: &str = include_str!("samples/privacyidea.json");
const LDIF: &str = include_str!("samples/oath.ldif");
const MAILCOW: &str = include_str!("samples/mailcow.sql");

/// A home folder with this file.
fn home(site: &Site, user: &str, text: &str) -> PathBuf {
    let home = site.dir().join("homes").join(user);
    fs::create_dir_all(&home).unwrap();
    let file = home.join(".google_authenticator");
    fs::write(&file, text).unwrap();
    host::own(&file, (0.into(), 0.into()), 0o400);
    home
}
