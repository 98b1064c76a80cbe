//! The JSON export of FreeOTP+: `tokens`, each with the fields of its class `Token`, the seed as a list of signed bytes. A name or
//! an issuer that its owner changed is in `labelAlt` and `issuerAlt`.

use postern_core::factor::{Algorithm, TotpShape};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::entry::{Content, Entry};
use crate::hash_function::algorithm_of;
use crate::source_file::{SourceFile, Unreadable};

/// Reads one file.
///
/// # Errors
/// [`Unreadable`] if it is not such an export.
pub fn read(file: &SourceFile) -> Result<Vec<Entry>, Unreadable> {
    let export: Export = serde_json::from_str(file.text()).map_err(|error| file.bad_json(&error))?;
    let numbered = (1..).zip(export.tokens);
    Ok(numbered.map(|(number, token)| token.into_entry(file.place(&format!("token {number}")))).collect())
}

#[derive(Deserialize)]
struct Export {
    tokens: Vec<Token>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    #[serde(rename = "type")]
    kind: String,
    algo: String,
    secret: Vec<i16>,
    digits: u8,
    #[serde(default)]
    period: u64,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    label_alt: Option<String>,
    #[serde(default)]
    issuer_ext: Option<String>,
    #[serde(default)]
    issuer_alt: Option<String>,
}

impl Token {
    fn into_entry(self, place: String) -> Entry {
        let secret = Zeroizing::new(self.secret);
        let user = self.label_alt.or(self.label).unwrap_or_default();
        let issued = self.issuer_ext.unwrap_or_default();
        // FreeOTP+ takes the issuer for the mark of other codes.
        let is_steam = issued == "Steam";
        let issuer = self.issuer_alt.unwrap_or(issued);
        // Java's bytes are signed; another program may have written them unsigned.
        let bytes: Option<Vec<u8>> = secret
            .iter()
            .map(|byte| u8::try_from(byte & 0xff).ok().filter(|_| (-128..=255).contains(byte)))
            .collect();
        let bytes = bytes.map(Zeroizing::new);
        let shape = algorithm_of(&self.algo).and_then(|algorithm: Algorithm| {
            TotpShape::new(algorithm, self.digits, self.period).map_err(|error| error.to_string())
        });
        let content = match (self.kind.as_str(), bytes) {
            ("HOTP", _) => Content::counted(),
            ("TOTP", _) if is_steam => {
                Content::Other { kind: "steam", why: "codes of Steam are no TOTP".to_owned() }
            }
            ("TOTP", Some(bytes)) => Content::of_bytes(&bytes, shape),
            ("TOTP", None) => Content::UnusableSeed("the seed is not a list of bytes".to_owned()),
            _ => Content::Other { kind: "other", why: "its type is neither TOTP nor HOTP".to_owned() },
        };
        Entry { place, user, issuer, name: String::new(), content }
    }
}
