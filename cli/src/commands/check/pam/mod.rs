//! Words what `postern-pam-stack` finds in a host's PAM files, and says how to fix it. It reads no file itself.

mod programs;
mod service_stack;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use postern_core::policy::{Service, ServiceKind};
use postern_pam_stack::{
    Files, ManagementGroup, ModuleRole, Step, can_succeed, flatten, included_files, postern_step,
};

use super::remark::Remark;
use programs::{GIVES_ROOT, PROGRAMS};
use service_stack::ServiceStack;

/// The findings about the services of a host, and the services that ask Postern.
#[derive(Debug, Default)]
pub(super) struct Examined {
    pub(super) remarks: Vec<Remark>,
    /// By the names that Postern has for them.
    pub(super) asking: BTreeSet<String>,
}

/// Examines every service. `proves_first` tells whether a service's program proves a first factor itself before it asks PAM.
pub(super) fn examine(
    files: &Files,
    services: &BTreeMap<String, Service>,
    proves_first: impl Fn(&str) -> bool,
) -> Examined {
    let mut examined = Examined::default();
    let fragments = included_files(files);
    let shared = shared(files, services, &fragments);
    examined.remarks.extend(shared.iter().map(|(fragment, others)| in_a_shared_file(fragment, others)));
    for file in files.keys().filter(|file| !fragments.contains(*file) || services.contains_key(*file)) {
        let (auth, account) =
            (flatten(files, file, ManagementGroup::Auth), flatten(files, file, ManagementGroup::Account));
        let Some(name) = asks_as(file, &auth).or_else(|| asks_as(file, &account)) else { continue };
        examined.asking.insert(name.to_owned());
        let is_by_include = |step: &Step| shared.contains_key(step.source_file());
        let is_shared = postern_step(&auth).into_iter().chain(postern_step(&account)).all(is_by_include);
        let why_left_out = programs::why_left_out(file);
        let Some(service) = services.get(name) else {
            // The finding about a shared file covers every service that includes it.
            if !is_shared {
                examined.remarks.push(Remark::fail(unconfigured(file, name, why_left_out)));
            }
            continue;
        };
        if let Some(why) = why_left_out.filter(|_| !is_shared) {
            examined
                .remarks
                .push(Remark::fail(format!("{file}: {why}; take pam_postern.so out of its stack")));
        }
        // A mail service takes one secret. Dovecot itself decides what comes before and after it.
        let ServiceKind::Login(login) = &service.kind else { continue };
        let stack = ServiceStack { file, service: name, login, first_is_proved: proves_first(name) };
        examined.remarks.extend(stack.auth(&auth));
        examined.remarks.extend(stack.account(&account));
    }
    examined.remarks.extend(other_ways(files));
    examined
}

fn unconfigured(file: &str, name: &str, why_left_out: Option<&str>) -> String {
    let asks = format!(
        "{file}: asks Postern for the service {name}, which is not configured, so that all users are refused"
    );
    match why_left_out {
        Some(why) => format!("{asks}; {why}: take pam_postern.so out of its stack"),
        None => format!("{asks}; add [services.{name}] with {}", programs::settings(name)),
    }
}

/// The included files that ask Postern for every service that includes them, each with the services that this breaks.
fn shared<'a>(
    files: &'a Files,
    services: &BTreeMap<String, Service>,
    fragments: &BTreeSet<String>,
) -> BTreeMap<&'a str, Vec<&'a str>> {
    let is_fragment = |file: &str| {
        fragments.contains(file) && !services.contains_key(file) && programs::why_left_out(file).is_none()
    };
    let mut broken_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in files.keys().filter(|file| !is_fragment(file)) {
        for step in [ManagementGroup::Auth, ManagementGroup::Account]
            .into_iter()
            .flat_map(|group| flatten(files, file, group))
        {
            if step.role != ModuleRole::Postern || !is_fragment(step.source_file()) {
                continue;
            }
            let Some((fragment, _)) = files.get_key_value(step.source_file()) else { continue };
            let broken = broken_by.entry(fragment).or_default();
            if !services.contains_key(file) && !broken.contains(&file.as_str()) {
                broken.push(file);
            }
        }
    }
    let is_of_distribution = |file: &str| COMMON.iter().any(|beginning| file.starts_with(beginning));
    broken_by.retain(|fragment, broken| !broken.is_empty() || is_of_distribution(fragment));
    broken_by
}

