//! One fault of one party, at all doors at once.

use std::sync::Mutex;
use std::time::Duration;

use crate::fault_proxy::Fault;
use crate::guard::pause;
use crate::stopwatch::{Elapsed, Stopwatch};

use super::Party;
use super::budgets::{Expectation, RECOVERY, expected};
use super::doors::{Door, Phase, Seen, Verdict};
use super::scene::Scene;

/// A row of the table.
pub(super) struct Row {
    pub(super) party: Party,
    pub(super) fault: &'static str,
    pub(super) cells: Vec<(Door, Cell)>,
}

/// A door in a row.
pub(super) enum Cell {
    /// The party has no part in what is done there, and this is why.
    NotApplicable(&'static str),
    /// What was seen.
    Tried(Box<Tried>),
}

pub(super) struct Tried {
    pub(super) expectation: Expectation,
    /// Before the fault.
    pub(super) before: Seen,
    /// In the fault.
    pub(super) during: Seen,
    /// After which it worked again, and what was seen last.
    pub(super) back: (Elapsed, Seen),
    /// The longest that this may have taken.
    pub(super) back_within: Duration,
}

impl Row {
    /// Tries all doors of the row: without the fault, with it, and then until each works again.
    pub(super) fn run(scene: &Scene, party: Party, name: &'static str, fault: Fault) -> Self {
        let proxy = scene.proxy(party);
        let cells = Door::ALL.map(|door| (door, expected(party, fault, door)));
        let doors: Vec<Door> = cells.iter().filter(|(_, cell)| cell.is_ok()).map(|(door, _)| *door).collect();
        let before = at_once(&doors, |door| door.attempt(scene, party, Phase::Healthy));
        proxy.set(fault);
        let during = at_once(&doors, |door| door.attempt(scene, party, Phase::Faulty));
        proxy.mend();
        let mended = Stopwatch::start();
        let back = at_once(&doors, |door| comes_back(scene, party, door, mended));
        let mut seen = before.into_iter().zip(during).zip(back);
        let cells = cells.into_iter().map(|(door, cell)| match cell {
            Err(why) => (door, Cell::NotApplicable(why)),
            Ok(expectation) => {
                let ((before, during), back) = seen.next().expect("one for each door");
                let back_within = back_within(expectation);
                let tried = Tried { expectation, before, during, back, back_within };
                (door, Cell::Tried(Box::new(tried)))
            }
        });
        Self { party, fault: name, cells: cells.collect() }
    }

    pub(super) fn is_good(&self) -> bool {
        self.misses().is_empty()
    }

    /// What is not as it should be, in words.
    pub(super) fn misses(&self) -> Vec<(Door, String)> {
        let tried = self.cells.iter().filter_map(|(door, cell)| match cell {
            Cell::Tried(tried) => Some((*door, tried)),
            Cell::NotApplicable(_) => None,
        });
        tried.flat_map(|(door, tried)| tried.misses().into_iter().map(move |miss| (door, miss))).collect()
    }
}

impl Tried {
    pub(super) fn misses(&self) -> Vec<String> {
        let mut misses = Vec::new();
        let told = |seen: &Seen| format!("{} after {} ({})", seen.verdict.name(), seen.took, seen.words);
        if self.before.verdict != Verdict::Accepted {
            misses.push(format!("did not work before the fault: {}", told(&self.before)));
        }
        if self.during.verdict != self.expectation.verdict {
            let wanted = self.expectation.verdict.name();
            misses.push(format!("{} in the place of {wanted}", told(&self.during)));
        }
        if !self.during.took.within(self.expectation.budget) {
            misses.push(format!("{} and not within {:?}", told(&self.during), self.expectation.budget));
        }
        let (back, last) = &self.back;
        if last.verdict != Verdict::Accepted || !back.within(self.back_within) {
            misses.push(format!(
                "{back} after the fault: {}, and not back within {:?}",
                told(last),
                self.back_within
            ));
        }
        misses
    }
}

/// When the attempts that an outage made hang are over, too.
fn back_within(expectation: Expectation) -> Duration {
    RECOVERY + expectation.budget
}

/// Tries a door until it works again.
fn comes_back(scene: &Scene, party: Party, door: Door, mended: Stopwatch) -> (Elapsed, Seen) {
    loop {
        let begun = mended.elapsed();
        let seen = door.attempt(scene, party, Phase::Healthy);
        if seen.verdict == Verdict::Accepted || mended.is_over(GIVE_UP) {
            // Not the time of the attempt that succeeded.
            return (begun, seen);
        }
        pause(Duration::from_millis(200));
    }
}

/// Does the same at several doors at once; the results in their order.
fn at_once<T: Send>(doors: &[Door], act: impl Fn(Door) -> T + Sync) -> Vec<T> {
    let results: Vec<Mutex<Option<T>>> = doors.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for (door, result) in doors.iter().zip(&results) {
            let act = &act;
            scope.spawn(move || *result.lock().expect("one thread each") = Some(act(*door)));
        }
    });
    results.into_iter().map(|result| result.into_inner().expect("no thread").expect("a result")).collect()
}

const GIVE_UP: Duration = Duration::from_secs(20);
