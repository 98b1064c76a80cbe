//! Every way through a stack, by libpam's own rules (pam.conf(5), and `_pam_dispatch` where that is silent).

use std::collections::{BTreeSet, HashSet};

use crate::control::{Action, ReturnCode};
use crate::module::ModuleRole;
use crate::stack::{Files, ManagementGroup, Step, flatten};

/// What Postern answered on a way through a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PosternAnswer {
    /// The stack did not ask it.
    NotAsked,
    /// It accepted the login.
    Accepts,
    /// It refused the login.
    Refuses,
    /// posternd was not available.
    Unavailable,
    /// It left the login to the other modules.
    Ignores,
}

/// A way to the end of a stack on which the user is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WayIn {
    /// The last answer of Postern.
    pub postern: PosternAnswer,
    /// Whether the identity was proved by more than Postern's second step.
    pub is_proved: bool,
    /// What led past Postern, if it was not asked.
    pub bypass: Option<Bypass>,
}

/// A step that ends the stack, or jumps, before Postern is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bypass {
    /// Its index in the stack.
    pub step: usize,
    /// Whether it does so because the password has to be changed (`PAM_NEW_AUTHTOK_REQD`).
    pub is_expired: bool,
}

/// What a stack allows.
#[derive(Debug, Default)]
pub struct Exploration {
    /// Every way on which the user is let in.
    pub ways_in: BTreeSet<WayIn>,
    /// The indices of steps after whose failure the stack still asks Postern, though nothing has been proved.
    pub asked_after_failure: BTreeSet<usize>,
}

/// What is known about the service and about Postern's settings for it.
#[derive(Debug, Clone, Copy)]
pub struct Assumptions {
    /// Which stack it is.
    pub group: ManagementGroup,
    /// Whether the program proves a first factor before it asks PAM.
    pub first_factor_is_proved: bool,
    /// Whether Postern asks for a first factor itself.
    pub postern_proves_first: bool,
    /// Whether Postern may answer `PAM_IGNORE`.
    pub postern_may_ignore: bool,
}

impl Assumptions {
    /// Nothing is proved before or by Postern. For stacks that do not ask it, the last two make no difference.
    #[must_use]
    pub fn without_postern(group: ManagementGroup) -> Self {
        Self { group, first_factor_is_proved: false, postern_proves_first: false, postern_may_ignore: false }
    }
}