fn in_a_shared_file(fragment: &str, broken: &[&str]) -> Remark {
    let whom = if broken.is_empty() { String::new() } else { format!(", such as {}", broken.join(", ")) };
    Remark::fail(format!(
        "{fragment}: pam_postern.so asks there for every service that includes it{whom}: cron jobs, chsh and user@.service fail, and so does root at the console while posternd is down; take it out of {fragment}, configure none of these services, and put pam_postern.so into the files of those alone that are to ask, as those of /usr/share/postern/examples/pam"
    ))
}

/// Ways around Postern: another service of a program that asks it, or another program that grants root.
fn other_ways(files: &Files) -> Vec<Remark> {
    let asks = |service: &str| asks(files, service, ManagementGroup::Auth);
    let mut remarks = Vec::new();
    for program in PROGRAMS {
        let (asking, others): (Vec<_>, Vec<_>) =
            program.services(|name| files.contains_key(name)).into_iter().partition(|(name, _)| asks(name));
        let Some((asking, _)) = asking.first() else { continue };
        for (service, called) in others.into_iter().filter(|(service, _)| can_succeed(files, service)) {
            let which = if files.contains_key(service) {
                ""
            } else {
                " has no file, so that `other` decides, and it"
            };
            remarks.push(Remark::fail(format!(
                "{service}:{which} does not ask Postern, as {asking} does: `{called}` goes past it; install /usr/share/postern/examples/pam/{}",
                if SHIPPED.contains(&service) { service } else { asking }
            )));
        }
    }
    let sshds = || files.keys().filter(|name| *name == "sshd" || programs::is_another_sshd(name));
    if sshds().any(|service| asks(service)) {
        for service in sshds() {
            if !asks(service) && can_succeed(files, service) {
                remarks.push(Remark::warn(format!(
                    "{service}: an sshd that runs under this name asks it, and it does not ask Postern, as another sshd does; give it the stack of /usr/share/postern/examples/pam/sshd with pam_postern.so service=sshd, or remove the file"
                )));
            }
        }
    }
    if asks("sudo") || asks("sudo-i") {
        for service in GIVES_ROOT {
            if files.contains_key(service) && !asks(service) && can_succeed(files, service) {
                remarks.push(Remark::warn(format!(
                    "{service}: grants root (pkexec, run0, doas) to users whom sudo asks for a code, and does not ask Postern; give it the auth section of /usr/share/postern/examples/pam/sudo, and [services.{service}] {}",
                    programs::settings(service)
                )));
            }
        }
    }
    remarks
}

/// How the names of the files begin that all services of a distribution include.
const COMMON: [&str; 7] =
    ["common-", "system-", "password-auth", "fingerprint-auth", "smartcard-auth", "postlogin", "base-auth"];

/// The services of [`PROGRAMS`] that packaging/pam has a file for.
const SHIPPED: [&str; 5] = ["login", "su", "su-l", "sudo", "sudo-i"];

/// Whether a stack of a service asks Postern.
pub(super) fn asks(files: &Files, service: &str, group: ManagementGroup) -> bool {
    postern_step(&flatten(files, service, group)).is_some()
}

/// The service name that a stack gives Postern. `None` if the stack does not ask it.
fn asks_as<'a>(file: &'a str, steps: &'a [Step]) -> Option<&'a str> {
    let step = postern_step(steps)?;
    Some(step.arguments.iter().find_map(|argument| argument.strip_prefix("service=")).unwrap_or(file))
}
