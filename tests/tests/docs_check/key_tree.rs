//! The keys that a configuration file may have, as its own parser tells them: for a key that it does not know, it lists those
//! that it knows.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use postern_core::config::Config;
use postern_ipc::ClientConfig;

/// The keys of a table.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    named: BTreeMap<String, Self>,
    /// What stands under a name that the admin chooses.
    chosen: Option<Box<Self>>,
}

/// A configuration file of Postern.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) keys: Keys,
    /// What the parser says about a text, line by line.
    pub(crate) problems: fn(&str) -> Vec<String>,
}

/// `postern.toml`, `web.toml`, `client.toml`.
pub(crate) static FILES: LazyLock<[File; 3]> = LazyLock::new(|| {
    [
        File { name: "postern.toml", keys: keys_of_postern(), problems: problems_of_postern },
        File { name: "web.toml", keys: probe(problems_of_web, &[""], ""), problems: problems_of_web },
        File {
            name: "client.toml",
            keys: probe(problems_of_client, &[""], ""),
            problems: problems_of_client,
        },
    ]
});

pub(crate) fn file(name: &str) -> &'static File {
    FILES.iter().find(|file| file.name == name).unwrap_or_else(|| panic!("{name}"))
}

impl Keys {
    /// The keys below `path`, which is dotted; those of this table for an empty one.
    pub(crate) fn at(&self, path: &str) -> Option<&Self> {
        let mut found = self;
        for name in path.split('.').filter(|name| !name.is_empty()) {
            found = found.named.get(name).or(found.chosen.as_deref())?;
        }
        Some(found)
    }

    pub(crate) fn is_table(&self) -> bool {
        !self.named.is_empty() || self.chosen.is_some()
    }

    /// Whether this table, or one in it, has a key of that name.
    pub(crate) fn has_anywhere(&self, name: &str) -> bool {
        self.named.contains_key(name)
            || self.named.values().chain(self.chosen.as_deref()).any(|below| below.has_anywhere(name))
    }

    /// Every key that holds a value, with its tables; `NAME` in the place of a name that the admin chooses.
    pub(crate) fn leaves(&self) -> Vec<String> {
        let named = self.named.iter().map(|(name, below)| (name.as_str(), below));
        let chosen = self.chosen.as_deref().filter(|below| below.is_table()).map(|below| ("NAME", below));
        let mut leaves = Vec::new();
        for (name, below) in named.chain(chosen) {
            if below.named.is_empty() && below.chosen.as_deref().is_none_or(|chosen| !chosen.is_table()) {
                leaves.push(name.to_owned());
            } else {
                leaves.extend(below.leaves().into_iter().map(|leaf| format!("{name}.{leaf}")));
            }
        }
        leaves
    }

    fn merge(&mut self, other: Self) {
        for (name, below) in other.named {
            self.named.entry(name).or_default().merge(below);
        }
        if let Some(chosen) = other.chosen {
            self.chosen.get_or_insert_default().merge(*chosen);
        }
    }
}

/// Some keys are known only beside others.
fn keys_of_postern() -> Keys {
    let situations = [
        "directory.kind = \"embedded\"\nledger.kind = \"embedded\"\nservices.chosen_name.class = \"mail\"\n",
        "directory.kind = \"ldap\"\nledger.kind = \"redis\"\nservices.chosen_name.class = \"login\"\n\
         courier.sms.url = \"https://x/{to}{text}\"\n",
    ];
    probe(problems_of_postern, &situations, "")
}

fn probe(problems: fn(&str) -> Vec<String>, situations: &[&str], path: &str) -> Keys {
    let mut keys = Keys::default();
    for situation in situations {
        let (known, chosen) = match ask(problems, situation, path) {
            Answer::Keys(known) => (known, false),
            Answer::AnyName => (Vec::new(), true),
            Answer::NoTable => continue,
        };
        for name in known {
            let below = probe(problems, &[situation], &format!("{path}{name}."));
            keys.named.entry(name).or_default().merge(below);
        }
        if chosen {
            let below = probe(problems, &[situation], &format!("{path}chosen_name."));
            keys.chosen.get_or_insert_default().merge(below);
        }
    }
    keys
}

