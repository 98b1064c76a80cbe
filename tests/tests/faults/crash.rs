use std::collections::BTreeMap;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use postern_tests::guard::pause;
use postern_tests::{
    Attempt, AuthClient, CHECK_FAILED, Dovecot, Outcome, Ran, Site, Stopwatch, canary, host,
};
use serde_json::Value;

use crate::as_postern;

/// What one admin was told by commands of which many were killed.
#[derive(Default)]
struct Told {
    /// App passwords that were reported as created, and were not to be revoked.
    in_force: Vec<Made>,
    /// Those whose revocation was reported.
    revoked: Vec<Made>,
    /// Those whose revocation was asked for by a command that was killed before it reported.
    in_doubt: Vec<Made>,
    killed: usize,
}

struct Made {
    id: String,
    password: String,
}

impl Made {
    fn of(json: &Value) -> Option<Self> {
        let password = json["password"].as_str()?.to_owned();
        canary::register(&password);
        Some(Self { id: json["id"].as_str()?.to_owned(), password })
    }
}

impl Told {
    /// Runs `postern --json ARGS`, kills it after a random while or not at all, and returns what it reported.
    fn command(&mut self, site: &Site, args: &[&str]) -> Option<Value> {
        let mut command = Command::new(host::program("postern"));
        command.arg("--config").arg(site.config()).arg("--json").args(args).current_dir("/");
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let is_killed = random(2) == 0;
        if is_killed {
            pause(Duration::from_millis(random(30)));
            child.kill().unwrap();
        }
        let (mut report, mut complaint) = (String::new(), String::new());
        child.stdout.take().unwrap().read_to_string(&mut report).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        let status = child.wait().unwrap();
        self.killed += usize::from(status.code().is_none());
        assert!(is_killed || status.success(), "{args:?}: {status}: {complaint}");
        // Killed a moment too late, it has told all the same.
        serde_json::from_str(&report).ok()
    }

    fn create(&mut self, site: &Site, account: &str) {
        let report = self.command(site, &["app-password", "create", account, "--label", "Burst"]);
        let made = report.and_then(|report| Made::of(&report["app_password"]));
        self.in_force.extend(made);
    }

    fn revoke(&mut self, site: &Site, account: &str) {
        let made = self.in_force.remove(0);
        let report = self.command(site, &["app-password", "revoke", account, &made.id]);
        self.asked_away(made, report.is_some());
    }

    fn regenerate(&mut self, site: &Site, account: &str) {
        let made = self.in_force.remove(0);
        let report = self.command(site, &["app-password", "regenerate", account, &made.id]);
        self.in_force.extend(report.as_ref().and_then(|report| Made::of(&report["app_passwords"][0])));
        self.asked_away(made, report.is_some());
    }

    /// Whether enough of everything has happened.
    fn is_much(&self) -> bool {
        self.killed > 3 && !self.in_force.is_empty() && self.revoked.len() > 3
    }

    fn asked_away(&mut self, made: Made, is_reported: bool) {
        if is_reported { self.revoked.push(made) } else { self.in_doubt.push(made) }
    }
}

/// Works on an account until told to stop.
fn administer(site: &Site, account: &str, stop: &AtomicBool, busy: &AtomicUsize) -> Told {
    let (mut told, mut was_busy) = (Told::default(), false);
    while !stop.load(Ordering::Relaxed) {
        told.create(site, account);
        if told.in_force.len() > 4 {
            if random(2) == 0 { told.revoke(site, account) } else { told.regenerate(site, account) }
        }
        if !was_busy && told.is_much() {
            was_busy = true;
            busy.fetch_add(1, Ordering::Relaxed);
        }
    }
    told
}

/// Logs in until told to stop; the verdict may be Defer, but never wrong.
fn log_in(
    dovecot: &Dovecot,
    password: &str,
    right: Outcome,
    stop: &AtomicBool,
    answered: &AtomicUsize,
) -> usize {
    let mut auth = dovecot.auth_client();
    let attempt = Attempt::new("imap", "steady", password);
    while !stop.load(Ordering::Relaxed) {
        let outcome = auth.login(&attempt).outcome;
        assert!(outcome == right || outcome == Outcome::Unavailable, "{outcome:?} in place of {right:?}");
        answered.fetch_add(usize::from(outcome == right), Ordering::Relaxed);
    }
    answered.load(Ordering::Relaxed)
}

