//! The screen that a QR code is shown on.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{IsTerminal, stderr, stdout};

use postern_core::qr::Screen;

/// The caller's terminal. If the output goes to none, everything fits.
pub(crate) fn of_process() -> Screen {
    let is_utf8 = is_utf8(LOCALE.iter().filter_map(|name| std::env::var(name).ok()));
    let plain = Screen { prefix: 0, ..Screen::default() };
    if !stdout().is_terminal() && !stderr().is_terminal() {
        return Screen { rows: LONGEST, columns: LONGEST, is_utf8, ..plain };
    }
    let size = File::open("/dev/tty").ok().and_then(|tty| rustix::termios::tcgetwinsize(tty).ok());
    // A terminal that does not know its size reports zero.
    match size.filter(|size| size.ws_row > 0 && size.ws_col > 0) {
        Some(size) => Screen {
            rows: size.ws_row.into(),
            columns: size.ws_col.into(),
            is_utf8,
            is_measured: true,
            ..plain
        },
        None => Screen { is_utf8, ..plain },
    }
}

/// The same for a flow of posternd.
pub(crate) fn arguments() -> BTreeMap<String, String> {
    let Screen { rows, columns, is_utf8, .. } = of_process();
    let charset = if is_utf8 { "utf-8" } else { "ascii" };
    let said = [
        ("rows", rows.min(LONGEST).to_string()),
        ("columns", columns.min(LONGEST).to_string()),
        ("charset", charset.to_owned()),
    ];
    said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Whether the first of these variables that is set names UTF-8. If none is set, UTF-8 is assumed, as in today's
/// terminals. See locale(7).
fn is_utf8(mut set: impl Iterator<Item = String>) -> bool {
    set.find(|value| !value.is_empty()).is_none_or(|locale| {
        let codeset =
            locale.split('@').next().and_then(|locale| locale.split_once('.')).map(|(_, codeset)| codeset);
        codeset.is_some_and(|codeset| codeset.replace('-', "").eq_ignore_ascii_case("utf8"))
    })
}

const LOCALE: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];
const LONGEST: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_shows_utf_8_where_its_locale_says_so_or_nothing() {
        let is = |values: &[&str]| is_utf8(values.iter().map(|value| (*value).to_owned()));
        assert!(is(&[]) && is(&["", ""]));
        assert!(is(&["C.UTF-8"]) && is(&["en_GB.utf8"]) && is(&["", "zh_CN.UTF-8@x"]));
        assert!(
            !is(&["C"]) && !is(&["POSIX"]) && !is(&["en_US"]) && !is(&["de_DE.ISO-8859-1", "en_GB.UTF-8"])
        );
    }
}