/// Follows every combination of return codes to the end of the stack.
#[must_use]
pub fn explore(steps: &[Step], assumptions: Assumptions) -> Exploration {
    let mut found = Exploration::default();
    let mut seen = HashSet::new();
    let mut open = vec![State::start(assumptions)];
    while let Some(state) = open.pop() {
        let Some(step) = steps.get(state.at) else {
            found.ways_in.extend(state.way_in());
            continue;
        };
        if step.role == ModuleRole::Postern
            && let Some(failed) = state.failed
            && !state.is_proved
        {
            found.asked_after_failure.insert(failed);
        }
        for &code in return_codes(step.role, assumptions) {
            let next = state.clone().after(steps, step, code, assumptions);
            if seen.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    found
}

/// Whether the `auth` stack of a service can let in a user who is not root already. Without a file of its own, libpam takes
/// the stack of `other`.
#[must_use]
pub fn can_succeed(files: &Files, service: &str) -> bool {
    let file = if files.contains_key(service) { service } else { "other" };
    let steps = flatten(files, file, ManagementGroup::Auth);
    !explore(&steps, Assumptions::without_postern(ManagementGroup::Auth)).ways_in.is_empty()
}

/// What the stack has decided so far; libpam calls it the impression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Impression {
    Undefined,
    Positive,
    /// Positive, and a password has to be changed.
    Expired,
    /// Positive, by a return code that is no success.
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
    postern: PosternAnswer,
    is_proved: bool,
    bypass: Option<Bypass>,
    /// The first step that failed by [`Action::Bad`].
    failed: Option<usize>,
}

impl State {
    fn start(assumptions: Assumptions) -> Self {
        Self {
            at: 0,
            level: 0,
            impression: Impression::Undefined,
            before: vec![Impression::Undefined],
            postern: PosternAnswer::NotAsked,
            is_proved: assumptions.first_factor_is_proved,
            bypass: None,
            failed: None,
        }
    }

    fn way_in(&self) -> Option<WayIn> {
        let is_in = matches!(self.impression, Impression::Positive | Impression::Expired);
        let Self { postern, is_proved, bypass, .. } = *self;
        is_in.then_some(WayIn { postern, is_proved, bypass })
    }

    fn after(mut self, steps: &[Step], step: &Step, code: ReturnCode, assumptions: Assumptions) -> Self {
        let level = step.level;
        if level > self.level {
            self.before.resize(level + 1, self.impression);
            if let Some(before) = self.before.get_mut(level) {
                *before = self.impression;
            }
        }
        // What was before a substack that has ended decides nothing more.
        self.before.truncate(level + 1);
        self.level = level;
        self.learn(step.role, code, assumptions);
        let at = self.at;
        let action =
            if step.role == ModuleRole::Substack { Action::Ignore } else { step.control.action(code) };
        let mut next = at + 1;
        match action {
            Action::Ignore => {}
            Action::Reset => self.impression = self.before.get(level).copied().unwrap_or(self.impression),
            Action::Ok | Action::Done => {
                if matches!(self.impression, Impression::Undefined | Impression::Positive) {
                    self.impression = match code {
                        ReturnCode::Success => Impression::Positive,
                        ReturnCode::NewAuthtokReqd => Impression::Expired,
                        ReturnCode::Ignore
                        | ReturnCode::UserUnknown
                        | ReturnCode::AuthErr
                        | ReturnCode::PermDenied
                        | ReturnCode::Maxtries
                        | ReturnCode::AuthinfoUnavail => Impression::Odd,
                    };
                }
                if action == Action::Done && self.impression != Impression::Negative {
                    next = end_of_level(steps, at, level);
                }
            }
            Action::Bad => {
                self.impression = Impression::Negative;
                let refuses = step.role == ModuleRole::Authenticator || step.role == ModuleRole::Deny;
                if refuses && self.failed.is_none() {
                    self.failed = Some(at);
                }
            }
            Action::Die => {
                self.impression = Impression::Negative;
                next = end_of_level(steps, at, level);
            }
            Action::Jump(count) => match jump(steps, at, level, count) {
                Some(landing) => next = landing,
                // A jump beyond the last module is an error, and lands on that one.
                None => {
                    self.impression = Impression::Negative;
                    next = jump_to_last(steps, at, level);
                }
            },
        }
        let skipped = steps.get(at + 1..next).unwrap_or_default();
        let skips_postern = skipped.iter().any(|step| step.role == ModuleRole::Postern);
        if skips_postern && self.postern == PosternAnswer::NotAsked && self.bypass.is_none() {
            self.bypass = Some(Bypass { step: at, is_expired: code == ReturnCode::NewAuthtokReqd });
        }
        self.at = next;
        self
    }

    fn learn(&mut self, role: ModuleRole, code: ReturnCode, assumptions: Assumptions) {
        match (role, code) {
            (ModuleRole::Postern, ReturnCode::Success) => {
                self.postern = PosternAnswer::Accepts;
                self.is_proved |= assumptions.postern_proves_first;
            }
            (ModuleRole::Postern, ReturnCode::Ignore) => self.postern = PosternAnswer::Ignores,
            (ModuleRole::Postern, ReturnCode::AuthinfoUnavail) => self.postern = PosternAnswer::Unavailable,
            (ModuleRole::Postern, _) => self.postern = PosternAnswer::Refuses,
            (ModuleRole::Authenticator, ReturnCode::Success) => self.is_proved = true,
            (..) => {}
        }
    }
}

/// What a module may return.
fn return_codes(role: ModuleRole, assumptions: Assumptions) -> &'static [ReturnCode] {
    use ReturnCode::{
        AuthErr, AuthinfoUnavail, Ignore, Maxtries, NewAuthtokReqd, PermDenied, Success, UserUnknown,
    };
    match (role, assumptions.group) {
        (ModuleRole::Postern, ManagementGroup::Auth) if assumptions.postern_may_ignore => {
            &[Success, AuthErr, Maxtries, AuthinfoUnavail, Ignore]
        }
        (ModuleRole::Postern, ManagementGroup::Auth) => &[Success, AuthErr, Maxtries, AuthinfoUnavail],
        (ModuleRole::Postern, ManagementGroup::Account) => &[Success, PermDenied, AuthinfoUnavail, Ignore],
        (ModuleRole::Deny, ManagementGroup::Auth) | (ModuleRole::RootOnly, ManagementGroup::Auth) => {
            &[AuthErr]
        }
        (ModuleRole::Deny, ManagementGroup::Account) | (ModuleRole::RootOnly, ManagementGroup::Account) => {
            &[PermDenied]
        }
        (ModuleRole::Permit | ModuleRole::Substack, ManagementGroup::Auth | ManagementGroup::Account) => {
            &[Success]
        }
        (ModuleRole::Condition | ModuleRole::Auxiliary, ManagementGroup::Auth) => &[Success, AuthErr, Ignore],
        (ModuleRole::Condition | ModuleRole::Auxiliary, ManagementGroup::Account) => {
            &[Success, PermDenied, Ignore]
        }
        (ModuleRole::Authenticator, ManagementGroup::Auth) => {
            &[Success, AuthErr, UserUnknown, AuthinfoUnavail]
        }
        (ModuleRole::Authenticator, ManagementGroup::Account) => {
            &[Success, PermDenied, UserUnknown, NewAuthtokReqd, Ignore]
        }
    }
}

