//! Unix users of the private test host: names and numbers that a test chooses, with passwords, homes and ssh keys.
//!
//! They live in the private /etc/passwd, /etc/group and /etc/shadow, which lose them when the next test program adds its
//! first. Tests of one program run at once: each has its own names and numbers ([`fresh`] finds some).

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::unistd::{Gid, Uid, User};

use crate::ssh_keys::Key;
use crate::{Account, LdapPerson, Ran, Site, canary, host, site, terminal_user};

/// A Unix user with a home and a login shell that says who is in.
#[derive(Debug, Clone)]
pub struct UnixUser {
    /// The name.
    pub name: String,
    /// The uid, and the gid of a group of the same name.
    pub uid: u32,
    /// The home, which exists.
    pub home: PathBuf,
    /// The password in /etc/shadow, which `pam_unix` takes.
    pub password: String,
}

/// Adds a user. The name and the number have to be free.
#[must_use]
pub fn add(name: &str, uid: u32) -> UnixUser {
    let mut files = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    files.begin();
    let taken =
        |found: nix::Result<Option<User>>| found.expect("a look into /etc/passwd").map(|user| user.name);
    if let Some(who) = taken(User::from_name(name)).or(taken(User::from_uid(uid.into()))) {
        panic!("cannot add {name} with uid {uid}: {who} is here already; give each test names of its own");
    }
    files.add(name, uid)
}

/// Adds a user whose name begins with `base`, with the next free number.
#[must_use]
pub fn fresh(base: &str) -> UnixUser {
    let mut files = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    files.begin();
    for uid in FIRST_FRESH..PAST_LAST {
        if User::from_uid(uid.into()).expect("a look into /etc/passwd").is_none() {
            let name = format!("{base}{}", uid - FIRST_FRESH + 1);
            return files.add(&name, uid);
        }
    }
    panic!("no free uid between {FIRST_FRESH} and {PAST_LAST}");
}

/// Adds a group `NAME-members` with these members, whom the host need not have.
pub fn add_members(name: &str, members: &[&str]) {
    let mut files = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    files.begin();
    append("group", &format!("{name}-members:x:{}:{}\n", PAST_LAST, members.join(",")));
}

/// Adds another spelling of `user`: the same uid and home, as name services give it that take one name for another.
#[must_use]
pub fn spelled(user: &UnixUser, name: &str) -> UnixUser {
    let mut files = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    files.begin();
    let (uid, home) = (user.uid, user.home.display());
    for (file, line) in [
        ("shadow", format!("{name}:{}:19000:0:99999:7:::\n", hash(&user.password))),
        ("passwd", format!("{name}:x:{uid}:{uid}:test user:{home}:/bin/sh\n")),
    ] {
        append(file, &line);
    }
    UnixUser { name: name.to_owned(), ..user.clone() }
}

/// Adds the Unix user for an LDAP user: the same name and uid.
#[must_use]
pub fn of_person(person: &LdapPerson) -> UnixUser {
    add(&person.name, person.uid)
}

/// Adds users with only a name and a uid, all at once.
pub fn add_names<'a>(people: impl IntoIterator<Item = (&'a str, u32)>) {
    let mut files = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    files.begin();
    let mut lines = String::new();
    for (name, uid) in people {
        writeln!(lines, "{name}:x:{uid}:{uid}:test user:/nonexistent:/usr/sbin/nologin").expect("text");
    }
    append("passwd", &lines);
}

impl UnixUser {
    /// Its uid and gid.
    #[must_use]
    pub fn ids(&self) -> (Uid, Gid) {
        (Uid::from_raw(self.uid), Gid::from_raw(self.uid))
    }

    /// Lets this key in, beside those that are let in already.
    pub fn authorize(&self, key: &Key) {
        self.authorize_line(&key.public());
    }

    /// Adds a line to `~/.ssh/authorized_keys`.
    pub fn authorize_line(&self, line: &str) {
        let dir = self.home.join(".ssh");
        host::make_dir(&dir, self.ids(), 0o700);
        let file = dir.join("authorized_keys");
        let before = fs::read_to_string(&file).unwrap_or_default();
        fs::write(&file, format!("{before}{line}\n")).expect("authorized_keys");
        host::own(&file, self.ids(), 0o600);
    }

