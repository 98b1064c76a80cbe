use std::collections::{BTreeMap, BTreeSet};

use crate::control::Control;
use crate::file::{Line, parse_file};
use crate::module::ModuleRole;

/// The files of /etc/pam.d: the text of each by its name.
pub type Files = BTreeMap<String, String>;

/// Which of a service's stacks. The groups `password` and `session` decide no login and are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManagementGroup {
    /// `auth`
    Auth,
    /// `account`
    Account,
}

impl ManagementGroup {
    /// The word in a file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Account => "account",
        }
    }
}

/// One module of a stack, or the beginning of a substack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How many substacks enclose it.
    pub level: usize,
    /// What the module contributes.
    pub role: ModuleRole,
    /// What follows its return codes.
    pub control: Control,
    /// The module's path as it is written, or the name of the substack's file.
    pub path: String,
    /// The module's arguments.
    pub arguments: Vec<String>,
    /// Where the line is: `sshd:3`.
    pub place: String,
}

impl Step {
    /// The file that the line is in.
    #[must_use]
    pub fn source_file(&self) -> &str {
        self.place.split(':').next().unwrap_or_default()
    }

    /// The step in one line: `common-auth:1: pam_unix.so (sufficient)`.
    #[must_use]
    pub fn described(&self) -> String {
        let file = self.path.rsplit('/').next().unwrap_or_default();
        format!("{}: {file} ({})", self.place, self.control.text())
    }
}

/// The steps of one stack of a service in their order, with the included files in their places. A service without a file
/// has none.
#[must_use]
pub fn flatten(files: &Files, service: &str, group: ManagementGroup) -> Vec<Step> {
    let mut flattening = Flattening { files, group, steps: Vec::new(), open: Vec::new(), read: 0 };
    flattening.add_file(service, 0);
    flattening.steps
}

/// The names of all files that others include.
#[must_use]
pub fn included_files(files: &Files) -> BTreeSet<String> {
    let lines = files.values().flat_map(|text| parse_file(text));
    lines.filter_map(|(_, line)| line.included_file().map(ToOwned::to_owned)).collect()
}

/// The step that asks Postern first.
#[must_use]
pub fn postern_step(steps: &[Step]) -> Option<&Step> {
    steps.iter().find(|step| step.role == ModuleRole::Postern)
}

struct Flattening<'a> {
    files: &'a Files,
    group: ManagementGroup,
    steps: Vec<Step>,
    /// The files that are being read, each included by the one before it.
    open: Vec<String>,
    /// How many files were read so far.
    read: usize,
}

impl Flattening<'_> {
    fn add_file(&mut self, file: &str, level: usize) {
        let Some(text) = self.files.get(file) else { return };
        // libpam follows files that include each other until it gives up on the service.
        let is_open = self.open.iter().any(|open| open == file);
        if is_open || self.open.len() > MAX_INCLUDE_DEPTH || self.read >= MAX_FILES {
            return;
        }
        self.read += 1;
        self.open.push(file.to_owned());
        for (number, line) in parse_file(text) {
            match line {
                Line::IncludeAll(other) => self.add_file(&other, level),
                Line::Module { group, .. } if group != self.group.as_str() => {}
                Line::Module { control, file: path, arguments, .. } => {
                    let place = format!("{file}:{number}");
                    match control.to_ascii_lowercase().as_str() {
                        "include" => self.add_file(&path, level),
                        "substack" => {
                            let Some(control) = Control::parse("optional") else { continue };
                            let (role, other) = (ModuleRole::Substack, path.clone());
                            self.steps.push(Step { level, role, control, path, arguments, place });
                            self.add_file(&other, level + 1);
                        }
                        // libpam fails on a control that it cannot read, and says so in its own log.
                        _ => {
                            let control = Control::parse(&control).or_else(|| Control::parse("required"));
                            let Some(control) = control else { continue };
                            let role = ModuleRole::of(&path, &arguments);
                            self.steps.push(Step { level, role, control, path, arguments, place });
                        }
                    }
                }
            }
        }
        self.open.pop();
    }
}

/// As in libpam.
const MAX_INCLUDE_DEPTH: usize = 32;
/// How many files one stack may consist of. Files that include each other twice would double at every depth; libpam fails on
/// them.
const MAX_FILES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn files(all: &[(&str, &str)]) -> Files {
        all.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn described(files: &Files, group: ManagementGroup) -> Vec<String> {
        flatten(files, "sshd", group)
            .iter()
            .map(|step| format!("{} {}", step.level, step.described()))
            .collect()
    }

    #[test]
    fn included_files_stand_where_they_are_included() {
        let files = files(&[
            (
                "sshd",
                "# auth required pam_comment.so\n@include common\nauth  [success=1\tdefault=ignore] \\\n  /lib/security/pam_a.so x y\n\n-auth substack deep # why\nauth include deep\naccount required pam_b.so\n",
            ),
            ("common", "auth required pam_c.so\naccount required pam_d.so\n"),
            ("deep", "auth sufficient pam_e.so\naccount required pam_f.so\n"),
        ]);
        assert_eq!(
            described(&files, ManagementGroup::Auth),
            [
                "0 common:1: pam_c.so (required)",
                "0 sshd:3: pam_a.so ([success=1\tdefault=ignore])",
                "0 sshd:6: deep (optional)",
                "1 deep:1: pam_e.so (sufficient)",
                "0 deep:1: pam_e.so (sufficient)",
            ]
        );
        assert_eq!(
            described(&files, ManagementGroup::Account),
            ["0 common:2: pam_d.so (required)", "0 sshd:8: pam_b.so (required)"]
        );
        assert_eq!(included_files(&files), BTreeSet::from(["common".to_owned(), "deep".to_owned()]));
        assert_eq!(flatten(&files, "sshd", ManagementGroup::Auth)[1].arguments, ["x", "y"]);
    }

    #[test]
    fn files_that_include_each_other_come_to_an_end() {
        let files =
            files(&[("sshd", "auth required pam_a.so\n@include other\n"), ("other", "@include sshd\n")]);
        assert_eq!(flatten(&files, "sshd", ManagementGroup::Auth).len(), 1, "each is read once");
        assert!(flatten(&files, "absent", ManagementGroup::Auth).is_empty());
    }
}
