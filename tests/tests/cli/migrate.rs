//! `postern migrate`: from SQLite to a real slapd and a real Redis.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use postern_tests::otp::now;
use postern_tests::{Listen, Ran, Redis, Site, Slapd, guard, host};
use serde_json::{Value, json};

use crate::{CONFIG, DATA, UNAVAILABLE, USAGE, fails, json};

/// A site in one SQLite file, and the servers to which it moves.
struct Move {
    slapd: Slapd,
    redis: Redis,
    old: Site,
    new: Site,
    results: PathBuf,
}

impl Move {
    fn new(name: &str, crowd: u32) -> Self {
        let homes = host::test_dir().join("homes").join(name);
        let slapd = Slapd::builder(name).home_dir(&homes).person("alice").crowd(crowd).start();
        let redis = Redis::start(name, Listen::Tcp);
        let combined = "combined = true";
        let old = Site::builder(&format!("{name}_old")).setting("[services.imap]", combined).build();
        let new =
            Site::builder(&format!("{name}_new")).ldap(&slapd).setting("[services.imap]", combined).build();
        redis.join(&new);
        fs::copy(old.keyring(), new.keyring()).unwrap();
        host::own(&new.keyring(), (0.into(), host::ids("postern").1), 0o640);
        let results = old.dir().join("migrated.csv");
        Self { slapd, redis, old, new, results }
    }

    fn args(&self, more: &[&str]) -> Vec<String> {
        let from = self.old.config().display().to_string();
        let results = self.results.display().to_string();
        let args = ["migrate", "--from", &from, "--results", &results];
        args.iter().chain(more).map(|arg| (*arg).to_owned()).collect()
    }

