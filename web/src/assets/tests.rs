use std::collections::BTreeMap;

use super::*;

const WORDS: &str = include_str!("../../page/words.js");

/// The texts of each language by name, as the catalogue has them.
fn catalogue() -> BTreeMap<&'static str, BTreeMap<&'static str, &'static str>> {
    let mut languages = BTreeMap::new();
    let mut language = "";
    for line in
        WORDS.lines().skip_while(|line| !line.starts_with("const WORDS")).take_while(|line| *line != "};")
    {
        if let Some(name) = line.strip_prefix("  ").and_then(|line| line.strip_suffix(": {")) {
            language = name;
            languages.insert(language, BTreeMap::new());
        } else if let Some((name, text)) = line.strip_prefix("    ").and_then(|line| line.split_once(": ")) {
            let words: &mut BTreeMap<_, _> = languages.get_mut(language).unwrap();
            assert!(words.insert(name, text).is_none(), "{language}: {name} stands there twice");
        }
    }
    languages
}

fn places(text: &str) -> Vec<&str> {
    let mut places: Vec<_> =
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
    places.sort_unstable();
    places
}

fn scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES
        .iter()
        .filter(|(name, _)| name.ends_with(".js"))
        .map(|(name, asset)| (*name, std::str::from_utf8(asset.bytes).unwrap()))
}

#[test]
fn both_languages_say_the_same_things() {
    let languages = catalogue();
    let (english, chinese) = (&languages["en"], &languages["zh"]);
    assert!(english.len() > 100, "{}", english.len());
    assert_eq!(english.keys().collect::<Vec<_>>(), chinese.keys().collect::<Vec<_>>());
    for (name, text) in english {
        assert_eq!(places(text), places(chinese[name]), "{name}");
    }
}

#[test]
fn every_text_of_the_page_is_in_the_catalogue_and_every_entry_is_used() {
    let english = &catalogue()["en"];
    let code: String = scripts().filter(|(file, _)| *file != "/words.js").map(|(_, script)| script).collect();
    let mut calls = Vec::new();
    let mut rest = code.as_str();
    while let Some((before, after)) = rest.split_once("t(\"") {
        if !before.ends_with(|c: char| c.is_alphanumeric()) {
            calls.push(after.split('"').next().unwrap());
        }
        rest = after;
    }
    assert!(calls.len() > 60, "{}", calls.len());
    for name in &calls {
        let begins_one = name.ends_with('_') && english.keys().any(|key| key.starts_with(name));
        assert!(english.contains_key(name) || begins_one, "{name}");
    }
    for name in english.keys() {
        let begun = calls.iter().any(|call| call.ends_with('_') && name.starts_with(call));
        let is_said = code.contains(&format!("\"{name}\""))
            || begun
            || name.starts_with("failed_")
            || name.starts_with("refused_");
        assert!(is_said, "{name} is not used");
    }
}

#[test]
fn the_page_and_its_worker_name_every_file_and_nothing_from_elsewhere() {
    let worker = std::str::from_utf8(at("/sw.js").unwrap().bytes).unwrap();
    for (name, _) in FILES {
        if name.ends_with(".js") && *name != "/sw.js" {
            assert!(PAGE.contains(&format!("src=\"{name}\"")), "{name}");
            assert!(worker.contains(&format!("\"{name}\"")), "{name}");
        }
    }
    assert_eq!(PAGE.matches(TOKEN_PLACE).count(), 1);
    for (name, asset) in FILES {
        let text = String::from_utf8_lossy(asset.bytes).replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("http://") && !text.contains("https://"), "{name}");
    }
    assert!(!PAGE.contains("://"));
}

#[test]
fn the_scripts_are_for_the_browsers_that_people_have() {
    for (file, script) in scripts() {
        for new in [
            "?.",
            "??",
            "replaceAll",
            ".at(",
            "structuredClone",
            "import ",
            "export ",
            "#private",
            "innerHTML",
            "eval(",
        ] {
            assert!(!script.contains(new), "{file} has {new}");
        }
    }
}

#[test]
fn nothing_else_is_found() {
    for path in ["", "/", "/app.js/", "/../etc/passwd", "/APP.JS", "/app.js%00", "/icon-192.png"] {
        assert!(at(path).is_none(), "{path}");
    }
}
