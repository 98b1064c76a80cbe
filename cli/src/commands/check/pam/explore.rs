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
            Action::Jump(count) => match jump(steps, at, level, count) {
                Some(landing) => next = landing,
                // Further than there are modules is an error, and the last of them.
                None => {
                    self.impression = Impression::Negative;
                    next = jump_to_last(steps, at, level);
                }
            },
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

/// Over so many modules of the same level, of which a substack counts as one; `None` where there are not as many.
fn jump(steps: &[Step], at: usize, level: usize, count: usize) -> Option<usize> {
    (0..count).try_fold(at, |last, _| over_one(steps, last, level)).map(|last| last + 1)
}

/// Where a jump ends that is too long.
fn jump_to_last(steps: &[Step], at: usize, level: usize) -> usize {
    let mut last = at;
    while let Some(next) = over_one(steps, last, level) {
        last = next;
    }
    last + 1
}

fn over_one(steps: &[Step], at: usize, level: usize) -> Option<usize> {
    let level_at = |at: usize| steps.get(at).map(|step| step.level);
    level_at(at + 1).filter(|next| *next >= level)?;
    let mut last = at + 1;
    while level_at(last + 1).is_some_and(|next| next > level) {
        last += 1;
    }
    Some(last)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::super::lines::{Files, flatten};
    use super::*;

    const OUTCOMES: [(&str, Outcome); 5] = [
        ("success", Outcome::Success),
        ("ignore", Outcome::Ignore),
        ("auth_err", Outcome::AuthErr),
        ("user_unknown", Outcome::UserUnknown),
        ("new_authtok_reqd", Outcome::NewAuthtokReqd),
    ];

    /// Whether a stack lets in where each module answers as its argument says.
    fn lets_in(steps: &[Step]) -> bool {
        let ground = Ground { kind: Kind::Auth, is_proved: false, postern_proves: true, may_pass: true };
        let mut state = State::start(ground);
        while let Some(step) = steps.get(state.at) {
            let word = step.arguments.first().map_or("success", |word| word.strip_prefix("auth=").unwrap());
            let outcome = OUTCOMES.iter().find(|(name, _)| *name == word).unwrap().1;
            state = state.after(steps, step, outcome, ground);
        }
        state.impression == Impression::Positive
    }

    /// A stack of some of everything, the same one for the same number.
    fn stack(mut number: u64, depth: u32) -> String {
        let mut pick = |from: u64| {
            // Knuth, The Art of Computer Programming, volume 2, section 3.3.4.
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (number >> 33) % from
        };
        let mut text = String::new();
        for line in 0..2 + pick(4) {
            if depth > 0 && pick(4) == 0 {
                let word = if pick(2) == 0 { "substack" } else { "include" };
                text.push_str(&format!("auth {word} deep{}\n", (line + pick(2)) % 2));
                continue;
            }
            let actions = ["ok", "done", "bad", "die", "ignore", "reset", "1", "2"];
            let mut action = || actions[pick(8) as usize];
            let bracketed = format!("[success={} auth_err={} default={}]", action(), action(), action());
            let words = ["required", "requisite", "sufficient", "optional", &bracketed, &bracketed];
            let control = words[pick(6) as usize];
            text.push_str(&format!("auth {control} pam_debug.so auth={}\n", OUTCOMES[pick(5) as usize].0));
        }
        text
    }

    #[test]
    #[ignore = "asks the real libpam, by pamtester and libpam-wrapper"]
    fn libpam_itself_decides_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (mut agreed, mut let_in) = (0, 0);
        for number in 0..400 {
            let files: Files = [
                ("test", stack(number, 1)),
                ("deep0", stack(number + 1000, 0)),
                ("deep1", stack(number + 2000, 0)),
            ]
            .map(|(name, text)| (name.to_owned(), text))
            .into();
            for (name, text) in &files {
                // Its own folder is known to the wrapper alone, and not to what is included.
                let text = text.replace(" deep", &format!(" {}/deep", folder.path().display()));
                std::fs::write(folder.path().join(name), text).unwrap();
            }
            let mut pamtester = Command::new("/usr/bin/pamtester");
            pamtester.args(["test", "root", "authenticate"]).current_dir("/").stdin(Stdio::null());
            pamtester.env("LD_PRELOAD", "libpam_wrapper.so").env("PAM_WRAPPER", "1");
            pamtester.env("PAM_WRAPPER_SERVICE_DIR", folder.path());
            let ran = pamtester.output().unwrap_or_else(|error| panic!("pamtester: {error}"));
            let said = String::from_utf8_lossy(&ran.stderr);
            assert!(said.contains("pamtester:") || ran.status.success(), "{said}");
            let expected = lets_in(&flatten(&files, "test", Kind::Auth));
            assert_eq!(ran.status.success(), expected, "{number}: {files:#?}\n{said}");
            agreed += 1;
            let_in += u32::from(expected);
        }
        println!("{agreed} stacks, of which {let_in} let in");
        assert!(let_in > 20 && let_in < 380);
    }
}
