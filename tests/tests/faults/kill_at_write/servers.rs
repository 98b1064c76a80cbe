//! Accounts in LDAP, and the ledger in Redis.

use std::time::Duration;

use postern_tests::fault_proxy::{Protocol, When};
use postern_tests::login_host::LoginHost;
use postern_tests::{FaultProxy, Listen, Redis, Site, Slapd};

use super::changes::{Change, Maker, Making};
use super::person::Person;
use super::{Tally, WEB};

struct Stage {
    host: LoginHost,
    ldap: FaultProxy,
    redis: FaultProxy,
}

impl Stage {
    fn new(name: &str) -> Self {
        let slapd = Slapd::builder(name).start();
        let redis = Redis::start(name, Listen::Tcp);
        let (ldap, ledger) = (FaultProxy::tcp(slapd.ports().0), FaultProxy::tcp(redis.port));
        let (direct, proxied) = (slapd.ldaps_uri(), format!("ldap://127.0.0.1:{}", ldap.port()));
        let site = Site::builder(name).ldap(&slapd);
        let site = site.postern_toml(move |text| text.replace(&direct, &proxied)).build();
        redis.join(&site);
        let (direct, proxied) = (redis.url(), format!("redis://127.0.0.1:{}", ledger.port()));
        site.edit_config(|text| text.replace(&direct, &proxied) + WEB);
        let host = LoginHost::of(name, site, Some(slapd), Some(redis));
        host.age_ledger();
        Self { host, ldap, redis: ledger }
    }

    fn proxy(&self, protocol: Protocol) -> &FaultProxy {
        match protocol {
            Protocol::Ldap => &self.ldap,
            Protocol::Redis => &self.redis,
        }
    }

    /// Makes `change` for a new person and kills its maker at the `nth` write. Whether there were as many.
    fn kill_at(&mut self, tally: &mut Tally, protocol: Protocol, nth: usize, when: When) -> bool {
        let change = tally.change;
        let mut person = Person::new(&self.host, change);
        let stopped = self.proxy(protocol).stop_at_write(protocol, nth, when);
        let mut making = change.begin(&self.host, &mut person, &[]);
        let is_reached = loop {
            if stopped.is_reached_within(Duration::from_millis(20)) {
                break true;
            }
            let is_over = match &mut making {
                Making::Conversation(thread) => thread.is_finished(),
                Making::Command(child) => child.try_wait().unwrap().is_some(),
            };
            if is_over {
                break false;
            }
        };
        if let (true, Making::Command(child)) = (is_reached, &mut making) {
            child.kill().unwrap();
        }
        let is_of_daemon = is_reached && change.maker() == Maker::Daemon;
        if is_of_daemon {
            self.host.posternd.kill9();
        }
        drop(stopped);
        if is_of_daemon {
            self.host.posternd.start_again();
        }
        match making {
            Making::Conversation(thread) => drop(thread.join().unwrap()),
            Making::Command(child) => drop(child.wait_with_output().unwrap()),
        }
        if is_reached {
            tally.look(&self.host, &mut person, &format!("{when:?} write {nth} to {protocol:?}"));
        }
        is_reached
    }

    /// Every change writes to Redis: its own record, or the revision of the account that it is about to write.
    fn kill_at_both(&mut self, change: Change) {
        if !change.is_of_sessions() {
            self.kill_everywhere(change, Protocol::Ldap);
        }
        self.kill_everywhere(change, Protocol::Redis);
    }

    fn kill_everywhere(&mut self, change: Change, protocol: Protocol) {
        let mut tally = Tally::new(change, &self.host);
        let mut nth = 1;
        while self.kill_at(&mut tally, protocol, nth, When::Before) {
            nth += 1;
            assert!(nth < 100, "{change:?} does not come to its end");
        }
        // For the stores, after a write is before the next one; but for the last.
        if nth > 1 {
            self.kill_at(&mut tally, protocol, nth - 1, When::After);
        }
        tally.report(&format!("{protocol:?}"));
    }
}

#[test]
#[ignore = "long: three minutes"]
fn posternd_killed_at_any_write_to_ldap_or_redis_leaves_before_or_after() {
    let mut stage = Stage::new("kill-daemon");
    for change in Change::OF_DAEMON {
        stage.kill_at_both(change);
    }
}

#[test]
#[ignore = "long: a minute"]
fn a_command_killed_at_any_write_to_ldap_or_redis_leaves_before_or_after() {
    let mut stage = Stage::new("kill-command");
    for change in Change::OF_COMMAND_LINE {
        stage.kill_at_both(change);
    }
}
