use maud::{Markup, html};

use super::figure::{Aim, Figure, Spread};
use super::row::Row;
use crate::svg;

/// A bar for each row, grouped by level, and one for each figure, grouped by what it is counted in. Each group has a scale of its own; a line
/// over the bar shows where the rounds lay, a stroke across it what is promised.
pub(super) fn bars(title: &str, unit: &str, rows: &[Row], figures: &[Figure]) -> String {
    let (of_rows, y) = svg::levels(rows, TOP, |row| format!("{} ({unit})", row.level));
    let heading = |figure: &Figure| if figure.unit.is_empty() { "ratios" } else { figure.unit }.to_owned();
    let (of_figures, height) = svg::levels(&by_unit(figures), y, heading);
    svg::document(title, (LABELS + BAR + VALUES, height), STYLE, &html! { (of_rows) (of_figures) })
}

/// Those of one unit together, in the order of the first of each.
fn by_unit(figures: &[Figure]) -> Vec<Figure> {
    let mut sorted = figures.to_vec();
    sorted.sort_by_key(|figure| figures.iter().position(|first| first.unit == figure.unit));
    sorted
}

impl svg::Bar for Row {
    fn level(&self) -> &str {
        &self.level
    }

    fn reach(&self) -> f64 {
        self.rate.most
    }

    fn draw(&self, y: f64, most: f64) -> Markup {
        let bar = Bar { y, most };
        let class = if self.ours { "ours" } else { "other" };
        html! {
            (bar.label(&self.contender))
            (bar.spread(self.rate, class))
            (bar.value(&format!("{:.0}", self.rate.median)))
        }
    }
}

impl svg::Bar for Figure {
    fn level(&self) -> &str {
        self.unit
    }

    fn reach(&self) -> f64 {
        self.value.most.max(self.aim.map_or(0.0, Aim::number))
    }

    fn draw(&self, y: f64, most: f64) -> Markup {
        let bar = Bar { y, most };
        let is_missed = self.aim.is_some_and(|aim| !aim.met(self.value.median));
        html! {
            (bar.label(&self.name))
            (bar.spread(self.value, if is_missed { "missed" } else { "ours" }))
            @if let Some(aim) = self.aim { (bar.aim(aim.number())) }
            (bar.value(&self.measured()))
        }
    }
}

/// Where one is drawn: its upper edge, and what the longest of its group stands for.
struct Bar {
    y: f64,
    most: f64,
}

impl Bar {
    fn x(&self, value: f64) -> f64 {
        LABELS + BAR * (value / self.most).clamp(0.0, 1.0)
    }

    fn label(&self, text: &str) -> Markup {
        html! { text x=(LABELS - 8.0) y=(self.y + 12.0) text-anchor="end" { (text) } }
    }

    fn value(&self, text: &str) -> Markup {
        html! { text x=(LABELS + BAR + 8.0) y=(self.y + 12.0) { (text) } }
    }

    fn spread(&self, value: Spread, class: &str) -> Markup {
        let (median, least, greatest) = (self.x(value.median), self.x(value.least), self.x(value.most));
        let middle = self.y + 8.0;
        html! {
            rect class=(class) x=(LABELS) y=(self.y) height="16" width=(format!("{:.1}", median - LABELS)) {}
            line x1=(format!("{least:.1}")) x2=(format!("{greatest:.1}")) y1=(middle) y2=(middle) {}
        }
    }

    fn aim(&self, number: f64) -> Markup {
        let x = format!("{:.1}", self.x(number));
        html! { line class="aim" x1=(x) x2=(x) y1=(self.y - 3.0) y2=(self.y + 19.0) {} }
    }
}

const STYLE: &str = ".ours{fill:#2f6fd0}.other{fill:#a9b1bd}.missed{fill:#c0453a}line{stroke:#1c1f24;stroke-width:1.5}.aim{stroke-width:2.5}\
    @media(prefers-color-scheme:dark){.ours{fill:#6ea0f0}.other{fill:#59616d}.missed{fill:#e2786e}line{stroke:#e7eaee}}";
/// The names of figures are long.
const LABELS: f64 = 560.0;
const BAR: f64 = 400.0;
const VALUES: f64 = 320.0;
const TOP: f64 = 36.0;