#[test]
fn killing_daemon_and_commands_in_a_burst_loses_nothing_and_leaves_nothing_half_written() {
    let site = Site::builder("burst").setting("[limits]", "app_passwords_per_account = 1000").build();
    let mut posternd = site.posternd();
    let dovecot = site.dovecot();
    for name in ["steady", "alice", "bob"] {
        drop(site.account(name));
    }
    let steady = site.app_password("steady", "Steady", &[]).password;
    let revoked = site.app_password("steady", "Revoked", &[]);
    drop(site.cli_ok(&["app-password", "revoke", "steady", &revoked.id]));

    let (stop, busy) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (let_in, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let told = thread::scope(|scope| {
        let ins = scope.spawn(|| log_in(&dovecot, &steady, Outcome::Accepted, &stop, &let_in));
        let outs = scope.spawn(|| log_in(&dovecot, &revoked.password, Outcome::Refused, &stop, &refused));
        // Two on one account, so that they get into each other's way.
        let admins = ["alice", "alice", "bob"]
            .map(|name| (name, scope.spawn(|| administer(&site, name, &stop, &busy))));
        for _ in 0..KILLS {
            pause(Duration::from_millis(500 + random(500)));
            posternd.kill9();
            posternd.start_again();
        }
        // However slow the machine is. No panic in here, where threads would be waited for that nothing stops.
        let waited = Stopwatch::start();
        while !(let_in.load(Ordering::Relaxed) > 20
            && refused.load(Ordering::Relaxed) > 2
            && busy.load(Ordering::Relaxed) == 3
            || waited.is_over(Duration::from_secs(30)))
        {
            pause(Duration::from_millis(50));
        }
        pause(Duration::from_millis(500));
        stop.store(true, Ordering::Relaxed);
        let (ins, outs) = (ins.join().unwrap(), outs.join().unwrap());
        println!("{ins} logins let in and {outs} refused around {KILLS} kills of posternd");
        assert!(ins > 20 && outs > 2, "hardly any login was answered");
        admins.map(|(name, admin)| (name, admin.join().unwrap()))
    });
    for (name, told) in &told {
        let Told { in_force, revoked, in_doubt, killed } = told;
        let (kept, gone, open) = (in_force.len(), revoked.len(), in_doubt.len());
        println!("{name}: {killed} commands killed; {kept} in force, {gone} revoked, {open} in doubt");
        assert!(*killed > 3 && kept > 0 && gone > 3, "not much of a burst");
    }
    holds_what_was_told(&site, &dovecot, &told);
    is_sound(&site);

    let again = site.app_password("alice", "Afterwards", &[]);
    assert!(dovecot.imap("alice", &again.password).is_in());
    drop(site.cli_ok(&["app-password", "revoke", "alice", &again.id]));
    assert!(!dovecot.imap("alice", &again.password).is_in());
}

fn holds_what_was_told(site: &Site, dovecot: &Dovecot, told: &[(&str, Told)]) {
    let mut auth = dovecot.auth_client();
    for (name, told) in told {
        let listed = listed(site, name);
        for made in &told.in_force {
            assert_eq!(listed.get(&made.id), Some(&true), "{} was reported as created", made.id);
        }
        for made in &told.revoked {
            assert_eq!(listed.get(&made.id), Some(&false), "{} was reported as revoked", made.id);
        }
        let all: Vec<&Made> = [&told.in_force, &told.revoked, &told.in_doubt].into_iter().flatten().collect();
        for (made, outcome) in all.iter().zip(outcomes(&mut auth, name, &all)) {
            let expected = if listed[&made.id] { Outcome::Accepted } else { Outcome::Refused };
            assert_eq!(outcome, expected, "{} opens as it is listed", made.id);
        }
    }
}

/// Every app password of an account with whether it is in force.
fn listed(site: &Site, name: &str) -> BTreeMap<String, bool> {
    let json = site.cli_json(&["app-password", "list", name]);
    let all = json["app_passwords"].as_array().unwrap();
    all.iter().map(|one| (one["id"].as_str().unwrap().to_owned(), one["revoked"].is_null())).collect()
}

/// All at once, for each refusal takes Dovecot half a second.
fn outcomes(auth: &mut AuthClient, name: &str, all: &[&Made]) -> Vec<Outcome> {
    let sent: Vec<u32> =
        all.iter().map(|made| auth.send(&Attempt::new("imap", name, &made.password))).collect();
    let mut answers = BTreeMap::new();
    for _ in all {
        let reply = auth.receive().unwrap();
        answers.insert(reply.id, reply.outcome);
    }
    sent.iter().map(|id| answers[id]).collect()
}

fn is_sound(site: &Site) {
    let check = site.check();
    assert_ne!(check.code, CHECK_FAILED, "{}", check.stdout);
    let mut python = as_postern("/usr/bin/python3");
    python.args(["-I", "-c", SOUND]).arg(site.database());
    let sound = Ran::of(&mut python, b"", Duration::from_secs(60)).succeeded();
    assert!(sound.stdout.starts_with("ok ok "), "{}", sound.stdout);
}

fn random(below: u64) -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes) % below
}

const KILLS: usize = 6;
/// SQLite's own check of the file, then all JSON values, read by another parser and counted.
const SOUND: &str = "\
import json, sqlite3, sys
c = sqlite3.connect(sys.argv[1], timeout=10)
print(c.execute('PRAGMA integrity_check').fetchone()[0], end=' ')
print('ok' if not c.execute('PRAGMA foreign_key_check').fetchall() else 'orphans', end=' ')
values = [value for value, in c.execute('SELECT value FROM app_password')]
assert all(json.loads(value)['v'] == 1 for value in values)
for attributes, policy in c.execute('SELECT attributes, policy FROM account'):
    json.loads(attributes), json.loads(policy)
print(len(values))
";
