use std::time::Duration;

use postern_tests::guard::wait_for;
use postern_tests::{CHECK_FAILED, Posternd, Site, host};

use crate::checkpassword;

/// Has the configuration read again; whether it was broken.
fn reload(posternd: &Posternd) -> bool {
    let before = posternd.status().reloads;
    posternd.hup();
    let after = wait_for("posternd to reload", Duration::from_secs(10), || {
        Some(posternd.status()).filter(|now| now.reloads > before)
    });
    after.config_broken
}

#[test]
fn a_reload_takes_a_good_configuration_and_keeps_the_last_good_one_from_a_broken_one() {
    let site = Site::new("reload");
    let posternd = site.posternd();
    let alice = site.account("alice");
    let login = || checkpassword(&site, "alice", &alice.password).run().code;
    assert_eq!(login(), 0);

    site.edit_config(|text| text.replace("\"until-enrolled\"", "\"never\""));
    assert_eq!(login(), 0, "nobody has read it yet");
    assert!(!reload(&posternd));
    assert_eq!(login(), 1, "the new policy holds");

    site.edit_config(|text| text.replace("\"never\"", "\"always\"") + "[nonsense]\n");
    assert!(reload(&posternd), "status says that the configuration is broken");
    assert_eq!(login(), 1, "and the old one goes on");
    let config = site.config().display().to_string();
    drop(posternd.logged(&["the configuration stays as it was", &config, "nonsense", "not a known key"]));
    let check = site.check();
    assert_eq!(check.code, CHECK_FAILED);
    assert!(check.stdout.contains("nonsense"), "{}", check.stdout);

    site.edit_config(|text| text.replace("[nonsense]\n", ""));
    let shown = site.cli_ok(&["status"]);
    assert!(shown.contains("the newest one is broken"), "{shown}");
    assert!(shown.contains("reload failed") && shown.contains("nonsense"), "it says what was wrong: {shown}");
    let check = site.check();
    assert!(
        check.code == CHECK_FAILED && check.stdout.contains("runs with an older configuration"),
        "{}",
        check.stdout
    );
    assert!(!reload(&posternd));
    assert_eq!(login(), 0, "fixed, it takes effect");
    assert_ne!(site.check().code, CHECK_FAILED);
}

#[test]
fn a_daemon_with_another_configuration_than_the_file_is_noticed() {
    let site = Site::new("stale");
    let posternd = site.posternd();
    let check = || site.cli(&["check"]).stdout;
    assert!(!check().contains("systemctl reload posternd"));
    site.edit_config(|text| text.replace("\"until-enrolled\"", "\"never\""));
    assert!(check().contains("systemctl reload posternd"), "{}", check());
    assert!(!reload(&posternd));
    assert!(!check().contains("systemctl reload posternd"), "{}", check());
    site.edit_config(|text| format!("{text}\n[log]\nlevel = \"warn\"\n"));
    assert!(!reload(&posternd));
    assert!(check().contains("systemctl restart posternd"), "{}", check());
}

#[test]
fn status_answers_although_the_file_is_broken_and_so_does_the_check() {
    let site = Site::new("broken_status");
    let posternd = site.posternd();
    site.edit_config(|text| text + "[nonsense]\n");
    let shown = site.cli_ok(&["status"]);
    assert!(shown.contains(&format!("process {}", posternd.pid())) && shown.contains("nonsense"), "{shown}");
    site.edit_config(|text| text + "[nonsense\n");
    assert!(site.cli_ok(&["status"]).contains("broken         "));
    assert!(reload(&posternd));
    let check = site.cli(&["check"]);
    assert!(check.code != 0 && check.stdout.contains("FAIL  posternd: runs with an older"), "{check:?}");
}

#[test]
fn a_check_before_a_reload_says_whether_it_would_be_taken_and_changes_nothing() {
    let site = Site::new("checked_reload");
    let posternd = site.posternd();
    let check = || {
        let mut command = crate::posternd(&site);
        command.arg("--check");
        postern_tests::Ran::of(&mut command, b"", Duration::from_secs(20))
    };
    assert_eq!(check().code, 0, "{:?}", check());
    site.edit_config(|text| text + "[nonsense]\n");
    let broken = check();
    assert!(broken.code == 78 && broken.stderr.contains("nonsense"), "{broken:?}");
    assert_eq!((posternd.status().reloads, posternd.status().config_broken), (0, false));
    let unit = include_str!("../../../packaging/systemd/posternd.service");
    let reload: Vec<&str> = unit.lines().filter(|line| line.starts_with("ExecReload=")).collect();
    assert_eq!(reload, ["ExecReload=/usr/sbin/posternd --check", "ExecReload=/bin/kill -HUP $MAINPID"]);
}

#[test]
fn a_trusted_user_who_comes_after_posternd_is_trusted_without_a_reload() {
    let site = Site::builder("late_user").build();
    site.edit_config(|text| text.replace("{ dovecot = [", "{ latecomer = [\"imap\"], dovecot = ["));
    let posternd = site.posternd();
    let alice = site.account("alice");
    assert_eq!(posternd.status().unknown_users, ["latecomer"]);
    drop(postern_tests::unix_users::add("latecomer", 2_200_001));
    let login = || checkpassword(&site, "alice", &alice.password).as_user("latecomer").run().code;
    wait_for("the latecomer to be trusted", Duration::from_secs(5), || (login() == 0).then_some(()));
    assert!(posternd.status().unknown_users.is_empty());
}

#[test]
fn a_reload_refuses_a_configuration_or_a_keyring_that_others_may_write() {
    let site = Site::new("reload_modes");
    let posternd = site.posternd();
    let alice = site.account("alice");
    for path in [site.config(), site.keyring()] {
        let owner = (0.into(), host::ids("postern").1);
        host::own(&path, owner, 0o660);
        assert!(reload(&posternd), "{}", path.display());
        drop(posternd.logged(&["stays as it was", &path.display().to_string(), "0660", "chmod 0640"]));
        assert_eq!(checkpassword(&site, "alice", &alice.password).run().code, 0);
        host::own(&path, owner, 0o640);
        assert!(!reload(&posternd), "{}", path.display());
    }
}

#[test]
fn a_reload_keeps_counting_and_keeps_its_conversations() {
    let site = Site::new("reload_limits");
    let posternd = site.posternd();
    let alice = site.account("alice");
    for number in 0..10 {
        assert_eq!(checkpassword(&site, "alice", &format!("wrong {number}")).run().code, 1);
    }
    assert!(!reload(&posternd));
    assert_eq!(checkpassword(&site, "alice", &alice.password).run().code, 1, "limited before and after");
    drop(posternd.logged(&["reason=limited", "user=alice"]));
}
