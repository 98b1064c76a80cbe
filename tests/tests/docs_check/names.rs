//! Names of other kinds that documents use: man pages, units of systemd, targets of make.

use std::collections::BTreeSet;

use crate::document::{Document, Kind, all};
use crate::invocation::{commands, logical_lines};
use crate::package::INSTALLED;
use crate::{read, report, workspace};

#[test]
fn every_man_page_unit_and_target_in_the_documents_exists() {
    let known = Known::new();
    let (mut checked, mut wrong) = (0, Vec::new());
    for document in all() {
        for (line, name) in named(&document) {
            checked += 1;
            if !known.has(&name) {
                wrong.push(format!("{}: {name}", document.at(line)));
            }
        }
    }
    assert!(checked > 100, "only {checked} were found");
    report("no such man page, unit or target", &wrong);
}

struct Known {
    targets: BTreeSet<String>,
}

impl Known {
    fn new() -> Self {
        let makefile = read(&workspace().join("Makefile"));
        let rules = makefile.lines().filter_map(|line| line.split_once(':').map(|(name, _)| name));
        let is_of_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
        let names = rules.filter(|name| {
            name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(is_of_name)
        });
        Self { targets: names.map(|name| format!("make {name}")).collect() }
    }

    fn has(&self, name: &str) -> bool {
        if name.starts_with("make ") {
            return self.targets.contains(name);
        }
        match name.strip_suffix(')').and_then(|name| name.split_once('(')) {
            Some((page, section)) => workspace().join(format!("docs/man/{page}.{section}")).exists(),
            None => INSTALLED.iter().any(|path| path.ends_with(&format!("/systemd/system/{name}"))),
        }
    }
}

/// `posternd(8)`, `posternd.socket`, `make demo`.
fn named(document: &Document) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, text) in document.lines() {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"._-()/".contains(c));
        for word in words.map(|word| word.trim_end_matches(['.', '/'])) {
            let is_ours = word.starts_with("postern") || word.starts_with("pam_postern");
            let is_page = word.split_once('(').is_some_and(|(name, rest)| {
                !name.is_empty()
                    && rest.len() == 2
                    && rest.starts_with(|c: char| c.is_ascii_digit())
                    && rest.ends_with(')')
            });
            let is_unit = [".service", ".socket", ".timer"].iter().any(|kind| word.ends_with(kind))
                && !word.contains('/');
            if is_ours && (is_page || is_unit) {
                found.push((line, word.to_owned()));
            }
        }
    }
    // Others' Makefiles are not ours.
    if document.kind == Kind::Markdown {
        let blocks = document.blocks().into_iter().flat_map(|block| {
            let lines = logical_lines(&block.text);
            lines.into_iter().map(move |(number, line)| (block.line + number, line))
        });
        let spans = document.spans().into_iter().map(|span| (span.line, span.text));
        for (line, text) in blocks.chain(spans) {
            let targets =
                commands(&text).into_iter().filter(|words| words.first().is_some_and(|word| word == "make"));
            let targets =
                targets.flat_map(|words| words.into_iter().skip(1).filter(|word| !word.contains('=')));
            found.extend(targets.map(|target| (line, format!("make {target}"))));
        }
    }
    found
}

#[test]
fn wrong_names_are_found() {
    let known = Known::new();
    let wrong = |name: &str, text: &str| {
        let found = named(&Document::new(name, text)).into_iter();
        found.filter(|(_, name)| !known.has(name)).map(|(_, name)| name).collect::<Vec<_>>()
    };
    let right = "posternd(8), `postern.toml(5)` posternd.socket\n\n```sh\nmake build && make install DESTDIR=/x\n```\n";
    assert_eq!(wrong("docs/a.md", right), [""; 0]);
    assert_eq!(named(&Document::new("docs/a.md", right)).len(), 5);
    let text = "posternd(1) postern-web.socket `make demos` sudo(8)\n";
    assert_eq!(wrong("docs/a.md", text), ["posternd(1)", "postern-web.socket", "make demos"]);
    assert_eq!(wrong("docs/man/a.8", ".BR posternd (5),\n"), ["posternd(5)"]);
}
