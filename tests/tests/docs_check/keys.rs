//! Every key of a configuration file that the guides name exists, and every block that they print is one that its parser takes.

use crate::document::{Block, Document, Kind, all};
use crate::invocation::here_document;
use crate::key_tree::{FILES, File, file};
use crate::report;

#[test]
fn every_configuration_in_the_documents_is_taken_by_its_parser() {
    let (mut checked, mut wrong) = (0, Vec::new());
    for document in all() {
        for part in configurations(&document) {
            checked += 1;
            wrong.extend(
                part.problems().into_iter().map(|(line, what)| format!("{}: {what}", document.at(line))),
            );
        }
    }
    assert!(checked > 15, "only {checked} were found");
    report("no parser takes these", &wrong);
}

#[test]
fn every_key_in_the_documents_exists() {
    let (mut checked, mut wrong) = (0, Vec::new());
    for document in all().into_iter().filter(|document| document.kind == Kind::Markdown) {
        for span in document.spans() {
            if let Some(result) = check_span(&span.text) {
                checked += 1;
                wrong.extend(result.err().map(|what| format!("{}: {what}", document.at(span.line))));
            }
        }
    }
    assert!(checked > 60, "only {checked} were found");
    report("no such key", &wrong);
}

/// The text of a configuration file of Postern, or a part of it.
#[derive(Debug)]
struct Part {
    line: usize,
    /// `None` if the document does not say.
    file: Option<&'static File>,
    text: String,
}

fn configurations(document: &Document) -> Vec<Part> {
    let mut parts = Vec::new();
    for block in document.blocks() {
        match block.language.as_str() {
            "toml" => parts.extend(split_at_names(&block)),
            "sh" => parts.extend(written_files(&block)),
            _ => {}
        }
    }
    parts
}

/// A comment that is the name of a file says what follows.
fn split_at_names(block: &Block) -> Vec<Part> {
    let mut parts = vec![Part { line: block.line, file: None, text: String::new() }];
    for (number, line) in block.text.lines().enumerate() {
        if let Some(file) = FILES.iter().find(|file| {
            line.starts_with('#') && line.trim_start_matches(['#', ' ']).rsplit('/').next() == Some(file.name)
        }) {
            parts.push(Part { line: block.line + number, file: Some(file), text: String::new() });
        }
        let part = parts.last_mut().expect("a part");
        part.text.push_str(line);
        part.text.push('\n');
    }
    parts.retain(|part| !part.text.trim().is_empty());
    parts
}

/// The here-documents that a shell writes to a configuration file of Postern.
fn written_files(block: &Block) -> Vec<Part> {
    let (mut parts, mut open): (Vec<Part>, Option<(String, Option<Part>)>) = (Vec::new(), None);
    for (number, line) in block.text.lines().enumerate() {
        match &mut open {
            Some((end, _)) if line == end => parts.extend(open.take().and_then(|(_, part)| part)),
            Some((_, Some(part))) => {
                part.text.push_str(line);
                part.text.push('\n');
            }
            Some((_, None)) => {}
            None => {
                let named = FILES.iter().find(|file| line.contains(&format!("/etc/postern/{}", file.name)));
                let part = named.map(|file| Part {
                    line: block.line + number + 1,
                    file: Some(file),
                    text: String::new(),
                });
                open = here_document(line).map(|end| (end, part));
            }
        }
    }
    parts
}

impl Part {
    fn problems(&self) -> Vec<(usize, String)> {
        let candidates: Vec<&File> = self.file.map_or_else(|| FILES.iter().collect(), |file| vec![file]);
        let mut best: Option<Vec<(usize, String)>> = None;
        for file in candidates {
            let found = self.problems_as(file);
            if best.as_ref().is_none_or(|best| found.len() < best.len()) {
                best = Some(found);
            }
        }
        best.unwrap_or_default()
    }

