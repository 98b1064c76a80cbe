//! The usersfile of pam_oath: a line for each token, with type, user, PIN and seed in hexadecimal, as pam_oath's README and
//! mod_authn_otp's page UsersFile describe it. The type `HOTP/T30/6` means a new code every 30 seconds, with 6 digits; `HOTP`,
//! `HOTP/E` and `HOTP/E/6` mean counted codes.

use postern_core::factor::{Algorithm, TotpShape};

use crate::entry::{Content, Entry, hex};
use crate::source_file::{SourceFile, Unreadable};

/// Reads one file.
///
/// # Errors
/// [`Unreadable`] if a line has not the four fields.
pub fn read(file: &SourceFile) -> Result<Vec<Entry>, Unreadable> {
    let mut entries = Vec::new();
    for (text, line) in file.text().lines().zip(1..) {
        let mut fields = text.split_ascii_whitespace();
        let Some(kind) = fields.next().filter(|first| !first.starts_with('#')) else { continue };
        let (Some(user), Some(pin), Some(seed)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(file.bad_line(line, "has not the four fields type, user, PIN and seed"));
        };
        let entry = |content| Entry {
            place: file.place(&format!("line {line}")),
            user: user.to_owned(),
            issuer: String::new(),
            name: String::new(),
            content,
        };
        entries.push(entry(content(kind, seed)));
        if !matches!(pin, "-" | "+") {
            let why =
                "a PIN before the code is not carried over: logins ask for the main password and the code"
                    .to_owned();
            entries.push(entry(Content::Other { kind: "pin", why }));
        }
    }
    Ok(entries)
}

fn content(kind: &str, seed: &str) -> Content {
    let mut parts = kind.split('/');
    let (Some("HOTP"), moving, digits, None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        let why = format!("tokens of the type {} are unknown to Postern", kind.escape_debug());
        return Content::Other { kind: "other", why };
    };
    let Some(period) = moving.and_then(|moving| moving.strip_prefix('T')) else { return Content::counted() };
    let shape = match (period.parse(), digits.map_or(Ok(6), str::parse)) {
        (Ok(period), Ok(digits)) => {
            TotpShape::new(Algorithm::Sha1, digits, period).map_err(|error| error.to_string())
        }
        (Err(_), _) | (_, Err(_)) => Err(format!("the type {} cannot be read", kind.escape_debug())),
    };
    match hex(seed) {
        Some(bytes) => Content::of_bytes(&bytes, shape),
        None => Content::UnusableSeed("the seed is not pairs of hexadecimal digits".to_owned()),
    }
}
