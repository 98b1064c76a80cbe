use maud::{Markup, html};

use super::results::Row;
use crate::svg;

/// A bar for each row, grouped by level, each group on a scale of its own; a line over the bar shows where the rounds lay.
pub(super) fn bars(title: &str, unit: &str, rows: &[Row]) -> String {
    let mut y = TOP;
    let mut parts: Vec<Markup> = Vec::new();
    for level in rows.chunk_by(|one, next| one.level == next.level) {
        let most = level.iter().map(|row| row.rate.most).fold(f64::MIN_POSITIVE, f64::max);
        y += LINE;
        parts.push(html! { text class="level" x="0" y=(y - 7) { (level[0].level) " (" (unit) ")" } });
        for row in level {
            parts.push(bar(row, y, most));
            y += LINE;
        }
        y += LINE / 2;
    }
    svg::document(title, (WIDTH.into(), y.into()), STYLE, &html! { @for part in &parts { (part) } })
}

fn bar(row: &Row, y: u32, most: f64) -> Markup {
    let x = |rate: f64| f64::from(LABELS) + f64::from(BAR) * (rate / most).clamp(0.0, 1.0);
    let (median, least, greatest) = (x(row.rate.median), x(row.rate.least), x(row.rate.most));
    let middle = y + 8;
    html! {
        text x=(LABELS - 8) y=(y + 12) text-anchor="end" { (row.contender) }
        rect class=(if row.ours { "ours" } else { "other" }) x=(LABELS) y=(y) height="16"
            width=(format!("{:.1}", median - f64::from(LABELS))) {}
        line x1=(format!("{least:.1}")) x2=(format!("{greatest:.1}")) y1=(middle) y2=(middle) {}
        text x=(LABELS + BAR + 8) y=(y + 12) { (format!("{:.0}", row.rate.median)) }
    }
}

const STYLE: &str = ".level{font-weight:600}.ours{fill:#2f6fd0}.other{fill:#a9b1bd}line{stroke:#1c1f24;stroke-width:1.5}\
    @media(prefers-color-scheme:dark){.ours{fill:#6ea0f0}.other{fill:#59616d}line{stroke:#e7eaee}}";
const WIDTH: u32 = LABELS + BAR + 100;
const LABELS: u32 = 330;
const BAR: u32 = 460;
const LINE: u32 = 24;
const TOP: u32 = 36;
