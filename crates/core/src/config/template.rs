use std::fmt;

/// A text with placeholders, `{name}`. Inserted values are not parsed again, so they cannot contain placeholders. Any other brace
/// is literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(String),
}

impl Template {
    /// Parses the text. Each placeholder has to be one of `known`.
    ///
    /// # Errors
    /// The unknown placeholder.
    pub fn parse(text: &str, known: &[&str]) -> Result<Self, UnknownPlace> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            match after.split_once('}').filter(|(name, _)| is_name(name)) {
                Some((name, behind)) => {
                    if !known.contains(&name) {
                        return Err(UnknownPlace { name: name.to_owned(), known: known.join(", ") });
                    }
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    pieces.push(Piece::Place(name.to_owned()));
                    rest = behind;
                }
                None => {
                    plain.push('{');
                    rest = after;
                }
            }
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        Ok(Self(pieces))
    }

    /// The text, with each placeholder replaced by `value` of its name.
    pub fn fill(&self, mut value: impl FnMut(&str) -> String) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Place(name) => value(name),
        });
        pieces.collect()
    }

    /// Whether it contains this placeholder.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Place(place) if place == name))
    }
}

/// An unknown placeholder in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPlace {
    name: String,
    known: String,
}

impl fmt::Display for UnknownPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, known } = self;
        write!(f, "has the placeholder {{{name}}}, which is unknown here; known are: {known}")
    }
}

impl std::error::Error for UnknownPlace {}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserted_values_are_never_parsed_again() {
        let template =
            Template::parse("{\"to\":\"{to}\",\"text\":\"{text}\",\"n\":{}}", &["to", "text"]).unwrap();
        let filled =
            template.fill(|name| if name == "to" { "{text}".to_owned() } else { "{to}{".to_owned() });
        assert_eq!(filled, "{\"to\":\"{text}\",\"text\":\"{to}{\",\"n\":{}}");
        assert!(template.has("to") && !template.has("code"));
        let unknown = Template::parse("{code} {cod}", &["code"]).unwrap_err();
        assert_eq!(unknown.to_string(), "has the placeholder {cod}, which is unknown here; known are: code");
    }
}
