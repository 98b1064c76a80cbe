//! The plugin's files by themselves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use postern_tests::{Ran, host};

#[test]
fn php_takes_every_file_of_the_plugin() {
    let files = files(&folder());
    let is_php = |path: &&PathBuf| [".php", ".inc", ".dist"].iter().any(|end| name(path).ends_with(end));
    let scripts: Vec<&PathBuf> = files.iter().filter(is_php).collect();
    assert!(scripts.len() >= 6, "{scripts:?}");
    for script in scripts {
        let mut php = Command::new(host::system_program("/usr/bin/php", "php-cli"));
        let ran = Ran::of(php.args(["-d", "display_errors=1", "-l"]).arg(script), b"", LIMIT).succeeded();
        assert!(ran.stdout.starts_with("No syntax errors"), "{}", ran.stdout);
    }
}

#[test]
fn both_languages_have_the_same_texts() {
    let texts = |language: &str| -> Vec<String> {
        let text = fs::read_to_string(folder().join(format!("localization/{language}.inc"))).expect("texts");
        let lines = text.lines().filter_map(|line| line.strip_prefix("$labels['"));
        lines.map(|line| line.split('\'').next().unwrap_or_default().to_owned()).collect()
    };
    let english = texts("en_US");
    assert!(english.len() > 5, "{english:?}");
    assert_eq!(english, texts("zh_CN"));
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../roundcube/postern")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the plugin") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

const LIMIT: Duration = Duration::from_secs(20);
