//! The shipped alerts and the dashboard, without a posternd.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::server::promtool;
use crate::text::{documented, names_in};

/// An expression of the dashboard, with its panel.
pub(crate) struct PanelQuery {
    pub(crate) panel: String,
    pub(crate) expression: String,
}

/// What the dashboard asks Prometheus, for all hosts and services.
pub(crate) fn dashboard_queries() -> Vec<PanelQuery> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let queries = panels.iter().flat_map(|panel| {
        let targets = panel["targets"].as_array().cloned().unwrap_or_default();
        targets.into_iter().map(|target| PanelQuery {
            panel: panel["title"].as_str().expect("a title").to_owned(),
            expression: target["expr"]
                .as_str()
                .expect("an expression")
                .replace("$__rate_interval", "5m")
                .replace("$instance", ".*")
                .replace("$service", ".*"),
        })
    });
    queries.collect()
}

#[test]
fn the_alerts_are_valid_and_fire_where_they_should_and_only_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/prometheus");
    promtool(&["check", "rules", "postern-rules.yml"], "", &folder);
    promtool(&["test", "rules", "postern-rules-test.yml"], "", &folder);
    promtool(&["check", "config", "--syntax-only", "prometheus.yml"], "", &folder);
}

#[test]
fn the_guide_the_tests_and_the_rules_name_the_same_alerts() {
    let of_rules: BTreeSet<&str> =
        RULES.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let rows = GUIDE.lines().filter_map(|line| line.strip_prefix("| Postern")?.split_once(' '));
    let of_guide: BTreeSet<String> = rows.map(|(name, _)| format!("Postern{name}")).collect();
    assert!(of_rules.len() > 10 && of_rules.iter().eq(&of_guide), "{of_rules:?}\n{of_guide:?}");
    for alert in of_rules {
        assert!(RULE_TESTS.contains(&format!("alertname=\"{alert}\"")), "{alert} has no test");
    }
}

#[test]
fn the_dashboard_and_the_alerts_name_documented_metrics_alone_and_the_dashboard_shows_all() {
    let known: BTreeSet<String> = documented().into_keys().collect();
    let expressions: Vec<String> = dashboard_queries().into_iter().map(|query| query.expression).collect();
    let shown = names_in(&expressions.join("\n"));
    let unknown: Vec<_> =
        shown.union(&names_in(RULES)).filter(|name| !known.contains(*name)).cloned().collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let hidden: Vec<_> = known.difference(&shown).collect();
    assert!(hidden.is_empty(), "on no panel: {hidden:?}");
}

const DASHBOARD: &str = include_str!("../../../packaging/prometheus/postern-dashboard.json");
pub(crate) const RULES: &str = include_str!("../../../packaging/prometheus/postern-rules.yml");
const RULE_TESTS: &str = include_str!("../../../packaging/prometheus/postern-rules-test.yml");
const GUIDE: &str = include_str!("../../../docs/metrics.md");
