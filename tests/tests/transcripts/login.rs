//! Logins by ssh.

use postern_core::words::Language;
use postern_tests::Key;
use postern_tests::courier_host::{another, place};

use crate::in_both_languages;
use crate::walk::{Screen, Walk};

in_both_languages!(
    the_password_alone,
    a_code_of_the_app,
    wrong_codes,
    a_wrong_password,
    a_recovery_code,
    a_choice_of_factors,
    a_code_by_mail,
    a_code_by_text_message,
    an_approval_on_the_phone,
    a_trusted_device,
);

fn the_password_alone(language: Language) {
    let mut walk = Walk::new(language, "login-without-factor", "Login by ssh: no second factor is set up");
    let screen = walk.knows_the_password("sshd");
    walk.ends(screen);
    walk.finish();
}

fn a_wrong_password(language: Language) {
    let mut walk = Walk::new(language, "login-wrong-password", "Login by ssh: the main password is wrong");
    let mut screen = walk.ssh("sshd");
    walk.user.password = postern_tests::site::wrong_password();
    walk.types_password(&mut screen);
    walk.ends(screen);
    walk.finish();
}

pub(crate) fn with_app(language: Language, name: &str, title: &str) -> Walk {
    let mut walk = Walk::new(language, name, title);
    let host = walk.host.clone();
    host.enrol(&mut walk.user);
    walk
}

fn a_code_of_the_app(language: Language) {
    let mut walk = with_app(language, "login-app", "Login by ssh with an authenticator app");
    let mut screen = walk.knows_the_password("sshd");
    let code = walk.code();
    walk.answers(&mut screen, "code", &code);
    walk.ends(screen);
    walk.finish();
}

fn wrong_codes(language: Language) {
    let mut walk = with_app(language, "login-wrong-codes", "Login by ssh: wrong codes, and too many of them");
    let wrong = walk.user.app.authenticator.wrong_code();
    walk.heading("Three wrong codes end a login");
    let mut screen = walk.knows_the_password("sshd");
    for _ in 0..3 {
        walk.answers(&mut screen, "code", &wrong);
    }
    walk.ends(screen);
    walk.heading("Five within a quarter of an hour");
    let mut screen = walk.knows_the_password("sshd");
    for _ in 0..3 {
        walk.answers(&mut screen, "code", &wrong);
    }
    walk.ends(screen);
    walk.heading("The next login");
    let screen = walk.knows_the_password("sshd");
    walk.ends(screen);
    walk.finish();
}

fn a_recovery_code(language: Language) {
    let mut walk = with_app(language, "login-recovery-code", "Login by ssh with a recovery code");
    let host = walk.host.clone();
    let codes = host.recovery_codes(&mut walk.user);
    let mut screen = walk.knows_the_password("sshd");
    walk.replace(&codes[0], "8f3k-2m9x-q7t4-w6zr-5hnc");
    screen.person.was_shown(&codes[0]);
    walk.answers(&mut screen, "code", &codes[0]);
    walk.answers(&mut screen, "go-on", "");
    walk.ends(screen);
    walk.finish();
}

pub(crate) fn with_all(language: Language, name: &str, title: &str) -> Walk {
    let mut walk = Walk::new(language, name, title);
    let host = walk.host.clone();
    host.bind_email(&walk.user, &[]);
    host.enrol(&mut walk.user);
    walk.a_second_passes();
    let app = std::cell::RefCell::new(walk.user.app.clone());
    host.bind_sms(&walk.user, &[&|| app.borrow_mut().code()]);
    walk.user.app = app.into_inner();
    walk
}

fn a_choice_of_factors(language: Language) {
    let mut walk = with_all(language, "login-choice", "Login by ssh: a choice of second factors");
    let mut screen = walk.knows_the_password("sshd");
    walk.answers(&mut screen, "sent-code-or-number", "9");
    walk.reads(&mut screen, "sent-code-or-number");
    let app = place(&screen.person, "authenticator");
    screen.person.answer_visible(&app);
    let code = walk.code();
    walk.answers(&mut screen, "code-or-number", &code);
    walk.ends(screen);
    walk.finish();
}

