//! Finds secrets where none may be: in what the suite printed and logged.
//!
//! Every secret that a test uses is registered, in a directory that is not searched itself. After the last test all of
//! `target/test-output` is searched for each of them, as it is and as logs and protocols tend to carry it.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::host;

/// Registers a secret of at least 8 bytes, which has to be random enough not to turn up by chance.
pub fn register(secret: &str) {
    assert!(secret.len() >= SHORTEST, "a secret of {} bytes cannot be told from chance", secret.len());
    let dir = registry();
    host::make_dir(&dir, (0.into(), 0.into()), 0o700);
    let line = format!("{}\n", serde_json::Value::from(secret));
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(dir.join(format!("{}-{}.jsonl", host::running_program_name(), std::process::id())))
        .and_then(|mut file| file.write_all(line.as_bytes()))
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
}

/// Registers every app password that stands in `text` as four groups, and returns them.
pub fn register_shown(text: &str) -> Vec<String> {
    let shown = grouped_passwords(text);
    for password in &shown {
        register(password);
    }
    shown
}

/// The seeds, recovery codes and tickets that stand in `text`, as they stand there.
#[must_use]
pub fn shown_to_people(text: &str) -> Vec<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let words = text.split(|c| !is_word(c));
    let mut found: Vec<String> =
        words.filter(|word| is_seed(word) || is_recovery_code(word)).map(str::to_owned).collect();
    let typed = text.lines().filter_map(|line| line.split_once(": ")).map(|(_, seed)| seed.trim());
    found.extend(
        typed.filter(|seed| seed.contains(' ') && is_seed(&seed.replace(' ', ""))).map(str::to_owned),
    );
    found
}

fn is_seed(text: &str) -> bool {
    text.len() >= 26 && text.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b))
}

fn is_recovery_code(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.len() == 5
        && groups.iter().all(|group| {
            group.len() == 4 && group.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

/// Secrets in all the forms that are looked for.
#[derive(Default)]
pub struct Canaries {
    secrets: usize,
    needles: HashMap<Box<[u8]>, Form>,
    // Needles by their first bytes, so that one pass over a file looks for all of them.
    starts: HashMap<[u8; SHORTEST], Vec<Box<[u8]>>>,
}

impl fmt::Debug for Canaries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Canaries({})", self.secrets)
    }
}

impl Canaries {
    /// Those that the tests have registered in this test host.
    #[must_use]
    pub fn registered() -> Self {
        let mut all = Self::default();
        for entry in fs::read_dir(registry()).into_iter().flatten().flatten() {
            let lines = fs::read_to_string(entry.path()).expect("a registry file");
            for line in lines.lines() {
                all.add(&serde_json::from_str::<String>(line).expect("a registered secret"));
            }
        }
        all
    }

    /// These.
    #[must_use]
    pub fn of(secrets: &[&str]) -> Self {
        let mut all = Self::default();
        for secret in secrets {
            all.add(secret);
        }
        all
    }

    /// How many secrets, the same one counted once for each time that it was registered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.secrets
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.secrets == 0
    }

    /// Searches every file under `dir`.
    #[must_use]
    pub fn search(&self, dir: &Path) -> Report {
        let mut report = Report::default();
        let beginnings = Beginnings::of(self.starts.keys());
        let mut open = vec![dir.to_owned()];
        while let Some(dir) = open.pop() {
            let entries = fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
            for entry in entries {
                let entry = entry.expect("a directory entry");
                let kind = entry.file_type().expect("a file type");
                if kind.is_dir() {
                    open.push(entry.path());
                } else if kind.is_file() {
                    self.search_file(&entry.path(), &beginnings, &mut report);
                }
            }
        }
        report
    }

    fn search_file(&self, path: &Path, beginnings: &Beginnings, report: &mut Report) {
        let content = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        report.files += 1;
        report.bytes += content.len();
        let mut line = 1;
        for (at, window) in content.windows(SHORTEST).enumerate() {
            if beginnings.may_have(window) {
                let start: &[u8; SHORTEST] = window.try_into().expect("a window's length");
                for needle in self.starts.get(start).into_iter().flatten() {
                    if content[at..].starts_with(needle) {
                        report.leaks.push(Leak { file: path.to_owned(), line, form: self.needles[needle] });
                    }
                }
            }
            line += usize::from(content[at] == b'\n');
        }
    }

    fn add(&mut self, secret: &str) {
        self.secrets += 1;
        let bare: String = secret.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let is_app_password = bare.len() == 16 && bare.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_app_password {
            self.add_form(secret.as_bytes(), Form::Plain);
            return self.add_base64(secret);
        }
        // The first group is no secret: it is the selector, and shown in lists.
        let groups = [&bare[4..8], &bare[8..12], &bare[12..]];
        let forms = [("", Form::Plain), (" ", Form::Grouped), ("-", Form::Dashed), ("%20", Form::Grouped)];
        for (between, form) in forms {
            let text = groups.join(between);
            self.add_form(text.as_bytes(), form);
            self.add_base64(&text);
        }
    }

    // What base64 makes of the secret at each of the three places where it can begin in the encoded text around it,
    // for example behind "\0user\0", without the characters that depend on the neighbours.
    fn add_base64(&mut self, secret: &str) {
        for before in 0..3_usize {
            let bytes = [&[0_u8; 2][..before.min(2)], secret.as_bytes()].concat();
            for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
                let sure = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
                self.add_form(&encoded.as_bytes()[sure], Form::Base64);
            }
        }
    }

    fn add_form(&mut self, needle: &[u8], form: Form) {
        let start: [u8; SHORTEST] = needle[..SHORTEST].try_into().expect("at least the shortest");
        if self.needles.insert(needle.into(), form).is_none() {
            self.starts.entry(start).or_default().push(needle.into());
        }
    }
}

