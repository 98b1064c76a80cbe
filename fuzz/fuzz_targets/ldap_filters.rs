//! Search filters: the name that stands in the site's own filter, and a filter that an admin types (RFC 4515).
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_core::config::{Filter, FilterTemplate};
use postern_core::name::LoginName;

fuzz_target!(|text: &str| {
    if LoginName::new(text).is_ok() {
        let template: FilterTemplate = TEMPLATE.parse().expect("a template");
        let filled = template.fill(text);
        assert!(filled.as_str().parse::<Filter>().is_ok(), "a name broke the filter");
        let inside = filled.as_str().strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(BEHIND));
        let (first, second) =
            inside.and_then(|inside| inside.split_once(BETWEEN)).expect("the filter's own parts");
        assert_eq!(first, second);
        assert_eq!(unescaped(first).as_deref(), Some(text.as_bytes()), "another name is looked for");
    }
    if let Ok(filter) = text.parse::<Filter>() {
        let level = filter.as_str().chars().try_fold(0_i32, |level, c| match c {
            '(' => Some(level + 1),
            ')' if level > 0 => Some(level - 1),
            ')' => None,
            _ => Some(level),
        });
        assert_eq!(level, Some(0), "parentheses that do not match");
        assert!(!text.chars().any(char::is_control));
        let both = Filter::all(&[Filter::equals("objectClass", "posternAccount"), filter]);
        assert!(both.as_str().len() > text.len());
    }
});

/// RFC 4515, section 3; `None` if what must be escaped is not.
fn unescaped(value: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'*' | b'(' | b')' | 0 => return None,
            b'\\' => {
                let (digits, after) = rest.split_at_checked(2)?;
                bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
                rest = after;
            }
            other => bytes.push(other),
        }
    }
    Some(bytes)
}

const TEMPLATE: &str = "(&(objectClass=person)(|(uid={user})(mail={user})))";
const BEFORE: &str = "(&(objectClass=person)(|(uid=";
const BETWEEN: &str = ")(mail=";
const BEHIND: &str = ")))";
