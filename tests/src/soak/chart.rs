//! Series as an SVG, a small chart each, from zero upwards: what is not flat is seen at a glance.

use maud::{Markup, html};

use super::flat::Series;
use crate::svg;

/// All series, three in a row, with the bound that each is held to as a dashed line.
pub(super) fn chart(title: &str, series: &[Series]) -> String {
    let rows = series.len().div_ceil(COLUMNS);
    let (width, height) = (COLUMNS as f64 * CELL.0 + GAP, rows as f64 * CELL.1 + TOP);
    let place = |number: usize| {
        let (column, row) = ((number % COLUMNS) as f64, (number / COLUMNS) as f64);
        (column * CELL.0, TOP + row * CELL.1)
    };
    let parts =
        html! { @for (number, series) in series.iter().enumerate() { (cell(series, place(number))) } };
    svg::document(title, (width, height), STYLE, &parts)
}

fn cell(series: &Series, (x, y): (f64, f64)) -> Markup {
    let judgement = series.judgement();
    let most = series.points.iter().map(|(_, value)| *value).fold(judgement.allowed, f64::max).max(1.0);
    let (wide, high) = (CELL.0 - GAP, CELL.1 - GAP - LINE);
    let (top, bottom) = (y + LINE, y + LINE + high);
    let height = |value: f64| format!("{:.1}", bottom - value / most * high);
    let points = series
        .points
        .iter()
        .map(|&(done, value)| format!("{:.1},{}", x + done.min(1.0) * wide, height(value)));
    let bound = height(judgement.allowed);
    let last = series.points.last().map_or(f64::NAN, |(_, value)| *value);
    html! {
        text x=(x) y=(top - 5.0) { (series.name) ": " (format!("{last:.0}")) }
        rect class="frame" x=(x) y=(top) width=(wide) height=(high) {}
        line x1=(x) x2=(x + wide) y1=(bound) y2=(bound) {}
        polyline class=(if judgement.is_flat() { "flat" } else { "steep" }) points=(points.collect::<Vec<_>>().join(" ")) {}
    }
}

const STYLE: &str = "text{font-size:11px}.frame{fill:none;stroke:#a9b1bd}line{stroke:#a9b1bd;stroke-dasharray:4 3}\
    polyline{fill:none;stroke-width:1.5}.flat{stroke:#2f6fd0}.steep{stroke:#b3261e}\
    @media(prefers-color-scheme:dark){.flat{stroke:#6ea0f0}.steep{stroke:#f28b82}}";
const COLUMNS: usize = 3;
const TOP: f64 = 36.0;
/// The width and height of a chart with its title and the space around it.
const CELL: (f64, f64) = (310.0, 130.0);
const GAP: f64 = 20.0;
const LINE: f64 = 18.0;
