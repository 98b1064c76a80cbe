//! The text of a scrape, and the table of metrics in the documentation.

use std::collections::{BTreeMap, BTreeSet};

use postern_tests::http::Place;

/// A scrape.
#[derive(Debug)]
pub(crate) struct Scrape {
    pub(crate) text: String,
}

/// A metric: its type, and the names of its labels.
pub(crate) type Metric = (String, BTreeSet<String>);

impl Scrape {
    pub(crate) fn of(place: &Place) -> Self {
        let reply = place.request("GET", "/metrics").send();
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (200, Some("text/plain; version=0.0.4")),
            "{reply:?}"
        );
        Self { text: reply.body }
    }

    /// The value of a sample, such as `postern_logins_total{…}`; its labels are in the order of their names.
    pub(crate) fn value(&self, sample: &str) -> Option<f64> {
        let mut lines = self.text.lines().filter(|line| !line.starts_with('#'));
        lines.find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok())
    }

    /// Every metric by its name.
    pub(crate) fn metrics(&self) -> BTreeMap<String, Metric> {
        let types = self.text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
        types.map(|(name, kind)| (name.to_owned(), (kind.to_owned(), self.labels(name)))).collect()
    }

    fn labels(&self, name: &str) -> BTreeSet<String> {
        let samples = self.text.lines().filter_map(|line| line.strip_prefix(name));
        let samples = samples.filter_map(|rest| {
            let rest =
                ["_bucket", "_sum", "_count"].iter().find_map(|end| rest.strip_prefix(end)).unwrap_or(rest);
            rest.strip_prefix('{')?.rsplit_once('}').map(|(labels, _)| labels)
        });
        samples
            .flat_map(|labels| labels.split("\","))
            .filter_map(|pair| pair.split_once("=\"").map(|(label, _)| label.to_owned()))
            .filter(|label| label != "le")
            .collect()
    }
}

/// The table of docs/metrics.md.
pub(crate) fn documented() -> BTreeMap<String, Metric> {
    let rows = include_str!("../../../docs/metrics.md").lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let name = cells.next()?.strip_suffix('`')?;
        let kind = cells.next().filter(|kind| ["counter", "gauge", "histogram"].contains(kind))?;
        let labels = cells.next()?.split(", ").filter_map(|label| label.strip_prefix('`')?.strip_suffix('`'));
        Some((name.to_owned(), (kind.to_owned(), labels.map(str::to_owned).collect())))
    });
    rows.collect()
}

/// The names of metrics in an expression or in any other text.
pub(crate) fn names_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let named = words.filter(|word| word.starts_with("postern_") || word.starts_with("process_"));
    let known = documented();
    let without_suffix = |word: &str| {
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end));
        base.filter(|base| known.contains_key(*base)).unwrap_or(word).to_owned()
    };
    named.map(without_suffix).collect()
}
