//! Accounts that nothing opens any more, and a posternd that is not there.

use std::time::Duration;

use postern_tests::login_host::{LoginHost, LoginUser, Stores, without_ssh_prefix};
use postern_tests::{Key, Ssh, Stopwatch, guard};

use crate::on_both;

on_both!(a_disabled_or_expired_account_is_refused_like_a_wrong_password, the_account_status_in_ldap_applies);

fn with_right_password(host: &LoginHost, user: &LoginUser) -> String {
    let mut person = host.ssh("sshd", user).start();
    person.expect("Password: ");
    person.answer_hidden(&user.password);
    drop(person.is_refused());
    without_ssh_prefix(&person).replace(&user.unix.name, "NAME")
}

fn a_disabled_or_expired_account_is_refused_like_a_wrong_password(host: &LoginHost) {
    let (anna, berta, key) = (host.enrolled("anna"), host.user("berta"), Key::ed25519());
    berta.unix.authorize(&key);
    let mut wrong = host.ssh("sshd", &anna).start();
    wrong.expect("Password: ");
    wrong.answer_hidden("wrong");
    drop(wrong.is_refused());
    let wrong = without_ssh_prefix(&wrong).replace(&anna.unix.name, "NAME");

    drop(host.site.cli_ok(&["account", "disable", &anna.unix.name]));
    drop(host.site.cli_ok(&["account", "expire", "--at", "2020-01-01T00:00:00Z", &berta.unix.name]));
    for (user, reason) in [(&anna, "disabled"), (&berta, "expired")] {
        assert_eq!(with_right_password(host, user), wrong);
        drop(host.logged(user, &[&format!("verdict=reject reason={reason} flow=login")]));
    }
    let sshd = host.sshd("sshd", "publickey");
    let key_alone = || Ssh::to(&sshd).unix_user(&berta.unix).key(&key).batch().start();
    drop(key_alone().is_refused());
    drop(host.logged(&berta, &["verdict=reject reason=expired flow=account"]));
    drop(host.site.cli_ok(&["account", "expire", "--never", &berta.unix.name]));
    assert_eq!(key_alone().is_in(), berta.unix.name);
}

fn the_account_status_in_ldap_applies(host: &LoginHost) {
    let Some(slapd) = &host.slapd else { return };
    let anna = host.user_with("anna", &[("shadowExpire", "1")]);
    drop(with_right_password(host, &anna));
    drop(host.logged(&anna, &["verdict=reject reason=expired flow=login"]));
    let berta = host.user("berta");
    slapd.set(
        &format!("uid={},{}", berta.unix.name, postern_tests::slapd::PEOPLE),
        "replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z",
    );
    drop(with_right_password(host, &berta));
    drop(host.logged(&berta, &["verdict=reject reason=disabled flow=login"]));
}

#[test]
fn without_posternd_every_login_is_refused_at_once_and_accepted_when_it_is_back() {
    let mut host = LoginHost::new("stopped", Stores::Embedded, "");
    let (mut anna, key) = (host.enrolled("anna"), Key::ed25519());
    anna.unix.authorize(&key);
    drop((host.sshd("sshd", "keyboard-interactive"), host.sshd("sshd", "publickey")));
    assert!(host.posternd.stop().success());
    let started = Stopwatch::start();
    let mut person = host.ssh("sshd", &anna).start();
    assert!(person.is_refused().contains("Permission denied"));
    let mut person = Ssh::to(&host.sshd("sshd", "publickey")).unix_user(&anna.unix).key(&key).start();
    drop(person.is_refused());
    println!("without posternd two logins are refused in {}", started.elapsed());
    // Two handshakes of ssh, and no deadline of two minutes.
    started.assert_within(Duration::from_secs(10));
    drop(postern_tests::syslog::logged(&["pam_postern", "cannot decide", "posternd is not reachable"]));
    host.posternd.start_again();
    let mut person = host.at_code(&anna);
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);

    // In the middle of a conversation.
    let mut person = host.at_code(&anna);
    host.posternd.kill9();
    person.answer_visible(&anna.app.code());
    drop(person.is_refused());
    host.posternd.start_again();
    let mut person = host.at_code(&anna);
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name, "nothing is lost");
}

#[test]
fn a_ledger_that_has_just_begun_takes_no_code_and_says_for_how_long() {
    let host = LoginHost::young("young", Stores::Embedded, "");
    let mut anna = host.enrolled("anna");
    let mut person = host.at_code(&anna);
    let code = anna.app.code();
    for _ in 0..2 {
        person.answer_visible(&code);
        person.expect("Codes are not taken just now. Wait ");
        let seconds: u64 = person.expect(" seconds, then type the code that is shown.").parse().unwrap();
        assert!((1..=90).contains(&seconds), "{seconds}");
        person.expect("Code from authenticator: ");
    }
    drop(person);
    drop(host.logged(&anna, &["verdict=reject reason=cancelled flow=login"]));
}

#[test]
fn without_redis_a_recovery_code_opens_and_no_other_code_does() {
    let mut host = LoginHost::new("no redis", Stores::LdapAndRedis, "");
    let (mut anna, berta) = (host.enrolled("anna"), host.user("berta"));
    let codes = host.recovery_codes(&mut anna);
    host.redis.as_mut().unwrap().kill();
    let mut person = host.at_code(&anna);
    person.answer_visible(&anna.app.code());
    drop(person.is_refused());
    drop(host.logged(&anna, &["verdict=defer", "flow=login service=sshd"]));
    for again in [false, true] {
        let mut person = host.at_code(&anna);
        person.was_shown(&codes[0]);
        person.answer_visible(&codes[0]);
        if again {
            person.expect("That code is wrong, or was used before.");
            drop(person);
        } else {
            assert_eq!(person.is_in(), anna.unix.name, "it is spent in the directory");
        }
    }
    drop(host.logged(&anna, &["credential=recovery_code", "ledger=down"]));
    let mut person = host.ssh("sshd", &berta).batch().start();
    person.expect("Password: ");
    person.answer_hidden(&berta.password);
    assert_eq!(person.is_in(), berta.unix.name, "who needs no code needs no Redis");
}

#[test]
fn without_ldap_no_login_is_accepted_and_every_one_is_when_it_is_back() {
    let mut host = LoginHost::new("no ldap", Stores::LdapAndRedis, "");
    let mut anna = host.enrolled("anna");
    let (slapd, name) = (host.slapd.as_mut().unwrap(), anna.unix.name.clone());
    slapd.stop();
    let started = Stopwatch::start();
    drop(host.ssh("sshd", &anna).start().is_refused());
    println!("without LDAP a login is refused in {}", started.elapsed());
    drop(host.logged(&anna, &["verdict=defer", "flow=login service=sshd"]));
    host.slapd.as_mut().unwrap().start();
    guard::wait_for("LDAP to be used again", Duration::from_secs(10), || {
        let mut person = host.ssh("sshd", &anna).batch().start();
        let (which, _) = person.expect_one_of(&["Password: ", "Permission denied"]);
        if which == 1 {
            return None;
        }
        person.answer_hidden(&anna.password);
        person.expect("Code from authenticator: ");
        person.answer_visible(&anna.app.code());
        assert_eq!(person.is_in(), name);
        Some(())
    });
}
