//! An ssh that cron or autossh started, without a user: ssh gives every question an empty answer.

use std::process::Command;
use std::time::Duration;

use postern_tests::login_host::LoginHost;
use postern_tests::{Key, Ran, Sshd, UnixUser, guard, host, syslog};

use crate::on_both;

on_both!(an_ssh_without_a_terminal_is_no_wrong_password, a_key_without_a_user_is_not_a_wrong_code);

/// ssh without a terminal, which has to fail, as often as it likes to answer.
fn without_terminal(sshd: &Sshd, user: &UnixUser, key: Option<&Key>) -> String {
    let mut ssh = Command::new(host::system_program("/usr/bin/setsid", "util-linux"));
    ssh.args(["--wait", "/usr/bin/ssh", "-F", "none", "-l", &user.name, "-p", &sshd.port().to_string()]);
    let known_hosts = format!("UserKnownHostsFile={}", sshd.known_hosts().display());
    for option in
        [known_hosts.as_str(), "GlobalKnownHostsFile=/dev/null", "IdentityAgent=none", "IdentitiesOnly=yes"]
    {
        ssh.args(["-o", option]);
    }
    match key {
        Some(key) => ssh.arg("-i").arg(key.path()),
        None => ssh.args(["-o", "PubkeyAuthentication=no"]),
    };
    ssh.args(["127.0.0.1", "true"]).current_dir("/").env_remove("DISPLAY").env_remove("SSH_ASKPASS");
    let ran = Ran::of(&mut ssh, b"", Duration::from_secs(60));
    assert_eq!(ran.code, 255, "{ran:?}");
    ran.stderr
}

fn is_cancelled(host: &LoginHost, user: &UnixUser, at_least: usize) {
    let name = format!("user={}", user.name);
    let lines = guard::wait_for("the lines of all tries", Duration::from_secs(10), || {
        let log = host.posternd.log();
        let lines: Vec<String> =
            log.lines().filter(|line| line.ends_with(&name)).map(str::to_owned).collect();
        (lines.len() >= at_least).then_some(lines)
    });
    for line in &lines {
        assert!(line.contains("verdict=reject reason=cancelled flow=login"), "{line}");
        assert!(line.contains("detail=\"an empty answer\""), "{line}");
    }
    let failures = syslog::lines(&["pam_postern", "authentication failure", &name]);
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(!syslog::lines(&["pam_postern", "refused (cancelled)", &name]).is_empty());
}

fn an_ssh_without_a_terminal_is_no_wrong_password(host: &LoginHost) {
    let anna = host.enrolled("anna");
    let sshd = host.sshd("sshd", "keyboard-interactive");
    drop(without_terminal(&sshd, &anna.unix, None));
    is_cancelled(host, &anna.unix, 3);
}

fn a_key_without_a_user_is_not_a_wrong_code(host: &LoginHost) {
    let (anna, key) = (host.enrolled("anna"), Key::ed25519());
    anna.unix.authorize(&key);
    let sshd = host.sshd("sshd-key", "publickey,keyboard-interactive");
    drop(without_terminal(&sshd, &anna.unix, Some(&key)));
    is_cancelled(host, &anna.unix, 1);
}
