//! Holds the words that people read against `docs/glossary.md`.

use super::*;

/// A line of the glossary: one term in both languages, and the words that are not used for it.
struct Term {
    english: &'static str,
    not: Vec<&'static str>,
    chinese: &'static str,
    chinese_not: Vec<&'static str>,
}

#[test]
fn each_thing_has_one_term_in_each_language() {
    let terms = terms();
    assert!(terms.len() >= 15, "{} terms", terms.len());
    let (english, chinese) = (texts(Language::English), texts(Language::SimplifiedChinese));
    for Term { english: term, not, chinese: chinese_term, chinese_not } in &terms {
        for (file, text) in &english {
            let text = text.to_lowercase();
            for word in not {
                assert!(!has_word(&text, &word.to_lowercase()), "{file} says {word}; it is: {term}");
            }
        }
        for (file, text) in &chinese {
            for word in chinese_not {
                assert!(!text.contains(word), "{file} says {word}; it is: {chinese_term}");
            }
        }
        let is_used = |texts: &[(&str, String)], term: &str| {
            texts.iter().any(|(_, text)| text.to_lowercase().contains(term))
        };
        assert!(
            is_used(&english, term) && is_used(&chinese, chinese_term),
            "{term} / {chinese_term} is not used"
        );
    }
}

#[test]
fn a_word_is_found_whole_and_nowhere_else() {
    assert!(
        has_word("your pin, please", "pin")
            && has_word("pin", "pin")
            && has_word("a two-factor login", "two-factor")
    );
    assert!(!has_word("spinning", "pin") && !has_word("pins", "pin"));
}

fn terms() -> Vec<Term> {
    let (_, table) = GLOSSARY.split_once("| English | not | 中文 | 不用 |\n").expect("the table");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [english, not, chinese, chinese_not] = cells[..] else { panic!("four cells: {row}") };
        let list = |cell: &'static str| cell.split(", ").collect();
        Term { english, not: list(not), chinese, chinese_not: list(chinese_not) }
    })
    .collect()
}

/// The texts of a language by file, without comments and names.
fn texts(language: Language) -> Vec<(&'static str, String)> {
    let (catalogue, start, end) = match language {
        Language::English => (include_str!("en.ftl"), "  en: {", "  zh: {"),
        Language::SimplifiedChinese => (include_str!("zh-CN.ftl"), "  zh: {", "const Words"),
    };
    let spoken =
        catalogue.lines().filter(|line| !line.starts_with('#')).map(|line| match line.split_once(" = ") {
            Some((_, text)) => text,
            None => line,
        });
    let (_, page) = PAGE.split_once(start).expect("the language");
    let (page, _) = page.split_once(end).expect("the next one");
    let page = page.lines().filter_map(|line| line.split_once(": \"")).map(|(_, text)| text);
    let is_chinese = |line: &&str| !line.is_ascii();
    let module = MODULE.lines().filter(|line| line.trim_start().starts_with(['"', 'c']));
    let module = module.filter(|line| is_chinese(line) == (language == Language::SimplifiedChinese));
    let join = |lines: Vec<&str>| lines.join("\n");
    let account = ACCOUNT.lines().filter_map(|line| {
        let (_, both) = line.trim().strip_suffix("\";")?.split_once(": \"")?;
        let (english, chinese) = both.split_once("\", \"")?;
        Some(if language == Language::English { english } else { chinese })
    });
    vec![
        ("web/src/account/words.rs", join(account.collect())),
        (language.as_str(), join(spoken.collect())),
        ("web/page/words.js", join(page.collect())),
        ("pam-module/src/outage.rs", join(module.collect())),
    ]
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        [before, after].into_iter().flatten().all(|c| !c.is_alphanumeric())
    })
}

const GLOSSARY: &str = include_str!("../../../../docs/glossary.md");
const ACCOUNT: &str = include_str!("../../../../web/src/account/words.rs");
const PAGE: &str = include_str!("../../../../web/page/words.js");
const MODULE: &str = include_str!("../../../../pam-module/src/outage.rs");
