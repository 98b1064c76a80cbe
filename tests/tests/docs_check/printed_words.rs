//! Words that programs print are in the documents that explain them.

use std::collections::BTreeSet;

use postern_ipc::RejectReason;

use crate::document::named;
use crate::{files_below, read, report, workspace};

#[test]
fn the_protocol_lists_every_reason_of_a_refusal_and_no_other() {
    let protocol = named("docs/protocol.md");
    let row =
        protocol.text.lines().find(|line| line.contains("{\"reject\":")).expect("the row about refusals");
    let (_, list) = row.split_once("for the log: `").expect("the list of reasons");
    let written: Vec<&str> = list.split('`').next().unwrap_or_default().split(' ').collect();
    assert_eq!(written, RejectReason::ALL.map(RejectReason::as_str));
}

#[test]
fn the_metrics_of_the_guide_the_rules_and_the_dashboard_are_those_of_posternd() {
    let known = metrics_of_posternd();
    assert!(known.len() > 20, "{known:?}");
    let guide = named("docs/metrics.md");
    let examples = files_below("packaging/prometheus").into_iter().map(|name| named(&name));
    let mut wrong = Vec::new();
    for document in std::iter::once(guide).chain(examples) {
        let unknown = metrics(&document.text).into_iter().filter(|name| !known.contains(name));
        wrong.extend(unknown.map(|name| format!("{}: {name} is no metric", document.name)));
    }
    let explained = metrics(&named("docs/metrics.md").text);
    wrong.extend(known.difference(&explained).map(|name| format!("docs/metrics.md: {name} is missing")));
    report("the metrics differ", &wrong);
}

fn metrics_of_posternd() -> BTreeSet<String> {
    let sources = files_below("daemon/src/metrics").into_iter().filter(|name| !name.ends_with("tests.rs"));
    let quoted = sources.flat_map(|name| {
        let text = read(&workspace().join(name));
        // Those of both stores are made in one place.
        let text = text.replace("postern_{store}_", "postern_directory_")
            + &text.replace("postern_{store}_", "postern_ledger_");
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        product.split('"').filter(|word| is_metric(word)).map(str::to_owned).collect::<Vec<_>>()
    });
    quoted.collect()
}

fn is_metric(word: &str) -> bool {
    word.strip_prefix("postern_")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
}

/// The metrics that a text names; what Prometheus adds to the name of a histogram is left out.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| is_metric(word));
    let plain = |word: &str| {
        let of_histogram = ["_bucket", "_sum", "_count"].into_iter().find_map(|end| word.strip_suffix(end));
        of_histogram.unwrap_or(word).to_owned()
    };
    words.map(plain).collect()
}

#[test]
fn metrics_are_told_from_other_words() {
    let text =
        "rate(postern_logins_total{a=\"b\"}[5m]) postern_x_seconds_bucket postern_ postern:x Postern_y";
    assert_eq!(
        metrics(text),
        BTreeSet::from(["postern_logins_total".to_owned(), "postern_x_seconds".to_owned()])
    );
}
