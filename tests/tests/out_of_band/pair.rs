//! Two hosts of one site: the login waits at one, the phone answers at the other.

use std::time::Duration;

use postern_tests::courier_host::{bind_phone, number, types_password};
use postern_tests::login_host::{CodeApp, LoginUser, pam_stack, ssh_prompt};
use postern_tests::mailbox::Over;
use postern_tests::terminal_user::TerminalUser;
use postern_tests::{
    Listen, Mailbox, Posternd, Redis, Site, Slapd, Sshd, Web, canary, guard, syslog, unix_users,
};

use postern_tests::Handset;
use postern_tests::self_service::Visit;
use postern_tests::stopwatch::{Stopwatch, median};

/// Two hosts on one slapd and one Redis, with postern-web at the second alone.
struct Pair {
    sshd: Sshd,
    first: Posternd,
    _second: Posternd,
    web: Web,
    sites: [Site; 2],
    redis: Redis,
    slapd: Slapd,
    _mailbox: Mailbox,
}

impl Pair {
    fn new(name: &str) -> Self {
        syslog::listen();
        let slapd = Slapd::builder(name).start();
        let redis = Redis::start(name, Listen::Tcp);
        let sites = ["1", "2"].map(|number| {
            let site = Site::builder(&format!("{name}{number}")).ldap(&slapd).build();
            redis.join(&site);
            site
        });
        sites[1].take_keyring(&sites[0]);
        let mailbox = Mailbox::start(sites[0].dir(), sites[0].output());
        let web = Web::start(name, &sites[1].socket());
        for site in &sites {
            let section = mailbox.section(Over::Clear);
            site.edit_config(|text| format!("{text}\n{section}\n[web]\nurl = \"{}\"\n", web.url()));
        }
        let [first, second] = [sites[0].posternd(), sites[1].posternd()];
        redis.age();
        let sshd =
            Sshd::builder(name).pam(&pam_stack(&sites[0], "sshd")).methods("keyboard-interactive").start();
        Self { sshd, first, _second: second, web, sites, redis, slapd, _mailbox: mailbox }
    }

    fn anna(&self) -> (LoginUser, Handset) {
        let unix = unix_users::fresh("anna");
        let password = self.slapd.add_person_as(&unix.name, &unix, "").password;
        canary::register(&password);
        let anna = LoginUser { unix, password, app: CodeApp::none() };
        let visit = Visit::begin(&self.sites[0].socket(), anna.unix.uid, "enrol", &[("kind", "phone")]);
        // The key comes by the other host from the first.
        let phone = bind_phone(&self.web, visit, &anna, &[]);
        (anna, phone)
    }

    /// At the first host, waiting.
    fn waits(&self, user: &LoginUser, phone: &Handset) -> (TerminalUser, String, String) {
        let mut person = ssh_prompt(&self.sshd, user).batch().start();
        types_password(&mut person, user);
        let shown = number(&mut person);
        person.answer_visible("");
        let id = phone.challenge(&self.web)["id"].as_str().unwrap().to_owned();
        // Until Enter has come to posternd.
        guard::pause(Duration::from_millis(500));
        (person, shown, id)
    }

    fn accepts(&self, user: &LoginUser) -> usize {
        let name = format!("user={}", user.unix.name);
        let log = self.first.log();
        let of_login = |line: &&str| line.contains("verdict=accept flow=login") && line.ends_with(&name);
        log.lines().filter(of_login).count()
    }
}

#[test]
fn an_answer_at_one_host_wakes_the_login_at_the_other() {
    let pair = Pair::new("pair");
    let (anna, phone) = pair.anna();
    let mut taken = Vec::new();
    for round in 1..=5 {
        let (mut person, shown, id) = pair.waits(&anna, &phone);
        let (arguments, token) = (answer(&phone, &id, &shown), pair.web.token());
        let request = pair
            .web
            .place()
            .request("POST", "/api/answer")
            .header("Cookie", &token.0)
            .header("X-Postern-Token", &token.1)
            .json(&arguments);
        let asked = Stopwatch::start();
        assert_eq!(request.send().status, 200);
        let answered = asked.elapsed();
        while pair.accepts(&anna) < round {
            assert!(!asked.is_over(Duration::from_secs(2)), "not woken within {}", asked.elapsed());
            guard::pause(Duration::from_millis(2));
        }
        println!(
            "round {round}: the phone heard after {answered}, the login was in after {}",
            asked.elapsed()
        );
        taken.push(asked.elapsed());
        assert_eq!(person.is_in(), anna.unix.name);
    }
    println!(
        "from the phone's answer at one host to the accept in the other's log: median {}",
        median(&taken)
    );
}

fn answer(phone: &Handset, id: &str, number: &str) -> serde_json::Value {
    let fields = [("challenge", id), ("choice", "approve"), ("number", number)];
    let signed = phone.signed("answer", postern_tests::otp::now(), &fields);
    serde_json::Value::Object(
        signed.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
    )
}

#[test]
fn without_redis_a_login_that_waits_is_deferred_and_a_late_approval_does_nothing() {
    let mut pair = Pair::new("redis_gone");
    let (anna, phone) = pair.anna();
    let (mut person, shown, id) = pair.waits(&anna, &phone);
    pair.redis.kill();
    let killed = Stopwatch::start();
    drop(person.is_refused());
    println!("the login ended {} after Redis was killed", killed.elapsed());
    killed.assert_within(Duration::from_secs(8));
    drop(pair.first.logged(&["verdict=defer", "flow=login", &format!("user={}", anna.unix.name)]));
    let down = phone.asks(&pair.web, "pending", &[]);
    assert_eq!((down.status, down.verdict.as_str()), (503, "defer"));

    pair.redis.start_again();
    let state = guard::wait_for("the second host to find Redis again", Duration::from_secs(20), || {
        let fields = [("challenge", id.as_str()), ("choice", "approve"), ("number", shown.as_str())];
        let heard = phone.asks(&pair.web, "answer", &fields);
        heard.is_accept().then(|| heard.one("answered")["state"].as_str().unwrap().to_owned())
    });
    assert_eq!(state, "gone", "even if Redis has kept a part of it");
    assert!(phone.pending(&pair.web).all("challenge").is_empty());
    assert_eq!(pair.accepts(&anna), 0);
    // The next login is one as any other.
    guard::wait_for("the first host to find Redis again", Duration::from_secs(20), || {
        let mut person = ssh_prompt(&pair.sshd, &anna).batch().start();
        types_password(&mut person, &anna);
        let (which, before) =
            person.expect_one_of(&[" on your phone and approve there", "Nothing can be sent right now."]);
        if which == 1 {
            return None;
        }
        let shown = &before[before.len() - 2..];
        person.expect("or type a code: ");
        assert_eq!(phone.decide(&pair.web, "approve", shown), "approved");
        person.answer_visible("");
        Some(person.is_in())
    });
    assert_eq!(pair.accepts(&anna), 1);
}
