//! Every path of Postern on a host that the documents name is one that it installs or uses, and every example that it installs
//! is in a document.

use std::collections::BTreeSet;

use crate::document::{Document, Kind, all};
use crate::invocation::logical_lines;
use crate::package::INSTALLED;
use crate::report;

#[test]
fn every_path_in_the_documents_is_installed_or_used() {
    let documents = all();
    let mut used = configured(&documents);
    used.extend(documents.iter().flat_map(made));
    let (mut checked, mut wrong) = (0, Vec::new());
    for document in &documents {
        for (line, path) in paths(document) {
            checked += 1;
            if !is_known(&path, &used) {
                wrong.push(format!("{}: {path}", document.at(line)));
            }
        }
    }
    assert!(checked > 100, "only {checked} were found");
    report("not installed, not used, and not of other software (OTHERS in this test)", &wrong);
}

#[test]
fn every_installed_example_is_in_a_document() {
    let texts: Vec<String> = all()
        .into_iter()
        .filter(|document| document.kind != Kind::Example)
        .map(|document| document.text)
        .collect();
    let examples = INSTALLED.iter().filter(|path| path.starts_with(EXAMPLES));
    let files: Vec<&String> = examples.filter(|path| is_file(path)).collect();
    assert!(files.len() > 20, "{files:?}");
    let missing: Vec<String> = files.into_iter().filter(|path| !is_named(path, &texts)).cloned().collect();
    report("no document names these", &missing);
}

/// Where examples are installed, most of them in a folder for the software that they are for.
const EXAMPLES: &str = "/usr/share/postern/examples/";

fn is_file(path: &str) -> bool {
    let inner = format!("{path}/");
    !INSTALLED.range(inner.clone()..).next().is_some_and(|next| next.starts_with(&inner))
}

/// By its path here or in the tree, or by its name beside its folder's.
fn is_named(path: &str, texts: &[String]) -> bool {
    let Some(inner) = path.strip_prefix(EXAMPLES) else { return false };
    let Some((folder, name)) = inner.rsplit_once('/') else {
        return texts.iter().any(|text| has_word(text, inner));
    };
    let folders = [format!("examples/{folder}"), format!("packaging/{folder}")];
    texts.iter().any(|text| folders.iter().any(|folder| text.contains(folder)) && has_word(text, name))
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let is_end = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && !"_-".contains(c));
        is_end(text[..at].chars().next_back()) && is_end(text[at + word.len()..].chars().next())
    })
}

/// The absolute paths below the folders that are Postern's, or where it installs. Those with a variable are left out.
fn paths(document: &Document) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, text) in document.lines() {
        for part in text.split(|c: char| c.is_whitespace() || "\"'`()[]{},;|<>=".contains(c)) {
            let start = part
                .find('/')
                .filter(|at| *at == 0 || part[..*at].ends_with(':') || part[..*at].ends_with('@'));
            let Some(start) = start else { continue };
            // Behind a scheme the path is the third slash.
            let path =
                part[start..].trim_start_matches("//").trim_end_matches(['.', ':', '*', '/', '?', '!']);
            let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
            if FOLDERS.iter().any(|folder| path.starts_with(folder))
                && part.matches("//").count() <= 1
                && !part.contains('$')
            {
                found.push((line, path));
            }
        }
    }
    found
}

const FOLDERS: &[&str] = &["/usr/", "/etc/postern", "/run/postern", "/var/lib/postern"];

/// The paths that configurations in the documents set, whose names are the reader's to choose.
fn configured(documents: &[Document]) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for document in documents {
        for (_, text) in document.lines() {
            let Some((key, value)) = text.split_once(" = ") else { continue };
            if !key
                .trim_start_matches(['#', ' '])
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b == b'_' || b == b' ')
            {
                continue;
            }
            let values = value.split('"').skip(1).step_by(2).map(|value| value.trim_start_matches("unix:"));
            found.extend(
                values
                    .filter(|value| FOLDERS[1..].iter().any(|folder| value.starts_with(folder)))
                    .map(str::to_owned),
            );
        }
    }
    found
}

