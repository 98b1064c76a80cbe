//! Search filters, which a server evaluates.

use std::str::FromStr;

use super::BadLdap;

/// A search filter (RFC 4515). It can only be built from escaped values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(String);

impl Filter {
    /// `(attribute=value)`, with the value escaped. The attribute comes from the configuration.
    #[must_use]
    pub fn equals(attribute: &str, value: &str) -> Self {
        Self(format!("({attribute}={})", escaped(value)))
    }

    /// The entries that match all of these.
    #[must_use]
    pub fn all(filters: &[Self]) -> Self {
        Self(format!("(&{})", filters.iter().map(Self::as_str).collect::<String>()))
    }

    /// The entries that match one of these; none if the list is empty (RFC 4526).
    #[must_use]
    pub fn any(filters: &[Self]) -> Self {
        Self(format!("(|{})", filters.iter().map(Self::as_str).collect::<String>()))
    }

    /// The text form, for the server.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A complete filter that an admin typed, in the grammar of RFC 4515, section 3, without trailing text.
impl FromStr for Filter {
    type Err = BadLdap;

    fn from_str(text: &str) -> Result<Self, BadLdap> {
        match after_filter(text, 0) {
            Some("") => Ok(Self(text.to_owned())),
            Some(_) | None => Err(BadLdap::Filter),
        }
    }
}

/// The rest of `text` behind the filter at its front.
fn after_filter(text: &str, depth: usize) -> Option<&str> {
    let inner = text.strip_prefix('(').filter(|_| depth < DEEPEST)?;
    let rest = match inner.chars().next()? {
        '&' | '|' => {
            let mut rest = after_filter(inner.get(1..)?, depth + 1)?;
            while rest.starts_with('(') {
                rest = after_filter(rest, depth + 1)?;
            }
            rest
        }
        '!' => after_filter(inner.get(1..)?, depth + 1)?,
        _ => {
            let end = inner.find(')')?;
            let (item, rest) = inner.split_at_checked(end)?;
            if !is_item(item) {
                return None;
            }
            rest
        }
    };
    rest.strip_prefix(')')
}

/// `attr=value`, `attr=*`, `attr=a*b`, `attr~=value`, `attr>=value`, `attr<=value`, `attr:dn:rule:=value`.
fn is_item(item: &str) -> bool {
    let Some((left, value)) = item.split_once('=') else { return false };
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.;".contains(&b))
    };
    let (names, may_have_stars) = match left.strip_suffix(['~', '>', '<', ':']) {
        Some(names) => (names, false),
        None => (left, true),
    };
    let are_names = if left.ends_with(':') {
        names.split(':').enumerate().all(|(at, name)| is_name(name) || (at == 0 && name.is_empty()))
            && names.chars().any(|c| c != ':')
    } else {
        is_name(names)
    };
    are_names && is_value(value, may_have_stars)
}

/// Whether all special characters are escaped as a backslash and two hexadecimal digits.
fn is_value(value: &str, may_have_stars: bool) -> bool {
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        let is_good = match c {
            '\\' => {
                rest.next().is_some_and(|c| c.is_ascii_hexdigit())
                    && rest.next().is_some_and(|c| c.is_ascii_hexdigit())
            }
            '*' => may_have_stars,
            '(' | ')' => false,
            c => !c.is_control(),
        };
        if !is_good {
            return false;
        }
    }
    !value.contains("**")
}

/// A filter with a placeholder for the typed name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterTemplate(Vec<String>);

impl FilterTemplate {
    /// The filter for this name.
    #[must_use]
    pub fn fill(&self, name: &str) -> Filter {
        Filter(self.0.join(&escaped(name)))
    }

    /// The filter that finds all users, for a listing.
    #[must_use]
    pub fn fill_all(&self) -> Filter {
        Filter(self.0.join("*"))
    }

    /// The attributes that it compares, with repetitions.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        // The text before a piece's first parenthesis is the end of a value.
        self.0.iter().flat_map(|piece| piece.split('(').skip(1)).filter_map(|item| {
            let end = item.find(['=', '~', '<', '>', ':'])?;
            item.get(..end).filter(|name| !name.is_empty())
        })
    }
}

impl FromStr for FilterTemplate {
    type Err = BadLdap;

