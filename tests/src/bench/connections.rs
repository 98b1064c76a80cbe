//! Whole connections with TLS, by Python's own mail clients: what a login costs beside all that a mail server does for one.

use std::fs;
use std::io::{Result, Write};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::contender::passdb_ldap;
use super::machine::machine;
use super::results::{Figure, Results, Row};
use super::{Plan, turns};
use crate::certs::Certs;
use crate::postfix::Postfix;
use crate::{
    Dovecot, DovecotConfig, Listen, Mailbox, Posternd, Ran, Redis, Release, Site, Slapd, guard, host,
};

/// Compares IMAP LOGIN and SMTP AUTH by whole connections, and prints the tables to `out`.
///
/// # Errors
/// `out` cannot be written. A login that is refused is a panic.
pub fn connections(plan: &Plan, out: &mut dyn Write) -> Result<()> {
    host::require_test_host();
    writeln!(
        out,
        "bench-connections: {}; {CLIENTS} clients of Python's imaplib and smtplib, a process each; TLS; accounts in LDAP",
        machine()
    )?;
    let mut results = Results::new("connections", "a second", plan.to_json());
    let mut bench = Connections::start();
    for protocol in ["imap", "smtp"] {
        for contender in &bench.contenders {
            drop(contender.round(&bench.certs, protocol, Duration::from_millis(300)));
        }
        for round in 0..plan.rounds {
            for at in turns(round, bench.contenders.len()) {
                let measured = bench.contenders[at].round(&bench.certs, protocol, plan.round);
                bench.contenders[at].rounds.push(measured);
            }
        }
        bench.report(protocol, &mut results, out)?;
    }
    results.save(out)
}

/// What runs ends before what it needs.
struct Connections {
    contenders: Vec<Contender>,
    certs: Certs,
    _mailbox: Mailbox,
    _posternd: Posternd,
    _site: Site,
    _redis: Redis,
    _slapd: Slapd,
    _dir: tempfile::TempDir,
}

struct Contender {
    name: &'static str,
    logins: Vec<(String, String)>,
    rounds: Vec<Round>,
    imaps: u16,
    postfix: Postfix,
    _dovecot: Dovecot,
}

struct Round {
    /// Connections a second.
    rate: f64,
    /// In milliseconds.
    times: Vec<f64>,
}

impl Connections {
    fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("mail.").tempdir_in(host::test_dir()).expect("a directory");
        host::own(dir.path(), (0.into(), 0.into()), 0o755);
        let names: Vec<String> = (0..ACCOUNTS).map(|number| format!("bench{number:02}")).collect();
        let builder = Slapd::builder("bench-connections").quiet().home_dir(&dir.path().join("home"));
        let slapd = names.iter().fold(builder, |builder, name| builder.person(name)).start();
        let redis = Redis::start("bench-connections", Listen::Tcp);
        let site = Site::builder("bench-connections").ldap(&slapd).build();
        redis.join(&site);
        let posternd = site.posternd();
        let mailbox = Mailbox::start(dir.path(), site.output());
        let people: Vec<_> = names.iter().map(|name| slapd.person(name)).collect();
        host::make_dir(&dir.path().join("home"), (0.into(), 0.into()), 0o755);
        people.iter().for_each(|person| site.make_home(person));
        let app = |name: &String| site.app_password(name, "bench", &[]).password.replace(' ', "");
        let by_app: Vec<_> = names.iter().map(|name| (name.clone(), app(name))).collect();
        let by_main: Vec<_> = people.iter().map(|one| (one.name.clone(), one.password.clone())).collect();
        let of_static: Vec<_> = names.iter().map(|name| (name.clone(), STATIC.to_owned())).collect();
        let mut ldap = site.dovecot_config();
        ldap.databases = Some(passdb_ldap(Release::V2_3, &slapd, site.dir()));
        let mut fixed = site.dovecot_config();
        fixed.databases = Some(static_passdb(&people[0], dir.path()));
        let certs = mailbox.certs.clone();
        let contenders = [
            ("postern by Lua", site.dovecot_by_lua_config(), by_app.clone()),
            ("postern by checkpassword", site.dovecot_config(), by_app),
            ("Dovecot's passdb ldap, auth_bind", ldap, by_main),
            ("Dovecot's passdb static", fixed, of_static),
        ];
        let contenders = contenders
            .into_iter()
            .zip(1..)
            .map(|((name, config, logins), number)| {
                let logs = site.output().join(number.to_string());
                fs::create_dir_all(&logs).expect("a directory");
                let imaps = guard::free_port();
                let log = logs.join("dovecot.log");
                let dovecot = Dovecot::start(&DovecotConfig { log, more: tls(&certs, imaps), ..config });
                let own = dir.path().join(number.to_string());
                host::make_dir(&own, (0.into(), 0.into()), 0o755);
                let postfix = Postfix::submission(&own, &logs, &dovecot, &mailbox);
                Contender { name, logins, rounds: Vec::new(), imaps, postfix, _dovecot: dovecot }
            })
            .collect();
        Self {
            contenders,
            certs,
            _mailbox: mailbox,
            _posternd: posternd,
            _site: site,
            _redis: redis,
            _slapd: slapd,
            _dir: dir,
        }
    }

    fn report(&mut self, protocol: &str, results: &mut Results, out: &mut dyn Write) -> Result<()> {
        let title = if protocol == "imap" { "IMAP LOGIN over TLS" } else { "SMTP AUTH after STARTTLS" };
        let rounds: Vec<Vec<Round>> =
            self.contenders.iter_mut().map(|one| std::mem::take(&mut one.rounds)).collect();
        let rates = |at: usize| rounds[at].iter().map(|round: &Round| round.rate);
        let row = |at: usize| {
            let times = rounds[at].iter().flat_map(|round| round.times.iter().copied());
            Row::new(title, self.contenders[at].name, OURS.contains(&at), rates(at), times)
        };
        results.level(out, (0..rounds.len()).map(row).collect())?;
        for ours in OURS {
            for theirs in OURS.end..rounds.len() {
                let name =
                    format!("{title}: {} / {}", self.contenders[ours].name, self.contenders[theirs].name);
                results.figure(out, Figure::ratio(name, rates(ours), rates(theirs), None))?;
            }
        }
        writeln!(out)
    }
}

