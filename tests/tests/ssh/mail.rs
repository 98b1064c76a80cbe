//! Mail follows the second factor: with the first one the main password opens it no longer, with the last one it does again.

use postern_tests::Dovecot;
use postern_tests::login_host::{LoginHost, Stores};

use crate::self_service::{ends_well, my, prove, sets_up_an_app};

fn mail_follows_the_second_factor(stores: Stores, name: &str) {
    let host = LoginHost::new(name, stores, "");
    let dovecot: Dovecot = host.site.dovecot();
    let mut anna = host.user("anna");
    let name = anna.unix.name.clone();
    assert!(dovecot.imap(&name, &anna.password).is_in());

    drop(sets_up_an_app(&host, &mut anna));
    let refused = dovecot.imap(&name, &anna.password);
    assert!(!refused.is_in() && !refused.is_unavailable(), "{refused:?}");
    drop(host.logged(&anna, &["verdict=reject reason=use_app_password flow=login service=imap"]));

    let mut person = my(&host, &anna.unix, &["app-passwords", "create", "--label", "Foxmail"]);
    prove(&mut person, &mut anna, true);
    let (status, _) = person.ends();
    let shown = person.was_shown_app_passwords();
    assert_eq!((status, shown.len()), (0, 1), "{person:?}");
    let foxmail = shown[0].clone();
    assert!(dovecot.imap(&name, &foxmail).is_in());
    assert!(dovecot.pop3(&name, &foxmail.replace(' ', "")).is_in());
    let mut login = host.ssh("sshd", &anna).batch().start();
    login.expect("Password: ");
    login.answer_hidden(&foxmail);
    drop(login.is_refused());

    let mut person = my(&host, &anna.unix, &["remove"]);
    prove(&mut person, &mut anna, true);
    let screen = ends_well(person);
    assert!(
        screen.contains("\nAuthenticator app has been removed.\nYou have no second factor left. "),
        "{screen}"
    );
    assert!(dovecot.imap(&name, &anna.password).is_in(), "the main password again");
    assert!(dovecot.imap(&name, &foxmail).is_in(), "and the app password still");
    let mut login = host.ssh("sshd", &anna).batch().start();
    login.expect("Password: ");
    login.answer_hidden(&anna.password);
    assert_eq!(login.is_in(), name);
}

#[test]
fn mail_follows_the_second_factor_in_the_embedded_store() {
    mail_follows_the_second_factor(Stores::Embedded, "mail embedded");
}

#[test]
fn mail_follows_the_second_factor_in_ldap() {
    mail_follows_the_second_factor(Stores::LdapAndRedis, "mail ldap");
}
