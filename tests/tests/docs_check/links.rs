//! Links lead somewhere, in the tree and on a host, and a reader of README.md can get to every page.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Block, Document, Kind, all};
use crate::package::{GUIDES, INSTALLED, installed_pages};
use crate::{report, workspace};

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    report("links that lead nowhere", &dead_links(&pages, is_in_the_tree));
}

#[test]
fn every_page_can_be_reached_from_the_readme() {
    let pages = pages();
    let missing = unreached("README.md", &pages);
    report("no link leads from README.md to", &missing);
}

#[test]
fn every_link_of_an_installed_page_leads_somewhere() {
    let pages = installed_pages();
    report("links that lead nowhere once installed", &dead_links(pages, is_installed));
    let missing = unreached(&format!("{GUIDES}README.md"), pages);
    report("no link leads from the installed README.md to", &missing);
}

fn dead_links(pages: &BTreeMap<String, Document>, is_there: fn(&str) -> bool) -> Vec<String> {
    let (mut checked, mut wrong) = (0, Vec::new());
    for page in pages.values() {
        for (line, target) in links(page) {
            checked += 1;
            if let Err(what) = follow(page, &target, pages, is_there) {
                wrong.push(format!("{}: {target}: {what}", page.at(line)));
            }
        }
    }
    assert!(checked > 50, "only {checked} links were found");
    wrong
}

fn is_in_the_tree(name: &str) -> bool {
    !name.starts_with('/') && workspace().join(name).exists()
}

fn is_installed(path: &str) -> bool {
    INSTALLED.contains(path)
}

fn unreached(first: &str, pages: &BTreeMap<String, Document>) -> Vec<String> {
    let reached = reached(first, pages);
    pages.keys().filter(|name| !reached.contains(*name)).cloned().collect()
}

fn pages() -> BTreeMap<String, Document> {
    let pages = all().into_iter().filter(|document| document.kind == Kind::Markdown);
    pages.map(|page| (page.name.clone(), page)).collect()
}

fn reached(first: &str, pages: &BTreeMap<String, Document>) -> BTreeSet<String> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![first.to_owned()]);
    while let Some(name) = open.pop() {
        if let Some(page) = pages.get(&name).filter(|_| reached.insert(name.clone())) {
            open.extend(
                links(page)
                    .into_iter()
                    .map(|(_, target)| resolve(&name, target.split('#').next().unwrap_or_default())),
            );
        }
    }
    reached
}

/// The targets of `[text](target)` outside of code, and of `[text]: target`.
fn links(page: &Document) -> Vec<(usize, String)> {
    let mut code = vec![false; page.text.lines().count() + 2];
    for Block { line, text, .. } in page.blocks() {
        code[line - 1..line - 1 + text.lines().count()].fill(true);
    }
    let mut found = Vec::new();
    for (number, line) in page.text.lines().enumerate().filter(|(number, _)| !code[*number]) {
        let (mut rest, mut before) = (line, 0);
        while let Some(at) = rest.find("](") {
            let is_code = line[..before + at].matches('`').count() % 2 == 1;
            let target = &rest[at + 2..];
            let target = target.split([')', ' ']).next().unwrap_or_default();
            if !is_code {
                found.push((number + 1, target.to_owned()));
            }
            before += at + 2;
            rest = &line[before..];
        }
        let definition = line.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        found.extend(definition.map(|(_, target)| (number + 1, target.trim().to_owned())));
    }
    found
}

fn follow(
    from: &Document,
    target: &str,
    pages: &BTreeMap<String, Document>,
    is_there: fn(&str) -> bool,
) -> Result<(), &'static str> {
    if target.contains("://") || target.starts_with("mailto:") {
        return Ok(());
    }
    let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let name = if file.is_empty() { from.name.clone() } else { resolve(&from.name, file) };
    if !file.is_empty() && !is_there(&name) {
        return Err("no such file");
    }
    let Some(anchor) = anchor else { return Ok(()) };
    let page = if name == from.name { Some(from) } else { pages.get(&name) };
    let page = page.ok_or("an anchor in what is no page")?;
    if anchors(page).contains(anchor) { Ok(()) } else { Err("no such heading") }
}

/// The path of what a page links to: in the workspace, or on a host if the page's own is.
fn resolve(page: &str, target: &str) -> String {
    if target.starts_with('/') {
        return target.to_owned();
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/').filter(|part| !part.is_empty()) {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The headings as GitHub and its like make anchors of them.
fn anchors(page: &Document) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let code: Vec<Block> = page.blocks();
    let is_code = |number: usize| {
        code.iter().any(|block| (block.line..block.line + block.text.lines().count()).contains(&number))
    };
    for (number, line) in page.lines().into_iter().filter(|(number, _)| !is_code(*number)) {
        let heading = line.trim_start_matches('#');
        if heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let text = heading.trim().to_lowercase();
        let slug: String = text
            .chars()
            .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let again = (1..).map(|count| format!("{slug}-{count}"));
        let free = std::iter::once(slug.clone()).chain(again).find(|anchor| !found.contains(anchor));
        found.extend(free.filter(|_| number > 0));
    }
    found
}

#[test]
fn links_that_lead_nowhere_are_found() {
    let text = "# First `x`: a, b\n\n[a](#first-x-a-b) [b](redis.md#urls) [c](../README.md) <https://x.org> [d](https://x.org/#y)\n\
                [e](#second) [f](redish.md) [g](redis.md#uris) [h](/README.md) `[i](no)`\n\n```\n[j](no)\n# Second\n```\n[k]: no.md\n";
    let page = Document::new("docs/a.md", text);
    let pages = pages();
    let wrong: Vec<_> = links(&page)
        .into_iter()
        .filter(|(_, target)| follow(&page, target, &pages, is_in_the_tree).is_err())
        .collect();
    let expected = [(4, "#second"), (4, "redish.md"), (4, "redis.md#uris"), (4, "/README.md"), (10, "no.md")];
    assert_eq!(wrong, expected.map(|(line, target)| (line, target.to_owned())));
}

#[test]
fn a_page_without_a_way_to_it_is_found() {
    let page = |name: &str, text: &str| (name.to_owned(), Document::new(name, text));
    let pages = BTreeMap::from([
        page("README.md", "[a](docs/a.md#x)"),
        page("docs/a.md", "[b](./b.md)"),
        page("docs/b.md", ""),
        page("docs/c.md", "[a](a.md)"),
    ]);
    let reached = reached("README.md", &pages);
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), ["README.md", "docs/a.md", "docs/b.md"]);
}
