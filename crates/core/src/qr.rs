//! QR codes (ISO/IEC 18004) for terminals, files and pages.

use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

/// A QR code as dark and light modules, without its quiet zone.
#[derive(Debug)]
pub struct Modules {
    /// Modules on a side.
    pub side: usize,
    /// Row by row, whether dark. It is as secret as what it says.
    dark: Zeroizing<Vec<bool>>,
}

impl Modules {
    /// Encodes `text` with the low level of error correction, as screens have no dirt; `None` where it is too long.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::L).ok()?;
        let side = code.width();
        let dark = code.into_colors().into_iter().map(|color| color == Color::Dark).collect();
        Some(Self { side, dark: Zeroizing::new(dark) })
    }

    /// Whether a module is dark; outside of the code, none is.
    #[must_use]
    pub fn is_dark(&self, row: isize, column: isize) -> bool {
        let inside = |at: isize| usize::try_from(at).ok().filter(|at| *at < self.side);
        let (Some(row), Some(column)) = (inside(row), inside(column)) else { return false };
        self.dark.get(row * self.side + column).copied().unwrap_or(false)
    }

    /// The code as lines for a terminal, two rows a line, with a quiet zone of two modules.
    ///
    /// Drawn in half blocks that are light where the code is light, so on the dark background that most terminals have it
    /// looks as printed; on a light one it is inverted, which scanners read as well. Colour is not used: some front doors
    /// let no escape sequence through.
    #[must_use]
    pub fn terminal(&self) -> Zeroizing<String> {
        let last = isize::try_from(self.side).unwrap_or(0) + QUIET;
        let mut lines = Zeroizing::new(String::new());
        let mut row = -QUIET;
        while row < last {
            for column in -QUIET..last {
                // Below the last row of an odd number there is nothing to draw.
                let is_light_below = row + 1 < last && !self.is_dark(row + 1, column);
                lines.push(match (!self.is_dark(row, column), is_light_below) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            lines.push('\n');
            row += 2;
        }
        lines
    }

    /// The code as an SVG image with a quiet zone of four modules, as the standard has it.
    #[must_use]
    pub fn svg(&self) -> Zeroizing<String> {
        let side = self.side + 8;
        let mut path = Zeroizing::new(String::new());
        for (row, modules) in self.dark.chunks(self.side).enumerate() {
            for (column, _) in modules.iter().enumerate().filter(|(_, dark)| **dark) {
                path.push_str(&format!("M{},{}h1v1h-1z", column + 4, row + 4));
            }
        }
        Zeroizing::new(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
             <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\"{}\" fill=\"#000\"/></svg>\n",
            *path
        ))
    }
}

/// The QR code of `text` as lines for a terminal; `None` where it would not fit on one of 80 columns.
#[must_use]
pub fn terminal(text: &str) -> Option<Zeroizing<String>> {
    let modules = Modules::of(text)?;
    (modules.side <= MOST_COLUMNS).then(|| modules.terminal())
}

const QUIET: isize = 2;
const MOST_COLUMNS: usize = 76;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_wide_as_the_code_with_its_quiet_zone() {
        let modules = Modules::of(
            "otpauth://totp/Postern:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Postern",
        )
        .unwrap();
        let lines = modules.terminal();
        assert!(lines.lines().all(|line| line.chars().count() == modules.side + 4));
        assert_eq!(lines.lines().count(), (modules.side + 4).div_ceil(2));
        assert!(lines.lines().next().unwrap().chars().all(|c| c == '█'), "a quiet zone above");
        // The finder pattern's upper left corner: dark, with a light ring inside.
        assert!(modules.is_dark(0, 0) && !modules.is_dark(1, 1) && modules.is_dark(2, 2));
        assert!(!modules.is_dark(-1, 0) && !modules.is_dark(0, 10_000));
    }

    #[test]
    fn what_is_too_long_for_a_terminal_is_left_out() {
        assert!(terminal(&"x".repeat(1000)).is_none());
        assert!(terminal("short").is_some());
    }
}
