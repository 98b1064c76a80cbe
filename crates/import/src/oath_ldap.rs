//! Entries of OATH-LDAP, the schema of Michael Ströder that slapo-otp(5) uses as well: a user's entry names that of the token
//! (`oathTOTPToken`), which has the seed (`oathSecret`) and names that of its parameters (`oathTOTPParams`). All may stand in
//! several files, and two or three of them may be one entry.

use std::collections::HashMap;

use postern_core::dn::Dn;
use postern_core::factor::{Algorithm, TotpShape};

use crate::entry::{Content, Entry};
use crate::ldif::{self, Record};
use crate::source_file::{SourceFile, Unreadable};

/// Reads the entries of all files together.
///
/// # Errors
/// [`Unreadable`] if one of them is not LDIF.
pub fn read(files: &[SourceFile]) -> Result<Vec<Entry>, Unreadable> {
    let mut records = Vec::new();
    for file in files {
        records.extend(ldif::read(file)?.into_iter().map(|record| (file, record)));
    }
    let all: HashMap<&Dn, &Record> = records.iter().map(|(_, record)| (&record.dn, record)).collect();
    let users = users(records.iter().map(|(_, record)| record));
    let mut entries = Vec::new();
    for (file, token) in &records {
        if token.values(SECRET).next().is_none() {
            continue;
        }
        // A token without a user is reported, too.
        for user in users.get(&token.dn).map_or(&[""][..], Vec::as_slice) {
            entries.push(Entry {
                place: file.place(&format!("line {}", token.line)),
                user: (*user).to_owned(),
                issuer: String::new(),
                name: token.texts("oathtokenserialnumber").next().unwrap_or_default().to_owned(),
                content: content(token, &all),
            });
        }
    }
    Ok(entries)
}

/// The names of the users of each token.
fn users<'a>(records: impl Iterator<Item = &'a Record>) -> HashMap<Dn, Vec<&'a str>> {
    let mut users: HashMap<Dn, Vec<&str>> = HashMap::new();
    for user in records {
        let Some(name) = user.texts("uid").next() else { continue };
        for token in REFERENCES.iter().flat_map(|attribute| user.texts(attribute)) {
            if let Ok(token) = token.parse() {
                users.entry(token).or_default().push(name);
            }
        }
    }
    users
}

fn content(token: &Record, all: &HashMap<&Dn, &Record>) -> Content {
    if token.is_of_class("oathHOTPToken") && !token.is_of_class("oathTOTPToken") {
        return Content::counted();
    }
    let mut secrets = token.values(SECRET);
    let (Some(secret), None) = (secrets.next(), secrets.next()) else {
        return Content::UnusableSeed("the entry has more than one oathSecret".to_owned());
    };
    if secret.starts_with(b"{") {
        return Content::UnusableSeed(
            "oathSecret is encrypted (JWE); export it decrypted, or enrol a new app".to_owned(),
        );
    }
    let named = token.texts("oathtotpparams").next().and_then(|dn| dn.parse::<Dn>().ok());
    let shape = match named.and_then(|dn| all.get(&dn)) {
        Some(parameters) => shape(parameters),
        None => Err("the entry that oathTOTPParams names is not in the files".to_owned()),
    };
    Content::of_bytes(secret, shape)
}

fn shape(parameters: &Record) -> Result<TotpShape, String> {
    let number = |attribute: &str, name: &str| {
        let text = parameters.texts(attribute).next().and_then(|text| text.parse::<u64>().ok());
        text.ok_or_else(|| format!("its parameters have no {name}"))
    };
    let algorithm = match parameters.texts("oathhmacalgorithm").next() {
        Some(HMAC_SHA1) => Algorithm::Sha1,
        Some(HMAC_SHA256) => Algorithm::Sha256,
        Some(HMAC_SHA512) => Algorithm::Sha512,
        Some(_) => return Err("its oathHMACAlgorithm is neither SHA-1 nor SHA-256 nor SHA-512".to_owned()),
        None => return Err("its parameters have no oathHMACAlgorithm".to_owned()),
    };
    let digits = u8::try_from(number("oathotplength", "oathOTPLength")?).unwrap_or(u8::MAX);
    let period = number("oathtotptimestepperiod", "oathTOTPTimeStepPeriod")?;
    TotpShape::new(algorithm, digits, period).map_err(|error| error.to_string())
}

const SECRET: &str = "oathsecret";
const REFERENCES: [&str; 3] = ["oathtotptoken", "oathhotptoken", "oathtoken"];
/// RFC 8018, appendix B.1.
const HMAC_SHA1: &str = "1.2.840.113549.2.7";
const HMAC_SHA256: &str = "1.2.840.113549.2.9";
const HMAC_SHA512: &str = "1.2.840.113549.2.11";