    fn from_str(text: &str) -> Result<Self, BadLdap> {
        let depth = text.chars().try_fold(0_i32, |depth, c| match c {
            '(' => Some(depth + 1),
            ')' if depth > 0 => Some(depth - 1),
            ')' => None,
            _ => Some(depth),
        });
        if depth != Some(0) || !text.starts_with('(') || !text.ends_with(')') {
            return Err(BadLdap::Parentheses);
        }
        let pieces: Vec<String> = text.split("{user}").map(ToOwned::to_owned).collect();
        if pieces.len() < 2 {
            return Err(BadLdap::NoUser);
        }
        if pieces.iter().any(|piece| piece.contains(['{', '}'])) {
            return Err(BadLdap::Placeholder);
        }
        Ok(Self(pieces))
    }
}

/// RFC 4515, section 3: special characters are escaped as a backslash and two hexadecimal digits.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '*' | '(' | ')' | '\\' | '\0' => text.push_str(&format!("\\{:02x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text
}

/// The maximum nesting of filters.
const DEEPEST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_change_the_filter_that_it_stands_in() {
        let template: FilterTemplate = "(&(objectClass=person)(|(uid={user})(mail={user})))".parse().unwrap();
        assert_eq!(
            template.fill("*)(uid=\\\0é").as_str(),
            "(&(objectClass=person)(|(uid=\\2a\\29\\28uid=\\5c\\00é)(mail=\\2a\\29\\28uid=\\5c\\00é)))"
        );
        let any = Filter::equals("entryUUID", "*");
        assert_eq!(any.as_str(), "(entryUUID=\\2a)");
        assert_eq!(Filter::any(&[any.clone(), any]).as_str(), "(|(entryUUID=\\2a)(entryUUID=\\2a))");
    }

    #[test]
    fn a_filter_without_user_or_with_parentheses_that_do_not_match_is_refused() {
        for (text, expected) in [
            ("(uid=alice)", BadLdap::NoUser),
            ("uid={user}", BadLdap::Parentheses),
            ("((uid={user})", BadLdap::Parentheses),
            ("(uid={user}))(", BadLdap::Parentheses),
            ("(uid={user}{domain})", BadLdap::Placeholder),
        ] {
            assert_eq!(text.parse::<FilterTemplate>(), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_typed_filter_is_one_whole_filter_or_nothing() {
        for good in [
            "(ou=sales)",
            "(ou=*)",
            "(cn=A*b*c)",
            "(&(ou=sales)(!(title=*)))",
            "(|(a=b)(c=d)(e~=f)(g>=1)(h<=2))",
            "(ou=Zweite Straße \\28west\\29)",
            "(memberOf:1.2.840.113556.1.4.1941:=cn=x,dc=y)",
            "(cn:dn:caseExactMatch:=x)",
            "(:caseExactMatch:=x)",
            "(description=)",
        ] {
            assert_eq!(good.parse::<Filter>().map(|filter| filter.0), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "ou=sales",
            "(ou=sales",
            "(ou=sales))",
            "(ou=sales)(uid=*)",
            "(ou=sales) ",
            " (ou=sales)",
            "()",
            "(&)",
            "(!(a=b)(c=d))",
            "(=sales)",
            "(o u=sales)",
            "(ou=a(b)",
            "(ou=a\\2)",
            "(ou=a\\zz)",
            "(ou=a\0)",
            "(ou=a\nb)",
            "(ou>=a*)",
            "(ou=a**b)",
            "(::=x)",
            "(a::b:=x)",
            "(&(a=b)x)",
        ] {
            assert_eq!(bad.parse::<Filter>(), Err(BadLdap::Filter), "{bad}");
        }
        let deep = |depth: usize| format!("{}(a=b){}", "(!".repeat(depth), ")".repeat(depth));
        assert!(deep(20).parse::<Filter>().is_ok() && deep(40).parse::<Filter>().is_err());
        let both = Filter::all(&["(a=b)".parse().unwrap(), "(|(c=d))".parse().unwrap()]);
        assert_eq!(both.as_str(), "(&(a=b)(|(c=d)))");
    }

    #[test]
    fn a_filter_tells_the_attributes_that_it_compares() {
        let template: FilterTemplate =
            "(&(objectClass=person)(!(l=x=y))(|(uid={user})(mail:caseExactMatch:={user})(cn={user}@a=b)))"
                .parse()
                .unwrap();
        let names: Vec<&str> = template.attributes().collect();
        assert_eq!(names, ["objectClass", "l", "uid", "mail", "cn"]);
    }
}
