//! What a form sends: `application/x-www-form-urlencoded` (the HTML standard, *Form submission*).

use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;
use zeroize::Zeroizing;

/// The fields of a form, each at most once. They may be secrets.
#[derive(Default)]
pub struct Form(Vec<(String, Zeroizing<String>)>);

impl Form {
    /// Reads a body. `None` if it is not text, or a field comes twice or is none of `known`.
    #[must_use]
    pub fn parse(body: &[u8], known: &[&str]) -> Option<Self> {
        let mut fields: Vec<(String, Zeroizing<String>)> = Vec::new();
        // The parser replaces what is not UTF-8, and nothing that a browser sends is.
        std::str::from_utf8(body).ok()?;
        for (name, value) in form_urlencoded::parse(body) {
            let value = Zeroizing::new(value.into_owned());
            let is_new = fields.iter().all(|(earlier, _)| *earlier != name);
            if !is_new || !known.contains(&&*name) || value.contains(char::REPLACEMENT_CHARACTER) {
                return None;
            }
            fields.push((name.into_owned(), value));
        }
        Some(Self(fields))
    }

    /// A field; empty if it was not sent.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Whether a box is ticked.
    #[must_use]
    pub fn is_ticked(&self, name: &str) -> bool {
        self.field(name) == "on"
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Form")
    }
}

/// Whether a request says that its body is a form.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let kind = value.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_known_fields_each_once() {
        let form =
            Form::parse(b"user=an+na%40x&password=%2B%26%3D%20", &["user", "password", "trust"]).unwrap();
        assert_eq!((form.field("user"), form.field("password")), ("an na@x", "+&= "));
        assert!(!form.is_ticked("trust") && form.field("else").is_empty());
        for wrong in [&b"a=1&a=2"[..], b"b=1", b"a=%ff", b"a=\xff"] {
            assert!(Form::parse(wrong, &["a"]).is_none(), "{wrong:?}");
        }
    }
}
