//! Seeds in text form: base32, or an otpauth URI.

use zeroize::Zeroizing;

use super::{Algorithm, Seed, TotpError, TotpShape};
use crate::typed::cleaned;

/// The seed of a token or of an app of another system, with the format of its codes if a URI states it.
#[derive(Debug)]
pub struct WrittenSeed {
    /// The seed.
    pub seed: Seed,
    /// The format of the codes; `None` for a seed without a URI.
    pub shape: Option<TotpShape>,
}

impl WrittenSeed {
    /// Reads base32 or an `otpauth://totp/…` URI (the Key URI Format). A parameter that is invalid, repeated, or missing although
    /// required is an error: codes of another format would lock their owner out.
    ///
    /// # Errors
    /// [`TotpError`] says what cannot be read. It never quotes the text.
    pub fn read(text: &str) -> Result<Self, TotpError> {
        let text = text.trim_matches(|c: char| cleaned(c.encode_utf8(&mut [0; 4])).is_empty());
        let is_uri = text.get(..SCHEME.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(SCHEME));
        if !is_uri {
            return Ok(Self { seed: Seed::from_base32(text)?, shape: None });
        }
        let rest =
            text.get(SCHEME.len()..).and_then(|rest| rest.strip_prefix("://")).ok_or(TotpError::NoTotpUri)?;
        let rest = rest.split('#').next().unwrap_or_default();
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, label) = path.split_once('/').unwrap_or((path, ""));
        match kind.to_ascii_lowercase().as_str() {
            "totp" => Self::of_parts(label, query),
            "hotp" => Err(TotpError::Counted),
            _ => Err(TotpError::NoTotpUri),
        }
    }

    fn of_parts(label: &str, query: &str) -> Result<Self, TotpError> {
        let mut said = Said::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let place = match name {
                "secret" => &mut said.secret,
                "algorithm" => &mut said.algorithm,
                "digits" => &mut said.digits,
                "period" => &mut said.period,
                "issuer" => &mut said.issuer,
                // Other parameters, such as images and colours.
                _ => continue,
            };
            if place.replace(decoded(&value.replace('+', " "))?).is_some() {
                return Err(TotpError::UriTwice);
            }
        }
        check_issuer(&decoded(label)?, said.issuer.as_ref().map_or("", |issuer| issuer.as_str()))?;
        let algorithm = match said.algorithm {
            None => Algorithm::default(),
            Some(name) => algorithm(&name).ok_or(TotpError::UriUnreadable)?,
        };
        let number = |text: Option<Zeroizing<String>>, default: u64| match text {
            None => Ok(default),
            Some(text) => text.parse::<u64>().map_err(|_| TotpError::UriUnreadable),
        };
        let digits = u8::try_from(number(said.digits, 6)?).unwrap_or(u8::MAX);
        let shape = TotpShape::new(algorithm, digits, number(said.period, 30)?)?;
        let secret = said.secret.filter(|secret| !secret.is_empty()).ok_or(TotpError::UriSecret)?;
        Ok(Self { seed: Seed::from_base32(&secret)?, shape: Some(shape) })
    }
}

/// The names in an otpauth URI, whatever the rest of it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UriNames {
    /// Who issued the seed, by the label or the parameter; empty if neither says so.
    pub issuer: String,
    /// Whose seed it is; may be empty.
    pub account: String,
}

impl UriNames {
    /// Reads the label and the issuer of an otpauth URI of any kind; `None` if they cannot be read.
    #[must_use]
    pub fn read(uri: &str) -> Option<Self> {
        let (_, rest) = uri.trim().split_once("://")?;
        let rest = rest.split('#').next().unwrap_or_default();
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let label = decoded(path.split_once('/').map_or("", |(_, label)| label)).ok()?;
        let (prefix, account) = label.split_once(':').unwrap_or(("", label.as_str()));
        let issuer = query.split('&').find_map(|pair| pair.strip_prefix("issuer=")).unwrap_or_default();
        let issuer = decoded(&issuer.replace('+', " ")).ok()?;
        let issuer = if prefix.trim().is_empty() { issuer.trim() } else { prefix.trim() };
        Some(Self { issuer: issuer.to_owned(), account: account.trim().to_owned() })
    }
}

#[derive(Default)]
struct Said {
    secret: Option<Zeroizing<String>>,
    algorithm: Option<Zeroizing<String>>,
    digits: Option<Zeroizing<String>>,
    period: Option<Zeroizing<String>>,
    issuer: Option<Zeroizing<String>>,
}

/// The label is `account` or `issuer:account`. If there is also an issuer parameter, both have to be the same.
fn check_issuer(label: &str, issuer: &str) -> Result<(), TotpError> {
    let is_plain = |text: &str| text.len() <= LONGEST_NAME && !text.chars().any(char::is_control);
    let prefix = label.split_once(':').map_or("", |(issuer, _)| issuer.trim());
    let is_one = prefix.is_empty() || issuer.trim().is_empty() || prefix == issuer.trim();
    if is_one && is_plain(label) && is_plain(issuer) && !issuer.contains(':') {
        Ok(())
    } else {
        Err(TotpError::UriIssuer)
    }
}

fn algorithm(name: &str) -> Option<Algorithm> {
    let name = cleaned(name).to_ascii_uppercase();
    let name = name.strip_prefix("HMAC").unwrap_or(&name);
    [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512].into_iter().find(|one| one.name() == name)
}

/// RFC 3986, section 2.1.
fn decoded(text: &str) -> Result<Zeroizing<String>, TotpError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else { return Err(TotpError::UriUnreadable) };
        bytes.push(u8::try_from(16 * high + low).map_err(|_| TotpError::UriUnreadable)?);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| TotpError::UriUnreadable)?;
    Ok(Zeroizing::new(text.to_owned()))
}

