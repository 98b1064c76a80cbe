//! Every key of a configuration file is in its example, and no other is, those in comments included.

use crate::document::{self, Document};
use crate::key_tree::{FILES, Keys, file};
use crate::keys::is_name;
use crate::report;

#[test]
fn the_example_has_every_key_and_no_other() {
    let mut wrong = Vec::new();
    for file in &*FILES {
        let example = document::named(&format!("packaging/{}", file.name));
        wrong.extend(compare(&file.keys, &example));
    }
    report("the example and the parser differ", &wrong);
}

fn compare(keys: &Keys, example: &Document) -> Vec<String> {
    let settings = settings(&example.text);
    let mut wrong = Vec::new();
    for (line, path) in &settings {
        if keys.at(path).is_none() {
            wrong.push(format!("{}: {path} is unknown", example.at(*line)));
        }
    }
    // A name that the admin chooses is some name in the example, and so is one below a key whose values they choose.
    let is_like = |leaf: &str, path: &str| {
        let (mut leaf, mut path) = (leaf.split('.'), path.split('.'));
        leaf.all(|leaf| path.next().is_some_and(|path| leaf == path || leaf == "NAME"))
    };
    let has = |leaf: &str| settings.iter().any(|(_, path)| is_like(leaf, path));
    for leaf in keys.leaves() {
        let above = leaf.rsplit_once('.').map_or("", |(above, _)| above);
        if !has(&leaf) && !has(above) {
            wrong.push(format!("{}: {leaf} is missing", example.name));
        }
    }
    wrong
}

/// The keys, with their sections, of lines such as `key = value`, `#key = value` and `#   key = value`.
fn settings(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut section = String::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start_matches(['#', ' ']);
        if let Some((name, "")) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            section = name.to_owned();
        }
        let Some((key, value)) = line.split_once(" = ") else { continue };
        if !is_name(key) {
            continue;
        }
        let full = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
        if let Ok(toml::Value::Table(inner)) = toml::from_str::<toml::Table>(&format!("x = {value}"))
            .map(|mut table| table.remove("x").expect("x"))
        {
            found.extend(inner.keys().map(|inner| (number + 1, format!("{full}.{inner}"))));
        }
        found.push((number + 1, full));
    }
    found
}

#[test]
fn a_key_that_the_example_lacks_or_invents_is_found() {
    let keys = &file("client.toml").keys;
    let example = |text: &str| compare(keys, &Document::new("packaging/client.toml", text));
    let whole =
        "# The socket = all.\n#socket = \"/s\"\n# mail_deadline = \"8s\"\nsmtp_defer_after = \"11s\"\n";
    assert_eq!(example(&format!("{whole}interactive_deadline = \"9s\"\n")), [""; 0]);
    assert_eq!(example(whole), ["packaging/client.toml: interactive_deadline is missing"]);
    let other = format!("{whole}interactive_deadline = \"9s\"\n#   deadline = \"9s\"\n");
    assert_eq!(example(&other), ["packaging/client.toml:6: deadline is unknown"]);
}
