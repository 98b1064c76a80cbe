//! A store that fails in the middle of a login lets no user in, and leaves none to the rest of the stack, except in the few
//! failures that are listed, with the promise that each rests on.
//!
//! Each scenario runs once without a fault, which tells its calls. Then it runs once for each of them and each way of
//! failing, for a new user each time.

mod allowed;
mod scenarios;

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

use postern_core::Verdict;
use postern_core::exchange::Outcome;

use crate::harness::{Fault, Kind, Point, Site, Store};
use allowed::{ALLOWED, allowance};
use scenarios::{Attempt, LET_IN, REFUSED, Scenario};

/// What a verdict is, as far as faults are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Accept,
    Ignore,
    Reject,
    Defer,
    /// There is none; the front door's own deadline ends the login.
    Nothing,
}

impl End {
    fn of(outcome: Option<&Outcome>) -> Self {
        match outcome.map(|outcome| &outcome.verdict) {
            None => Self::Nothing,
            Some(Verdict::Accept(_)) => Self::Accept,
            Some(Verdict::Ignore(_)) => Self::Ignore,
            Some(Verdict::Reject(_)) => Self::Reject,
            Some(Verdict::Defer(_)) => Self::Defer,
        }
    }

    /// Whether the user may log in after it, by Postern or by the rest of the stack.
    fn is_open(self) -> bool {
        match self {
            Self::Accept | Self::Ignore => true,
            Self::Reject | Self::Defer | Self::Nothing => false,
        }
    }
}

/// Whether a login makes this call. Every such call has to fail once.
fn is_on_the_path_of_a_login(point: Point) -> bool {
    match point {
        Point::Find
        | Point::FindByUid
        | Point::Read
        | Point::CheckMainPassword
        | Point::Update
        | Point::Admit
        | Point::Settle
        | Point::History
        | Point::NoteUse
        | Point::LastUses
        | Point::NoteRevision
        | Point::KnownRevision
        | Point::AdmitCode
        | Point::CodePause
        | Point::SettleCode
        | Point::Spend
        | Point::PutDevice
        | Point::Devices
        | Point::PutBrowserRecord
        | Point::BrowserRecords
        | Point::AdmitSending
        | Point::Claim
        | Point::PutChallenge
        | Point::Challenges
        | Point::AnswerChallenge
        | Point::TryChallenge
        | Point::TakeChallenge
        | Point::AwaitChallenge => true,
        // Reports, an admin's unlocking, revocations, and the calls of `status` and of metrics.
        Point::ForEachAccount | Point::ForgetCodes | Point::ForgetAttempts | Point::DropDevices => false,
        Point::DropBrowserRecords | Point::ForgetBrowsers => false,
        Point::Time | Point::Health | Point::CountSendings => false,
        // A move to other stores asks it.
        Point::IsClaimed => false,
        // The history of an account is written once the verdict is out.
        Point::PutLoginEvent | Point::LoginEvents | Point::DropLoginEvents => false,
        // Binding a number, a courier that fails, and a fraud report.
        Point::Holders | Point::WithdrawSending | Point::MutePushes => false,
    }
}

fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    LET_IN.iter().chain(REFUSED)
}

struct Stage {
    scenario: &'static Scenario,
    site: Site,
    people: usize,
}

impl Stage {
    async fn new(scenario: &'static Scenario) -> Self {
        let mut site = Site::new().await;
        site.has_replicas();
        site.configure(scenario.setup);
        Self { scenario, site, people: 0 }
    }

    async fn prepare(&mut self) -> Attempt {
        self.people += 1;
        self.site.faults.expect(None);
        (self.scenario.prepare)(&self.site, format!("{}{}", self.scenario.name, self.people)).await
    }

    async fn run(&self, attempt: &Attempt, fault: Option<Fault>) -> End {
        self.site.faults.expect(fault);
        let running = pin!(attempt.run(&self.site));
        tokio::select! {
            outcome = running => End::of(Some(&outcome)),
            () = self.site.faults.hangs.notified() => End::Nothing,
        }
    }