const SCHEME: &str = "otpauth";
const LONGEST_NAME: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factor::{BadShape, NewTotp};

    const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn read(text: &str) -> Result<(String, Option<TotpShape>), TotpError> {
        let WrittenSeed { seed, shape } = WrittenSeed::read(text)?;
        Ok((NewTotp::new(shape.unwrap_or_default(), seed).base32().to_string(), shape))
    }

    #[test]
    fn a_uri_instead_of_a_seed_states_the_format_of_the_codes() {
        let plain = TotpShape::default();
        let other = TotpShape::new(Algorithm::Sha256, 8, 60).unwrap();
        for (text, shape) in [
            (format!("otpauth://totp/alice?secret={SEED}"), plain),
            (format!("OTPAUTH://TOTP/alice?secret={SEED}"), plain),
            (format!(" \u{feff}otpauth://totp/Example:alice?secret={SEED}&issuer=Example\r\n"), plain),
            (format!("otpauth://totp/Example%20Mail:alice?issuer=Example+Mail&secret={SEED}"), plain),
            (
                format!("otpauth://totp/Example%20Mail%3Aalice?issuer=Example%20Mail&secret={SEED}&image=x"),
                plain,
            ),
            (format!("otpauth://totp/?secret={}%3D%3D", SEED.to_lowercase()), plain),
            (format!("otpauth://totp/a?secret={SEED}&algorithm=SHA1&digits=6&period=30"), plain),
            (format!("otpauth://totp/a?secret={SEED}&algorithm=sha256&digits=8&period=60#x"), other),
            (format!("otpauth://totp/a?secret={SEED}&algorithm=HmacSHA256&digits=8&period=60"), other),
        ] {
            assert_eq!(read(&text), Ok((SEED.to_owned(), Some(shape))), "{text}");
        }
        assert_eq!(read(SEED), Ok((SEED.to_owned(), None)));
        let made =
            NewTotp::new(other, Seed::from_base32(SEED).unwrap()).uri("Example Mail", "a b@example.org");
        assert_eq!(read(&made.unwrap()), Ok((SEED.to_owned(), Some(other))));
    }

    #[test]
    fn names_are_read_from_a_uri_even_if_its_seed_is_not() {
        let names = |uri: &str| UriNames::read(uri).map(|names| (names.issuer, names.account));
        let both = Some(("Example Mail".to_owned(), "alice@example.org".to_owned()));
        assert_eq!(names("otpauth://totp/Example%20Mail:alice%40example.org?secret=short"), both);
        assert_eq!(names("otpauth://hotp/alice@example.org?counter=1&issuer=Example+Mail"), both);
        assert_eq!(names("otpauth://totp/alice"), Some((String::new(), "alice".to_owned())));
        assert_eq!(names("otpauth://totp"), Some((String::new(), String::new())));
        assert_eq!(names("otpauth://totp/%ff?secret=x"), None);
        assert_eq!(names("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), None);
    }

    #[test]
    fn a_uri_that_would_be_bound_as_something_else_is_refused() {
        for (text, error) in [
            (format!("otpauth://hotp/a?secret={SEED}&counter=0"), TotpError::Counted),
            (format!("otpauth://HOTP/a?secret={SEED}"), TotpError::Counted),
            (format!("otpauth://steam/a?secret={SEED}"), TotpError::NoTotpUri),
            ("otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8SGEV4".to_owned(), TotpError::NoTotpUri),
            (format!("otpauth:totp/a?secret={SEED}"), TotpError::NoTotpUri),
            ("otpauth://totp/a".to_owned(), TotpError::UriSecret),
            ("otpauth://totp/a?secret=".to_owned(), TotpError::UriSecret),
            (format!("otpauth://totp/a?secret={SEED}&secret={SEED}"), TotpError::UriTwice),
            (format!("otpauth://totp/a?secret={SEED}&digits=6&digits=8"), TotpError::UriTwice),
            (format!("otpauth://totp/a?secret={SEED}&digits=7"), TotpError::Shape(BadShape::Digits)),
            (format!("otpauth://totp/a?secret={SEED}&digits=262"), TotpError::Shape(BadShape::Digits)),
            (format!("otpauth://totp/a?secret={SEED}&digits=six"), TotpError::UriUnreadable),
            (format!("otpauth://totp/a?secret={SEED}&period=45"), TotpError::Shape(BadShape::Period)),
            (format!("otpauth://totp/a?secret={SEED}&period=-30"), TotpError::UriUnreadable),
            (format!("otpauth://totp/a?secret={SEED}&algorithm=MD5"), TotpError::UriUnreadable),
            (format!("otpauth://totp/a?secret={SEED}&algorithm="), TotpError::UriUnreadable),
            (format!("otpauth://totp/a%2?secret={SEED}"), TotpError::UriUnreadable),
            (format!("otpauth://totp/a%ff?secret={SEED}"), TotpError::UriUnreadable),
            (format!("otpauth://totp/One:a?secret={SEED}&issuer=Other"), TotpError::UriIssuer),
            (format!("otpauth://totp/a?secret={SEED}&issuer=A%3AB"), TotpError::UriIssuer),
            (format!("otpauth://totp/a?secret={SEED}&issuer=A%0A"), TotpError::UriIssuer),
            (format!("otpauth://totp/a?secret={SEED}A"), TotpError::Base32Length),
            (
                "otpauth://totp/a?secret=3132333435363738393031323334353637383930".to_owned(),
                TotpError::Hexadecimal,
            ),
            ("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ".to_owned(), TotpError::SeedLength),
        ] {
            assert_eq!(read(&text), Err(error), "{text}");
        }
    }
}
