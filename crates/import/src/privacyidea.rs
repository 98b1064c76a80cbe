//! The token export of privacyIDEA: `privacyidea-token-janitor find --action export --csv` (in newer versions
//! `pi-tokenjanitor find export --format csv`) writes `owner, serial, seed, type, digits, time step`, without a line that names the
//! columns. The export as YAML says the hash function, too; it is read as the JSON that one line of Python makes of it.
//!
//! An owner is `login@realm`, or `n/a`. A seed is in hexadecimal, or with `--b32` in base32. The export as PSKC names no owner, and
//! is refused, as is the encrypted one.

use postern_core::factor::{Algorithm, TotpShape};
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::entry::{Content, Entry, hex};
use crate::hash_function::algorithm_of;
use crate::source_file::{SourceFile, Unreadable};

/// Reads one file. The CSV does not say `algorithm`.
///
/// # Errors
/// [`Unreadable`] if it is not such an export, or a line has other fields.
pub fn read(file: &SourceFile, algorithm: Algorithm) -> Result<Vec<Entry>, Unreadable> {
    let text = file.text().trim_start();
    match text.chars().next() {
        Some('[') => {
            let tokens: Vec<Token> =
                serde_json::from_str(file.text()).map_err(|error| file.bad_json(&error))?;
            let numbered = (1..).zip(tokens);
            Ok(numbered
                .map(|(number, token)| token.into_entry(file.place(&format!("token {number}"))))
                .collect())
        }
        Some('<') => Err(file.bad("", PSKC)),
        Some('-') => Err(file.bad("", YAML)),
        Some(_) if text.starts_with("gAAAA") => Err(file.bad("", ENCRYPTED)),
        Some(_) => table(file, algorithm),
        None => Err(file.bad("", "is empty")),
    }
}

fn table(file: &SourceFile, algorithm: Algorithm) -> Result<Vec<Entry>, Unreadable> {
    let mut entries = Vec::new();
    for (text, line) in file.text().lines().zip(1..) {
        if text.trim().is_empty() {
            continue;
        }
        let fields: Vec<&str> = text.split(',').map(str::trim).collect();
        let (owner, serial, seed, kind, digits, step) = match fields.as_slice() {
            [owner, serial, seed, kind, digits] => (owner, serial, seed, kind, digits, ""),
            [owner, serial, seed, kind, digits, step] => (owner, serial, seed, kind, digits, *step),
            _ => {
                return Err(
                    file.bad_line(line, "has not the fields owner, serial, seed, type, digits, time step")
                );
            }
        };
        // Older versions write None for the time step of each token; privacyIDEA's own default is 30.
        let step = if matches!(step, "" | "None") { "30" } else { step };
        let shape = shape(Ok(algorithm), digits, step);
        let token = Parts { owner, serial, seed, kind, shape };
        entries.push(token.into_entry(file.place(&format!("line {line}"))));
    }
    Ok(entries)
}

/// A token of the YAML, of which more is known.
#[derive(Deserialize)]
struct Token {
    owner: String,
    serial: String,
    #[serde(default)]
    otpkey: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    otplen: Value,
    #[serde(default)]
    info_list: Option<Info>,
}

#[derive(Deserialize, Default)]
struct Info {
    #[serde(default, rename = "timeStep")]
    time_step: Option<Value>,
    #[serde(default)]
    hashlib: Option<String>,
}

impl Token {
    fn into_entry(self, place: String) -> Entry {
        let seed = Zeroizing::new(self.otpkey.unwrap_or_default());
        let info = self.info_list.unwrap_or_default();
        let algorithm = algorithm_of(info.hashlib.as_deref().unwrap_or("sha1"));
        let step = info.time_step.map_or_else(|| "30".to_owned(), |step| plain(&step));
        let shape = shape(algorithm, &plain(&self.otplen), &step);
        let (owner, serial, kind) = (self.owner.as_str(), self.serial.as_str(), self.kind.as_str());
        Parts { owner, serial, seed: &seed, kind, shape }.into_entry(place)
    }
}

/// A number that may be written as a text.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

struct Parts<'a> {
    owner: &'a str,
    serial: &'a str,
    seed: &'a str,
    kind: &'a str,
    shape: Result<TotpShape, String>,
}

impl Parts<'_> {
    fn into_entry(self, place: String) -> Entry {
        let (user, realm) = match self.owner {
            "n/a" => ("", ""),
            owner => owner.rsplit_once('@').unwrap_or((owner, "")),
        };
        let content = match self.kind.to_ascii_lowercase().as_str() {
            "totp" => self.seed_content(),
            "hotp" => Content::counted(),
            _ => Content::Other {
                kind: "other",
                why: format!("tokens of the type {} cannot be carried over", self.kind.escape_debug()),
            },
        };
        Entry {
            place,
            user: user.to_owned(),
            issuer: realm.to_owned(),
            name: self.serial.to_owned(),
            content,
        }
    }

    /// privacyIDEA writes hexadecimal digits in lower case, and base32 in upper case.
    fn seed_content(&self) -> Content {
        if self.seed.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Content::of_base32(self.seed, self.shape.clone());
        }
        match hex(self.seed) {
            Some(bytes) => Content::of_bytes(&bytes, self.shape.clone()),
            None => {
                Content::UnusableSeed("the seed is neither pairs of hexadecimal digits nor base32".to_owned())
            }
        }
    }
}

fn shape(algorithm: Result<Algorithm, String>, digits: &str, step: &str) -> Result<TotpShape, String> {
    match (digits.parse(), step.parse()) {
        (Ok(digits), Ok(step)) => TotpShape::new(algorithm?, digits, step).map_err(|error| error.to_string()),
        (Err(_), _) | (_, Err(_)) => Err("the number of digits or the time step cannot be read".to_owned()),
    }
}

const YAML: &str = "is YAML; make JSON of it: python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)' \
                    < FILE > FILE.json";
const PSKC: &str = "is PSKC, which does not say whose a token is; export as CSV or YAML";
const ENCRYPTED: &str = "is the encrypted export; export as CSV or YAML";
