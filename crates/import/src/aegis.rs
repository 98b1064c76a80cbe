//! The vault of Aegis, as its document `docs/vault.md` describes it: JSON, with the entries in `db`. An encrypted vault has a text
//! there. It is refused: its key is derived from a password by scrypt, and the app exports it in the clear just as well.

use postern_core::factor::TotpShape;
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::entry::{Content, Entry};
use crate::hash_function::algorithm_of;
use crate::source_file::{SourceFile, Unreadable};

/// Reads one file.
///
/// # Errors
/// [`Unreadable`] if it is not a vault that is readable without a password.
pub fn read(file: &SourceFile) -> Result<Vec<Entry>, Unreadable> {
    let vault: Vault = serde_json::from_str(file.text()).map_err(|error| file.bad_json(&error))?;
    if vault.version != VERSION {
        return Err(
            file.bad("", &format!("is a vault of version {}, and Postern knows {VERSION}", vault.version))
        );
    }
    if vault.db.is_string() {
        return Err(file.bad("", ENCRYPTED));
    }
    let content: Database = serde_json::from_value(vault.db).map_err(|error| file.bad_json(&error))?;
    if !(1..=DATABASE_VERSIONS).contains(&content.version) {
        let what =
            format!("has entries of version {}, and Postern knows 1 to {DATABASE_VERSIONS}", content.version);
        return Err(file.bad("", &what));
    }
    let numbered = (1..).zip(content.entries);
    Ok(numbered.map(|(number, token)| token.into_entry(file.place(&format!("entry {number}")))).collect())
}

#[derive(Deserialize)]
struct Vault {
    version: u32,
    db: Value,
}

#[derive(Deserialize)]
struct Database {
    version: u32,
    entries: Vec<Token>,
}

#[derive(Deserialize)]
struct Token {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    issuer: Option<String>,
    info: Info,
}

#[derive(Deserialize)]
struct Info {
    secret: String,
    algo: String,
    digits: u8,
    #[serde(default)]
    period: u64,
}

impl Token {
    fn into_entry(self, place: String) -> Entry {
        let secret = Zeroizing::new(self.info.secret);
        let content = match self.kind.as_str() {
            "totp" => {
                let shape = algorithm_of(&self.info.algo).and_then(|algorithm| {
                    TotpShape::new(algorithm, self.info.digits, self.info.period)
                        .map_err(|error| error.to_string())
                });
                Content::of_base32(&secret, shape)
            }
            "hotp" => Content::counted(),
            "steam" => Content::Other { kind: "steam", why: "codes of Steam are no TOTP".to_owned() },
            "yandex" => Content::Other { kind: "yandex", why: "codes of Yandex are no TOTP".to_owned() },
            _ => Content::Other { kind: "other", why: "its type is unknown to Postern".to_owned() },
        };
        Entry {
            place,
            user: self.name,
            issuer: self.issuer.unwrap_or_default(),
            name: String::new(),
            content,
        }
    }
}

const VERSION: u32 = 1;
/// Later ones add groups, which nothing here depends on.
const DATABASE_VERSIONS: u32 = 3;
const ENCRYPTED: &str = "is an encrypted vault; export it again in Aegis without encryption (Settings, Import & Export, Export), copy \
                         it to a file that only you may read, and remove it afterwards";
