use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use postern_tests::guard::pause;
use postern_tests::{CHECK_FAILED, MailHost, Site, host};
use serde_json::Value;

use crate::{Said, login, slapd};

fn listed(site: &Site, revoked: bool) -> BTreeSet<String> {
    let json = site.cli_json(&["app-password", "list", "alice", "--revoked"]);
    let all = json["app_passwords"].as_array().unwrap();
    let wanted = all.iter().filter(|one| (one["revoked"] != Value::Null) == revoked);
    wanted.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_command_that_is_killed_anywhere_leaves_before_or_after_and_works_when_run_again() {
    let slapd = slapd("crash", &["alice"]).start();
    let host = MailHost::with_ldap("crash", &slapd);
    let site = &host.site;
    let kept = site.app_password("alice", "Kept", &[]);
    let (mut before, mut after) = (0, 0);
    for round in 0..24 {
        let lost = site.app_password("alice", "Lost", &[]);
        let mut command = Command::new(host::program("postern"));
        command.arg("--config").arg(site.config()).args(["app-password", "revoke", "alice", &lost.id]);
        let mut child = command
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        pause(Duration::from_millis(4 + round * 2));
        drop(child.kill());
        drop(child.wait());
        let is_revoked = listed(site, true).contains(&lost.id);
        assert_eq!(listed(site, false).contains(&lost.id), !is_revoked, "one or the other");
        let expected = if is_revoked { Said::Reject } else { Said::Accept };
        assert_eq!(login(site, "alice", &lost.password), expected);
        if is_revoked {
            after += 1
        } else {
            before += 1
        }
        if !is_revoked {
            drop(site.cli_ok(&["app-password", "revoke", "alice", &lost.id]));
        }
        assert_eq!(login(site, "alice", &lost.password), Said::Reject);
        assert_eq!(login(site, "alice", &kept.password), Said::Accept);
    }
    println!("killed before the change {before} times, after it {after} times");
    assert_ne!(site.check().code, CHECK_FAILED);
}
