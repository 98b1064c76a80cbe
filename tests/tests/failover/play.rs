//! The network is cut and mended while users log in.

use std::ops::Range;
use std::time::Duration;

use postern_tests::guard::{pause, wait_for};
use postern_tests::{Dice, Elapsed, Machine, Network, Stopwatch};

use crate::crowd::Crowd;
use crate::hosts::Hosts;

/// A history in the making.
pub(crate) struct Play<'a> {
    name: &'a str,
    network: &'a Network,
    hosts: &'a Hosts,
    crowd: &'a Crowd<'a>,
    pub(crate) dice: Dice,
}

/// A time in which the network was in two parts.
pub(crate) struct Cut {
    time: Range<Duration>,
    elapsed: Elapsed,
}

/// Has users log in at the hosts for as long as `story` goes on. No code of an account is accepted twice.
pub(crate) fn play(name: &str, network: &Network, hosts: &Hosts, story: impl FnOnce(&mut Play<'_>)) {
    let mut dice = Dice::new("FENCE_SEED");
    println!("{name}: seed {}", dice.seed);
    let crowd = Crowd::of(hosts, dice.roll(usize::MAX) as u64 | 1);
    crowd.during(|| {
        let mut play = Play { name, network, hosts, crowd: &crowd, dice };
        story(&mut play);
        play.end();
    });
}

impl Play<'_> {
    /// Cuts these machines off from all others for so many seconds.
    pub(crate) fn cut(&mut self, what: &str, machines: &[&Machine], seconds: Range<usize>) -> Cut {
        self.cut_while(what, machines, |play| play.wait(seconds)).0
    }

    /// The same for as long as `meanwhile` goes on, and returns what that does.
    pub(crate) fn cut_while<T>(
        &mut self,
        what: &str,
        machines: &[&Machine],
        meanwhile: impl FnOnce(&mut Self) -> T,
    ) -> (Cut, T) {
        let history = &self.crowd.history;
        self.network.part(machines);
        history.note(format!("cut off: {what}"));
        let (begun, start) = (history.now(), Stopwatch::start());
        self.crowd.type_all_again();
        let done = meanwhile(self);
        let (ended, elapsed) = (history.now(), start.elapsed());
        self.network.join(machines);
        history.note(format!("together again: {what}"));
        self.crowd.type_all_again();
        history.assert_once(self.dice.seed);
        (Cut { time: begun..ended, elapsed }, done)
    }

    /// Cuts a replica's machine off, maybe with a host. The others go on.
    pub(crate) fn cut_replica(
        &mut self,
        what: &str,
        replica: &Machine,
        seconds: Range<usize>,
        is_ready: impl Fn() -> bool,
    ) {
        let goes_along = self.dice.roll(3);
        let (mut machines, mut what) = (vec![replica], what.to_owned());
        if let Some(machine) = self.hosts.machines.get(goes_along) {
            machines.push(machine);
            what += &format!(", with host {goes_along}");
        }
        let cut = self.cut(&what, &machines, seconds);
        for host in (0..2).filter(|host| *host != goes_along) {
            self.assert_accepted_at(host, &cut);
        }
        self.recover(AFTER_OUTAGE, &[self.hosts.everyone()], is_ready);
    }

    /// Notes how many codes were accepted during a cut.
    pub(crate) fn note_accepted(&self, cut: &Cut) {
        let accepted = [0, 1].map(|host| self.accepted_at(host, cut));
        self.note(format!("{accepted:?} codes were accepted at hosts 0 and 1 meanwhile"));
    }

    /// How many codes were typed and accepted at a host during a cut.
    pub(crate) fn accepted_at(&self, host: usize, cut: &Cut) -> usize {
        self.crowd.history.accepted_in(&cut.time).iter().filter(|one| one.host == host).count()
    }

    /// Some were. Of a machine that stalled for a fifth of the time nothing can be told: a question to Redis has 0.6 s.
    pub(crate) fn assert_accepted_at(&self, host: usize, cut: &Cut) {
        if self.accepted_at(host, cut) > 0 {
            return;
        }
        let is_judged = cut.elapsed.unstalled() > cut.elapsed.wall() * 4 / 5;
        assert!(!is_judged, "no code was accepted at host {host} meanwhile: {}", cut.elapsed);
        self.note(format!("no code was accepted at host {host} meanwhile: {}", cut.elapsed));
    }

    /// Something happened just now.
    pub(crate) fn note(&self, what: impl Into<String>) {
        self.crowd.history.note(what);
    }

    /// Lets so many seconds pass.
    pub(crate) fn wait(&mut self, seconds: Range<usize>) {
        let more = self.dice.roll(seconds.len());
        pause(Duration::from_secs((seconds.start + more) as u64));
    }

    /// Has a posternd read its configuration anew, so that it forgets what it accepted itself.
    pub(crate) fn reload(&self, host: usize) {
        self.crowd.history.note(format!("host {host} reloads"));
        self.hosts.posternds[host].hup();
        self.crowd.type_all_again();
    }

    /// Waits until the servers are in order, and then until, of codes typed from then on, one of each group of accounts was
    /// accepted at each host.
    pub(crate) fn recover(&self, limit: Duration, groups: &[Vec<usize>], is_ready: impl Fn() -> bool) {
        let history = &self.crowd.history;
        wait_for("servers that are in order", FAILOVER, || is_ready().then_some(()));
        let (since, waited) = (history.now(), Stopwatch::start());
        history.note("the servers are in order");
        wait_for("codes to be accepted at both hosts again", limit, || {
            let accepted = history.accepted_in(&(since..history.now()));
            let is_in = |group: &Vec<usize>, host| {
                accepted.iter().any(|one| one.host == host && group.contains(&one.account))
            };
            groups.iter().all(|group| is_in(group, 0) && is_in(group, 1)).then_some(())
        });
        history.note(format!("codes are accepted at both hosts again, after {}", waited.elapsed()));
    }

    /// Whatever was accepted lately is typed once more.
    fn end(&self) {
        self.crowd.type_all_again();
        pause(Duration::from_secs(3));
        self.crowd.history.assert_once(self.dice.seed);
        self.crowd.history.print(self.name, self.dice.seed);
    }
}

/// As docs/redis.md has it after a failover: 65 s, and 12 s for which another master may have gone on. posternd is back within
/// 3 s, looks at the fences every 5 s, and users type every 4 s.
pub(crate) const AFTER_FAILOVER: Duration = Duration::from_secs(65 + 12 + 3 + 5 + 4);
/// If nothing failed over: posternd is back within 3 s, and each host needs a user with a code that was not typed.
pub(crate) const AFTER_OUTAGE: Duration = Duration::from_secs(3 + 17);
/// How long servers may take to elect another one, for one election or several, or to be in order again. It is theirs.
pub(crate) const FAILOVER: Duration = Duration::from_secs(90);
