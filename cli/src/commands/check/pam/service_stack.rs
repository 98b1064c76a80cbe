use std::collections::BTreeSet;

use postern_core::policy::LoginService;
use postern_pam_stack::{
    Assumptions, Bypass, ManagementGroup, ModuleRole, PosternAnswer, Step, WayIn, explore, postern_step,
};

use crate::commands::check::remark::Remark;

/// One service with its PAM file and its configuration, to word findings about.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServiceStack<'a> {
    pub(super) file: &'a str,
    /// Postern's name for the service.
    pub(super) service: &'a str,
    pub(super) login: &'a LoginService,
    /// Whether the program proves a first factor before it asks PAM.
    pub(super) first_is_proved: bool,
}

impl ServiceStack<'_> {
    /// Findings about the `auth` stack.
    pub(super) fn auth(self, steps: &[Step]) -> Vec<Remark> {
        let file = self.file;
        let mut remarks = Vec::new();
        let Some(postern) = postern_step(steps) else {
            remarks.push(Remark::warn(format!(
                "{file}: asks Postern in the account section alone, where users who need a second factor are refused; add to the auth section: pam_postern.so"
            )));
            return remarks;
        };
        let hands_on = self.hands_on_password(steps);
        let is_stack = self.login.first.is_stack(hands_on);
        if hands_on && !is_stack {
            let service = self.service;
            remarks.push(Remark::warn(format!(
                "{file}: {} is handed a password that was right already, and [services.{service}] first = \"directory\" checks it in the directory once more, where another one may be right; set first = \"stack\" or \"auto\"",
                postern.described()
            )));
        }
        remarks.extend(self.way_in_an_outage(steps));
        let found = explore(
            steps,
            Assumptions {
                group: ManagementGroup::Auth,
                first_factor_is_proved: self.first_is_proved,
                postern_proves_first: !is_stack,
                postern_may_ignore: is_stack || self.login.ignores_strangers,
            },
        );
        remarks.extend(self.bypasses(ManagementGroup::Auth, steps, &found.ways_in));
        remarks.extend(self.refusal_that_does_not_count(ManagementGroup::Auth, postern, &found.ways_in));
        for step in found.asked_after_failure.iter().filter_map(|at| steps.get(*at)).filter(|_| is_stack) {
            remarks.push(Remark::fail(format!(
                "{file}: {} fails and the stack goes on, so that strangers are asked for codes; {}",
                step.described(),
                self.as_requisite(step)
            )));
        }
        let unproved = |answer| found.ways_in.iter().any(|way| way.postern == answer && !way.is_proved);
        if unproved(PosternAnswer::Accepts) {
            remarks.push(Remark::fail(format!(
                "{file}: {} takes the stack's word for the first factor (first = \"stack\", or \"auto\" with try_first_pass), and nothing before it has to succeed: a code alone lets people in; put a requisite module before it, or set first = \"directory\"",
                postern.described()
            )));
        }
        if unproved(PosternAnswer::Ignores) {
            remarks.push(Remark::fail(format!(
                "{file}: whom {} leaves alone gets in without any password, as nothing else in the stack asks for one",
                postern.described()
            )));
        }
        remarks
    }

    /// Findings about the `account` stack.
    pub(super) fn account(self, steps: &[Step]) -> Vec<Remark> {
        let mut remarks = Vec::new();
        if !self.login.enforces_account {
            return remarks;
        }
        let file = self.file;
        let Some(postern) = postern_step(steps) else {
            remarks.push(Remark::fail(format!(
                "{file}: account = \"enforce\" needs pam_postern.so in the account section: without it a key alone, or sudo's NOPASSWD, lets people past; add: account required pam_postern.so"
            )));
            return remarks;
        };
        remarks.extend(self.way_in_an_outage(steps));
        let group = ManagementGroup::Account;
        let assumptions = Assumptions {
            group,
            first_factor_is_proved: true,
            postern_proves_first: true,
            postern_may_ignore: true,
        };
        let ways_in = explore(steps, assumptions).ways_in;
        remarks.extend(self.bypasses(group, steps, &ways_in));
        remarks.extend(self.refusal_that_does_not_count(group, postern, &ways_in));
        remarks
    }

    /// If unknown users are refused, an outage must not let any of them in.
    fn way_in_an_outage(self, steps: &[Step]) -> Option<Remark> {
        let is_way = |word: &String| word.starts_with("local_group=") || word.starts_with("uid_min=");
        let postern = |step: &&Step| step.role == ModuleRole::Postern && step.arguments.iter().any(is_way);
        let step = steps.iter().find(postern).filter(|_| !self.login.ignores_strangers)?;
        Some(Remark::warn(format!(
            "{}: {} has local_group or uid_min, which leave local users to the other modules while posternd is down, and not_in_directory = \"reject\" refuses them while it is there; take the one away or set the other to \"ignore\"",
            self.file,
            step.described()
        )))
    }

    /// Whether Postern receives a password that an earlier module asked for.
    fn hands_on_password(self, steps: &[Step]) -> bool {
        let Some(at) = steps.iter().position(|step| step.role == ModuleRole::Postern) else { return false };
        let is_told = |step: &Step| {
            step.arguments.iter().any(|word| matches!(word.as_str(), "try_first_pass" | "use_first_pass"))
        };
        steps.get(at).is_some_and(is_told)
            && steps.iter().take(at).any(|step| step.role == ModuleRole::Authenticator)
    }

    /// Whether the line is in the service's own file. An included line serves other services, too, and must not be edited.
    fn is_own(self, step: &Step) -> bool {
        step.source_file() == self.file
    }

    /// Where a line must be inserted to run before `step`.
    fn before(self, step: &Step) -> String {
        if self.is_own(step) {
            return "it".to_owned();
        }
        format!("the line of {} that includes {}, and not into that file", self.file, step.source_file())
    }

    fn as_requisite(self, step: &Step) -> String {
        if self.is_own(step) {
            return "write requisite in its place".to_owned();
        }
        let (file, other) = (self.file, step.source_file());
        format!("in {file} write a requisite module instead of the line that includes {other}")
    }

    /// Steps that end the stack, or jump, before Postern is asked.
    fn bypasses(self, group: ManagementGroup, steps: &[Step], ways_in: &BTreeSet<WayIn>) -> Vec<Remark> {
        let file = format!("{} ({})", self.file, group.as_str());
        let (mut named, mut remarks) = (Vec::new(), Vec::new());
        for Bypass { step: at, is_expired } in ways_in.iter().filter_map(|way| way.bypass) {
            let Some(step) = steps.get(at).filter(|_| !named.contains(&at)) else { continue };
            named.push(at);
            let described = step.described();
            remarks.push(match (step.role, is_expired) {
                (_, true) => Remark::warn(format!(
                    "{file}: {described} ends the account section for users whose password has to be changed, before pam_postern.so is asked; put pam_postern.so before {}",
                    self.before(step)
                )),
                (ModuleRole::Condition, false) => Remark::warn(format!(
                    "{file}: {described} lets some people past pam_postern.so, by who they are"
                )),
                (
                    ModuleRole::Postern
                    | ModuleRole::Deny
                    | ModuleRole::Permit
                    | ModuleRole::RootOnly
                    | ModuleRole::Auxiliary
                    | ModuleRole::Authenticator
                    | ModuleRole::Substack,
                    false,
                ) => Remark::fail(format!(
                    "{file}: {described} lets people past pam_postern.so, which is never asked; put pam_postern.so before {}{}",
                    self.before(step),
                    if self.is_own(step) { ", or write requisite in its place" } else { "" }
                )),
            });
        }
        remarks
    }

    /// A control that lets users in though Postern refuses them, or while posternd is down.
    fn refusal_that_does_not_count(
        self,
        group: ManagementGroup,
        postern: &Step,
        ways_in: &BTreeSet<WayIn>,
    ) -> Option<Remark> {
        let file = format!("{} ({})", self.file, group.as_str());
        let lets_in_after = |answer| ways_in.iter().any(|way| way.postern == answer);
        if lets_in_after(PosternAnswer::Refuses) {
            return Some(Remark::fail(format!(
                "{file}: where {} says no, other modules let people in all the same; write [success=done ignore=ignore default=die] instead of its control",
                postern.described()
            )));
        }
        lets_in_after(PosternAnswer::Unavailable).then(|| {
            Remark::fail(format!(
                "{file}: where posternd does not answer {} lets people in; take authinfo_unavail out of its control",
                postern.described()
            ))
        })
    }
}