    /// The calls of the scenario without a fault, which ends as expected.
    async fn calls(&mut self) -> Vec<Point> {
        let attempt = self.prepare().await;
        let end = self.run(&attempt, None).await;
        assert_eq!(end, self.scenario.end, "{}: {:?}", self.scenario.name, self.site.faults.calls());
        self.site.faults.calls()
    }
}

/// The calls that the fault affects, of those that the scenario makes without it.
fn hit(calls: &[Point], fault: Fault) -> &[Point] {
    match fault.kind {
        Kind::Before | Kind::After | Kind::Never | Kind::NeverAfter => &calls[fault.nth..=fault.nth],
        Kind::From => &calls[fault.nth..],
    }
}

#[tokio::test]
async fn no_fault_of_a_store_ends_in_accept_or_ignore_but_for_those_that_are_listed() {
    let mut used: BTreeSet<usize> = BTreeSet::new();
    let mut ends: BTreeMap<(Point, Kind), BTreeSet<End>> = BTreeMap::new();
    let mut runs = 0;
    for scenario in scenarios() {
        let mut stage = Stage::new(scenario).await;
        let calls = stage.calls().await;
        assert!(!calls.is_empty(), "{} asks no store", scenario.name);
        for nth in 0..calls.len() {
            for kind in Kind::ALL {
                let (point, fault) = (calls[nth], Fault { nth, kind });
                let attempt = stage.prepare().await;
                let end = stage.run(&attempt, Some(fault)).await;
                let made = stage.site.faults.calls();
                let what = format!("{}: {kind:?} at call {nth} of {calls:?}, {point:?}", scenario.name);
                assert_eq!(made.get(..=nth), calls.get(..=nth), "{what}");
                assert!(
                    !end.is_open() || end == scenario.opens(),
                    "{what} ends in {end:?}, which it never does"
                );
                if end.is_open() {
                    let store = point.store();
                    for point in hit(&made, fault).iter().filter(|point| point.store() == store) {
                        match allowance(scenario, *point, kind) {
                            Some(index) => used.insert(index),
                            None => panic!("{what} ends in {end:?}, and {point:?} is not on the list"),
                        };
                    }
                }
                let hangs = matches!(kind, Kind::Never | Kind::NeverAfter);
                assert_eq!(end == End::Nothing, hangs, "{what} ends in {end:?}");
                ends.entry((point, kind)).or_default().insert(end);
                if scenario.is_once_only {
                    let again = stage.run(&attempt, None).await;
                    assert!(!(end.is_open() && again.is_open()), "{what}: the same secrets opened it twice");
                }
                runs += 1;
            }
        }
    }
    let unhit: Vec<_> = Point::ALL
        .iter()
        .filter(|point| is_on_the_path_of_a_login(**point))
        .flat_map(|point| Kind::ALL.map(|kind| (*point, kind)))
        .filter(|hit| !ends.contains_key(hit))
        .collect();
    assert!(unhit.is_empty(), "no login failed at {unhit:?}");
    let hit_beside: Vec<_> = ends.keys().filter(|(point, _)| !is_on_the_path_of_a_login(*point)).collect();
    assert!(hit_beside.is_empty(), "on the path after all: {hit_beside:?}");
    let unused: Vec<_> =
        ALLOWED.iter().enumerate().filter(|(index, _)| !used.contains(index)).map(|(_, one)| one).collect();
    assert!(unused.is_empty(), "allowed and never needed: {unused:#?}");
    println!("{} scenarios, {runs} faults", scenarios().count());
    for ((point, kind), ends) in &ends {
        println!(
            "{:9} {:19} {:10} {ends:?}",
            format!("{:?}", point.store()),
            point.method(),
            format!("{kind:?}")
        );
    }
}

#[tokio::test]
async fn a_directory_that_is_down_lets_no_user_in_and_leaves_none_to_other_modules() {
    for scenario in scenarios() {
        let mut stage = Stage::new(scenario).await;
        let attempt = stage.prepare().await;
        let fault = Fault { nth: 0, kind: Kind::From };
        let end = stage.run(&attempt, Some(fault)).await;
        assert_eq!(stage.site.faults.calls()[0].store(), Store::Directory);
        assert_eq!(end, End::Defer, "{}", scenario.name);
    }
}
