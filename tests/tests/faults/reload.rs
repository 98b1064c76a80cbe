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
    let check = site.check();
    assert!(
        check.code == CHECK_FAILED && check.stdout.contains("runs with an older configuration"),
        "{}",
        check.stdout
    );
    assert!(!reload(&posternd));
    assert_eq!(login(), 0, "mended, it takes effect");
    assert_ne!(site.check().code, CHECK_FAILED);
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
