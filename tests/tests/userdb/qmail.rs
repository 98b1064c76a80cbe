use std::collections::BTreeMap;
use std::path::Path;

use postern_tests::{Account, Checkpassword, Ran, Site, host};

use postern_tests::site::wrong_password;

use crate::alice;

/// As qmail-popup does: a program to execute, no descriptor 4, and one left open by mistake.
fn popup(site: &Site, program: &[&str]) -> Checkpassword {
    let ours = host::program("postern-checkpassword").display().to_string();
    let config = site.client_config().display().to_string();
    let shell =
        ["-c", "exec 7</etc/passwd; exec \"$@\"", "sh", &ours, "--config", &config, "--service", "pop3"];
    Checkpassword::new(Path::new("/bin/sh")).args(&shell).args(program).without_fd4()
}

fn login(site: &Site, user: &str, account: &Account, program: &[&str]) -> Ran {
    popup(site, program).as_user(user).credentials("postmaster@example.org", &account.password).run()
}

#[test]
fn as_root_the_program_runs_with_the_accounts_own_user_group_and_folder() {
    let site = Site::new("as_root");
    let _posternd = site.posternd();
    let alice = alice(&site);
    let told = "id -u; id -g; id -G; pwd; echo \"$0 $1\"";
    let ran = login(&site, "root", &alice, &["/bin/sh", "-c", told, "zero", "one two"]).succeeded();
    let id = alice.uid.to_string();
    let home = alice.home.display().to_string();
    assert_eq!(ran.stdout.lines().collect::<Vec<_>>(), [&id, &id, &id, &home, "zero one two"]);
}

#[test]
fn the_program_finds_the_account_in_its_environment() {
    let site = Site::new("environment");
    let _posternd = site.posternd();
    let alice = alice(&site);
    let ran = login(&site, "root", &alice, &["/usr/bin/env"]).succeeded();
    let environment: BTreeMap<&str, &str> =
        ran.stdout.lines().filter_map(|line| line.split_once('=')).collect();
    let home = alice.home.display().to_string();
    assert_eq!((environment["USER"], environment["HOME"]), ("alice", home.as_str()));
    let mut extra: Vec<&str> = environment["EXTRA"].split(' ').collect();
    extra.sort_unstable();
    assert_eq!(extra, ["userdb_gid", "userdb_quota_rule", "userdb_uid"]);
    assert_eq!(environment["userdb_quota_rule"], "*:storage=5G");
    assert_eq!(environment["userdb_uid"], alice.uid.to_string());
    assert!(!ran.stdout.contains(&alice.password), "the password stays behind");
}

#[test]
fn the_program_inherits_no_descriptor() {
    let site = Site::new("descriptors");
    let _posternd = site.posternd();
    let alice = alice(&site);
    let told = "for n in 0 1 2 3 4 5 6 7 8 9; do if [ -e /proc/$$/fd/$n ]; then echo $n; fi; done";
    let ran = login(&site, "root", &alice, &["/bin/sh", "-c", told]).succeeded();
    assert_eq!(ran.stdout.lines().collect::<Vec<_>>(), ["0", "1", "2"]);
    // Without postern-checkpassword in between, there is one to be inherited.
    let shell = ["-c", &format!("exec 7</etc/passwd; {told}")];
    assert!(Checkpassword::new(Path::new("/bin/sh")).args(&shell).run().stdout.contains('7'));
}

#[test]
fn as_another_user_the_program_runs_as_that_user() {
    let site = Site::new("as_user");
    let _posternd = site.posternd();
    let alice = alice(&site);
    let ran = login(&site, "dovecot", &alice, &["/usr/bin/id", "-u"]).succeeded();
    assert_eq!(ran.stdout.trim(), host::ids("dovecot").0.to_string());
}

#[test]
fn a_wrong_password_runs_nothing() {
    let site = Site::new("runs_nothing");
    let _posternd = site.posternd();
    drop(alice(&site));
    for (user, password) in [("alice", wrong_password()), ("zoe", wrong_password())] {
        let ran = popup(&site, &["/bin/echo", "ran"]).as_user("root").credentials(user, &password).run();
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{user}");
    }
    // A timestamp may follow the password, for APOP.
    let wrong = format!("alice\0{}\0<123@example.org>\0", wrong_password());
    let ran = popup(&site, &["/bin/echo", "ran"]).as_user("root").input(wrong.as_bytes()).run();
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
}

#[test]
fn no_program_is_ever_run_as_root_for_want_of_a_user() {
    let site = Site::new("no_ids");
    let _posternd = site.posternd();
    drop(site.cli_ok(&["account", "create", "bob", "--no-password"]));
    let app = site.app_password("bob", "Phone", &[]).password;
    let ran = popup(&site, &["/usr/bin/id", "-u"]).as_user("root").credentials("bob", &app).run();
    assert_eq!((ran.code, ran.stdout.as_str()), (111, ""));
}

#[test]
fn a_program_that_cannot_be_run_defers() {
    let site = Site::new("no_program");
    let _posternd = site.posternd();
    let alice = alice(&site);
    for program in [&["/nonexistent/pop3d"][..], &["/etc/passwd"], &[]] {
        assert_eq!(login(&site, "root", &alice, program).code, 111, "{program:?}");
    }
}
