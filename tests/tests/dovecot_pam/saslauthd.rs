//! Through saslauthd, as Postfix asks it where there is no Dovecot.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use postern_tests::guard::Process;
use postern_tests::{Ran, host};

use postern_tests::site::wrong_password;

use crate::PamMailHost;

/// `saslauthd -a pam`, without its cache.
struct Saslauthd {
    _process: Process,
    dir: tempfile::TempDir,
}

impl Saslauthd {
    fn start() -> Self {
        let program = host::system_program("/usr/sbin/saslauthd", "sasl2-bin");
        let dir = tempfile::Builder::new().prefix("sasl.").tempdir_in(host::test_dir()).expect("a directory");
        let mut command = Command::new(program);
        command.args(["-a", "pam", "-n", "2", "-d", "-m"]).arg(dir.path()).current_dir("/");
        // When it ends it signals its whole group.
        command.process_group(0);
        let log = host::output_dir("saslauthd").join("saslauthd.log");
        let mut process = Process::spawn("saslauthd", &mut command, &log);
        let socket = dir.path().join("mux");
        process.wait_ready(LIMIT, || socket.exists().then_some(()));
        Self { _process: process, dir }
    }

    /// Whether it lets in.
    fn opens(&self, service: &str, user: &str, password: &str) -> bool {
        let mut command = Command::new(host::system_program("/usr/sbin/testsaslauthd", "sasl2-bin"));
        command.args(["-s", service, "-u", user, "-p", password, "-f"]).arg(self.dir.path().join("mux"));
        let ran = Ran::of(command.current_dir("/"), b"", LIMIT);
        match ran.stdout.lines().last() {
            Some(line) if line.contains("OK \"Success.\"") => true,
            Some(line) if line.contains("NO \"authentication failed\"") => false,
            other => panic!("testsaslauthd said {other:?}: {ran:?}"),
        }
    }
}

#[test]
fn saslauthd_lets_in_by_app_password_and_asks_nothing_twice() {
    let host = PamMailHost::new("saslauthd");
    let saslauthd = Saslauthd::start();
    let app = host.site.app_password("anna", "Phone", &["--scope", "smtp"]);
    assert!(saslauthd.opens("smtp", "anna", &app.password.replace(' ', "")));
    assert!(!saslauthd.opens("imap", "anna", &app.password.replace(' ', "")), "scope");
    assert!(!saslauthd.opens("smtp", "anna", &host.anna.password));
    assert!(saslauthd.opens("smtp", "bert", &host.bert.password));
    assert!(!saslauthd.opens("smtp", "bert", &wrong_password()));
    drop(host.site.cli_ok(&["app-password", "revoke", "anna", &app.id]));
    assert!(!saslauthd.opens("smtp", "anna", &app.password.replace(' ', "")), "revoked, and in no cache");
    // A program that is asked for a code answers with the name or the password: there is no user.
    let logins = host.posternd.log().lines().filter(|line| line.contains("flow=login")).count();
    assert_eq!(logins, 6, "one question each:\n{}", host.posternd.log());
}

const LIMIT: Duration = Duration::from_secs(20);
