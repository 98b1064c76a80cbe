//! The frame of every chart: an SVG 1.1 document that needs nothing else, in light and dark.

use maud::{Markup, PreEscaped, html};

/// A document of this size with its title at the top, above `parts`; `style` is for what they are made of.
pub(crate) fn document(title: &str, (width, height): (f64, f64), style: &str, parts: &Markup) -> String {
    let document = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height) viewBox=(format!("0 0 {width} {height}")) {
            title { (title) }
            style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            rect class="paper" width="100%" height="100%" {}
            g transform="translate(16 0)" {
                text class="title" x="0" y="26" { (title) }
                (parts)
            }
        }
    };
    format!("{}\n", document.into_string())
}

/// A bar of a chart, as a row with its name.
pub(crate) trait Bar {
    /// Bars of the same level stand together, on a scale of their own.
    fn level(&self) -> &str;

    /// How far it reaches.
    fn reach(&self) -> f64;

    /// The row whose upper edge is at `y`; the longest of its level reaches `most`.
    fn draw(&self, y: f64, most: f64) -> Markup;
}

/// Bars from `top` downwards, each level under its heading; and where they end.
pub(crate) fn levels<B: Bar>(bars: &[B], top: f64, heading: impl Fn(&B) -> String) -> (Markup, f64) {
    let mut y = top;
    let mut parts: Vec<Markup> = Vec::new();
    for level in bars.chunk_by(|one, next| one.level() == next.level()) {
        let most = level.iter().map(Bar::reach).fold(f64::MIN_POSITIVE, f64::max);
        y += LINE;
        parts.push(html! { text class="level" x="0" y=(y - 7.0) { (heading(&level[0])) } });
        for bar in level {
            parts.push(bar.draw(y, most));
            y += LINE;
        }
        y += LINE / 2.0;
    }
    (html! { @for part in &parts { (part) } }, y)
}

/// The height of a row.
pub(crate) const LINE: f64 = 24.0;
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1c1f24}.title{font-size:18px;font-weight:600}\
    .level{font-weight:600}.paper{fill:#fff}\
    @media(prefers-color-scheme:dark){text{fill:#e7eaee}.paper{fill:#16181c}}";