    /// As this file, with what a part may leave out added behind it.
    fn problems_as(&self, file: &File) -> Vec<(usize, String)> {
        let read = |text: &str| toml::from_str::<toml::Table>(text);
        let mut text = self.text.clone();
        let mut table = match read(&text) {
            Ok(table) => table,
            Err(error) => return vec![(self.line, error.to_string().replace('\n', " "))],
        };
        // Keys alone are those of one section, which the text before them names.
        if let Some(section) = section_of(file, &table) {
            text = format!("[{section}]\n{text}");
            table = read(&text).unwrap_or(table);
        }
        let mut problems = Vec::new();
        if file.name == "postern.toml" {
            let missing = ["directory", "ledger"].into_iter().filter(|section| !table.contains_key(*section));
            text.extend(missing.map(|section| format!("[{section}]\nkind = \"embedded\"\n")));
        }
        for problem in (file.problems)(&text) {
            // A part need not be whole, and this host has none of the files that it names.
            let is_of_part = OF_PARTS.iter().any(|text| problem.contains(text));
            // An LDAP directory's other keys are not known before its kind.
            let kind_is_missing = file.name == "postern.toml"
                && ["directory", "ledger"].into_iter().any(|section| {
                    let part = table.get(section).and_then(toml::Value::as_table);
                    problem.contains(&format!(" {section}."))
                        && part.is_some_and(|part| !part.contains_key("kind"))
                });
            if !is_of_part && !kind_is_missing {
                problems.push((self.line, problem));
            }
        }
        problems.extend(
            unknown_keys(file, "", &table)
                .into_iter()
                .map(|key| (self.line, format!("{} has no key {key}", file.name))),
        );
        problems
    }
}

/// The section that has all these keys, if they are none of the whole file.
fn section_of(file: &File, table: &toml::Table) -> Option<&'static str> {
    let has_all = |section: &str| {
        let keys = file.keys.at(section);
        keys.is_some_and(|keys| table.keys().all(|name| keys.at(name).is_some()))
    };
    if table.is_empty() || has_all("") {
        return None;
    }
    ["directory", "ledger", "policy", "limits", "mail_settings"].into_iter().find(|section| has_all(section))
}

fn unknown_keys(file: &File, path: &str, table: &toml::Table) -> Vec<String> {
    let mut unknown = Vec::new();
    for (name, value) in table {
        let full = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match (file.keys.at(&full), value) {
            (None, _) => unknown.push(full),
            (Some(keys), toml::Value::Table(below)) if keys.is_table() => {
                unknown.extend(unknown_keys(file, &full, below))
            }
            (Some(_), _) => {}
        }
    }
    unknown
}

/// `None` if a span names no key of Postern.
fn check_span(span: &str) -> Option<Result<(), String>> {
    if let Some((section, rest)) = span.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return check_section(section, rest.trim());
    }
    if let Some((key, value)) = span.split_once(" = ") {
        // Other software writes its values without quotes.
        let is_toml = toml::from_str::<toml::Table>(&format!("x = {value}")).is_ok() || value.contains("...");
        if !is_name(key) || !is_toml || OTHERS_SETTINGS.contains(&key) {
            return None;
        }
        let known = FILES.iter().any(|file| file.keys.at(key).is_some() || file.keys.has_anywhere(key));
        return Some(if known { Ok(()) } else { Err(format!("{key}, in no file")) });
    }
    let (first, rest) = span.split_once('.')?;
    let is_path =
        is_name(first) && rest.split('.').all(is_name) && !FILES.iter().any(|file| file.name == span);
    let is_section = |file: &File| file.keys.at(first).is_some_and(|keys| keys.is_table());
    if !is_path || !FILES.iter().any(is_section) {
        return None;
    }
    let known = FILES.iter().any(|file| file.keys.at(span).is_some());
    Some(if known { Ok(()) } else { Err(format!("{span}, in no file")) })
}