fn a_code_by_mail(language: Language) {
    let mut walk = Walk::new(language, "login-mail", "Login by ssh with a code by e-mail");
    let host = walk.host.clone();
    host.bind_email(&walk.user, &[]);
    let mut screen = walk.knows_the_password("sshd");
    let mail = host.mailbox.next_to(&walk.user.backup());
    walk.answers(&mut screen, "sent-code", &mail.code());
    walk.ends(screen);
    walk.heading("The mail");
    walk.mail(&mail);
    walk.finish();
}

fn a_code_by_text_message(language: Language) {
    let mut walk = Walk::new(language, "login-sms", "Login by ssh with a code by SMS");
    let host = walk.host.clone();
    host.bind_sms(&walk.user, &[]);
    let mut screen = walk.knows_the_password("sshd");
    let sms = host.gateway.next_to(&walk.user.number());
    walk.answers(&mut screen, "sent-code", &sms.code());
    walk.ends(screen);
    walk.heading("The text message");
    walk.text(&sms.text);
    walk.finish();
}

fn an_approval_on_the_phone(language: Language) {
    let mut walk = Walk::new(language, "login-phone", "Login by ssh, approved on a phone");
    let host = walk.host.clone();
    let (phone, topic) = host.bind_ringing_phone(&walk.user);
    let asks = |walk: &mut Walk| -> (Screen, String) {
        let mut screen = walk.knows_the_password("sshd");
        let number = walk.reads_number(&mut screen);
        (screen, number)
    };

    walk.heading("Approved");
    let (mut screen, number) = asks(&mut walk);
    assert_eq!(phone.decide(&host.web, "approve", &number), "approved");
    screen.person.answer_visible("");
    walk.ends(screen);
    let rung = host.ntfy.next_to(&topic);
    walk.heading("What the phone shows");
    walk.text(&format!("{}\n{}", rung.title, rung.message));

    walk.heading("A wrong number is typed on the phone");
    let (mut screen, number) = asks(&mut walk);
    phone.decide(&host.web, "approve", another(&number));
    screen.person.answer_visible("");
    walk.reads(&mut screen, "phone-wrong-number");
    let code = phone.app().code(0);
    walk.answers(&mut screen, "code", &code);
    walk.ends(screen);

    walk.heading("“This was not me” on the phone");
    let (mut screen, _) = asks(&mut walk);
    screen.person.answer_visible("");
    assert_eq!(phone.decide(&host.web, "not_me", ""), "denied");
    walk.ends(screen);
    walk.heading("The mail about it");
    let own = walk.user.address();
    let mail = loop {
        let mail = host.mailbox.next_to(&own);
        if mail.text.contains("203.0.113.9") || mail.text.contains("127.0.0.9") {
            break mail;
        }
    };
    walk.mail(&mail);
    walk.finish();
}

fn a_trusted_device(language: Language) {
    let mut walk =
        with_app(language, "login-trusted-device", "Login by ssh with a key, from a trusted device");
    let key = Key::ed25519();
    walk.user.unix.authorize(&key);
    walk.heading("The device is trusted");
    let mut screen = walk.ssh_with("sshd-key", &key);
    let code = walk.code();
    walk.answers(&mut screen, "code", &code);
    walk.answers(&mut screen, "trust-device", "y");
    walk.ends(screen);
    walk.heading("The next login");
    let screen = walk.ssh_with("sshd-key", &key);
    walk.ends(screen);
    walk.heading("Listed");
    walk.replace(&key.fingerprint(), "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU");
    let screen = walk.my(&["devices", "list"]);
    walk.ends(screen);
    walk.heading("Revoked");
    let mut screen = walk.proves(&["devices", "revoke", "--all"]);
    let code = walk.code();
    walk.answers(&mut screen, "code", &code);
    walk.ends(screen);
    walk.heading("The mails about it");
    let own = walk.user.address();
    // The first one is about the app.
    drop(walk.host.mailbox.next_to(&own));
    for _ in 0..2 {
        let mail = walk.host.mailbox.next_to(&own);
        walk.mail(&mail);
    }
    walk.finish();
}
