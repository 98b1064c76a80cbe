//! The test host's /dev/log: what sshd, sudo, PAM modules and our front doors say there.

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use crate::guard::{append, wait_for_line};
use crate::host;

/// Keeps from now on all that is said on /dev/log, of every test of this program, in `target/test-output`.
pub fn listen() {
    file();
}

/// Waits for a line that contains all of `parts`, and returns it. [`listen`] has to come before what says it.
#[must_use]
pub fn logged(parts: &[&str]) -> String {
    wait_for_line(file(), parts, LIMIT)
}

/// The lines so far that contain all of `parts`.
#[must_use]
pub fn lines(parts: &[&str]) -> Vec<String> {
    let all = String::from_utf8_lossy(&fs::read(file()).expect("the log")).into_owned();
    all.lines().filter(|line| parts.iter().all(|part| line.contains(part))).map(str::to_owned).collect()
}

fn file() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        host::require_test_host();
        let path = Path::new("/dev/log");
        // One that an earlier test program left behind.
        fs::remove_file(path).ok();
        let socket = UnixDatagram::bind(path).unwrap_or_else(|error| panic!("/dev/log: {error}"));
        host::own(path, (0.into(), 0.into()), 0o666);
        let file = host::output_dir("syslog").join("syslog.log");
        let mut log = append(&file);
        thread::spawn(move || {
            let mut message = vec![0; 65_536];
            while let Ok(length) = socket.recv(&mut message) {
                // One line each, with any content.
                let text = String::from_utf8_lossy(&message[..length]).replace('\n', "\\n");
                log.write_all(format!("{}\n", text.trim_end_matches('\0')).as_bytes()).ok();
            }
        });
        file
    })
}

const LIMIT: Duration = Duration::from_secs(20);
