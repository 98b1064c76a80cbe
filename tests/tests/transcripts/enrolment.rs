//! Where a login needs a second factor and there is none.

use postern_core::words::Language;

use crate::in_both_languages;
use crate::walk::{Screen, Walk};

in_both_languages!(an_app, a_phone, a_mailbox, a_telephone_number);

fn chosen(language: Language, choice: &str, name: &str, title: &str) -> (Walk, Screen) {
    let walk = Walk::new(language, name, title);
    let mut screen = walk.knows_the_password("required");
    walk.answers(&mut screen, "which-kind", choice);
    (walk, screen)
}

fn an_app(language: Language) {
    let title = "First login where a second factor is required: an authenticator app";
    let (mut walk, mut screen) = chosen(language, "1", "first-login-app", title);
    walk.scans_for_app(&mut screen);
    walk.answers(&mut screen, "offer-recovery-codes", "y");
    walk.answers(&mut screen, "recovery-codes-noted", "");
    walk.ends(screen);
    walk.finish();
}

fn a_phone(language: Language) {
    let title = "First login where a second factor is required: a phone";
    let (mut walk, mut screen) = chosen(language, "2", "first-login-phone", title);
    drop(walk.scans_for_phone(&mut screen));
    walk.answers(&mut screen, "phone-shows", "y");
    walk.answers(&mut screen, "offer-recovery-codes", "n");
    walk.ends(screen);
    walk.finish();
}

fn a_mailbox(language: Language) {
    let title = "First login where a second factor is required: a backup mailbox";
    let (mut walk, mut screen) = chosen(language, "3", "first-login-mail", title);
    let (own, backup) = (walk.user.address(), walk.user.backup());
    walk.answers(&mut screen, "which-address", "anna");
    walk.answers(&mut screen, "which-address", &own);
    walk.answers(&mut screen, "which-address", &backup);
    let mail = walk.host.mailbox.next_to(&backup);
    walk.answers(&mut screen, "sent-code", &mail.code());
    walk.answers(&mut screen, "offer-recovery-codes", "n");
    walk.ends(screen);
    walk.heading("The mail with the code");
    walk.mail(&mail);
    walk.finish();
}

fn a_telephone_number(language: Language) {
    let title = "First login where a second factor is required: a telephone number";
    let (mut walk, mut screen) = chosen(language, "4", "first-login-sms", title);
    let number = walk.user.number();
    walk.answers(&mut screen, "which-number", "12");
    walk.answers(&mut screen, "which-number", &number);
    let sms = walk.host.gateway.next_to(&number);
    walk.answers(&mut screen, "sent-code", &sms.code());
    walk.answers(&mut screen, "offer-recovery-codes", "n");
    walk.ends(screen);
    walk.heading("The text message");
    walk.text(&sms.text);
    walk.finish();
}
