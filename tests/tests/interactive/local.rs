//! sudo, su and login.

use postern_tests::{Authenticator, Sudo, local_login, pam, peers, unix_users};

use crate::UNIX;

#[test]
fn sudo_asks_for_a_code() {
    let (anna, app) = (unix_users::fresh("anna"), Authenticator::random());
    let sudo = Sudo::allow("sudo", &anna, &pam::auth(&peers::oath(&anna, &app)));
    for (code, opens) in [(app.wrong_code(), false), (app.fresh_code(5), true)] {
        let mut person = sudo.start();
        person.expect("One-time password");
        person.answer_hidden(&code);
        assert_eq!(person.gets_in(), opens);
    }
    let mut person = sudo.start_with(&["-n"], &[]);
    assert!(person.is_refused().contains("a password is required"), "a login leaves no ticket behind");
}

#[test]
fn sudo_without_password_asks_for_an_account_only() {
    let (anna, berta) = (unix_users::fresh("anna"), unix_users::fresh("berta"));
    let stack = |account| {
        format!("auth required pam_deny.so\naccount required {account}.so\nsession required pam_permit.so")
    };
    let free = Sudo::allow_without_password("sudo_free", &anna, &stack("pam_permit"));
    assert_eq!(free.start().is_in(), "root");
    let closed = Sudo::allow_without_password("sudo_free", &berta, &stack("pam_deny"));
    assert!(closed.start().is_refused().contains("account"), "the stack's account part decides");
}

#[test]
fn su_asks_for_the_password_of_the_target_user() {
    let (anna, berta) = (unix_users::fresh("anna"), unix_users::fresh("berta"));
    for (password, opens) in [(&anna.password, false), (&berta.password, true)] {
        let mut person = local_login::su("su", &anna, &berta.name, UNIX);
        person.expect("Password:");
        person.answer_hidden(password);
        if opens {
            assert_eq!(person.is_in(), berta.name);
        } else {
            assert!(person.is_refused().contains("Authentication failure"));
        }
    }
}

#[test]
fn login_asks_for_a_name_and_a_password_at_a_console() {
    let anna = unix_users::fresh("anna");
    let mut person = local_login::console("console", UNIX);
    person.expect("login:");
    person.answer_visible(&anna.name);
    person.expect("Password:");
    person.answer_hidden(&anna.password);
    assert_eq!(person.is_in(), anna.name);
    assert_eq!(person.run("id -u"), format!("{}\n", anna.uid));
}
