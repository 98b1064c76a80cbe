//! The export of Google Authenticator: `otpauth-migration://offline?data=…` with a message of Protocol Buffers in base64. The
//! fields are those of `google_auth.proto` in Aegis, which reads such exports; the encoding is that of
//! <https://protobuf.dev/programming-guides/encoding/>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postern_core::factor::{Algorithm, TotpShape};
use zeroize::Zeroizing;

use crate::entry::{Content, Entry};

/// One part of an export.
#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) keys: Vec<Key>,
    /// The same in all parts of one export.
    pub(crate) id: i64,
    /// Which part it is, from 0.
    pub(crate) index: i64,
    /// How many there are.
    pub(crate) size: i64,
}

/// A key in an export.
#[derive(Debug)]
pub(crate) struct Key {
    user: String,
    issuer: String,
    content: Content,
}

impl Key {
    pub(crate) fn into_entry(self, place: &str) -> Entry {
        let Self { user, issuer, content } = self;
        Entry { place: place.to_owned(), user, issuer, name: String::new(), content }
    }
}

/// The data of an export; `None` for any other URI.
pub(crate) fn data_of(uri: &str) -> Option<&str> {
    uri.strip_prefix("otpauth-migration://offline?")?.split('&').find_map(|pair| pair.strip_prefix("data="))
}

/// Reads the data as the URI has it.
pub(crate) fn read(data: &str) -> Result<Export, &'static str> {
    let text = Zeroizing::new(data.replace("%2B", "+").replace("%2F", "/").replace("%3D", "="));
    let text = Zeroizing::new(text.replace("%2b", "+").replace("%2f", "/").replace("%3d", "="));
    let bytes =
        Zeroizing::new(STANDARD.decode(text.as_bytes()).map_err(|_| "the data of the export is not base64")?);
    let mut export = Export { keys: Vec::new(), id: 0, index: 0, size: 1 };
    let mut fields = Fields(&bytes);
    while let Some((number, value)) = fields.next().map_err(|()| UNREADABLE)? {
        match (number, value) {
            (1, Value::Bytes(key)) => export.keys.push(read_key(key).map_err(|()| UNREADABLE)?),
            (3, Value::Number(size)) => export.size = size.cast_signed(),
            (4, Value::Number(index)) => export.index = index.cast_signed(),
            (5, Value::Number(id)) => export.id = id.cast_signed(),
            (1 | 3 | 4 | 5, _) => return Err(UNREADABLE),
            // The version, which is 1, and what a later app adds.
            _ => {}
        }
    }
    Ok(export)
}

fn read_key(message: &[u8]) -> Result<Key, ()> {
    let (mut user, mut issuer, mut seed) = (String::new(), String::new(), Zeroizing::new(Vec::new()));
    let (mut algorithm, mut digits, mut kind) = (0, 0, 0);
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Bytes(bytes)) => seed = Zeroizing::new(bytes.to_vec()),
            (2, Value::Bytes(bytes)) => user = text(bytes)?,
            (3, Value::Bytes(bytes)) => issuer = text(bytes)?,
            (4, Value::Number(number)) => algorithm = number,
            (5, Value::Number(number)) => digits = number,
            (6, Value::Number(number)) => kind = number,
            (1..=6, _) => return Err(()),
            // The counter of counted codes, which are not bound.
            _ => {}
        }
    }
    // The name may have the issuer before it, as a label has.
    if let Some((prefix, name)) = user.split_once(':') {
        if issuer.is_empty() {
            prefix.trim().clone_into(&mut issuer);
        }
        user = name.trim().to_owned();
    }
    let content = match kind {
        HOTP => Content::counted(),
        TOTP => Content::of_bytes(&seed, shape(algorithm, digits)),
        _ => {
            Content::Other { kind: "other", why: "the export does not say how its codes are made".to_owned() }
        }
    };
    Ok(Key { user, issuer, content })
}

/// The app shows a new code every 30 seconds, and the export has no field for that.
fn shape(algorithm: u64, digits: u64) -> Result<TotpShape, String> {
    let algorithm = match algorithm {
        1 => Algorithm::Sha1,
        2 => Algorithm::Sha256,
        3 => Algorithm::Sha512,
        _ => return Err("the export says no hash function that Postern knows".to_owned()),
    };
    let digits = match digits {
        1 => 6,
        2 => 8,
        _ => return Err("the export does not say how many digits a code has".to_owned()),
    };
    TotpShape::new(algorithm, digits, 30).map_err(|error| error.to_string())
}

fn text(bytes: &[u8]) -> Result<String, ()> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| ())
}

/// The fields of a message that are not read yet.
struct Fields<'a>(&'a [u8]);

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Of a fixed length: no field here has such a value.
    Fixed,
}

impl<'a> Fields<'a> {
    /// The next field's number and value; an error if the message ends in the middle of it.
    fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, ()> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.number()?;
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let length = usize::try_from(self.number()?).map_err(|_| ())?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return Err(()),
        };
        Ok(Some((tag >> 3, value)))
    }

    /// A number of variable length, its lowest seven bits first.
    fn number(&mut self) -> Result<u64, ()> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = *self.take(1)? else { return Err(()) };
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(())
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], ()> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(())?;
        self.0 = rest;
        Ok(taken)
    }
}

const HOTP: u64 = 1;
const TOTP: u64 = 2;
const UNREADABLE: &str = "the data of the export is not what Google Authenticator writes";
