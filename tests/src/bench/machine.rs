//! What a benchmark runs on: the machine, its other load, the servers, and the source.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::Nslcd;

/// The processor and its cores, and how busy they are with everything that runs here.
#[must_use]
pub fn machine() -> String {
    format!("{} cores ({}), load average {:.2}", cores(), model(), load())
}

/// The processor, the kernel and the distribution.
pub(super) fn described() -> Value {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = value_of(&system, "PRETTY_NAME=").unwrap_or("unknown");
    json!({ "cores": cores(), "model": model(), "kernel": kernel.trim(), "system": system.trim_matches('"') })
}

/// The load average of the last minute.
pub(super) fn load() -> f64 {
    let load = fs::read_to_string("/proc/loadavg").expect("/proc/loadavg");
    load.split(' ').next().and_then(|text| text.parse().ok()).expect("a load average")
}

/// The versions of the servers and modules that take part in a benchmark, as far as they are here.
pub(super) fn versions() -> Value {
    let ran = Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Abbrev} ${Package} ${Version}\n"])
        .args(PACKAGES)
        .output();
    let lines = ran.map(|ran| String::from_utf8_lossy(&ran.stdout).into_owned()).unwrap_or_default();
    let versions = lines.lines().filter_map(|line| {
        let mut words = line.strip_prefix("ii ")?.split_whitespace();
        Some((words.next()?.to_owned(), Value::from(words.next()?)))
    });
    let unpacked = Nslcd::version().map(|version| ("nslcd".to_owned(), version.into()));
    Value::Object(versions.chain(unpacked).collect::<Map<_, _>>())
}

/// The commit of the source, with `-dirty` behind it if files differ. `None` outside of a repository.
pub(super) fn commit() -> Option<String> {
    let ran = Command::new("git")
        // The repository is another user's in the test host.
        .args(["-c", "safe.directory=*", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .ok()?;
    let commit = String::from_utf8(ran.stdout).ok()?.trim().to_owned();
    (ran.status.success() && !commit.is_empty()).then_some(commit)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(0, usize::from)
}

fn model() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").expect("/proc/cpuinfo");
    let model = value_of(&processors, "model name").unwrap_or("unknown");
    model.trim_start_matches(['\t', ' ', ':']).replace("(R)", "")
}

/// What follows `name` in the first line that begins with it.
fn value_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name))
}

const PACKAGES: [&str; 8] = [
    "dovecot-core",
    "libpam-google-authenticator",
    "libpam-modules",
    "libpam-oath",
    "openssh-server",
    "postfix",
    "redis-server",
    "slapd",
];
