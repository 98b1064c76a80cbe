//! Locks that the overlay ppolicy sets after wrong passwords, and passwords that it requires to be changed.

use std::time::Duration;

use postern_tests::site::wrong_password;
use postern_tests::{Dovecot, MailHost, Slapd, guard};

use crate::{Said, login, slapd};

/// Long enough for the logins during a lock on any machine.
const LOCKED_FOR: u32 = 12;

fn lockable(name: &str) -> Slapd {
    slapd(name, &["alice"]).lockout_after(3).lockout_for(LOCKED_FOR).start()
}

/// Locks alice as any stranger can: by wrong passwords at IMAP.
fn lock(host: &MailHost, slapd: &Slapd) {
    for _ in 0..3 {
        assert_eq!(login(&host.site, "alice", &wrong_password()), Said::Reject);
    }
    assert!(is_marked(slapd), "slapd has locked her");
}

fn is_marked(slapd: &Slapd) -> bool {
    slapd.entry(&slapd.person("alice").dn).has("pwdAccountLockedTime")
}

fn is_found(dovecot: &Dovecot) -> bool {
    dovecot.user("alice").is_ok()
}

#[test]
fn a_lock_by_wrong_passwords_leaves_app_passwords_and_deliveries_alone() {
    let slapd = lockable("passing_lock");
    let host = MailHost::with_ldap("passing_lock", &slapd);
    let alice = slapd.person("alice");
    let app = host.site.app_password("alice", "Phone", &[]).password;
    lock(&host, &slapd);
    assert_eq!(login(&host.site, "alice", &app), Said::Accept, "during the lock");
    assert!(is_found(&host.dovecot), "during the lock");
    assert_eq!(
        login(&host.site, "alice", &alice.password),
        Said::Reject,
        "slapd decides on the main password"
    );
    drop(host.posternd.logged(&["reason=bad_credential", "has locked the main password for a time"]));
    guard::pause(Duration::from_secs(u64::from(LOCKED_FOR) + 2));
    assert!(is_marked(&slapd), "slapd leaves the mark where it is");
    assert_eq!(login(&host.site, "alice", &app), Said::Accept, "after the lock");
    assert!(is_found(&host.dovecot), "after the lock");
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Accept, "nobody had to lift it");
    assert!(!is_marked(&slapd), "slapd takes the mark away then");
    assert_eq!(login(&host.site, "alice", &app), Said::Accept);
}

#[test]
fn a_main_password_that_came_during_the_lock_is_not_remembered_as_wrong() {
    let slapd = lockable("lock_memory");
    let host = MailHost::with_ldap("lock_memory", &slapd);
    let alice = slapd.person("alice");
    lock(&host, &slapd);
    for _ in 0..2 {
        assert_eq!(login(&host.site, "alice", &alice.password), Said::Reject);
    }
    guard::pause(Duration::from_secs(u64::from(LOCKED_FOR) + 2));
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Accept);
}

#[test]
fn guesses_during_a_lock_are_counted_like_any_others() {
    let slapd = lockable("lock_guesses");
    let host = MailHost::with_ldap("lock_guesses", &slapd);
    lock(&host, &slapd);
    for _ in 0..9 {
        assert_eq!(login(&host.site, "alice", &wrong_password()), Said::Reject);
    }
    drop(host.posternd.logged(&["reason=limited", "user=alice"]));
}

#[test]
fn a_condition_that_takes_any_lock_for_a_disabled_account_is_obeyed_and_mail_still_arrives() {
    let slapd = lockable("any_lock");
    let site = postern_tests::Site::builder("any_lock").ldap(&slapd);
    let host = MailHost::of(site.setting("[directory]", "disabled = [\"(pwdAccountLockedTime=*)\"]").build());
    let app = host.site.app_password("alice", "Phone", &[]).password;
    lock(&host, &slapd);
    assert_eq!(login(&host.site, "alice", &app), Said::Reject);
    drop(host.posternd.logged(&["reason=disabled", "flow=login"]));
    assert!(is_found(&host.dovecot));
    drop(host.posternd.logged(&["verdict=accept", "flow=lookup", "its mail is delivered"]));
}

#[test]
fn a_lock_that_only_an_admin_lifts_disables_however_it_is_written() {
    let slapd = slapd("admin_lock", &["alice"]).start();
    let host = MailHost::with_ldap("admin_lock", &slapd);
    let alice = slapd.person("alice");
    let app = host.site.app_password("alice", "Phone", &[]).password;
    for value in ["000001010000Z", "00000101000000Z"] {
        slapd.set(&alice.dn, &format!("replace: pwdAccountLockedTime\npwdAccountLockedTime: {value}"));
        for secret in [&app, &alice.password] {
            assert_eq!(login(&host.site, "alice", secret), Said::Reject, "{value}");
        }
        assert!(is_found(&host.dovecot), "mail does not bounce");
    }
    slapd.set(&alice.dn, "delete: pwdAccountLockedTime");
    assert_eq!(login(&host.site, "alice", &app), Said::Accept);
}

#[test]
fn a_main_password_that_has_to_be_changed_is_logged_and_opens_what_the_site_permits() {
    let slapd = slapd("must_change", &["alice"]).must_change_passwords().start();
    let alice = slapd.person("alice");
    slapd.set(&alice.dn, "replace: userPassword\nuserPassword: set-by-an-admin-1");
    slapd.set(&alice.dn, "replace: pwdReset\npwdReset: TRUE");
    let host = MailHost::with_ldap("must_change", &slapd);
    let app = host.site.app_password("alice", "Phone", &[]).password;
    assert_eq!(login(&host.site, "alice", "set-by-an-admin-1"), Said::Accept);
    drop(host.posternd.logged(&["verdict=accept", "wants the main password changed"]));
    host.site.edit_config(|text| {
        text.replace("kind = \"ldap\"", "kind = \"ldap\"\npassword_must_change = \"reject\"")
    });
    let site = host.site;
    drop(host.posternd);
    let posternd = site.posternd();
    assert_eq!(login(&site, "alice", "set-by-an-admin-1"), Said::Reject);
    drop(posternd.logged(&["verdict=reject", "reason=not_permitted", "has to be changed"]));
    assert_eq!(login(&site, "alice", &app), Said::Accept, "app passwords are not concerned");
    slapd.set(&alice.dn, "delete: pwdReset");
    assert_eq!(login(&site, "alice", "set-by-an-admin-1"), Said::Accept);
}
