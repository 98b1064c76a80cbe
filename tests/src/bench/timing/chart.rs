use maud::{Markup, html};

use super::Refusals;
use crate::bench::numbers::quantile;
use crate::svg;

/// A bar from p10 to p90 for each kind of refusal, a line from p1 to p99, a stroke at the median. What can be told from the first one of its
/// table has another colour.
pub(super) fn bars(title: &str, all: &[Refusals]) -> String {
    let (parts, height) = svg::levels(all, TOP, |one| format!("{} (ms)", one.level));
    svg::document(title, (LABELS + WIDE + VALUES, height), STYLE, &parts)
}

impl svg::Bar for Refusals {
    fn level(&self) -> &str {
        &self.level
    }

    fn reach(&self) -> f64 {
        quantile(&self.times, 0.99)
    }

    fn draw(&self, y: f64, most: f64) -> Markup {
        let x = |part| LABELS + WIDE * (quantile(&self.times, part) / most).clamp(0.0, 1.0);
        let at = |part| format!("{:.1}", x(part));
        let (middle, text) = (y + 8.0, y + 12.0);
        let class = if (self.auc - 0.5).abs() < ALIKE { "alike" } else { "apart" };
        html! {
            text x=(LABELS - 8.0) y=(text) text-anchor="end" { (self.name) }
            line x1=(at(0.01)) x2=(at(0.99)) y1=(middle) y2=(middle) {}
            rect class=(class) x=(at(0.1)) y=(y) height="16" width=(format!("{:.1}", (x(0.9) - x(0.1)).max(1.0))) {}
            line class="median" x1=(at(0.5)) x2=(at(0.5)) y1=(y) y2=(y + 16.0) {}
            text x=(LABELS + WIDE + 8.0) y=(text) { (format!("{:.2}, AUC {:.2}", quantile(&self.times, 0.5), self.auc)) }
        }
    }
}

const STYLE: &str = ".alike{fill:#a9b1bd}.apart{fill:#c0453a}line{stroke:#1c1f24;stroke-width:1.5}.median{stroke-width:2.5}\
    @media(prefers-color-scheme:dark){.alike{fill:#59616d}.apart{fill:#e2786e}line{stroke:#e7eaee}}";
/// How far an AUC may lie from that of the same distribution.
const ALIKE: f64 = 0.1;
const LABELS: f64 = 330.0;
const WIDE: f64 = 460.0;
const VALUES: f64 = 160.0;
const TOP: f64 = 36.0;
