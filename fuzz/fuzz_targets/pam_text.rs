//! Untrusted text that crosses the PAM module: messages to people, keys from sshd, values for the log.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_core::device::Device;
use postern_pam_text::{MAX_LINE, lines, log_value, ssh_key};

fuzz_target!(|data: &[u8]| {
    let value = log_value(data);
    assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "the log is printable ASCII");
    match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => assert!(!quoted.contains('"'), "a value that ends in its middle"),
        None => assert!(!value.contains([' ', '"', '\\', '=']), "a value that looks like two"),
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let shown = lines(text);
    assert!(!shown.is_empty());
    for line in shown {
        assert!(line.len() <= MAX_LINE && !line.chars().any(char::is_control));
    }
    if let Some(key) = ssh_key(text) {
        let mut words = key.split(' ');
        assert_eq!((words.next(), words.clone().count()), (Some("ssh-key"), 2), "{key}");
        assert!(words.all(|word| text.contains(word)), "a key that sshd did not report: {key}");
        let _device = Device::of_ssh_key(&key);
    }
});