    /// Writes a file of the user's own into the home, mode 0600.
    pub fn write_home(&self, name: &str, text: &str) {
        let path = self.home.join(name);
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        host::own(&path, self.ids(), 0o600);
    }
}

impl Site {
    /// Makes the embedded account that goes with `user`: the same name, number and home, another password.
    #[must_use]
    pub fn account_of(&self, user: &UnixUser) -> Account {
        self.account_as(&user.name, user)
    }

    /// Makes an embedded account `name` with the number and home of `user`, who may have another name.
    #[must_use]
    pub fn account_as(&self, name: &str, user: &UnixUser) -> Account {
        self.account_as_with(name, user, &[])
    }

    /// The same with further arguments for `account create`.
    #[must_use]
    pub fn account_as_with(&self, name: &str, user: &UnixUser, more: &[&str]) -> Account {
        let (id, home, password) =
            (user.uid.to_string(), user.home.display().to_string(), site::random_password());
        let args =
            ["account", "create", name, "--uid", &id, "--gid", &id, "--home", &home, "--password-stdin"];
        drop(self.cli_stdin(&[&args, more].concat(), &format!("{password}\n")).succeeded());
        Account { name: name.to_owned(), password, uid: user.uid, home: user.home.clone() }
    }
}

static LOCK: Mutex<Files> = Mutex::new(Files { has_begun: false });

struct Files {
    has_begun: bool,
}

impl Files {
    // The files of the test host's begin. In place, as they are mounted where everybody reads them; and cut where the first added line
    // begins, so that nobody who reads them meanwhile misses those who were there before.
    fn begin(&mut self) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        let dir = host::test_dir();
        for file in FILES {
            let base = dir.join(format!("{file}.base"));
            let text = fs::read(&base).unwrap_or_else(|error| panic!("{}: {error}", base.display()));
            let path = dir.join(file);
            assert!(
                fs::read(&path).is_ok_and(|now| now.starts_with(&text)),
                "{file} does not begin as it did"
            );
            let opened = fs::OpenOptions::new().write(true).open(&path);
            let cut = opened.and_then(|opened| opened.set_len(text.len() as u64));
            cut.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }

    // Each line is one write at the end, so that concurrent readers see it whole or not at all.
    fn add(&mut self, name: &str, uid: u32) -> UnixUser {
        assert!(self.has_begun);
        let home = host::test_dir().join("home").join(name);
        let password = site::random_password();
        canary::register(&password);
        let user = UnixUser { name: name.to_owned(), uid, home, password };
        host::make_dir(&host::test_dir().join("home"), (0.into(), 0.into()), 0o755);
        host::make_dir(&user.home, user.ids(), 0o755);
        let mut profile = String::new();
        writeln!(profile, "PS1='{}'\n{}", terminal_user::PROMPT, terminal_user::arrival()).expect("text");
        user.write_home(".profile", &profile);
        let hash = hash(&user.password);
        let home = user.home.display();
        for (file, line) in [
            ("group", format!("{name}:x:{uid}:\n")),
            ("shadow", format!("{name}:{hash}:19000:0:99999:7:::\n")),
            ("passwd", format!("{name}:x:{uid}:{uid}:test user:{home}:/bin/sh\n")),
        ] {
            append(file, &line);
        }
        user
    }
}

fn append(file: &str, line: &str) {
    use std::io::Write;
    let path = host::test_dir().join(file);
    let opened = fs::OpenOptions::new().append(true).custom_flags(nix::libc::O_NOFOLLOW).open(&path);
    opened
        .and_then(|mut opened| opened.write_all(line.as_bytes()))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn hash(password: &str) -> String {
    let mut command = Command::new(host::system_program("/usr/bin/openssl", "openssl"));
    command.args(["passwd", "-6", "-stdin"]);
    let ran = Ran::of(&mut command, format!("{password}\n").as_bytes(), Duration::from_secs(10)).succeeded();
    ran.stdout.trim().to_owned()
}

const FILES: [&str; 3] = ["passwd", "group", "shadow"];
// Within the 65,536 numbers of a user namespace, away from those that sites and LDAP people get by themselves.
const FIRST_FRESH: u32 = 40_000;
const PAST_LAST: u32 = 60_000;
