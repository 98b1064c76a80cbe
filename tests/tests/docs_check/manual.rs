//! Every key of a configuration file is in its manual, under its section, with its default; and no other is.

use std::path::Path;

use postern_core::config::Config;
use postern_ipc::ClientConfig;

use crate::document::{self, Document};
use crate::key_tree::{FILES, Keys, file};
use crate::keys::is_name;
use crate::roff::{Font, pieces, plain};
use crate::{report, workspace};

#[test]
fn the_manual_has_every_key_and_no_other() {
    let mut wrong = Vec::new();
    for file in &*FILES {
        let entries = entries_of(file.name);
        assert!(entries.len() > 3, "only {} keys of {} were found", entries.len(), file.name);
        wrong.extend(compare(&file.keys, &entries).into_iter().map(|what| format!("{}: {what}", file.name)));
    }
    report("the manual and the parser differ", &wrong);
}

#[test]
fn the_manual_shows_the_defaults() {
    let smallest = "directory.kind = \"embedded\"\nledger.kind = \"embedded\"\n";
    let parse = |text: &str| {
        Config::parse(Path::new("postern.toml"), text).unwrap_or_else(|problems| panic!("{problems}"))
    };
    let entries = entries_of("postern.toml");
    for section in ["limits", "history", "policy", "embedded", "keyring", "log"] {
        let shown: String =
            entries.iter().filter(|entry| entry.is_of(section)).filter_map(Entry::assignment).collect();
        assert!(!shown.is_empty(), "{section}");
        assert_eq!(parse(&format!("{smallest}{shown}")), parse(smallest), "[{section}] in postern.toml(5)");
    }
    let client: String = entries_of("client.toml").iter().filter_map(Entry::assignment).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("client.toml");
    std::fs::write(&path, client).expect("the file");
    assert_eq!(ClientConfig::load(&path), Ok(ClientConfig::default()), "client.toml");
}

/// A key as the manual introduces it.
#[derive(Debug)]
struct Entry {
    line: usize,
    /// With its sections.
    path: String,
    /// What stands behind the equals sign, if anything does.
    value: String,
}

impl Entry {
    fn is_of(&self, section: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(found, _)| found == section)
    }

    fn assignment(&self) -> Option<String> {
        (!self.value.is_empty()).then(|| format!("{} = {}\n", self.path, self.value))
    }
}

/// The page and the chapter that explain a file.
fn entries_of(file: &str) -> Vec<Entry> {
    let own = format!("docs/man/{file}.5");
    if workspace().join(&own).exists() {
        return entries(&document::named(&own), "DESCRIPTION");
    }
    match file {
        "client.toml" => entries(&document::named("docs/man/pam_postern.8"), "FILES"),
        "web.toml" => entries(&document::named("docs/man/postern-web.8"), "CONFIGURATION"),
        other => panic!("no page for {other}"),
    }
}

/// The keys that a chapter of a page introduces: in the line behind `.TP`, under the section of the last heading.
fn entries(page: &Document, chapter: &str) -> Vec<Entry> {
    let mut found = Vec::new();
    let (mut is_inside, mut section, mut is_term) = (false, String::new(), false);
    for (number, line) in page.text.lines().enumerate() {
        if let Some(heading) = line.strip_prefix(".SH ") {
            (is_inside, section) = (heading.trim_matches('"') == chapter, String::new());
        } else if line.starts_with(".SS") {
            let heading = plain(line);
            let name = heading.strip_prefix('[').and_then(|rest| rest.split_once(']'));
            section = name.map_or_else(String::new, |(name, _)| name.to_owned());
        } else if is_term && is_inside {
            found.extend(terms(number + 1, line, &section));
        }
        is_term = line == ".TP";
    }
    found
}

/// `key = value, key = { inner = value }`: names are bold, and a term may say its section first.
fn terms(line: usize, text: &str, section: &str) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    let (mut section, mut depth, mut outer) = (section.to_owned(), 0_usize, 0);
    for (font, text) in pieces(text) {
        if font == Font::Bold {
            let name = match text.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
                Some((named, key)) => {
                    section = named.to_owned();
                    key.to_owned()
                }
                None => text.clone(),
            };
            if is_name(&name) {
                let above: Vec<String> = match depth {
                    0 => vec![section.clone()],
                    _ => found[..outer].iter().map(|entry| entry.path.clone()).collect(),
                };
                let join =
                    |above: String| if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
                found.extend(above.into_iter().map(|above| Entry {
                    line,
                    path: join(above),
                    value: String::new(),
                }));
            }
        } else if depth == 0 && text.contains('{') {
            outer = found.len();
        }
        if depth > 0 || text.contains('{') {
            // An inner key is a part of the value of those before the brace.
            found[..outer].iter_mut().for_each(|entry| entry.value.push_str(&text));
        } else if font != Font::Bold {
            found.iter_mut().rev().take(1).for_each(|entry| entry.value.push_str(&text));
        }
        depth = (depth + text.matches('{').count()).saturating_sub(text.matches('}').count());
    }
    for entry in &mut found {
        entry.value = entry.value.trim_matches([',', ' ']).trim_start_matches('=').trim().to_owned();
    }
    found
}

fn compare(keys: &Keys, entries: &[Entry]) -> Vec<String> {
    let mut wrong = Vec::new();
    for entry in entries {
        if keys.at(&entry.path).is_none() {
            wrong.push(format!("line {} of the manual has {}, which is unknown", entry.line, entry.path));
        }
    }
    let has = |path: &str| entries.iter().any(|entry| entry.path == path);
    for leaf in keys.leaves() {
        let above = leaf.rsplit_once('.').map_or("", |(above, _)| above);
        if !has(&leaf) && !has(above) {
            wrong.push(format!("the manual lacks {leaf}"));
        }
    }
    wrong
}

#[test]
fn terms_are_read_with_their_sections_and_values() {
    let read = |line: &str, section: &str| {
        let found = terms(1, line, section).into_iter();
        found.map(|entry| format!("{} = {}", entry.path, entry.value)).collect::<Vec<_>>()
    };
    assert_eq!(read(r#"\fBa\fR = 5, \fBb\fR = "1m""#, "limits"), ["limits.a = 5", "limits.b = \"1m\""]);
    assert_eq!(read(r"\fB[limits] body\fR = 8192", ""), ["limits.body = 8192"]);
    let nested = read(r#"\fBimap\fR, \fBpop3\fR = { \fBport\fR = 993 }"#, "s");
    assert_eq!(
        nested,
        ["s.imap = { port = 993 }", "s.pop3 = { port = 993 }", "s.imap.port = ", "s.pop3.port = "]
    );
}

#[test]
fn a_key_that_the_manual_lacks_or_invents_is_found() {
    let page = |text: &str| entries(&Document::new("docs/man/client.toml.5", text), "FILES");
    let whole = ".SH FILES\n.TP\n\\fBsocket\\fR = \"/s\"\n.TP\n\\fBmail_deadline\\fR = \"8s\"\n.TP\n\\fBsmtp_defer_after\\fR = \"11s\"\n.TP\n";
    let keys = &file("client.toml").keys;
    let all = format!("{whole}\\fBinteractive_deadline\\fR = \"110s\"\n");
    assert_eq!(compare(keys, &page(&all)), [""; 0]);
    assert_eq!(compare(keys, &page(whole)), ["the manual lacks interactive_deadline"]);
    let other = format!("{all}.TP\n\\fBdeadline\\fR = \"1s\"\n");
    assert_eq!(compare(keys, &page(&other)), ["line 11 of the manual has deadline, which is unknown"]);
}