/// A section, and the keys in it that follow, if any.
fn check_section(section: &str, rest: &str) -> Option<Result<(), String>> {
    if !section
        .split('.')
        .all(|name| is_name(name) || name.bytes().all(|b| b.is_ascii_uppercase() || b == b'-' || b == b'_'))
        || !section.starts_with(|c: char| c.is_ascii_lowercase())
    {
        return None;
    }
    let keys = rest.split_once(" = ").map_or(rest, |(keys, _)| keys);
    let keys: Vec<&str> = keys.split([',', ' ']).filter(|key| !key.is_empty() && *key != "and").collect();
    if keys.iter().any(|key| !key.split('.').all(is_name)) {
        return None;
    }
    let has = |file: &File| {
        let table = file.keys.at(section).filter(|table| table.is_table());
        table.is_some_and(|table| keys.iter().all(|key| table.at(key).is_some()))
    };
    Some(if FILES.iter().any(has) {
        Ok(())
    } else {
        Err(format!("[{section}] {}, in no file", keys.join(" ")))
    })
}

pub(crate) fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
}

/// What parsers say of what is not there, and not of what is.
const OF_PARTS: &[&str] = &[
    ": is missing",
    "are both needed",
    "missing field",
    "does not exist",
    "needs url",
    "needs account_url",
    "need account_url",
    "needs [courier.email]",
];

/// Settings of other software whose values look like ours.
const OTHERS_SETTINGS: &[&str] = &["auth_cache_size", "mode", "session_samesite"];

#[test]
fn wrong_keys_in_spans_are_found() {
    for span in [
        "[limits]",
        "[limits] dialogues",
        "[services.sshd] first = \"stack\"",
        "[web.applications.NAME] url, services and networks",
        "first = \"stack\"",
        "limits.connections",
        "trusted = { dovecot = [...] }",
    ] {
        assert_eq!(check_span(span), Some(Ok(())), "{span}");
    }
    for span in [
        "[limit]",
        "[limits] dialogs",
        "[services.sshd] frist = \"stack\"",
        "frist = \"stack\"",
        "limits.conections",
        "socket.paths",
    ] {
        assert!(check_span(span).is_some_and(|result| result.is_err()), "{span}");
    }
    for span in [
        "[UNAVAILABLE]",
        "mail_location = maildir:~/Maildir",
        "postern.toml",
        "web.toml",
        "mail.rs",
        "client.toml",
    ] {
        assert_eq!(check_span(span), None, "{span}");
    }
}

#[test]
fn wrong_configurations_are_found() {
    let problems = |text: &str| {
        let parts = configurations(&Document::new("docs/a.md", text));
        parts.iter().flat_map(Part::problems).map(|(line, _)| line).collect::<Vec<_>>()
    };
    let ldap = "```toml\n[directory]\nuserdb = { uid = \"{uidNumber}\" }\ndisabled_lookup = \"defer\"\n```\n";
    assert_eq!(problems(ldap), [0; 0]);
    assert_eq!(problems("```toml\nbase = \"o=x\"\ndisabled = []\n```\n"), [0; 0], "both of [directory]");
    assert_ne!(problems("```toml\nbase = \"o=x\"\nobserve = true\n```\n"), [0; 0], "of two sections");
    assert_eq!(problems("```toml\n[directory]\nuridb = 1\n```\n"), [2]);
    assert_eq!(
        problems("```toml\n[history]\nkept = \"90d\"\nentries = \"50\"\n```\n"),
        [2],
        "a number has no quotes"
    );
    assert_eq!(problems("\n```toml\n[branding]\ncolor = \"#1f4e79\"\ncolour = \"#1f4e79\"\n```\n"), [3; 2]);
    let both = "```toml\n# postern.toml\n[policy]\nobserve = true\n# web.toml\nautoconfig_hosts = []\n";
    assert_eq!(problems(&format!("{both}```\n")), [0; 0]);
    assert_eq!(problems(&format!("{both}observe = true\n```\n")), [5; 2]);
    let written = "```sh\ncat > /etc/postern/client.toml <<'EOF'\nmail_deadlin = \"8s\"\nEOF\ncat > x <<EOF\na\nEOF\n```\n";
    assert_eq!(problems(written), [3; 2]);
    assert_eq!(file("client.toml").name, "client.toml");
}
