//! The shipped filters of fail2ban, in the real fail2ban.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::{Ran, host};

/// The addresses that `packaging/fail2ban/NAME.filter.conf` finds in lines of `program` as the journal has them, in their order.
///
/// # Panics
/// Panics if fail2ban is not there, or refuses the filter.
#[must_use]
#[track_caller]
pub fn addresses(name: &str, program: &str, lines: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).expect("a file");
    let shipped =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../packaging/fail2ban/{name}.filter.conf"));
    write("filter.conf", &fs::read_to_string(shipped).expect("a filter"));
    // Filters are looked up beside this file.
    write(
        "common.conf",
        &fs::read_to_string("/etc/fail2ban/filter.d/common.conf").expect("fail2ban's common.conf"),
    );
    let text: String =
        lines.iter().map(|line| format!("Nov 29 12:00:00 mail {program}[812]: {line}\n")).collect();
    write("log", &text);
    let mut fail2ban = Command::new(host::system_program("/usr/bin/fail2ban-regex", "fail2ban"));
    // Without a slash the name would be taken for an expression.
    fail2ban.current_dir(folder.path()).args(["-o", "ip", "log", "./filter.conf"]);
    let ran = Ran::of(&mut fail2ban, b"", Duration::from_secs(30));
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.stdout.lines().map(str::to_owned).collect()
}