    fn run(&self, more: &[&str]) -> Ran {
        let args = self.args(more);
        self.new.cli(&args.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

fn factors(site: &Site, name: &str) -> Vec<Value> {
    let mut factors = json(site, &["factor", "list", name])["factors"].as_array().unwrap().clone();
    factors.iter_mut().for_each(|factor| factor["last_used"] = Value::Null);
    factors
}

fn opens(site: &Site, name: &str, secret: &str) -> bool {
    site.checkpassword()
        .args(&["/usr/lib/dovecot/checkpassword-reply"])
        .login("imap", "192.0.2.1")
        .credentials(name, secret)
        .run()
        .code
        == 0
}

/// Has the ledger know that the first recovery code was used, as if a backup of the database had brought it back.
fn use_first_recovery_code(site: &Site) {
    let script = "import hashlib, hmac, json, sqlite3, sys\n\
        main, spent = (sqlite3.connect(path) for path in sys.argv[1:])\n\
        account, code, value = main.execute('SELECT account, id, value FROM recovery_code ORDER BY id').fetchone()\n\
        parts = ['used recovery code', account, code, json.loads(value)['hash']]\n\
        message = b''.join(len(part).to_bytes(8, 'big') + part.encode() for part in parts)\n\
        name = hmac.new(b'\\0' * 64, message, hashlib.sha256).digest()[:16]\n\
        spent.execute('INSERT INTO claim VALUES (?, zeroblob(16), 9999999999)', (name,))\n\
        spent.commit()\n";
    let mut python = Command::new(host::system_program("/usr/bin/python3", "python3"));
    python.args(["-I", "-c", script]).arg(site.database()).arg(site.dir().join("run/postern.db.spent"));
    drop(Ran::of(python.current_dir("/"), b"", Duration::from_secs(20)).succeeded());
}

#[test]
fn factors_and_app_passwords_go_on_and_nothing_that_was_spent_comes_back() {
    let host = Move::new("migrate", 3);
    let alice = host.slapd.person("alice");
    host.new.make_home(&alice);
    let main = host.old.account("alice").password;
    let (_, app) = host.old.enrol("alice");
    let phone = host.old.app_password("alice", "Phone", &["--scope", "imap"]);
    let gone = host.old.app_password("alice", "Gone", &[]);
    drop(host.old.cli_ok(&["app-password", "revoke", "alice", &gone.id]));
    drop(host.old.cli_ok(&["recovery", "create", "alice"]));
    for name in ["ghost", "empty"] {
        drop(host.old.cli_ok(&["account", "create", name, "--no-password"]));
    }
    drop(host.old.cli_ok(&["account", "disable", "ghost"]));
    let crowd = host.slapd.nth(0);
    drop(host.old.cli_ok(&["account", "create", &crowd.name, "--no-password"]));
    drop(host.old.cli_ok(&["account", "disable", &crowd.name]));
    // Someone enrolled in the new stores meanwhile.
    let taken = host.slapd.nth(1);
    drop(host.old.cli_ok(&["account", "create", &taken.name, "--no-password"]));
    drop(host.old.enrol(&taken.name));
    drop(host.new.enrol(&taken.name));
    let theirs = factors(&host.new, &taken.name);

    let mut old = host.old.posternd();
    host.old.age_ledger();
    let code = app.fresh_code(10);
    assert!(opens(&host.old, "alice", &format!("{main}{code}")));
    use_first_recovery_code(&host.old);
    let posternd = host.new.posternd();
    host.redis.age();

    let dry = host.run(&["--dry-run"]);
    assert_eq!(dry.code, DATA, "{dry:?}");
    assert!(dry.stdout.contains("dry run: 2 would be migrated, 0 before, 2 would fail"), "{dry:?}");
    assert!(!host.results.exists() && factors(&host.new, "alice").is_empty());
    let refused = host.run(&[]);
    assert!(refused.code == UNAVAILABLE && refused.stderr.contains("stop it first"), "{refused:?}");
    assert!(old.stop().success());

    let ran = host.run(&[]);
    assert_eq!(ran.code, DATA, "{ran:?}");
    assert!(ran.stdout.contains("2 migrated, 0 before, 2 failed"), "{ran:?}");
    for said in [
        "ghost: there is no account",
        &format!("{}: its entry has data of Postern already", taken.name),
        "1 second factor, 1 app password, 9 recovery codes; 1 recovery code was used before and stays behind",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {ran:?}");
    }
    assert!(ran.stderr.contains("1 account has nothing"), "{ran:?}");
    assert_eq!(factors(&host.new, "alice"), factors(&host.old, "alice"));
    assert_eq!(factors(&host.new, &taken.name), theirs);
    assert_eq!(json(&host.new, &["account", "show", &crowd.name])["account"]["standing"], "disabled");
    let migrated = now();

    assert!(opens(&host.new, "alice", &phone.password));
    assert!(!opens(&host.new, "alice", &gone.password));
    assert!(!opens(&host.new, "alice", &alice.password), "the account is enrolled");
    let with = |code: &str| format!("{}{code}", alice.password);
    assert!(!opens(&host.new, "alice", &with(&code)), "it was used before");
    assert!(!opens(&host.new, "alice", &with(&app.code(1))), "and so may have been any up to the next");
    drop(posternd.logged(&["reason=replayed", "user=alice"]));
    guard::wait_for("the next time step", Duration::from_secs(40), || {
        (now() / 30 > migrated / 30).then_some(())
    });
    assert!(opens(&host.new, "alice", &with(&app.code_at((migrated / 30 + 2) * 30))));

    // Changed in the new stores since, and never taken back.
    drop(host.new.cli_ok(&["app-password", "revoke", "alice", "--all"]));
    let again = host.run(&[]);
    assert!(again.stdout.contains("0 migrated, 2 before, 2 failed"), "{again:?}");
    assert!(!opens(&host.new, "alice", &phone.password));
    let other = host.old.dir().join("other.csv").display().to_string();
    let from = host.old.config().display().to_string();
    let ran = host.new.cli(&["migrate", "--from", &from, "--results", &other]);
    assert!(
        ran.stdout.contains("FAILED  alice: its entry has data"),
        "without the first file of results: {ran:?}"
    );
}

#[test]
fn killed_at_any_moment_a_move_is_finished_by_running_it_again() {
    const PEOPLE: u32 = 25;
    let host = Move::new("migrate_killed", PEOPLE);
    let names: Vec<String> = (0..PEOPLE).map(|number| host.slapd.nth(number).name).collect();
    for name in &names {
        drop(host.old.cli_ok(&["account", "create", name, "--no-password"]));
    }
    let table = host.old.dir().join("names.csv");
    fs::write(&table, format!("name\n{}\n", names.join("\n"))).unwrap();
    let keys = host.old.dir().join("keys.csv").display().to_string();
    drop(host.old.cli_ok(&["totp", "enrol", "--from", &table.display().to_string(), "--results", &keys]));
    let passwords = host.old.dir().join("passwords.csv").display().to_string();
    let from = table.display().to_string();
    drop(host.old.cli_ok(&[
        "app-password",
        "create",
        "--from",
        &from,
        "--results",
        &passwords,
        "--label",
        "Phone",
    ]));
    for (file, columns) in [(&keys, &["uri", "secret"][..]), (&passwords, &["password"])] {
        register_columns(file, columns);
    }
    let start = |program: &Path| {
        let mut command = Command::new(program);
        command.arg("--config").arg(host.new.config()).args(host.args(&[])).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    let program = host::program("postern");
    let mut kills = 0;
    for millis in (20..).step_by(12) {
        let mut child = start(&program);
        guard::pause(Duration::from_millis(millis));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        kills += 1;
        assert!(millis < 6_000, "it never comes to its end");
    }
    assert!(kills > 3, "killed {kills} times only");
    let ran = host.run(&[]);
    assert!(
        ran.code == 0 && ran.stdout.contains(&format!("0 migrated, {PEOPLE} before, 0 failed")),
        "{ran:?}"
    );
    for name in &names {
        assert_eq!(factors(&host.new, name), factors(&host.old, name), "{name} after {kills} kills");
        let passwords = |site: &Site| json(site, &["app-password", "list", name])["app_passwords"].clone();
        assert_eq!(passwords(&host.new), passwords(&host.old), "{name}");
    }
    println!("finished after {kills} kills");
}

/// Registers what a file of results has in these columns as secrets.
fn register_columns(file: &str, columns: &[&str]) {
    let text = fs::read_to_string(file).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    for column in columns {
        let place = names.iter().position(|name| name == column).expect("the column");
        lines.clone().for_each(|line| postern_tests::canary::register(line.split(',').nth(place).unwrap()));
    }
}

#[test]
fn a_move_needs_sqlite_before_ldap_after_and_one_keyring() {
    let host = Move::new("migrate_wrong", 1);
    drop(host.old.cli_ok(&["account", "create", "alice", "--no-password"]));
    drop(host.old.enrol("alice"));
    let (old, new) = (host.old.config().display().to_string(), host.new.config().display().to_string());
    let results = host.results.display().to_string();
    let why = fails(&host.new, USAGE, &["migrate", "--from", &new, "--results", &results]);
    assert!(why.contains("not in an SQLite file"), "{why}");
    let why = fails(&host.old, USAGE, &["migrate", "--from", &old, "--results", &results]);
    assert!(why.contains("not in LDAP"), "{why}");
    let other = Site::new("migrate_keyring");
    fs::copy(other.keyring(), host.new.keyring()).unwrap();
    host::own(&host.new.keyring(), (0.into(), host::ids("postern").1), 0o640);
    let ran = host.run(&[]);
    assert!(ran.code == CONFIG && ran.stderr.contains("the same keyring"), "{ran:?}");
    assert!(factors(&host.new, "alice").is_empty());
    assert_eq!(json(&host.new, &["account", "show", "alice"])["account"]["enrolled"], json!(false));
}