impl Contender {
    fn round(&self, certs: &Certs, protocol: &str, time: Duration) -> Round {
        let port = if protocol == "imap" { self.imaps } else { self.postfix.port() };
        let client = |number: usize| {
            let logins: Vec<_> =
                self.logins.iter().cycle().skip(number * 7).take(self.logins.len()).collect();
            let question = json!({
                "protocol": protocol, "port": port, "ca": certs.ca.display().to_string(),
                "seconds": time.as_secs_f64(), "logins": logins,
            });
            let mut python = Command::new(host::system_program("/usr/bin/python3", "python3"));
            python.args(["-I", "-c", include_str!("../../bench/connections.py")]).current_dir("/");
            Ran::of(&mut python, question.to_string().as_bytes(), LIMIT).json()
        };
        let answers: Vec<Value> = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS).map(|number| scope.spawn(move || client(number))).collect();
            clients.into_iter().map(|client| client.join().expect("every login succeeds")).collect()
        });
        let times = |answer: &Value| -> Vec<f64> {
            let all = answer["took"].as_array().expect("times");
            all.iter().map(|time| time.as_f64().expect("a time")).collect()
        };
        let rate = |answer: &Value| times(answer).len() as f64 / answer["seconds"].as_f64().expect("seconds");
        Round { rate: answers.iter().map(rate).sum(), times: answers.iter().flat_map(times).collect() }
    }
}

/// IMAP with TLS from the first byte at this port.
fn tls(certs: &Certs, port: u16) -> String {
    format!(
        "ssl = yes\nssl_cert = <{}\nssl_key = <{}\nservice imap-login {{\n  inet_listener imaps {{\n    port = {port}\n    ssl = yes\n  }}\n}}\n",
        certs.cert.display(),
        certs.key.display()
    )
}

/// One password for all, and the same fields for userdb as posternd gives one of them.
fn static_passdb(person: &crate::LdapPerson, dir: &Path) -> String {
    format!(
        "passdb {{\n  driver = static\n  args = password={STATIC}\n}}\nuserdb {{\n  driver = static\n  args = uid={0} gid={0} \
         home={1}/static/%u\n}}\n",
        person.uid,
        {
            let home = dir.join("static");
            host::make_dir(&home, (person.uid.into(), person.uid.into()), 0o755);
            dir.display()
        }
    )
}

/// Which of the contenders are ours.
const OURS: std::ops::Range<usize> = 0..2;
const ACCOUNTS: usize = 20;
const CLIENTS: usize = 4;
const STATIC: &str = "one-for-all-of-them";
const LIMIT: Duration = Duration::from_secs(60);