enum Answer {
    Keys(Vec<String>),
    AnyName,
    NoTable,
}

/// What the parser says of an unknown key in a table.
fn ask(problems: fn(&str) -> Vec<String>, situation: &str, path: &str) -> Answer {
    let mut lines = problems(&format!("{situation}{path}{UNKNOWN} = 1\n")).into_iter();
    // The name of the section, without the file and the line that are said first.
    let full = format!("{path}{UNKNOWN}");
    let Some(line) = lines
        .find(|line| line.contains(&full) || line.contains("unknown field") || line.contains("invalid type"))
    else {
        return Answer::NoTable;
    };
    if let Some((_, known)) = line.split_once("known here: ") {
        return Answer::Keys(known.split(", ").map(str::to_owned).collect());
    }
    if line.contains("unknown field") {
        let quoted = line.rsplit_once(", expected ").map_or("", |(_, known)| known).split('`');
        return Answer::Keys(quoted.skip(1).step_by(2).map(str::to_owned).collect());
    }
    // The unknown key was taken as a name, and its value is of the wrong type.
    if line.contains(&format!("{full}: is ")) || line.contains("invalid type: integer") {
        Answer::AnyName
    } else {
        Answer::NoTable
    }
}

const UNKNOWN: &str = "no_such_key_at_all";

fn problems_of_postern(text: &str) -> Vec<String> {
    Config::parse(Path::new("postern.toml"), text)
        .map_or_else(|problems| problems.lines().collect(), |_| Vec::new())
}

fn problems_of_web(text: &str) -> Vec<String> {
    postern_web::examine_config(text)
        .err()
        .map(|problem| problem.trim_end().replace('\n', " "))
        .into_iter()
        .collect()
}

fn problems_of_client(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("client.toml");
    fs::write(&path, text).expect("the file");
    let loaded = ClientConfig::load(&path);
    loaded.err().map(|problem| problem.to_string().replace('\n', " ")).into_iter().collect()
}

#[test]
fn the_parsers_tell_their_keys() {
    let postern = &file("postern.toml").keys;
    for path in [
        "language",
        "directory.uris",
        "directory.userdb.home",
        "ledger.prefix",
        "limits.app_password_argon2id.m",
    ] {
        assert!(postern.at(path).is_some(), "{path}");
    }
    for path in [
        "services.imap.combined",
        "services.x.trust_by",
        "web.applications.x.url",
        "courier.sms.headers.X",
        "socket.trusted.dovecot",
    ] {
        assert!(postern.at(path).is_some(), "{path}");
    }
    for path in [
        "languages",
        "directory.uri",
        "ledger.uris",
        "limits.observe",
        "services.imap.uri",
        "web.applications.x.listen",
    ] {
        assert!(postern.at(path).is_none(), "{path}");
    }
    let web = &file("web.toml").keys;
    assert!(web.at("branding.color").is_some() && web.at("applications.refresh.sogo").is_some());
    assert!(
        web.at("branding.colour").is_none()
            && web.at("socket.path").is_none()
            && web.at("listen.x").is_none()
    );
    let client = &file("client.toml").keys;
    assert!(client.at("mail_deadline").is_some() && client.at("deadline").is_none());
    let leaves = postern.leaves();
    assert!(leaves.len() > 100, "{leaves:#?}");
    for leaf in [
        "services.NAME.first",
        "web.applications.NAME.url",
        "socket.trusted",
        "directory.userdb",
        "limits.main_password_argon2id.t",
    ] {
        assert!(leaves.iter().any(|found| found == leaf), "{leaf}: {leaves:#?}");
    }
}