/// The paths that the commands of a document make: copies, folders, and what a command writes.
fn made(document: &Document) -> Vec<String> {
    let mut found = Vec::new();
    let is_ours = |path: &&str| FOLDERS[1..].iter().any(|folder| path.starts_with(folder));
    for block in document.blocks() {
        for (_, line) in logical_lines(&block.text) {
            let words: Vec<&str> =
                line.split_whitespace().take_while(|word| !word.starts_with('#')).collect();
            match words.first() {
                Some(&"cp" | &"mv" | &"install") => {
                    found.extend(words.last().copied().filter(is_ours).map(str::to_owned))
                }
                Some(&"mkdir") => found.extend(words.iter().copied().filter(is_ours).map(str::to_owned)),
                _ => {}
            }
            let written = line.split('>').skip(1).filter_map(|rest| rest.split_whitespace().next());
            found.extend(written.filter(is_ours).map(str::to_owned));
        }
    }
    found
}

fn is_known(path: &str, used: &BTreeSet<String>) -> bool {
    let is_below =
        |folder: &str| path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let used = || used.iter().map(String::as_str).chain(USED.iter().copied());
    INSTALLED.contains(path)
        || INSTALLED.contains(&format!("{path}.gz"))
        || used().any(|file| {
            file == path || file.starts_with(&format!("{path}/")) || path.starts_with(&format!("{file}/"))
        })
        || OTHERS.iter().any(|folder| is_below(folder))
}

/// What Postern makes or reads under a name of its own.
const USED: &[&str] = &[
    "/etc/postern/client.toml",
    "/etc/postern/postern.toml",
    "/etc/postern/web.toml",
    // As web.toml has it in its comments.
    "/run/postern-web/http.sock",
    // crates/store: beside the database, in a folder that a restart empties.
    "/run/postern/postern.db.spent",
];

/// Folders and files of other software, and the site's own.
const OTHERS: &[&str] = &[
    "/usr/lib/GNUstep/SOGo",
    "/usr/lib/ldap",
    "/usr/lib/pam.d",
    "/usr/local",
    "/usr/share/common-licenses",
    "/usr/sbin/nologin",
];

#[test]
fn wrong_paths_are_found() {
    let unknown = |text: &str| {
        let documents = [Document::new("docs/a.md", text)];
        let mut used = configured(&documents);
        used.extend(documents.iter().flat_map(made));
        paths(&documents[0]).into_iter().filter(|(_, path)| !is_known(path, &used)).collect::<Vec<_>>()
    };
    let right = "`/usr/sbin/posternd`, /usr/share/postern/ldap-schema/postern.schema. unix:/run/postern-web/x.sock\n\
                 listen = \"unix:/run/postern-web/x.sock\"\n/etc/postern /usr/local/bin/x /run/postern/postern.db.spent\n";
    assert_eq!(unknown(right), []);
    let made = "```sh\ncp -p /etc/postern/postern.toml /etc/postern/x.toml # first\necho x > /var/lib/postern/y\nmkdir -p /etc/postern/z\n```\n";
    assert_eq!(unknown(made), []);
    assert_eq!(unknown("```sh\nposternd --config /etc/postern/x.toml\n```\n").len(), 1);
    let wrong = "`/usr/bin/posternd`\n/etc/postern/posternd.toml and (/var/lib/postern/db), unix:///run/postern/x.sock\n";
    let expected = [
        (1, "/usr/bin/posternd"),
        (2, "/etc/postern/posternd.toml"),
        (2, "/var/lib/postern/db"),
        (2, "/run/postern/x.sock"),
    ];
    assert_eq!(unknown(wrong), expected.map(|(line, path)| (line, path.to_owned())));
}

#[test]
fn an_example_that_no_document_names_is_found() {
    let texts = |text: &str| vec![text.to_owned()];
    let path = "/usr/share/postern/examples/pam/sshd-key";
    assert!(is_named(path, &texts("`packaging/pam` has sshd-key")));
    assert!(!is_named(path, &texts("`packaging/pam` has sshd-keys and sshd")));
    assert!(!is_named(path, &texts("sshd-key")));
}
