use maud::{Markup, html};

use super::row::Row;
use crate::svg;

/// A bar for each row, grouped by level, each group on a scale of its own; a line over the bar shows where the rounds lay.
pub(super) fn bars(title: &str, unit: &str, rows: &[Row]) -> String {
    let (parts, height) = svg::levels(rows, unit, TOP);
    svg::document(title, (LABELS + BAR + 100.0, height), STYLE, &parts)
}

impl svg::Bar for Row {
    fn level(&self) -> &str {
        &self.level
    }

    fn reach(&self) -> f64 {
        self.rate.most
    }

    fn draw(&self, y: f64, most: f64) -> Markup {
        let x = |rate: f64| LABELS + BAR * (rate / most).clamp(0.0, 1.0);
        let (median, least, greatest) = (x(self.rate.median), x(self.rate.least), x(self.rate.most));
        let middle = y + 8.0;
        html! {
            text x=(LABELS - 8.0) y=(y + 12.0) text-anchor="end" { (self.contender) }
            rect class=(if self.ours { "ours" } else { "other" }) x=(LABELS) y=(y) height="16"
                width=(format!("{:.1}", median - LABELS)) {}
            line x1=(format!("{least:.1}")) x2=(format!("{greatest:.1}")) y1=(middle) y2=(middle) {}
            text x=(LABELS + BAR + 8.0) y=(y + 12.0) { (format!("{:.0}", self.rate.median)) }
        }
    }
}

const STYLE: &str = ".ours{fill:#2f6fd0}.other{fill:#a9b1bd}line{stroke:#1c1f24;stroke-width:1.5}\
    @media(prefers-color-scheme:dark){.ours{fill:#6ea0f0}.other{fill:#59616d}line{stroke:#e7eaee}}";
const LABELS: f64 = 330.0;
const BAR: f64 = 460.0;
const TOP: f64 = 36.0;
