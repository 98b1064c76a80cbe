//! Every way through a stack, after libpam's own rules (pam.conf(5), and what _pam_dispatch does where that is silent).

use std::collections::{BTreeSet, HashSet};

use super::control::{Action, Outcome};
use super::lines::{Kind, Step};
use super::modules::Module;

/// What Postern said on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Said {
    /// Nobody asked it.
    Nothing,
    Yes,
    No,
    /// It does not answer.
    Down,
    /// It has nothing to say.
    Pass,
}

/// A way to the end of a stack on which somebody is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) said: Said,
    /// Whether anything but Postern's second step proved who it is.
    pub(super) is_proved: bool,
    /// The step that ended the stack, or jumped, before Postern was asked; and whether it did so as a password has to be
    /// changed.
    pub(super) past: Option<(usize, bool)>,
}

/// What there is to find in a stack.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) entries: BTreeSet<Entry>,
    /// Steps that fail, and do not keep the stack from asking Postern.
    pub(super) asked_after_failure: BTreeSet<usize>,
}

/// What is known of the service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground {
    pub(super) kind: Kind,
    /// Whether a first factor was proved before PAM was asked.
    pub(super) is_proved: bool,
    /// Whether Postern asks for a first factor itself.
    pub(super) postern_proves: bool,
    /// Whether Postern has nothing to say about some.
    pub(super) may_pass: bool,
}

