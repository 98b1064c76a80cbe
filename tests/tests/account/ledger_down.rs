//! Redis is away or silent: every page says so calmly, and nothing is half done.

use nix::sys::signal::Signal;
use postern_tests::account_host::AccountHost;
use postern_tests::form_client::FormClient;
use postern_tests::http::HttpReply;
use postern_tests::login_host::{LoginUser, Stores};
use postern_tests::{canary, guard};
use std::time::Duration;

const SESSION: &str = "-session";
const TRUSTED: &str = "-browser";

/// People in the middle of what they do.
struct Busy<'h> {
    /// At the question for a code, and what to answer.
    at_code: (FormClient<'h>, String),
    /// At the same question with a recovery code.
    at_recovery: (FormClient<'h>, String),
    /// Proves who they are before a change.
    at_proof: (FormClient<'h>, String),
    /// Binds an address, and has the code.
    at_binding: (FormClient<'h>, String),
    /// Logged in, with a proof that is good for a change.
    logged_in: FormClient<'h>,
    /// Logged out, in a trusted browser.
    trusted: FormClient<'h>,
}

struct People {
    anna: LoginUser,
    bert: LoginUser,
    carla: LoginUser,
    codes: Vec<String>,
}

impl People {
    fn of(host: &AccountHost) -> Self {
        let mut anna = host.enrolled_with("anna", &[]);
        let codes = host.recovery_codes(&mut anna);
        codes.iter().for_each(|code| canary::register(code));
        Self { anna, bert: host.enrolled_with("bert", &[]), carla: host.user("carla"), codes }
    }

    fn busy<'h>(&mut self, host: &'h AccountHost) -> Busy<'h> {
        let Self { anna, bert, carla, codes } = self;
        let half = |user: &LoginUser| {
            let mut client = FormClient::new(host);
            client.log_in(user);
            assert!(client.path.starts_with("/step/"), "{}", client.page.body);
            client
        };
        let mut trusted = half(bert);
        let path = trusted.path.clone();
        trusted.submit(&path, &[("answer", &bert.app.code()), ("trust", "on")]);
        assert_eq!(trusted.path, "/security", "{}", trusted.page.body);
        trusted.submit("/log-out", &[]);
        let mut at_proof = trusted.clone();
        at_proof.log_in(bert);
        trusted.cookies.clone_from(&at_proof.cookies);
        trusted.cookies.retain(|name, _| !name.ends_with(SESSION));
        at_proof.get("/app-passwords");
        at_proof.submit("/app-passwords/create", &[("label", "Half"), ("imap", "on")]);
        at_proof.answer(&bert.password);
        assert!(at_proof.path.starts_with("/step/"), "{}", at_proof.page.body);
        let mut at_binding = FormClient::logged_in(host, carla);
        at_binding.submit("/security/add", &[("kind", "email")]);
        at_binding.answer(&carla.backup());
        let code = host.mailbox.next_to(&carla.backup()).code();
        Busy {
            at_code: (half(anna), anna.app.code()),
            at_recovery: (half(anna), codes[0].clone()),
            at_proof: (at_proof, bert.app.code()),
            at_binding: (at_binding, code),
            logged_in: FormClient::logged_in(host, carla),
            trusted,
        }
    }
}

#[track_caller]
fn is_calm(page: &HttpReply) {
    assert_eq!((page.status, page.header("retry-after")), (503, Some("60")), "{}", page.body);
    assert!(page.body.contains("cannot be reached right now"), "{}", page.body);
}

impl Busy<'_> {
    /// Everybody goes on, and nobody gets anywhere.
    fn all_are_told(&mut self, people: &People) {
        for (client, answer) in
            [&mut self.at_code, &mut self.at_recovery, &mut self.at_proof, &mut self.at_binding]
        {
            is_calm(client.answer(answer));
        }
        assert!(self.at_code.0.cookie(SESSION).is_none() && self.at_recovery.0.cookie(SESSION).is_none());
        let client = &mut self.logged_in;
        let session = client.cookie(SESSION);
        for (path, fields) in [
            ("/app-passwords/create", &[("label", "Half"), ("imap", "on")][..]),
            ("/security/add", &[("kind", "email")]),
            ("/security/recovery-codes", &[]),
            ("/devices/log-out-everywhere", &[]),
            // It is still open, and the person has to know.
            ("/log-out", &[]),
        ] {
            let mut client = client.clone();
            is_calm(client.submit(path, fields));
        }
        for path in ["/security", "/app-passwords", "/devices"] {
            is_calm(client.get(path));
        }
        assert_eq!(client.cookie(SESSION), session, "the cookie stays");
        let trust = self.trusted.cookie(TRUSTED);
        is_calm(self.trusted.log_in(&people.bert));
        assert_eq!(self.trusted.cookie(TRUSTED), trust, "and so does the trust");
        let mut stranger = self.trusted.clone();
        stranger.cookies.clear();
        is_calm(stranger.log_in(&people.carla));
        assert!(
            stranger.page.body.contains(&format!("value=\"{}\"", people.carla.unix.name)),
            "what was typed is not lost"
        );
    }
}

