/// A value for a line of the log, in the grammar of posternd's audit lines. Letters, digits and `._:@/+-` stand for
/// themselves. Any other value is quoted, and in it `"`, `\` and everything but printable ASCII becomes `\xHH`.
#[must_use]
pub fn log_value(value: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._:@/+-".contains(byte);
    if value.iter().all(is_plain) {
        return value.iter().copied().map(char::from).collect();
    }
    let mut quoted = String::from("\"");
    for &byte in value {
        match byte {
            b'"' | b'\\' => quoted.push_str(&format!("\\x{byte:02x}")),
            b' '..=b'~' => quoted.push(char::from(byte)),
            _ => quoted.push_str(&format!("\\x{byte:02x}")),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logged_value_is_one_word_or_quoted() {
        assert_eq!(log_value(b"alice@example.org"), "alice@example.org");
        assert_eq!(log_value(b""), "");
        assert_eq!(log_value(b"x rhost=192.0.2.9"), "\"x rhost=192.0.2.9\"");
        assert_eq!(log_value(b"a\"b\\c\nd\xff"), "\"a\\x22b\\x5cc\\x0ad\\xff\"");
    }
}
