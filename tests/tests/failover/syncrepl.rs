//! An LDAP provider with a posternd beside it, and a consumer with another, which writes to the provider. Both have one Redis.

use std::time::Duration;

use postern_ipc::RejectReason;
use postern_tests::door::Ended;
use postern_tests::guard::wait_for;
use postern_tests::{
    AppPassword, Binder, Door, Elapsed, Listen, Network, Redis, Site, Slapd, Stopwatch, host, otp, unix_users,
};

use crate::hosts::{ACCOUNTS, Account, Hosts, patient, step_at};
use crate::play::{AFTER_OUTAGE, Play, play};

/// A site in pieces. Those that need others end before them.
struct Pair {
    /// One at the provider, and one at the consumer.
    hosts: Hosts,
    /// Over a Unix socket, so that no cut concerns it.
    _redis: Redis,
    consumer: Slapd,
    provider: Slapd,
    network: Network,
}

impl Pair {
    fn start(name: &str) -> Self {
        let network = Network::new(name);
        let machines = [(); 2].map(|()| network.machine());
        let server = |role: &str| Slapd::builder(&format!("{name}_{role}")).quiet();
        let provider = server("provider").on(&machines[0]).crowd(ACCOUNTS + MORE).provider().start();
        let consumer = server("consumer").on(&machines[1]).consumer_of(&provider).start();
        let redis = Redis::start(name, Listen::Unix(0o777));
        host::own(redis.dir(), (0.into(), 0.into()), 0o755);
        let sites = [("1", vec![&provider]), ("2", vec![&consumer, &provider])].map(|(number, readers)| {
            let builder = Site::builder(&format!("{name}_{number}")).ldap_servers(&readers, &provider);
            let site = patient(builder).build();
            redis.join(&site);
            site
        });
        let hosts = Hosts::on(machines, sites, &provider, || redis.age());
        consumer.wait_synced(&provider);
        Self { hosts, _redis: redis, consumer, provider, network }
    }

    /// Makes an app password of one of those who type no codes.
    fn app_password(&self, number: u32) -> AppPassword {
        let name = self.provider.nth(ACCOUNTS + number).name;
        self.hosts.machines[0].run(|| self.hosts.sites[0].app_password(&name, "Phone", &[]))
    }

    fn revoke(&self, number: u32, lost: &AppPassword) {
        let name = self.provider.nth(ACCOUNTS + number).name;
        let revoke = ["app-password", "revoke", &name, &lost.id];
        drop(self.hosts.machines[0].run(|| self.hosts.sites[0].cli_ok(&revoke)));
    }

    /// A mail program's login.
    fn imap(&self, host: usize, number: u32, secret: &AppPassword) -> Ended {
        let name = self.provider.nth(ACCOUNTS + number).name;
        Door::new("imap", &name, &secret.password).answer(&self.hosts.sites[host].socket(), &[]).0
    }

    /// Has an app bound at the provider.
    fn bind(&self, number: u32) -> Account {
        let person = self.provider.nth(ACCOUNTS + number);
        unix_users::add_names([(&*person.name, person.uid)]);
        let binder = || Account::bound(&Binder::of(&self.hosts.sites[0]), person);
        self.hosts.machines[0].run(binder)
    }

    fn ssh(&self, host: usize, account: &Account, step: u64) -> Ended {
        let Account { person, .. } = account;
        let door = Door::new("sshd", &person.name, &person.password);
        door.answer(&self.hosts.sites[host].socket(), &[account.code(step)]).0
    }