fn directory(host: &AccountHost) -> String {
    host.slapd.as_ref().expect("accounts in LDAP").export()
}

#[test]
fn while_redis_is_silent_or_gone_pages_say_so_and_nothing_is_half_changed() {
    let mut host = AccountHost::new("account_redis", Stores::LdapAndRedis);
    {
        let mut people = People::of(&host);
        // As if the network were cut: nothing answers, and nothing is lost.
        let redis = host.redis.as_ref().expect("a ledger in Redis");
        let mut busy = people.busy(&host);
        let before = directory(&host);
        redis.signal(Signal::SIGSTOP);
        busy.all_are_told(&people);
        redis.signal(Signal::SIGCONT);
        assert_eq!(directory(&host), before, "nothing was changed");
        let mut client = busy.logged_in;
        guard::wait_for("posternd to have its Redis again", Duration::from_secs(20), || {
            (client.get("/security").status == 200).then_some(())
        });
        assert_eq!(client.path, "/security", "the session goes on: {}", client.page.body);
        let mut trusted = busy.trusted;
        trusted.log_in(&people.bert);
        assert_eq!(trusted.path, "/security", "and so does the trust: {}", trusted.page.body);
        // What was under way begins again.
        let (mut half, code) = busy.at_code;
        half.log_in(&people.anna);
        half.answer(&code);
        assert_eq!(half.path, "/security", "the code was not spent: {}", half.page.body);
        client.get("/app-passwords");
        client.submit("/app-passwords/create", &[("label", "Whole"), ("imap", "on")]);
        assert!(client.page.body.contains("shown only this once"), "{}", client.page.body);
    }
    let mut people = People::of(&host);
    let cookies = {
        let mut busy = people.busy(&host);
        let before = directory(&host);
        host.redis.as_ref().expect("a ledger in Redis").signal(Signal::SIGKILL);
        busy.all_are_told(&people);
        assert_eq!(directory(&host), before, "nothing was changed");
        busy.logged_in.cookies
    };
    let redis = host.redis.as_mut().expect("a ledger in Redis");
    redis.kill();
    redis.start_again();
    let mut client = FormClient::new(&host);
    client.cookies = cookies;
    guard::wait_for("posternd to have its Redis again", Duration::from_secs(20), || {
        (client.get("/security").status == 200).then_some(())
    });
    // It may have lost the end of a session.
    assert!(client.page.body.contains("You were logged out."), "{}", client.page.body);
    let mut client = FormClient::logged_in(&host, &people.carla);
    client.get("/app-passwords");
    client.submit("/app-passwords/create", &[("label", "Once more"), ("imap", "on")]);
    assert!(client.page.body.contains("shown only this once"), "{}", client.page.body);
    // None of the recovery codes was used up.
    let left = host.site.cli_json(&["account", "show", &people.anna.unix.name]);
    assert_eq!(left["account"]["recovery_codes_left"], 10, "{left}");
}
