//! LDIF content records (RFC 2849), as `ldapsearch -LLL` and `slapcat` write them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postern_core::dn::Dn;
use zeroize::Zeroizing;

use crate::source_file::{SourceFile, Unreadable};

/// An entry of a directory.
pub(crate) struct Record {
    pub(crate) line: usize,
    pub(crate) dn: Dn,
    attributes: Vec<(String, Zeroizing<Vec<u8>>)>,
}

impl Record {
    /// The values of an attribute, whose name is in lower case.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.attributes.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    /// The values that are text.
    pub(crate) fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values(name).filter_map(|value| std::str::from_utf8(value).ok())
    }

    pub(crate) fn is_of_class(&self, name: &str) -> bool {
        self.texts("objectclass").any(|class| class.eq_ignore_ascii_case(name))
    }
}

/// Reads a whole file.
pub(crate) fn read(file: &SourceFile) -> Result<Vec<Record>, Unreadable> {
    let mut records = Vec::new();
    let mut open: Option<Record> = None;
    for (line, text) in unfolded(file.text()) {
        if text.is_empty() {
            records.extend(open.take());
            continue;
        }
        if text.starts_with('#') {
            continue;
        }
        let (name, value) = attribute(&text).map_err(|what| file.bad_line(line, what))?;
        match (&mut open, name.as_str()) {
            (None, "version") => {}
            (None, "dn") => {
                let dn = std::str::from_utf8(&value).ok().and_then(|dn| dn.parse().ok());
                let dn = dn.ok_or_else(|| file.bad_line(line, "is not a distinguished name"))?;
                open = Some(Record { line, dn, attributes: Vec::new() });
            }
            (None, _) => return Err(file.bad_line(line, "is not the dn that an entry begins with")),
            (Some(_), "changetype") => {
                return Err(
                    file.bad_line(line, "is a change; export entries with ldapsearch -LLL or slapcat")
                );
            }
            (Some(record), _) => record.attributes.push((name, value)),
        }
    }
    records.extend(open);
    Ok(records)
}

/// The lines, each with those that continue it, and its number.
fn unfolded(text: &str) -> Vec<(usize, Zeroizing<String>)> {
    let mut lines: Vec<(usize, Zeroizing<String>)> = Vec::new();
    for (text, line) in text.lines().zip(1..) {
        match (text.strip_prefix(' '), lines.last_mut()) {
            (Some(more), Some((_, last))) if !last.is_empty() => last.push_str(more),
            _ => lines.push((line, Zeroizing::new(text.to_owned()))),
        }
    }
    lines
}

/// The name in lower case and without options, and the value.
fn attribute(text: &str) -> Result<(String, Zeroizing<Vec<u8>>), &'static str> {
    let (name, value) = text.split_once(':').ok_or("is neither an attribute nor a comment")?;
    let name = name.split(';').next().unwrap_or_default().to_ascii_lowercase();
    let value = if let Some(encoded) = value.strip_prefix(':') {
        STANDARD.decode(encoded.trim()).map_err(|_| "is not base64")?
    } else if value.starts_with('<') {
        return Err("refers to another file; export the values themselves");
    } else {
        value.trim_start().as_bytes().to_vec()
    };
    Ok((name, Zeroizing::new(value)))
}
