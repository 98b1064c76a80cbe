use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

/// A QR code as an SVG picture with its quiet zone (ISO/IEC 18004, section 9.1). `what` is said in its place to people who do not
/// see it. Empty if the text does not fit into any.
pub(super) fn qr(content: &str, what: &str) -> Markup {
    let Ok(code) = QrCode::with_error_correction_level(content, EcLevel::M) else { return html! {} };
    let width = code.width();
    let side = width + 2 * QUIET;
    let mut path = String::with_capacity(8 * width * width);
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
            path.push_str(&format!("M{},{}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    html! {
        svg class="qr" role="img" aria-label=(what) viewBox=(format!("0 0 {side} {side}")) shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#ffffff" {}
            path d=(path) fill="#000000" {}
        }
    }
}

/// In modules.
const QUIET: usize = 4;