/// Goes every way.
pub(super) fn explore(steps: &[Step], ground: Ground) -> Found {
    let mut found = Found::default();
    let mut seen = HashSet::new();
    let mut open = vec![State::start(ground)];
    while let Some(state) = open.pop() {
        let Some(step) = steps.get(state.at) else {
            found.entries.extend(state.entry());
            continue;
        };
        if step.module == Module::Postern
            && let Some(failed) = state.failed
            && !state.is_proved
        {
            found.asked_after_failure.insert(failed);
        }
        for &outcome in outcomes(step.module, ground) {
            let next = state.clone().after(steps, step, outcome, ground);
            if seen.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    found
}

/// What has been decided so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Impression {
    Undefined,
    Positive,
    /// Positive, and a password has to be changed.
    Expired,
    /// Positive by name, with an answer that is none.
    Odd,
    Negative,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    at: usize,
    level: usize,
    impression: Impression,
    /// What it was when each substack began.
    before: Vec<Impression>,
    said: Said,
    is_proved: bool,
    past: Option<(usize, bool)>,
    /// The first step that failed by [`Action::Bad`] after nothing was proved.
    failed: Option<usize>,
}

impl State {
    fn start(ground: Ground) -> Self {
        Self {
            at: 0,
            level: 0,
            impression: Impression::Undefined,
            before: vec![Impression::Undefined],
            said: Said::Nothing,
            is_proved: ground.is_proved,
            past: None,
            failed: None,
        }
    }

    fn entry(&self) -> Option<Entry> {
        let is_in = matches!(self.impression, Impression::Positive | Impression::Expired);
        let Self { said, is_proved, past, .. } = *self;
        is_in.then_some(Entry { said, is_proved, past })
    }

    fn after(mut self, steps: &[Step], step: &Step, outcome: Outcome, ground: Ground) -> Self {
        let level = step.level;
        if level > self.level {
            self.before.resize(level + 1, self.impression);
            if let Some(before) = self.before.get_mut(level) {
                *before = self.impression;
            }
        }
        self.level = level;
        self.learn(step, outcome, ground);
        let at = self.at;
        let action =
            if step.module == Module::Substack { Action::Ignore } else { step.control.action(outcome) };
        let mut next = at + 1;
        match action {
            Action::Ignore => {}
            Action::Reset => self.impression = self.before.get(level).copied().unwrap_or(self.impression),
            Action::Ok | Action::Done => {
                if matches!(self.impression, Impression::Undefined | Impression::Positive) {
                    self.impression = match outcome {
                        Outcome::Success => Impression::Positive,
                        Outcome::NewAuthtokReqd => Impression::Expired,
                        Outcome::Ignore
                        | Outcome::UserUnknown
                        | Outcome::AuthErr
                        | Outcome::PermDenied
                        | Outcome::Maxtries
                        | Outcome::AuthinfoUnavail => Impression::Odd,
                    };
                }
                if action == Action::Done && self.impression != Impression::Negative {
                    next = end_of_level(steps, at, level);
                }
            }
            Action::Bad => {
                self.impression = Impression::Negative;
                let is_first = step.module == Module::Proof || step.module == Module::Deny;
                if is_first && self.failed.is_none() {
                    self.failed = Some(at);
                }
            }
            Action::Die => {
                self.impression = Impression::Negative;
                next = end_of_level(steps, at, level);
            }
            Action::Jump(count) => next = jump(steps, at, level, count),
        }
        let skipped = steps.get(at + 1..next).unwrap_or_default();
        let is_past = skipped.iter().any(|step| step.module == Module::Postern);
        if is_past && self.said == Said::Nothing && self.past.is_none() {
            self.past = Some((at, outcome == Outcome::NewAuthtokReqd));
        }
        self.at = next;
        self
    }

    fn learn(&mut self, step: &Step, outcome: Outcome, ground: Ground) {
        match (step.module, outcome) {
            (Module::Postern, Outcome::Success) => {
                self.said = Said::Yes;
                self.is_proved |= ground.postern_proves;
            }
            (Module::Postern, Outcome::Ignore) => self.said = Said::Pass,
            (Module::Postern, Outcome::AuthinfoUnavail) => self.said = Said::Down,
            (Module::Postern, _) => self.said = Said::No,
            (Module::Proof, Outcome::Success) => self.is_proved = true,
            (..) => {}
        }
    }
}

/// What a module may answer.
fn outcomes(module: Module, ground: Ground) -> &'static [Outcome] {
    use Outcome::{
        AuthErr, AuthinfoUnavail, Ignore, Maxtries, NewAuthtokReqd, PermDenied, Success, UserUnknown,
    };
    match (module, ground.kind) {
        (Module::Postern, Kind::Auth) if ground.may_pass => {
            &[Success, AuthErr, Maxtries, AuthinfoUnavail, Ignore]
        }
        (Module::Postern, Kind::Auth) => &[Success, AuthErr, Maxtries, AuthinfoUnavail],
        (Module::Postern, Kind::Account) => &[Success, PermDenied, AuthinfoUnavail, Ignore],
        (Module::Deny, Kind::Auth) | (Module::RootOnly, Kind::Auth) => &[AuthErr],
        (Module::Deny, Kind::Account) | (Module::RootOnly, Kind::Account) => &[PermDenied],
        (Module::Permit | Module::Substack, Kind::Auth | Kind::Account) => &[Success],
        (Module::Condition | Module::Aside, Kind::Auth) => &[Success, AuthErr, Ignore],
        (Module::Condition | Module::Aside, Kind::Account) => &[Success, PermDenied, Ignore],
        (Module::Proof, Kind::Auth) => &[Success, AuthErr, UserUnknown, AuthinfoUnavail],
        (Module::Proof, Kind::Account) => &[Success, PermDenied, UserUnknown, NewAuthtokReqd, Ignore],
    }
}

/// Where a stack goes on that has decided: behind everything of this level, which at the outermost is its end.
fn end_of_level(steps: &[Step], at: usize, level: usize) -> usize {
    let rest = steps.get(at + 1..).unwrap_or_default();
    at + 1 + rest.iter().take_while(|step| step.level >= level).count()
}

/// Over so many modules of the same level; a substack counts as one.
fn jump(steps: &[Step], at: usize, level: usize, count: usize) -> usize {
    let level_at = |at: usize| steps.get(at).map(|step| step.level);
    let mut last = at;
    for _ in 0..count {
        if level_at(last + 1).is_none_or(|next| next < level) {
            break;
        }
        last += 1;
        while level_at(last + 1).is_some_and(|next| next > level) {
            last += 1;
        }
    }
    last + 1
}
