//! Stacked bars: what a whole consists of.

use maud::{Markup, html};

use crate::svg;

/// One bar.
pub(super) struct Bar {
    /// See [`svg::Bar::level`].
    pub(super) level: String,
    pub(super) name: String,
    /// In the order of the names of all parts.
    pub(super) parts: Vec<Part>,
}

/// One part of it, in its two halves.
pub(super) struct Part {
    pub(super) user: f64,
    pub(super) kernel: f64,
}

/// The bars, one below the other, with a legend; the kernel's half of each part is paler.
pub(super) fn bars(title: &str, names: &[&str], unit: &str, bars: &[Bar]) -> String {
    let (parts, height) = svg::levels(bars, TOP + svg::LINE, |bar| format!("{} ({unit})", bar.level));
    svg::document(title, (LABELS + WIDE + 100.0, height), STYLE, &html! { (legend(names, TOP)) (parts) })
}

fn legend(names: &[&str], y: f64) -> Markup {
    html! {
        @for (number, name) in names.iter().enumerate() {
            @let x = number as f64 * KEY;
            rect class=(class(number)) x=(x) y=(y) width="16" height="16" {}
            text x=(x + 22.0) y=(y + 12.0) { (name) }
        }
        text x=(names.len() as f64 * KEY) y=(y + 12.0) { "paler: in the kernel" }
    }
}

impl Bar {
    fn whole(&self) -> f64 {
        self.parts.iter().map(|part| part.user + part.kernel).sum()
    }
}

impl svg::Bar for Bar {
    fn level(&self) -> &str {
        &self.level
    }

    fn reach(&self) -> f64 {
        self.whole()
    }

    fn draw(&self, y: f64, most: f64) -> Markup {
        let halves = self.parts.iter().enumerate().flat_map(|(number, part)| {
            [(class(number), part.user), (format!("{} kernel", class(number)), part.kernel)]
        });
        let mut x = LABELS;
        let boxes = halves.map(|(class, value)| {
            let (left, wide) = (x, value / most * WIDE);
            x += wide;
            html! { rect class=(class) x=(format!("{left:.1}")) y=(y) width=(format!("{wide:.1}")) height="16" {} }
        });
        let boxes: Vec<Markup> = boxes.collect();
        html! {
            text x=(LABELS - 8.0) y=(y + 12.0) text-anchor="end" { (self.name) }
            @for one in &boxes { (one) }
            text x=(x + 8.0) y=(y + 12.0) { (format!("{:.0}", self.whole())) }
        }
    }
}

fn class(part: usize) -> String {
    format!("p{part}")
}

const STYLE: &str = ".kernel{opacity:.55}\
    .p0{fill:#8a93a0}.p1{fill:#b8860b}.p2{fill:#7b4fb5}.p3{fill:#2f6fd0}.p4{fill:#2c8c5a}.p5{fill:#c0453a}.p6{fill:#3a9aa8}\
    @media(prefers-color-scheme:dark){.p1{fill:#d9a93a}.p2{fill:#a585d8}.p3{fill:#6ea0f0}.p4{fill:#56b784}.p5{fill:#e2786e}.p6{fill:#63bfcc}}";
const LABELS: f64 = 290.0;
const WIDE: f64 = 560.0;
const KEY: f64 = 114.0;
const TOP: f64 = 44.0;