/// Where the stack goes on after a decision: behind everything of this level, which at the outermost is the end.
fn end_of_level(steps: &[Step], at: usize, level: usize) -> usize {
    let rest = steps.get(at + 1..).unwrap_or_default();
    at + 1 + rest.iter().take_while(|step| step.level >= level).count()
}

/// Skips modules of the same level, of which a substack counts as one. `None` if there are fewer than `count`.
fn jump(steps: &[Step], at: usize, level: usize, count: usize) -> Option<usize> {
    (0..count).try_fold(at, |last, _| over_one(steps, last, level)).map(|last| last + 1)
}

/// Where a jump lands that is too long.
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

    use super::*;

    const RETURN_CODES: [(&str, ReturnCode); 5] = [
        ("success", ReturnCode::Success),
        ("ignore", ReturnCode::Ignore),
        ("auth_err", ReturnCode::AuthErr),
        ("user_unknown", ReturnCode::UserUnknown),
        ("new_authtok_reqd", ReturnCode::NewAuthtokReqd),
    ];

    /// Whether a stack succeeds if each module returns what its argument says.
    fn lets_in(steps: &[Step]) -> bool {
        let assumptions = Assumptions {
            group: ManagementGroup::Auth,
            first_factor_is_proved: false,
            postern_proves_first: true,
            postern_may_ignore: true,
        };
        let mut state = State::start(assumptions);
        while let Some(step) = steps.get(state.at) {
            let word = step.arguments.first().map_or("success", |word| word.strip_prefix("auth=").unwrap());
            let code = RETURN_CODES.iter().find(|(name, _)| *name == word).unwrap().1;
            state = state.after(steps, step, code, assumptions);
        }
        state.impression == Impression::Positive
    }

    /// A stack of pseudorandom lines, the same one for the same number.
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
            text.push_str(&format!(
                "auth {control} pam_debug.so auth={}\n",
                RETURN_CODES[pick(5) as usize].0
            ));
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
            let expected = lets_in(&flatten(&files, "test", ManagementGroup::Auth));
            assert_eq!(ran.status.success(), expected, "{number}: {files:#?}\n{said}");
            agreed += 1;
            let_in += u32::from(expected);
        }
        println!("{agreed} stacks, of which {let_in} let in");
        assert!(let_in > 20 && let_in < 380);
    }

    /// What was before each nested substack made as many states as there are ways through all of them.
    #[test]
    fn substacks_that_include_each_other_are_explored_at_once() {
        let other = "auth required pam_permit.so\nauth sufficient pam_unix.so\nauth substack sshd\n";
        let files = [("sshd", "auth substack other\nauth substack other\n"), ("other", other)];
        let files = Files::from(files.map(|(name, text)| (name.to_owned(), text.to_owned())));
        let steps = flatten(&files, "sshd", ManagementGroup::Auth);
        assert!(steps.len() < 10 && can_succeed(&files, "sshd"), "{}", steps.len());
    }
}
