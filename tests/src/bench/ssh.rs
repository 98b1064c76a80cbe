use std::io::{Result, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;

use super::codes::{Ready, Stock};
use super::machine::machine;
use super::results::{Figure, Results, Row};
use super::turns;
use crate::{
    Authenticator, Binder, Listen, Posternd, Redis, Site, Slapd, Ssh, Sshd, UnixUser, flood, guard, host,
    otp, peers, unix_users,
};

/// Compares logins by ssh: a real sshd and a real ssh, keyboard-interactive, a command that prints a word. A round is a login of each user.
///
/// # Errors
/// `out` cannot be written. A login that is refused is a panic.
pub fn ssh(rounds: usize, out: &mut dyn Write) -> Result<()> {
    host::require_test_host();
    writeln!(
        out,
        "bench-ssh: {}; {PEOPLE} logins a round, {IN_FLIGHT} at a time, accounts in LDAP, ledger in Redis",
        machine()
    )?;
    let mut results = Results::new("ssh", "logins/s", json!({ "rounds": rounds }));
    let mut bench = Bench::start();
    for round in 0..rounds {
        for at in turns(round, bench.contenders.len()) {
            bench.contenders[at].round();
        }
    }
    let row = |(at, one): (usize, &Contender)| {
        Row::new("by ssh", one.name, at == OURS, one.rates.iter().copied(), one.times.iter().copied())
    };
    results.level(out, bench.contenders.iter().enumerate().map(row).collect())?;
    let ours = &bench.contenders[OURS];
    for other in bench.contenders.iter().filter(|other| other.name != ours.name) {
        let (name, rates) = (format!("{} / {}", ours.name, other.name), other.rates.iter().copied());
        results.figure(out, Figure::ratio(name, ours.rates.iter().copied(), rates, None))?;
    }
    results.save(out)
}

/// What runs ends before what it needs.
struct Bench {
    contenders: Vec<Contender>,
    _posternd: Posternd,
    _site: Site,
    _redis: Redis,
    _slapd: Slapd,
}

struct Contender {
    name: &'static str,
    sshd: Sshd,
    people: Vec<UnixUser>,
    /// Of the people, by position; `None` where a password is enough.
    codes: Option<Stock>,
    rates: Vec<f64>,
    /// In milliseconds.
    times: Vec<f64>,
}

impl Bench {
    fn start() -> Self {
        let people = |base: &str| -> Vec<UnixUser> { (0..PEOPLE).map(|_| unix_users::fresh(base)).collect() };
        let (of_unix, of_google, mut of_postern) = (people("unix"), people("google"), people("postern"));
        let builder = Slapd::builder("bench-ssh").quiet();
        let slapd = of_postern.iter().fold(builder, |builder, user| builder.person_of(user)).start();
        let redis = Redis::start("bench-ssh", Listen::Tcp);
        let site = Site::builder("bench-ssh").ldap(&slapd).build();
        redis.join(&site);
        for user in &mut of_postern {
            user.password = slapd.person(&user.name).password;
        }
        let names: Vec<String> = of_postern.iter().map(|user| user.name.clone()).collect();
        let bound = Stock::bind(&Binder::of(&site), &names, 1);
        let posternd = site.posternd();
        redis.age();
        let apps: Vec<Authenticator> = of_google.iter().map(|_| Authenticator::random()).collect();
        let mut google = String::new();
        for (user, app) in of_google.iter().zip(&apps) {
            google = peers::google_authenticator(user, app);
        }
        let names: Vec<String> = of_google.iter().map(|user| user.name.clone()).collect();
        let known = names.into_iter().zip(apps);
        let config = site.client_config();
        let contenders = vec![
            Contender::new(
                "pam_permit, which asks for nothing",
                "auth required pam_permit.so",
                of_unix.clone(),
                None,
            ),
            Contender::new("pam_unix alone", "auth required pam_unix.so", of_unix, None),
            Contender::new(
                "pam_unix and pam_google_authenticator",
                &format!("auth required pam_unix.so\n{google}"),
                of_google,
                Some(Stock::of(known)),
            ),
            Contender::new(
                "postern: password by LDAP, and code",
                &format!("auth required {{module}} config={} service=sshd", config.display()),
                of_postern,
                Some(bound),
            ),
        ];
        Self { contenders, _posternd: posternd, _site: site, _redis: redis, _slapd: slapd }
    }
}

impl Contender {
    fn new(name: &'static str, auth: &str, people: Vec<UnixUser>, codes: Option<Stock>) -> Self {
        let stack = format!("{auth}\naccount required pam_permit.so\nsession required pam_permit.so\n");
        let sshd = Sshd::builder("bench-ssh")
            .pam(&stack)
            .methods("keyboard-interactive")
            .set("LogLevel", "INFO")
            .start();
        Self { name, sshd, people, codes, rates: Vec::new(), times: Vec::new() }
    }

    /// One login of each.
    fn round(&mut self) {
        let ready = self.codes.as_ref().map(wait_for_codes);
        let times = Mutex::new(Vec::new());
        let started = Instant::now();
        flood::each(self.people.iter().enumerate(), IN_FLIGHT, |(number, user)| {
            let code = ready.as_ref().map(|ready| &*ready[number].code);
            let began = Instant::now();
            self.log_in(user, code);
            times.lock().expect("a list").push(began.elapsed().as_secs_f64() * 1e3);
        });
        self.rates.push(self.people.len() as f64 / started.elapsed().as_secs_f64());
        self.times.extend(times.into_inner().expect("a list"));
        if let (Some(codes), Some(ready)) = (&mut self.codes, ready) {
            codes.use_up(&ready);
        }
    }

    fn log_in(&self, user: &UnixUser, code: Option<&str>) {
        let ssh = Ssh::to(&self.sshd).unix_user(user).prefer("keyboard-interactive").batch();
        let mut person = ssh.start();
        if self.name.starts_with("pam_permit") {
            assert_eq!(person.is_in(), user.name);
            return;
        }
        person.expect("Password: ");
        person.answer_hidden(&user.password);
        if let Some(code) = code {
            let (which, _) = person.expect_one_of(&["Code from App: ", "Verification code: "]);
            if which == 0 { person.answer_visible(code) } else { person.answer_hidden(code) }
        }
        assert_eq!(person.is_in(), user.name);
    }
}

/// A code of each of the people, in their order, that lasts for the round.
fn wait_for_codes(stock: &Stock) -> Vec<Ready> {
    loop {
        let mut ready = stock.ready();
        // The youngest of each: the stock gives older ones first.
        let mut seen = std::collections::BTreeSet::new();
        ready.retain(|one| seen.insert(one.app));
        if 30 - otp::now() % 30 >= SECONDS && ready.len() == PEOPLE {
            ready.sort_by_key(|one| one.app);
            return ready;
        }
        guard::pause(Duration::from_millis(200));
    }
}

/// Where ours is among the contenders.
const OURS: usize = 3;
const PEOPLE: usize = 24;
const IN_FLIGHT: usize = 4;
/// A round takes fewer.
const SECONDS: u64 = 10;