    /// What is changed at the provider while the consumer is cut off. `kept` opens mail on both sides, and what was revoked on
    /// neither.
    fn change(&self, play: &mut Play<'_>, lost: (u32, &AppPassword), kept: (u32, &AppPassword)) -> Account {
        play.wait(1..5);
        let start = Stopwatch::start();
        self.revoke(lost.0, lost.1);
        let is_noted = is_judged(&start.elapsed());
        let (newcomer, step) = (self.bind(lost.0), step_at(otp::now()));
        let bound = decided(|| self.ssh(0, &newcomer, step));
        // Refused where the answer to the first one came too late.
        assert!(matches!(bound, Ended::In | Ended::Refused(RejectReason::Replayed)), "{bound:?}");
        for _ in 0..5 {
            assert!(matches!(decided(|| self.imap(0, lost.0, lost.1)), Ended::Refused(_)), "at the provider");
            assert_eq!(decided(|| self.imap(0, kept.0, kept.1)), Ended::In, "at the provider");
            let at_the_consumer = self.imap_revoked(play, lost, is_noted);
            assert!(!matches!(at_the_consumer, Ended::Refused(_)), "it cannot know: {at_the_consumer:?}");
            assert_eq!(decided(|| self.imap(1, kept.0, kept.1)), Ended::In, "at the consumer");
            assert_ne!(self.ssh(1, &newcomer, step), Ended::In, "the code was used");
            play.wait(1..4);
        }
        newcomer
    }

    /// The consumer's entry has what was revoked, and the ledger knows better, if the revocation could be noted there. Of a machine
    /// that stalls nothing can be told.
    fn imap_revoked(&self, play: &Play<'_>, lost: (u32, &AppPassword), is_noted: bool) -> Ended {
        let start = Stopwatch::start();
        let ended = self.imap(1, lost.0, lost.1);
        let elapsed = start.elapsed();
        if ended == Ended::In {
            assert!(!is_noted || !is_judged(&elapsed), "accepted although it was revoked, after {elapsed}");
            play.note(format!("accepted although it was revoked, while the machine stalled: {elapsed}"));
        }
        ended
    }

    /// Once the two are together again, what was revoked is refused and what was bound is known.
    fn catch_up(&self, play: &Play<'_>, newcomer: &Account, lost: (u32, &AppPassword)) {
        wait_for("a revoked app password to be refused", SOON, || {
            matches!(self.imap_revoked(play, lost, true), Ended::Refused(_)).then_some(())
        });
        wait_for("the code of an app that was bound meanwhile", SOON, || {
            (self.ssh(1, newcomer, step_at(otp::now()) + 1) == Ended::In).then_some(())
        });
        self.consumer.wait_synced(&self.provider);
        assert!(matches!(decided(|| self.imap(1, lost.0, lost.1)), Ended::Refused(_)), "it was revoked");
    }
}

/// The verdict of a login that is tried again while it is put off.
fn decided(login: impl Fn() -> Ended) -> Ended {
    wait_for("a verdict", SOON, || Some(login()).filter(|ended| !matches!(ended, Ended::PutOff(_))))
}

/// Whether the ledger could answer in its 0.6 s.
fn is_judged(elapsed: &Elapsed) -> bool {
    elapsed.wall().saturating_sub(elapsed.unstalled()) < Duration::from_millis(300)
}

#[test]
#[ignore = "takes minutes"]
fn no_code_is_accepted_twice_and_no_revocation_is_forgotten_by_a_consumer_that_is_cut_off() {
    let pair = Pair::start("failover_syncrepl");
    let everyone = [pair.hosts.everyone()];
    let secrets: Vec<_> = (0..MORE).map(|number| pair.app_password(number)).collect();
    pair.consumer.wait_synced(&pair.provider);
    play("syncrepl", &pair.network, &pair.hosts, |play| {
        for number in 1..MORE {
            play.wait(4..10);
            let (lost, kept) = ((number, &secrets[number as usize]), (0, &secrets[0]));
            assert_eq!(
                [0, 1].map(|host| decided(|| pair.imap(host, lost.0, lost.1))),
                [Ended::In, Ended::In]
            );
            let consumer = [&pair.hosts.machines[1]];
            let (cut, newcomer) =
                play.cut_while("the consumer with host 1", &consumer, |play| pair.change(play, lost, kept));
            play.assert_accepted_at(0, &cut);
            assert_eq!(play.accepted_at(1, &cut), 0, "no code is accepted without the provider");
            pair.catch_up(play, &newcomer, lost);
            play.recover(AFTER_OUTAGE, &everyone, || true);
            let host = play.dice.roll(2);
            play.reload(host);
        }
    });
}

/// Accounts that type no codes: one that keeps its app password, and one more for each cut.
const MORE: u32 = 4;
/// posternd tries a server that did not answer twice a second.
const SOON: Duration = Duration::from_secs(5);
