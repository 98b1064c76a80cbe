//! `otpauth://` URIs (the Key URI Format of Google Authenticator) and its export, `otpauth-migration://`, one on each line. Empty
//! lines and lines that begin with `#` are skipped.

use std::fmt;

use postern_core::factor::{TotpError, UriNames, WrittenSeed};

use crate::entry::{Content, Entry};
use crate::migration;
use crate::source_file::{SourceFile, Unreadable};

/// What a file of URIs holds.
#[derive(Debug)]
pub struct Uris {
    /// Its entries.
    pub entries: Vec<Entry>,
    /// The exports of which parts are missing.
    pub incomplete: Vec<Incomplete>,
}

/// An export of many keys consists of several QR codes, and not all of this one are in the file.
#[derive(Debug)]
pub struct Incomplete {
    missing: usize,
    parts: i64,
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let are = if self.missing == 1 { "is" } else { "are" };
        write!(f, "{} of {} parts of an export {are} missing", self.missing, self.parts)
    }
}

/// Reads one file.
///
/// # Errors
/// [`Unreadable`] if a line is not a URI of either kind.
pub fn read(file: &SourceFile) -> Result<Uris, Unreadable> {
    let mut entries = Vec::new();
    let mut parts = Vec::new();
    for (text, line) in file.text().lines().zip(1..) {
        let text = text.trim().trim_start_matches('\u{feff}');
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let place = file.place(&format!("line {line}"));
        if let Some(data) = migration::data_of(text) {
            let export = migration::read(data).map_err(|what| file.bad_line(line, what))?;
            entries.extend(export.keys.into_iter().map(|key| key.into_entry(&place)));
            parts.push((export.id, export.index, export.size));
        } else {
            entries.push(entry(text, place).ok_or_else(|| file.bad_line(line, "is not an otpauth URI"))?);
        }
    }
    Ok(Uris { entries, incomplete: incomplete(&parts) })
}

fn entry(uri: &str, place: String) -> Option<Entry> {
    let is_uri = uri.get(..SCHEME.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(SCHEME));
    let UriNames { issuer, account } = UriNames::read(uri).filter(|_| is_uri)?;
    let content = match WrittenSeed::read(uri) {
        Ok(WrittenSeed { seed, shape }) => Content::of_seed(Ok(seed), Ok(shape.unwrap_or_default())),
        Err(TotpError::Counted) => Content::counted(),
        Err(error) => Content::UnusableSeed(error.to_string()),
    };
    Some(Entry { place, user: account, issuer, name: String::new(), content })
}

fn incomplete(parts: &[(i64, i64, i64)]) -> Vec<Incomplete> {
    let mut ids: Vec<(i64, i64)> = parts.iter().map(|(id, _, size)| (*id, *size)).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut incomplete = Vec::new();
    for (id, size) in ids {
        let is_there = |index: &i64| parts.iter().any(|(of, at, _)| (of, at) == (&id, index));
        let missing = (0..size.clamp(0, MOST_PARTS)).filter(|index| !is_there(index)).count();
        if missing > 0 {
            incomplete.push(Incomplete { missing, parts: size });
        }
    }
    incomplete
}

const SCHEME: &str = "otpauth://";
const MOST_PARTS: i64 = 1000;
