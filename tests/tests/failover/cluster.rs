//! A Cluster of three masters with a replica each, all on machines of their own, and two hosts with a posternd.

use postern_tests::guard::wait_for;
use postern_tests::{Machine, Network, Redis, RedisCluster, Slapd};

use crate::hosts::Hosts;
use crate::play::{AFTER_FAILOVER, FAILOVER, Play, play};

/// A site in pieces. Those that need others end before them.
struct Pieces {
    hosts: Hosts,
    redis: RedisCluster,
    /// In the order of the Cluster: the first masters, then their replicas.
    servers: [Machine; 6],
    network: Network,
    _slapd: Slapd,
}

impl Pieces {
    fn start(name: &str) -> Self {
        let network = Network::new(name);
        let servers = [(); 6].map(|()| network.machine());
        let redis = RedisCluster::on(name, &servers);
        let slapd = Hosts::slapd(name);
        let sites = Hosts::sites(name, &slapd, |site| redis.join(site));
        let hosts = Hosts::start(&network, sites, &slapd, || redis.age());
        Self { hosts, redis, servers, network, _slapd: slapd }
    }

    /// A third's master and its replica, each with its machine.
    fn pair(&self, third: usize) -> [(&Redis, &Machine); 2] {
        let first = (&self.redis.servers[third], &self.servers[third]);
        let second = (&self.redis.replicas[third], &self.servers[third + 3]);
        if first.0.replicas().is_some() { [first, second] } else { [second, first] }
    }

    /// Cuts one master off, together with a host and maybe with the replica of another master.
    fn cut_master(&self, play: &mut Play<'_>, host: usize, meanwhile: impl FnOnce(&mut Play<'_>, &Redis)) {
        let (third, other) = (play.dice.roll(3), play.dice.roll(6));
        let [(_, master), (replica, _)] = self.pair(third);
        let mut machines = vec![master, &self.hosts.machines[host]];
        let mut what = format!("the master of third {third}, with host {host}");
        if other < 3 && other != third {
            machines.push(self.pair(other)[1].1);
            what += &format!(" and the replica of third {other}");
        }
        let (cut, ()) = play.cut_while(&what, &machines, |play| meanwhile(play, replica));
        play.note_accepted(&cut);
    }

    /// The same until its replica has taken its place, and longer.
    fn fail_over(&self, play: &mut Play<'_>, host: usize) {
        self.cut_master(play, host, |play, replica| {
            wait_for("a failover", FAILOVER, || replica.replicas().map(drop));
            play.note("its replica leads");
            play.wait(10..18);
        });
    }

    /// Cuts one replica off. The masters of the other thirds go on.
    fn cut_replica(&self, play: &mut Play<'_>) {
        let third = play.dice.roll(3);
        let (what, [_, (_, replica)]) = (format!("the replica of third {third}"), self.pair(third));
        play.cut_replica(&what, replica, 15..20, || self.is_ready());
    }

    /// Whether all servers take the Cluster for complete, and each third has one master, with a replica.
    fn is_ready(&self) -> bool {
        let has_one = |third| matches!(self.pair(third).map(|one| one.0.replicas()), [Some(1), None]);
        (0..3).all(has_one) && self.redis.is_complete()
    }

    /// The accounts by the third that keeps their spent steps, in one of 64 buckets.
    fn thirds(&self) -> [Vec<usize>; 3] {
        let mut thirds = [const { Vec::new() }; 3];
        for (number, account) in self.hosts.accounts.iter().enumerate() {
            let bucket = self.redis.place_of(account.id.as_str()).0 % 64;
            thirds[self.redis.place_of(&format!("steps-{bucket:02}")).1].push(number);
        }
        thirds
    }
}

#[test]
#[ignore = "takes minutes"]
fn no_code_is_accepted_twice_in_a_cluster_with_any_cuts() {
    let pieces = Pieces::start("failover_cluster");
    let thirds = pieces.thirds();
    play("Cluster", &pieces.network, &pieces.hosts, |play| {
        play.wait(5..10);
        pieces.cut_replica(play);
        play.wait(0..5);
        let host = play.dice.roll(2);
        pieces.fail_over(play, host);
        play.reload(1 - host);
        // Maybe once more, before anything has settled.
        if play.dice.roll(2) == 0 {
            play.wait(0..8);
            pieces.cut_master(play, 1 - host, |play, _| play.wait(12..20));
            play.reload(host);
        }
        play.recover(AFTER_FAILOVER, &thirds, || pieces.is_ready());
    });
}
