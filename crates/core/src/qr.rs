//! QR codes (ISO/IEC 18004) for terminals, files and pages.

use qrcode::{Color, EcLevel, QrCode};
use unicode_width::UnicodeWidthStr;
use zeroize::Zeroizing;

/// A QR code as dark and light modules, without its quiet zone.
#[derive(Debug, Clone)]
pub struct Modules {
    /// The number of modules on each side.
    pub side: usize,
    /// Whether each module is dark, row by row. It is as secret as the encoded text.
    dark: Zeroizing<Vec<bool>>,
}

impl Modules {
    /// Encodes `text` with error correction level L, which is enough for screens; `None` if it is too long.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::L).ok()?;
        let side = code.width();
        let dark = code.into_colors().into_iter().map(|color| color == Color::Dark).collect();
        Some(Self { side, dark: Zeroizing::new(dark) })
    }

    /// Whether a module is dark. Modules outside of the code are light.
    #[must_use]
    pub fn is_dark(&self, row: isize, column: isize) -> bool {
        let inside = |at: isize| usize::try_from(at).ok().filter(|at| *at < self.side);
        let (Some(row), Some(column)) = (inside(row), inside(column)) else { return false };
        self.dark.get(row * self.side + column).copied().unwrap_or(false)
    }

    /// The code as lines for a terminal, two rows in each line, with a quiet zone of `quiet` modules on each side.
    ///
    /// Half blocks are drawn for light modules, so on the dark background of most terminals the code looks as printed. On a light
    /// background it is inverted, which scanners read as well. Colours are not used, because some front doors remove escape
    /// sequences.
    fn half_blocks(&self, quiet: isize) -> Zeroizing<String> {
        let last = isize::try_from(self.side).unwrap_or(0) + quiet;
        let mut lines = Zeroizing::new(String::new());
        let mut row = -quiet;
        while row < last {
            for column in -quiet..last {
                // With an odd number of rows, nothing is drawn below the last one.
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

    /// The same in ASCII: one line for each row, two characters for each module.
    fn ascii(&self, quiet: isize) -> Zeroizing<String> {
        let last = isize::try_from(self.side).unwrap_or(0) + quiet;
        let mut lines = Zeroizing::new(String::new());
        for row in -quiet..last {
            (-quiet..last)
                .for_each(|column| lines.push_str(if self.is_dark(row, column) { "  " } else { "##" }));
            lines.push('\n');
        }
        lines
    }

    /// The code as an SVG image with a quiet zone of four modules, as in the standard.
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

/// The terminal that shows a code. A scanner has to see the whole code at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// The number of lines.
    pub rows: usize,
    /// The number of columns.
    pub columns: usize,
    /// Whether it displays UTF-8.
    pub is_utf8: bool,
    /// Whether the front door measured it, so that lines can end between words. An unknown terminal breaks them by itself.
    pub is_measured: bool,
    /// The columns that a program writes before the first line: ssh puts `(user@host) ` there.
    pub prefix: usize,
}

impl Default for Screen {
    /// The size that every terminal has, for front doors that do not report it, such as PAM.
    fn default() -> Self {
        Self { rows: 24, columns: 80, is_utf8: true, is_measured: false, prefix: LONGEST_PREFIX }
    }
}

impl Screen {
    /// The QR code of the first of the equivalent `texts` that fits on the screen together with `lines`, which stand above and
    /// below it; `None` if none fits. The first of the lines is the first that is shown.
    #[must_use]
    pub fn qr(&self, texts: &[&str], lines: &[String]) -> Option<Zeroizing<String>> {
        let rows = self.rows.saturating_sub(self.rows_of(lines));
        let codes = texts.iter().filter_map(|text| Modules::of(text));
        // Scanners accept a quiet zone smaller than that of the standard (4).
        let mut ways = codes.flat_map(|modules| [QUIET, 1].map(|quiet| (modules.clone(), quiet)));
        ways.find_map(|(modules, quiet)| {
            let side = modules.side + 2 * usize::try_from(quiet).unwrap_or_default();
            let (height, width) = if self.is_utf8 { (side.div_ceil(2), side) } else { (side, 2 * side) };
            let fits = height <= rows && width <= self.columns;
            fits.then(|| if self.is_utf8 { modules.half_blocks(quiet) } else { modules.ascii(quiet) })
        })
    }

    /// How many rows the lines take. A line that is wider than the screen takes several.
    fn rows_of(&self, lines: &[String]) -> usize {
        let prefixes = std::iter::once(self.prefix).chain(std::iter::repeat(0));
        let widths = lines.iter().zip(prefixes).map(|(line, prefix)| prefix + line.width());
        widths.map(|width| width.div_ceil(self.columns.max(1)).max(1)).sum()
    }
}

/// Room for a user name and a host name.
const LONGEST_PREFIX: usize = 40;
const QUIET: isize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_wide_as_the_code_with_its_quiet_zone() {
        let modules = Modules::of(
            "otpauth://totp/Postern:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Postern",
        )
        .unwrap();
        let lines = modules.half_blocks(QUIET);
        assert!(lines.lines().all(|line| line.chars().count() == modules.side + 4));
        assert_eq!(lines.lines().count(), (modules.side + 4).div_ceil(2));
        assert!(lines.lines().next().unwrap().chars().all(|c| c == '█'), "a quiet zone above");
        // The upper left corner of the finder pattern: dark, with a light ring inside.
        assert!(modules.is_dark(0, 0) && !modules.is_dark(1, 1) && modules.is_dark(2, 2));
        assert!(!modules.is_dark(-1, 0) && !modules.is_dark(0, 10_000));
    }

    #[test]
    fn a_code_is_seen_whole_on_its_screen_or_not_at_all() {
        // Versions 5, 6 and 7: 37, 41 and 45 modules on a side.
        let [five, six, seven] = [106, 134, 154].map(|length| "x".repeat(length));
        let lines = |screen: Screen, text: &str, beside: usize| {
            screen.qr(&[text], &vec![String::new(); beside]).map(|code| code.lines().count())
        };
        let small = Screen { prefix: 0, ..Screen::default() };
        assert_eq!(lines(small, &five, 1), Some(21));
        assert_eq!(lines(small, &five, 3), Some(21));
        assert_eq!(lines(small, &five, 4), Some(20), "with less around it");
        assert_eq!(lines(small, &five, 5), None);
        assert_eq!((lines(small, &six, 1), lines(small, &six, 3)), (Some(23), None));
        assert_eq!((lines(small, &seven, 1), lines(small, &seven, 0)), (None, Some(24)));
        assert_eq!(lines(Screen { rows: 50, ..small }, &seven, 1), Some(25));
        assert_eq!(lines(Screen { columns: 40, ..small }, &five, 1), Some(20), "39 columns");
        assert_eq!(lines(Screen { columns: 38, ..small }, &five, 1), None);
        assert_eq!(lines(Screen { rows: 0, ..small }, "x", 1), None);
        assert_eq!(lines(small, &"x".repeat(4000), 0), None, "longer than any code");
        let shorter = small.qr(&[&seven, &five], &[]).unwrap();
        assert_eq!(shorter.lines().count(), 24, "the first that fits");
        let above = [String::new()];
        assert_eq!(
            small.qr(&[&seven, &five], &above),
            small.qr(&[&five], &above),
            "the smaller one is shown"
        );
    }

    #[test]
    fn a_line_beside_a_code_takes_the_rows_that_it_fills() {
        let ssh = Screen::default();
        let rows = |screen: Screen, line: &str| screen.rows_of(&[line.to_owned()]);
        assert_eq!((rows(ssh, ""), rows(ssh, &"x".repeat(40)), rows(ssh, &"x".repeat(41))), (1, 1, 2));
        let own = Screen { prefix: 0, ..ssh };
        assert_eq!((rows(own, &"x".repeat(80)), rows(own, &"x".repeat(161))), (1, 3));
        assert_eq!((rows(own, &"扫".repeat(40)), rows(own, &"扫".repeat(41))), (1, 2), "two columns each");
        assert_eq!(own.rows_of(&[String::new(), "x".repeat(81)]), 3);
        assert_eq!(rows(Screen { columns: 0, ..own }, "xx"), 2);
    }

    #[test]
    fn a_terminal_without_utf_8_is_shown_ascii() {
        let old = Screen { rows: 60, columns: 100, is_utf8: false, prefix: 0, ..Screen::default() };
        let code = old.qr(&["short"], &[]).unwrap();
        assert!(code.is_ascii() && code.lines().all(|line| line.len() == 2 * 25), "{}", *code);
        assert_eq!(code.lines().count(), 25);
        assert!(code.lines().next().unwrap().chars().all(|c| c == '#'));
        assert!(Screen { is_utf8: false, ..Screen::default() }.qr(&[&"x".repeat(100)], &[]).is_none());
    }
}
