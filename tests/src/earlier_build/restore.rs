//! Puts the data back, for the programs of the current build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::unistd::{Gid, Uid};
use serde_json::Value;

use crate::login_host::Stores;
use crate::{Listen, Posternd, Ran, Redis, Site, Slapd, host, unix_users};

use super::make::REDIS;
use super::{Left, QUESTIONS, SITE, folder, redis_dump};

/// A host on which the current build runs with the data of an earlier one.
#[derive(Debug)]
pub struct Restored {
    /// The daemon.
    pub posternd: Posternd,
    /// Its files.
    pub site: Site,
    /// What its people know and have.
    pub left: Left,
    folder: PathBuf,
    _slapd: Option<Slapd>,
    _redis: Option<Redis>,
}

impl Restored {
    /// Puts the data of a host with these stores back and starts posternd.
    #[must_use]
    pub fn start(stores: Stores) -> Self {
        let folder = folder(stores);
        let left = Left::read(&read(&folder, "people.json"));
        unix_users::add_names(["anna", "berta", "carl"].map(|name| (name, left.uid(name))));
        let (site, slapd, redis) = match stores {
            Stores::Embedded => (embedded(&folder), None, None),
            Stores::LdapAndRedis => {
                let (site, slapd, redis) = ldap_and_redis(&folder);
                (site, Some(slapd), Some(redis))
            }
        };
        Self { posternd: site.posternd(), site, left, folder, _slapd: slapd, _redis: redis }
    }

    /// The conversations that a front door had with posternd.
    #[must_use]
    pub fn conversations(&self) -> Vec<Vec<Value>> {
        let lines = read(&self.folder, "conversations.jsonl");
        lines.lines().map(|line| serde_json::from_str(line).expect("a conversation")).collect()
    }

    /// What the command line said of the data and what it says now, by name.
    #[must_use]
    pub fn answers(&self) -> Vec<(&'static str, Value, Value)> {
        let answer = |&(name, arguments): &(&'static str, &[&str])| {
            let text = read(&self.folder, &format!("cli/{name}.json"));
            (name, serde_json::from_str(&text).expect("JSON"), self.site.cli_json(arguments))
        };
        QUESTIONS.iter().map(answer).collect()
    }
}

fn embedded(folder: &Path) -> Site {
    let site = Site::builder(&name(folder)).build_without_init();
    install(folder, &site, "postern.toml", |text| text);
    let owner = host::ids("postern");
    for (name, to) in
        [("postern.db", site.database()), ("postern.db.spent", site.dir().join("run/postern.db.spent"))]
    {
        fs::copy(folder.join(name), &to).expect("a database");
        host::own(&to, owner, 0o600);
    }
    // A file of spent codes is believed until the host starts again.
    let adopt = "import sqlite3, sys\n\
                 with sqlite3.connect(sys.argv[1]) as file: file.execute('UPDATE memory SET boot = ?', [sys.argv[2]])\n";
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("a boot id");
    let mut python = Command::new(host::system_program("/usr/bin/python3", "python3"));
    python
        .args(["-I", "-c", adopt])
        .arg(site.dir().join("run/postern.db.spent"))
        .arg(boot.trim())
        .current_dir("/");
    drop(Ran::of(&mut python, b"", LIMIT).succeeded());
    site
}

fn ldap_and_redis(folder: &Path) -> (Site, Slapd, Redis) {
    let slapd = Slapd::builder(&name(folder)).entries(&entries(&read(folder, "people.ldif"))).start();
    let redis = Redis::start(&name(folder), Listen::Tcp);
    let site = Site::builder(&name(folder)).ldap(&slapd).build_without_init();
    redis.join(&site);
    // The servers have other addresses and passwords than those of the earlier build.
    let own = fs::read_to_string(site.config()).expect("postern.toml");
    install(folder, &site, "postern.toml", |text| {
        let with_tables = |text: String, name: &str| replace_table(&text, name, table(&own, name));
        with_tables(with_tables(text, "directory"), "ledger")
    });
    let text = read(folder, "redis.jsonl").replace(REDIS, &redis_dump::identity(&redis));
    redis_dump::restore(&redis, &text);
    (site, slapd, redis)
}

/// Names the folder of logs after the stores, as both kinds may run at once.
fn name(folder: &Path) -> String {
    folder.file_name().expect("a name").to_string_lossy().into_owned()
}

/// Everything but the tree itself, which every slapd of ours has.
fn entries(ldif: &str) -> String {
    let all = ldif.split("\n\n").filter(|entry| entry.contains("\nobjectClass: posixAccount\n"));
    all.map(|entry| format!("{entry}\n\n")).collect()
}

/// Configuration and keys, with the paths of the new site.
fn install(folder: &Path, site: &Site, config: &str, edit: impl FnOnce(String) -> String) {
    let at = site.dir().display().to_string();
    let (root, group) = ((Uid::from_raw(0), Gid::from_raw(0)), host::ids("postern").1);
    let mut edit = Some(edit);
    for entry in fs::read_dir(folder.join("etc")).expect("etc") {
        let name = entry.expect("a file").file_name().to_string_lossy().into_owned();
        let mut text = read(folder, &format!("etc/{name}")).replace(SITE, &at);
        if name == config {
            text = edit.take().expect("one configuration")(text);
        }
        let to = site.dir().join("etc").join(&name);
        if to.exists() && !["postern.toml", "client.toml"].contains(&&*name) {
            // The secret of a server that is another one now.
            continue;
        }
        fs::write(&to, text).expect("a file");
        host::own(&to, (root.0, group), if name == "client.toml" { 0o644 } else { 0o640 });
    }
    let ca = site.dir().join("postfix");
    host::make_dir(&ca, root, 0o755);
    fs::copy(folder.join("mail-ca.pem"), ca.join("ca.pem")).expect("a certificate");
}

/// The lines of a table, up to the next one.
fn table<'a>(text: &'a str, name: &str) -> &'a str {
    let begin = text.find(&format!("[{name}]\n")).unwrap_or_else(|| panic!("no [{name}] in\n{text}"));
    let rest = &text[begin..];
    &rest[..rest.find("\n[").map_or(rest.len(), |end| end + 1)]
}

fn replace_table(text: &str, name: &str, with: &str) -> String {
    text.replace(table(text, name), with)
}

fn read(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const LIMIT: Duration = Duration::from_secs(20);
