//! The answers of a 389 Directory Server to a user's bind: none of them is an outage.

use postern_tests::{Ds389, Posternd, Site, guard};

use postern_tests::site::wrong_password;

use crate::{Said, login};

const MAIN: &str = "alices-main-password-1";

fn rejected(posternd: &Posternd, detail: &str) {
    drop(posternd.logged(&["verdict=reject", "reason=not_permitted", detail, "user=alice"]));
}

#[test]
fn a_bind_that_a_389_directory_server_refuses_is_a_reject_and_not_an_outage() {
    let server = Ds389::start("ds389_binds");
    let policy = "replace: passwordLockout\npasswordLockout: on\n-\nreplace: passwordMaxFailure\npasswordMaxFailure: 3\n-\n\
                  replace: passwordLockoutDuration\npasswordLockoutDuration: 3\n-\n\
                  replace: passwordResetFailureCount\npasswordResetFailureCount: 3\n-\n\
                  replace: passwordIsGlobalPolicy\npasswordIsGlobalPolicy: on";
    server.set("cn=config", policy);
    let alice = server.alice();
    let site = Site::builder("ds389_binds").ds389(&server);
    // So that the server's own answer counts.
    let site = site.setting("[directory]", "disabled = [\"(employeeType=gone)\"]").build();
    let mut posternd = site.posternd();
    let app = site.app_password("alice", "Phone", &[]).password;

    let set_password = || server.set(alice, &format!("replace: userPassword\nuserPassword: {MAIN}"));
    set_password();
    assert_eq!(login(&site, "alice", MAIN), Said::Accept);
    for _ in 0..3 {
        assert_eq!(login(&site, "alice", &wrong_password()), Said::Reject);
    }
    assert_eq!(login(&site, "alice", MAIN), Said::Reject, "locked");
    rejected(&posternd, "constraintViolation (19)");
    assert_eq!(login(&site, "alice", &app), Said::Accept, "the lock is the main password's alone");
    guard::pause(std::time::Duration::from_secs(5));
    assert_eq!(
        login(&site, "alice", MAIN),
        Said::Accept,
        "the lock has ended, and nothing is remembered as wrong"
    );

    server.set(alice, "add: nsAccountLock\nnsAccountLock: true");
    assert_eq!(login(&site, "alice", MAIN), Said::Reject, "inactive");
    rejected(&posternd, "unwillingToPerform (53)");
    site.edit_config(|text| text.replace("disabled = [\"(employeeType=gone)\"]\n", ""));
    assert!(posternd.stop().success());
    posternd.start_again();
    for secret in [MAIN, &app] {
        assert_eq!(login(&site, "alice", secret), Said::Reject);
    }
    drop(posternd.logged(&["verdict=reject", "reason=disabled", "user=alice"]));
    server.set(alice, "delete: nsAccountLock");

    server.set("cn=config", "replace: passwordMustChange\npasswordMustChange: on");
    set_password();
    assert_eq!(login(&site, "alice", MAIN), Said::Accept);
    drop(posternd.logged(&["verdict=accept", "wants the main password changed"]));
    site.edit_config(|text| {
        text.replace("kind = \"ldap\"", "kind = \"ldap\"\npassword_must_change = \"reject\"")
    });
    assert!(posternd.stop().success());
    posternd.start_again();
    assert_eq!(login(&site, "alice", MAIN), Said::Reject);
    rejected(&posternd, "has to be changed");
    assert_eq!(login(&site, "alice", &app), Said::Accept);
}
