use std::collections::{BTreeMap, BTreeSet};

use super::control::Control;
use super::modules::Module;

/// The files of /etc/pam.d, by name.
pub(in crate::commands::check) type Files = BTreeMap<String, String>;

/// What a stack decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands::check) enum Kind {
    Auth,
    Account,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Account => "account",
        }
    }
}

/// A module of a stack, with all that is included in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// How deep in substacks.
    pub(super) level: usize,
    pub(super) module: Module,
    pub(super) control: Control,
    /// As it is written.
    pub(super) file: String,
    pub(super) arguments: Vec<String>,
    /// `sshd:3`
    pub(super) place: String,
}

impl Step {
    /// The file whose line it is.
    pub(super) fn stands_in(&self) -> &str {
        self.place.split(':').next().unwrap_or_default()
    }

    /// `common-auth:1: pam_unix.so (sufficient)`
    pub(super) fn described(&self) -> String {
        let file = self.file.rsplit('/').next().unwrap_or_default();
        format!("{}: {file} ({})", self.place, self.control.text)
    }
}

/// The steps of one stack of a service, in their order.
pub(super) fn flatten(files: &Files, service: &str, kind: Kind) -> Vec<Step> {
    let mut steps = Vec::new();
    take(files, service, kind, (0, 0), &mut steps);
    steps
}

/// Every file that another one includes.
pub(super) fn included(files: &Files) -> BTreeSet<String> {
    let lines = files.values().flat_map(|text| lines(text));
    lines.filter_map(|(_, line)| line.includes().map(ToOwned::to_owned)).collect()
}

fn take(files: &Files, file: &str, kind: Kind, (level, depth): (usize, usize), steps: &mut Vec<Step>) {
    let Some(text) = files.get(file) else { return };
    if depth > MOST_INCLUDES {
        return;
    }
    for (number, line) in lines(text) {
        match line {
            Line::IncludeAll(other) => take(files, &other, kind, (level, depth + 1), steps),
            Line::Module { kind: found, .. } if found != kind.word() => {}
            Line::Module { control, file: other, arguments, .. } => {
                let place = format!("{file}:{number}");
                match control.to_ascii_lowercase().as_str() {
                    "include" => take(files, &other, kind, (level, depth + 1), steps),
                    "substack" => {
                        let Some(optional) = Control::parse("optional") else { continue };
                        let module = Module::Substack;
                        steps.push(Step {
                            level,
                            module,
                            control: optional,
                            file: other.clone(),
                            arguments,
                            place,
                        });
                        take(files, &other, kind, (level + 1, depth + 1), steps);
                    }
                    // What PAM cannot read fails; its own log says so.
                    _ => {
                        let Some(control) = Control::parse(&control).or_else(|| Control::parse("required"))
                        else {
                            continue;
                        };
                        let module = Module::of(&other, &arguments);
                        steps.push(Step { level, module, control, file: other, arguments, place });
                    }
                }
            }
        }
    }
}

/// A line that says something.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// Debian's `@include`.
    IncludeAll(String),
    Module {
        kind: String,
        control: String,
        file: String,
        arguments: Vec<String>,
    },
}

impl Line {
    fn includes(&self) -> Option<&str> {
        match self {
            Self::IncludeAll(file) => Some(file),
            Self::Module { control, file, .. } => {
                let is_include =
                    ["include", "substack"].iter().any(|word| control.eq_ignore_ascii_case(word));
                is_include.then_some(file)
            }
        }
    }
}

/// Each with its number; one that a backslash continues has that of its beginning.
fn lines(text: &str) -> impl Iterator<Item = (usize, Line)> {
    let mut whole: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default();
        let (line, continues) = line.strip_suffix('\\').map_or((line, false), |line| (line, true));
        match whole.last_mut().filter(|_| goes_on) {
            Some((_, begun)) => begun.push_str(&format!(" {line}")),
            None => whole.push((number, line.to_owned())),
        }
        goes_on = continues;
    }
    whole.into_iter().filter_map(|(number, line)| Some((number, parse(&line)?)))
}

fn parse(line: &str) -> Option<Line> {
    let mut words = words(line).into_iter();
    let kind = words.next()?.to_ascii_lowercase();
    if kind == "@include" {
        return Some(Line::IncludeAll(base(&words.next()?)));
    }
    let kind = kind.strip_prefix('-').unwrap_or(&kind).to_owned();
    let (control, file) = (words.next()?, words.next()?);
    let is_include = ["include", "substack"].iter().any(|word| control.eq_ignore_ascii_case(word));
    let file = if is_include { base(&file) } else { file };
    Some(Line::Module { kind, control, file, arguments: words.collect() })
}

/// Files are known by their names, wherever they lie.
fn base(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// What stands in brackets is one word.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut is_bracketed) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '[' if word.is_empty() => {
                is_bracketed = true;
                word.push(c);
            }
            ']' if is_bracketed => {
                is_bracketed = false;
                word.push(c);
            }
            c if c.is_whitespace() && !is_bracketed => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// As in libpam; files that include each other end there.
const MOST_INCLUDES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn files(all: &[(&str, &str)]) -> Files {
        all.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn described(files: &Files, kind: Kind) -> Vec<String> {
        flatten(files, "sshd", kind)
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
            described(&files, Kind::Auth),
            [
                "0 common:1: pam_c.so (required)",
                "0 sshd:3: pam_a.so ([success=1\tdefault=ignore])",
                "0 sshd:6: deep (optional)",
                "1 deep:1: pam_e.so (sufficient)",
                "0 deep:1: pam_e.so (sufficient)",
            ]
        );
        assert_eq!(
            described(&files, Kind::Account),
            ["0 common:2: pam_d.so (required)", "0 sshd:8: pam_b.so (required)"]
        );
        assert_eq!(included(&files), BTreeSet::from(["common".to_owned(), "deep".to_owned()]));
        assert_eq!(flatten(&files, "sshd", Kind::Auth)[1].arguments, ["x", "y"]);
    }

    #[test]
    fn files_that_include_each_other_come_to_an_end() {
        let files =
            files(&[("sshd", "auth required pam_a.so\n@include other\n"), ("other", "@include sshd\n")]);
        let count = flatten(&files, "sshd", Kind::Auth).len();
        assert!((2..40).contains(&count), "{count}");
        assert!(flatten(&files, "absent", Kind::Auth).is_empty());
    }
}
