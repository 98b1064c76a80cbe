//! `postern my`.

use postern_core::words::Language;

use crate::in_both_languages;
use crate::walk::Walk;

in_both_languages!(factors, app_passwords, a_phone, addresses_and_numbers, challenges, nothing_yet);

fn nothing_yet(language: Language) {
    let mut walk = Walk::new(language, "my-nothing-yet", "postern my: nothing is set up");
    for command in
        [&["factors"][..], &["app-passwords", "list"], &["devices", "list"], &["challenges", "list"]]
    {
        let screen = walk.my(command);
        walk.ends(screen);
    }
    for command in [&["recovery-codes"][..], &["remove"]] {
        let screen = walk.my(command);
        walk.ends(screen);
    }
    walk.heading("A wrong main password");
    let password = std::mem::replace(&mut walk.user.password, postern_tests::site::wrong_password());
    let mut screen = walk.proves(&["enrol", "--kind", "totp"]);
    walk.types_for_change(&mut screen);
    walk.ends(screen);
    walk.user.password = password;
    walk.finish();
}

fn factors(language: Language) {
    let mut walk = Walk::new(language, "my-factors", "postern my: an authenticator app and recovery codes");
    walk.heading("Set up");
    let mut screen = walk.my(&["enrol"]);
    walk.answers(&mut screen, "which-kind", "1");
    walk.types_for_change(&mut screen);
    walk.scans_for_app(&mut screen);
    walk.answers(&mut screen, "offer-recovery-codes", "n");
    walk.ends(screen);
    walk.heading("Listed");
    let screen = walk.my(&["factors"]);
    walk.ends(screen);
    walk.heading("Recovery codes");
    let mut screen = walk.proves(&["recovery-codes"]);
    let code = walk.code();
    walk.answers(&mut screen, "code", &code);
    walk.ends(screen);
    walk.heading("Replaced");
    let mut screen = walk.proves(&["replace"]);
    let code = walk.code();
    walk.answers(&mut screen, "code", &code);
    walk.scans_for_app(&mut screen);
    walk.ends(screen);
    walk.heading("Removed");
    let screen = walk.my(&["remove"]);
    walk.ends(screen);
    walk.heading("The mails about it");
    for _ in 0..2 {
        let mail = walk.host.mailbox.next_to(&walk.user.address());
        walk.mail(&mail);
    }
    walk.finish();
}

fn app_passwords(language: Language) {
    let mut walk = Walk::new(language, "my-app-passwords", "postern my: app passwords");
    let host = walk.host.clone();
    host.enrol(&mut walk.user);
    walk.heading("Made");
    let mut screen = walk.my(&["app-passwords", "create"]);
    walk.answers(&mut screen, "app-password-label", "Foxmail");
    walk.types_for_change(&mut screen);
    let code = walk.code();
    walk.answers(&mut screen, "code", &code);
    walk.ends(screen);
    walk.a_second_passes();
    let mut screen = walk.proves(&[
        "app-passwords",
        "create",
        "--label",
        "Phone",
        "--scope",
        "imap,smtp",
        "--network",
        "192.0.2.0/24",
    ]);
    let code = walk.code();
    walk.answers(&mut screen, "code", &code);
    walk.ends(screen);
    walk.heading("Listed");
    let screen = walk.my(&["app-passwords", "list"]);
    walk.ends(screen);
    walk.heading("Revoked");
    let mut screen = walk.proves(&["app-passwords", "revoke", "--all"]);
    let code = walk.code();
    walk.answers(&mut screen, "code", &code);
    walk.ends(screen);
    walk.finish();
}

fn a_phone(language: Language) {
    let mut walk = Walk::new(language, "my-phone", "postern my: a phone that approves");
    walk.heading("Set up");
    let mut screen = walk.proves(&["phone", "enrol"]);
    drop(walk.scans_for_phone(&mut screen));
    walk.answers(&mut screen, "phone-shows", "y");
    walk.answers(&mut screen, "offer-recovery-codes", "n");
    walk.ends(screen);
    walk.heading("Listed");
    let screen = walk.my(&["factors"]);
    walk.ends(screen);
    walk.finish();
}

fn challenges(language: Language) {
    let mut walk = Walk::new(language, "my-challenges", "postern my: a login that waits, and is refused");
    let host = walk.host.clone();
    drop(host.bind_ringing_phone(&walk.user));
    let mut login = walk.knows_the_password("sshd");
    drop(walk.reads_number(&mut login));
    walk.heading("Listed");
    let screen = walk.my(&["challenges", "list"]);
    walk.ends(screen);
    walk.heading("Refused");
    let screen = walk.my(&["challenges", "deny", "--all"]);
    walk.ends(screen);
    walk.heading("What the login says");
    login.person.answer_visible("");
    walk.ends(login);
    walk.finish();
}

fn addresses_and_numbers(language: Language) {
    let mut walk = Walk::new(language, "my-addresses", "postern my: a backup mailbox and a telephone number");
    let (backup, number) = (walk.user.backup(), walk.user.number());
    walk.heading("A mailbox");
    let mut screen = walk.proves(&["email", "enrol", &backup]);
    let code = walk.host.mailbox.next_to(&backup).code();
    walk.answers(&mut screen, "sent-code", &code);
    walk.answers(&mut screen, "offer-recovery-codes", "n");
    walk.ends(screen);
    walk.a_second_passes();
    walk.heading("A telephone number");
    let mut screen = walk.proves(&["sms", "enrol", &number]);
    let code = walk.host.mailbox.next_to(&backup).code();
    walk.answers(&mut screen, "sent-code", &code);
    let code = walk.host.gateway.next_to(&number).code();
    walk.answers(&mut screen, "sent-code", &code);
    walk.ends(screen);
    walk.heading("Listed");
    let screen = walk.my(&["factors"]);
    walk.ends(screen);
    walk.finish();
}
