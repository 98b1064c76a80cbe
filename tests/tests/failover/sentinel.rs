//! Three hosts of Redis with a sentinel each, as docs/redis.md has them, and two hosts with a posternd.

use std::ops::Range;

use postern_tests::guard::wait_for;
use postern_tests::{Machine, Network, RedisSentinel, Slapd};

use crate::hosts::Hosts;
use crate::play::{AFTER_FAILOVER, Cut, FAILOVER, Play, play};

/// A site in pieces. Those that need others end before them.
struct Pieces {
    hosts: Hosts,
    redis: RedisSentinel,
    servers: [Machine; 3],
    network: Network,
    _slapd: Slapd,
}

impl Pieces {
    fn start(name: &str) -> Self {
        let network = Network::new(name);
        let servers = [(); 3].map(|()| network.machine());
        let redis = RedisSentinel::on(name, &servers);
        let slapd = Hosts::slapd(name);
        let sites = Hosts::sites(name, &slapd, |site| redis.join(site));
        let hosts = Hosts::start(&network, sites, &slapd, || redis.servers[0].age());
        Self { hosts, redis, servers, network, _slapd: slapd }
    }

    /// Cuts the master off, together with a host, which it serves for a while.
    fn cut_master(
        &self,
        play: &mut Play<'_>,
        host: usize,
        meanwhile: impl FnOnce(&mut Play<'_>, usize),
    ) -> Cut {
        let master = self.redis.master();
        let what = format!("server {master}, the master, with host {host}");
        let machines = [&self.servers[master], &self.hosts.machines[host]];
        let (cut, ()) = play.cut_while(&what, &machines, |play| meanwhile(play, master));
        play.note_accepted(&cut);
        cut
    }

    /// The same until a replica has taken its place, and longer. Both accept codes, if their fences let them.
    fn fail_over(&self, play: &mut Play<'_>, host: usize, longer: Range<usize>) {
        let cut = self.cut_master(play, host, |play, master| {
            // The sentinel beside it hears of nothing.
            let has_another = |sentinel| {
                sentinel == master || self.redis.named(sentinel).is_some_and(|named| named != master)
            };
            wait_for("a failover", FAILOVER, || (0..3).all(has_another).then_some(()));
            play.note("another server leads");
            play.wait(longer);
        });
        // By the old master, as long as it may.
        play.assert_accepted_at(host, &cut);
    }

    /// Cuts a replica off.
    fn cut_replica(&self, play: &mut Play<'_>) {
        let replica = (self.redis.master() + 1 + play.dice.roll(2)) % 3;
        let what = format!("server {replica}, a replica");
        play.cut_replica(&what, &self.servers[replica], 12..17, || self.is_ready());
    }

    /// Whether all sentinels agree on a master that has a replica.
    fn is_ready(&self) -> bool {
        let replicas = |master: usize| self.redis.servers[master].replicas();
        self.redis.agreed().and_then(replicas).is_some_and(|count| count > 0)
    }
}

#[test]
fn a_master_that_was_cut_off_and_its_successor_accept_no_code_twice() {
    let pieces = Pieces::start("failover_short");
    play("Sentinel, one failover", &pieces.network, &pieces.hosts, |play| {
        play.wait(3..4);
        let host = play.dice.roll(2);
        pieces.fail_over(play, host, 6..7);
    });
}

#[test]
#[ignore = "takes minutes"]
fn no_code_is_accepted_twice_with_sentinels_and_any_cuts() {
    let pieces = Pieces::start("failover_sentinel");
    play("Sentinel", &pieces.network, &pieces.hosts, |play| {
        play.wait(5..10);
        pieces.cut_replica(play);
        play.wait(0..5);
        let host = play.dice.roll(2);
        pieces.fail_over(play, host, 10..18);
        play.reload(1 - host);
        // Maybe once more, before anything has settled.
        if play.dice.roll(2) == 0 {
            play.wait(0..8);
            pieces.cut_master(play, 1 - host, |play, _| play.wait(15..23));
            play.reload(host);
        }
        play.recover(AFTER_FAILOVER, &[pieces.hosts.everyone()], || pieces.is_ready());
    });
}
