use std::fs;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::flat::{Kind, Series};
use super::stage::Stage;
use crate::{Dovecot, guard};

/// All that is sampled, a series each.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) series: Vec<Series>,
    /// The seconds of each sample.
    pub(super) seconds: Vec<f64>,
}

impl Samples {
    /// Nothing yet; `accounts` bounds what the stores may keep.
    pub(super) fn of(stage: &Stage) -> Self {
        let accounts = stage.accounts() as f64;
        let mut series = Vec::new();
        for (name, _) in processes(stage) {
            series.push(Series::new(&format!("{name}: resident KiB"), Kind::Memory));
            series.push(Series::new(&format!("{name}: descriptors"), Kind::Descriptors));
            series.push(Series::new(&format!("{name}: threads"), Kind::Threads));
        }
        for (name, _, bound) in stores(stage, accounts) {
            series.push(Series::new(name, bound));
        }
        Self { series, seconds: Vec::new() }
    }

    /// Takes one of each; `done` is the part of the logins that is done.
    pub(super) fn take(&mut self, stage: &Stage, done: f64, seconds: f64) {
        let mut values = Vec::new();
        for (name, pids) in processes(stage) {
            assert!(!pids.is_empty(), "{name} does not run");
            let sum = |of: &dyn Fn(u32) -> u64| pids.iter().map(|&pid| of(pid)).sum::<u64>() as f64;
            values.push(sum(&|pid| guard::memory_kib(pid, "VmRSS")));
            values.push(sum(&descriptors));
            values.push(sum(&threads));
        }
        values.extend(stores(stage, 0.0).into_iter().map(|(_, value, _)| value));
        assert_eq!(values.len(), self.series.len());
        for (series, value) in self.series.iter_mut().zip(values) {
            series.points.push((done, value));
        }
        self.seconds.push(seconds);
    }
}

/// What is watched, with its processes.
fn processes(stage: &Stage) -> Vec<(&'static str, Vec<u32>)> {
    let dovecots = &stage.dovecots;
    vec![
        ("posternd", vec![stage.host.posternd.pid()]),
        ("postern-web", vec![stage.host.web.pid()]),
        ("auth that runs checkpassword", auth(&dovecots.checkpassword, false)),
        ("auth worker with Lua", auth(&dovecots.lua, true)),
        ("auth worker with PAM", auth(&dovecots.pam, true)),
    ]
}

/// The processes `auth` of a Dovecot, or its workers.
fn auth(dovecot: &Dovecot, is_worker: bool) -> Vec<u32> {
    let path = format!("/proc/{0}/task/{0}/children", dovecot.pid());
    let children = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let pids = children.split_whitespace().map(|pid| pid.parse::<u32>().expect("a pid"));
    let is_wanted = |pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        let mut words = line.split(['\0', ' ']);
        words.next() == Some("dovecot/auth") && words.any(|word| word == "-w") == is_worker
    };
    pids.filter(is_wanted).collect()
}

fn descriptors(pid: u32) -> u64 {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, |all| all.count() as u64)
}

fn threads(pid: u32) -> u64 {
    fs::read_dir(format!("/proc/{pid}/task")).map_or(0, |all| all.count() as u64)
}

/// What the stores hold, and how much it may be.
fn stores(stage: &Stage, accounts: f64) -> Vec<(&'static str, f64, Kind)> {
    let bound = Kind::AtMost(accounts * OF_ACCOUNT + FIXED);
    if let Some(redis) = &stage.host.redis {
        let info = redis.cli(&["INFO", "memory"]);
        let used =
            info.lines().find_map(|line| line.strip_prefix("used_memory:")?.trim().parse::<f64>().ok());
        vec![
            ("Redis: keys", redis.cli(&["DBSIZE"]).parse().expect("a number"), bound),
            ("Redis: KiB", used.expect("INFO memory") / 1024.0, Kind::Memory),
        ]
    } else {
        let file = stage.host.site.database();
        let size = |path: &Path| fs::metadata(path).map_or(0.0, |found| found.len() as f64 / 1024.0);
        vec![
            ("SQLite: rows", rows(&file) as f64, bound),
            ("SQLite: KiB of the file", size(&file), Kind::Memory),
            ("SQLite: KiB of its log", size(&file.with_extension("db-wal")), Kind::Memory),
        ]
    }
}

/// The rows of all tables.
fn rows(file: &Path) -> i64 {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(file, flags).expect("the database");
    let mut names =
        database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").expect("its tables");
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .expect("its tables")
        .map(|name| name.expect("a name"))
        .collect();
    let count = |name: &String| {
        let one = format!("SELECT count(*) FROM \"{name}\"");
        database.query_row(&one, [], |row| row.get::<_, i64>(0)).expect("a number")
    };
    names.iter().map(count).sum()
}

/// Keys or rows of one account: 100 wrong passwords count, then no more are counted; and what it is, uses and did.
const OF_ACCOUNT: f64 = 160.0;
/// Those that belong to nobody, 64 fences among them.
const FIXED: f64 = 400.0;
