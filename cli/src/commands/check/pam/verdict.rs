use std::collections::BTreeSet;

use postern_core::policy::LoginService;

use super::explore::{Entry, Ground, Said, explore};
use super::lines::{Kind, Step};
use super::modules::Module;
use crate::commands::check::remark::Remark;

/// The stacks of one service, and what Postern is told about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stack<'a> {
    pub(super) file: &'a str,
    /// What Postern calls it.
    pub(super) service: &'a str,
    pub(super) login: &'a LoginService,
    /// Whether the program proves a first factor before it asks PAM.
    pub(super) first_is_proved: bool,
}

impl Stack<'_> {
    /// What lets people past in the section `auth`.
    pub(super) fn auth(self, steps: &[Step]) -> Vec<Remark> {
        let file = self.file;
        let mut remarks = Vec::new();
        let Some(postern) = steps.iter().find(|step| step.module == Module::Postern) else {
            remarks.push(Remark::warn(format!(
                "{file}: asks Postern in the account section alone, where whoever needs a second factor is refused; add to the auth section: pam_postern.so"
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
            Ground {
                kind: Kind::Auth,
                is_proved: self.first_is_proved,
                postern_proves: !is_stack,
                may_pass: is_stack || self.login.ignores_strangers,
            },
        );
        self.entries((Kind::Auth, steps), postern, &found.entries, &mut remarks);
        for step in found.asked_after_failure.iter().filter_map(|at| steps.get(*at)).filter(|_| is_stack) {
            remarks.push(Remark::fail(format!(
                "{file}: {} fails and the stack goes on, so that strangers are asked for codes; {}",
                step.described(),
                self.as_requisite(step)
            )));
        }
        let is_code_alone = |entry: &&Entry| entry.said == Said::Yes && !entry.is_proved;
        if found.entries.iter().any(|entry| is_code_alone(&entry)) {
            remarks.push(Remark::fail(format!(
                "{file}: {} takes the stack's word for the first factor (first = \"stack\", or \"auto\" with try_first_pass), and nothing before it has to succeed: a code alone lets people in; put a requisite module before it, or set first = \"directory\"",
                postern.described()
            )));
        }
        if found.entries.iter().any(|entry| entry.said == Said::Pass && !entry.is_proved) {
            remarks.push(Remark::fail(format!(
                "{file}: whom {} leaves alone gets in without any password, as nothing else in the stack asks for one",
                postern.described()
            )));
        }
        remarks
    }

    /// What lets people past in the section `account`.
    pub(super) fn account(self, steps: &[Step]) -> Vec<Remark> {
        let mut remarks = Vec::new();
        if !self.login.enforces_account {
            return remarks;
        }
        let file = self.file;
        let Some(postern) = steps.iter().find(|step| step.module == Module::Postern) else {
            remarks.push(Remark::fail(format!(
                "{file}: account = \"enforce\" needs pam_postern.so in the account section: without it a key alone, or sudo's NOPASSWD, lets people past; add: account required pam_postern.so"
            )));
            return remarks;
        };
        remarks.extend(self.way_in_an_outage(steps));
        let ground = Ground { kind: Kind::Account, is_proved: true, postern_proves: true, may_pass: true };
        self.entries((Kind::Account, steps), postern, &explore(steps, ground).entries, &mut remarks);
        remarks
    }

    /// Where strangers are refused, an outage must not let any of them in.
    fn way_in_an_outage(self, steps: &[Step]) -> Option<Remark> {
        let is_way = |word: &String| word.starts_with("local_group=") || word.starts_with("uid_min=");
        let postern = |step: &&Step| step.module == Module::Postern && step.arguments.iter().any(is_way);
        let step = steps.iter().find(postern).filter(|_| !self.login.ignores_strangers)?;
        Some(Remark::warn(format!(
            "{}: {} has local_group or uid_min, which leave local users to the other modules while posternd is down, and not_in_directory = \"reject\" refuses them while it is there; take the one away or set the other to \"ignore\"",
            self.file,
            step.described()
        )))
    }

    /// Whether the module is handed a password that another one before it asked for.
    fn hands_on_password(self, steps: &[Step]) -> bool {
        let Some(at) = steps.iter().position(|step| step.module == Module::Postern) else { return false };
        let is_told = |step: &Step| {
            step.arguments.iter().any(|word| matches!(word.as_str(), "try_first_pass" | "use_first_pass"))
        };
        steps.get(at).is_some_and(is_told) && steps.iter().take(at).any(|step| step.module == Module::Proof)
    }

    /// Whether the line is the service's own. Another one is included elsewhere, too, and no business of this service's.
    fn is_own(self, step: &Step) -> bool {
        step.stands_in() == self.file
    }

    /// Where a line has to go that has to be before `step`.
    fn before(self, step: &Step) -> String {
        if self.is_own(step) {
            return "it".to_owned();
        }
        format!("the line of {} that includes {}, and not into that file", self.file, step.stands_in())
    }

    fn as_requisite(self, step: &Step) -> String {
        if self.is_own(step) {
            return "write requisite in its place".to_owned();
        }
        let (file, other) = (self.file, step.stands_in());
        format!("in {file} write a requisite module in the place of the line that includes {other}")
    }

    /// What the two sections have in common: Postern is asked, and its no counts.
    fn entries(
        self,
        (kind, steps): (Kind, &[Step]),
        postern: &Step,
        entries: &BTreeSet<Entry>,
        remarks: &mut Vec<Remark>,
    ) {
        let file = format!("{} ({})", self.file, kind.word());
        let mut named = Vec::new();
        for (at, is_expired) in entries.iter().filter_map(|entry| entry.past) {
            let Some(step) = steps.get(at).filter(|_| !named.contains(&at)) else { continue };
            named.push(at);
            let described = step.described();
            remarks.push(match (step.module, is_expired) {
                (_, true) => Remark::warn(format!(
                    "{file}: {described} ends the account section for whoever's password has to be changed, before pam_postern.so is asked; put pam_postern.so before {}",
                    self.before(step)
                )),
                (Module::Condition, false) => Remark::warn(format!(
                    "{file}: {described} lets some people past pam_postern.so, by who they are"
                )),
                (
                    Module::Postern
                    | Module::Deny
                    | Module::Permit
                    | Module::RootOnly
                    | Module::Aside
                    | Module::Proof
                    | Module::Substack,
                    false,
                ) => Remark::fail(format!(
                    "{file}: {described} lets people past pam_postern.so, which is never asked; put pam_postern.so before {}{}",
                    self.before(step),
                    if self.is_own(step) { ", or write requisite in its place" } else { "" }
                )),
            });
        }
        let is_said = |said: Said| entries.iter().any(|entry| entry.said == said);
        if is_said(Said::No) {
            remarks.push(Remark::fail(format!(
                "{file}: where {} says no, other modules let people in all the same; write [success=done ignore=ignore default=die] in the place of its control",
                postern.described()
            )));
        } else if is_said(Said::Down) {
            remarks.push(Remark::fail(format!(
                "{file}: where posternd does not answer {} lets people in; take authinfo_unavail out of its control",
                postern.described()
            )));
        }
    }
}
