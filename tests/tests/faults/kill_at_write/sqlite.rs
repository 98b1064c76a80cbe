//! Accounts and the ledger in SQLite files. The program dies by itself, in the place of the write.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use postern_tests::guard::pause;
use postern_tests::login_host::{LoginHost, Stores};
use postern_tests::{Posternd, Ran, host};

use super::changes::{Change, Maker, Making};
use super::person::Person;
use super::{Tally, WEB};
use crate::as_postern;

struct Stage {
    host: LoginHost,
    numbers: PathBuf,
}

impl Stage {
    /// `maker` is who dies.
    fn new(name: &str, maker: Maker) -> Self {
        let mut host = LoginHost::new(name, Stores::Embedded, WEB);
        let numbers = host.site.dir().join("writes-left");
        fs::write(&numbers, [0; 16]).unwrap();
        host::own(&numbers, (0.into(), 0.into()), 0o666);
        if maker == Maker::Daemon {
            assert!(host.posternd.stop().success());
            let env = env(&numbers);
            host.posternd = Posternd::start_with(&host.site, &env);
        }
        Self { host, numbers }
    }

    /// How many writes are left until the end; and all so far.
    fn numbers(&self) -> (i64, i64) {
        let bytes = fs::read(&self.numbers).unwrap();
        let number = |at: usize| i64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap());
        (number(0), number(8))
    }

    fn set(&self, left: i64) {
        use std::os::unix::fs::FileExt;
        let file = fs::OpenOptions::new().write(true).open(&self.numbers).unwrap();
        file.write_all_at(&left.to_ne_bytes(), 0).unwrap();
    }

    /// Makes `change` for a new person; its maker dies at the `nth` write. Whether it did.
    fn kill_at(&mut self, tally: &mut Tally, nth: i64) -> bool {
        let change = tally.change;
        let mut person = Person::new(&self.host, change);
        self.set(nth);
        let env = if change.maker() == Maker::CommandLine { env(&self.numbers) } else { Vec::new() };
        let making = change.begin(&self.host, &mut person, &env);
        let is_done = match making {
            Making::Conversation(thread) => {
                thread.join().unwrap() == postern_tests::self_service::Said::Accept
            }
            Making::Command(child) => child.wait_with_output().unwrap().status.success(),
        };
        let was_reached = self.numbers().0 == 0;
        self.set(0);
        if change.maker() == Maker::Daemon && (was_reached || !is_done) {
            // It is about to be gone, if it is not.
            pause(Duration::from_millis(20));
            self.host.posternd.kill9();
            self.host.posternd.start_again();
            self.host.age_ledger();
        }
        if was_reached {
            tally.look(&self.host, &mut person, &format!("at write {nth} to SQLite"));
        } else {
            assert!(is_done, "{change:?} failed without a kill");
        }
        was_reached
    }

    fn kill_everywhere(&mut self, change: Change) {
        let mut tally = Tally::new(change, &self.host);
        let mut nth = 1;
        while self.kill_at(&mut tally, nth) {
            nth += 1;
            assert!(nth < 400, "{change:?} does not come to its end");
        }
        tally.report("SQLite");
        self.is_sound();
    }

    fn is_sound(&self) {
        let mut python = as_postern("/usr/bin/python3");
        let site = &self.host.site;
        python.args(["-I", "-c", SOUND]).args([site.database(), site.dir().join("run/postern.db.spent")]);
        let sound = Ran::of(&mut python, b"", Duration::from_secs(60)).succeeded();
        assert_eq!(sound.stdout, "ok\nok\n");
    }
}

fn env(numbers: &std::path::Path) -> Vec<(String, String)> {
    let library = host::kill_at_write().display().to_string();
    [("LD_PRELOAD", library), ("POSTERN_TEST_WRITES_LEFT", numbers.display().to_string())]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

#[test]
#[ignore = "long: several minutes"]
fn posternd_killed_at_any_write_to_sqlite_leaves_before_or_after() {
    let mut stage = Stage::new("kill-daemon-sqlite", Maker::Daemon);
    for change in Change::OF_DAEMON {
        stage.kill_everywhere(change);
    }
}

#[test]
#[ignore = "long: a minute"]
fn a_command_killed_at_any_write_to_sqlite_leaves_before_or_after() {
    let mut stage = Stage::new("kill-command-sqlite", Maker::CommandLine);
    for change in Change::OF_COMMAND_LINE {
        stage.kill_everywhere(change);
    }
}

/// Of each database, what SQLite finds wrong in it, or "ok".
const SOUND: &str = r#"
import sqlite3, sys
for path in sys.argv[1:]:
    print(sqlite3.connect(path, timeout=10).execute("PRAGMA integrity_check").fetchone()[0])
"#;