/// Tells at once that nothing begins with some bytes, by a hash of the first four: most places in a log are of that kind.
struct Beginnings(Vec<bool>);

impl Beginnings {
    fn of<'a>(starts: impl Iterator<Item = &'a [u8; SHORTEST]>) -> Self {
        let mut buckets = vec![false; 1 << BUCKET_BITS];
        for start in starts {
            buckets[Self::bucket(start)] = true;
        }
        Self(buckets)
    }

    fn may_have(&self, start: &[u8]) -> bool {
        self.0[Self::bucket(start)]
    }

    fn bucket(start: &[u8]) -> usize {
        let word = u32::from_le_bytes([start[0], start[1], start[2], start[3]]);
        // Fibonacci hashing: 2^32 by the golden ratio.
        (word.wrapping_mul(2_654_435_769) >> (32 - BUCKET_BITS)) as usize
    }
}

/// What a search found.
#[derive(Debug, Default)]
pub struct Report {
    /// Files searched.
    pub files: usize,
    /// Bytes searched.
    pub bytes: usize,
    /// Secrets found.
    pub leaks: Vec<Leak>,
}

/// A secret in a file. It says where, not what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// The file.
    pub file: PathBuf,
    /// The line in it, from 1.
    pub line: usize,
    /// How the secret was written.
    pub form: Form,
}

/// How a secret can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Plain,
    /// In groups of four with spaces.
    Grouped,
    /// In groups of four with dashes.
    Dashed,
    /// In base64, with anything before and after it.
    Base64,
}

fn registry() -> PathBuf {
    std::env::var_os("POSTERN_TEST_SECRETS").map_or_else(|| host::test_dir().join("canaries"), PathBuf::from)
}

fn grouped_passwords(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for start in 0..text.len() {
        let Some(piece) = text.get(start..start + GROUPED) else { continue };
        let edge = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
        let is_password = piece.split(' ').count() == 4
            && piece
                .split(' ')
                .all(|group| group.len() == 4 && group.bytes().all(|b| b.is_ascii_alphanumeric()))
            && edge(text[..start].chars().next_back())
            && edge(text[start + GROUPED..].chars().next());
        // Four common words can look like a password; a generated one has capitals, digits or both inside.
        if is_password && piece.bytes().skip(1).any(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            found.push(piece.to_owned());
        }
    }
    found
}

const SHORTEST: usize = 8;
const GROUPED: usize = 19;
const BUCKET_BITS: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_and_recovery_codes_are_recognised_in_text_and_uris() {
        let text = "otpauth://totp/Postern:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Postern\n\
                    Or type this key into it: AFP6 PTWB JN5Q TQ2G QDEE SIE5 GZGT NBWJ\n    4isn-j563-hami-wq2f-u24d\n\
                    id 2264c8f7-eb18-4a84-a0bc-9162b9b6c2e4, SHA1: 6 DIGITS AND MORE";
        assert_eq!(
            shown_to_people(text),
            [
                "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
                "4isn-j563-hami-wq2f-u24d",
                "AFP6 PTWB JN5Q TQ2G QDEE SIE5 GZGT NBWJ"
            ]
        );
    }

    #[test]
    fn app_passwords_are_recognised_in_text_and_json() {
        let text =
            "Password:  GdGn eAF6 iFvU g6rB\n{\"password\":\"x2Yk 33fQ mmaP Zz9u\"} this were some text";
        assert_eq!(grouped_passwords(text), ["GdGn eAF6 iFvU g6rB", "x2Yk 33fQ mmaP Zz9u"]);
    }
}
