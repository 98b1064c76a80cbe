//! The settings of the plugin for Roundcube are those of its example, and the documents name no other.

use std::collections::BTreeSet;

use crate::document::{all, named};
use crate::{read, report, workspace};

#[test]
fn the_plugin_reads_the_settings_of_its_example() {
    let plugin = read(&workspace().join("roundcube/postern/postern.php"));
    let calls = plugin.split("->setting('").skip(1).filter_map(|rest| rest.split('\'').next());
    let read: BTreeSet<String> = calls.map(|name| format!("postern_{name}")).collect();
    assert!(read.len() > 3, "{read:?}");
    assert_eq!(read, settings(&named("roundcube/postern/config.inc.php.dist").text));
    let known = |name: &String| read.contains(name) || !name.starts_with("postern_");
    let wrong = all().into_iter().flat_map(|document| {
        let unknown: Vec<String> = settings(&document.text).into_iter().filter(|name| !known(name)).collect();
        unknown.into_iter().map(move |name| format!("{}: {name}", document.name))
    });
    report("the plugin has no such setting", &wrong.collect::<Vec<_>>());
}

/// `$config['name']`.
fn settings(text: &str) -> BTreeSet<String> {
    text.split("$config['").skip(1).filter_map(|rest| rest.split('\'').next()).map(str::to_owned).collect()
}

#[test]
fn settings_are_found() {
    assert_eq!(
        settings("$config['a'] = 1; # $config['b']"),
        BTreeSet::from(["a".to_owned(), "b".to_owned()])
    );
}
