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

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1c1f24}.title{font-size:18px;font-weight:600}.paper{fill:#fff}\
    @media(prefers-color-scheme:dark){text{fill:#e7eaee}.paper{fill:#16181c}}";
