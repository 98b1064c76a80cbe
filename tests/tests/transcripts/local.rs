//! Logins at the host itself: sudo, su and the console.

use postern_core::words::Language;
use postern_tests::courier_host::place;
use postern_tests::{Sudo, local_login, unix_users};

use crate::in_both_languages;
use crate::login::{with_all, with_app};
use crate::walk::Walk;

in_both_languages!(sudo, su, a_console);

fn sudo(language: Language) {
    let mut walk = with_app(language, "login-sudo", "sudo");
    let host = walk.host.clone();
    // As if pam_sss checked the password there.
    let password = walk.user.unix.password.clone();
    host.set_password(&walk.user, &password);
    walk.user.password = password;
    let sudo = Sudo::allow("transcripts", &walk.user.unix, &host.packaged("sudo", "sudo"));
    walk.heading("With an authenticator app");
    let mut screen = walk.at(sudo.start(), "sudo -s");
    walk.types_password_at(&mut screen, "[sudo] password for ");
    let wrong = walk.user.app.authenticator.wrong_code();
    walk.answers(&mut screen, "code", &wrong);
    let code = walk.code();
    walk.answers(&mut screen, "code", &code);
    walk.ends(screen);
    walk.finish();
}

fn su(language: Language) {
    let mut walk = Walk::new(language, "login-su", "su, approved on a phone");
    let host = walk.host.clone();
    let (phone, _) = host.bind_ringing_phone(&walk.user);
    let by = unix_users::fresh("by");
    let su = local_login::su("transcripts", &by, &walk.user.unix.name, &host.packaged("su", "su"));
    let mut screen = walk.at(su, "su anna");
    walk.types_password(&mut screen);
    let number = walk.reads_number(&mut screen);
    assert_eq!(phone.decide(&host.web, "approve", &number), "approved");
    screen.person.answer_visible("");
    walk.ends(screen);
    walk.finish();
}

fn a_console(language: Language) {
    let mut walk = with_all(language, "login-console", "Login at the console: a choice of second factors");
    let host = walk.host.clone();
    let console = local_login::console("transcripts", &host.packaged("login", "login"));
    let mut screen = walk.at(console, "login");
    screen.person.expect("login: ");
    screen.person.answer_visible(&walk.user.unix.name);
    walk.types_password(&mut screen);
    walk.reads(&mut screen, "sent-code-or-number");
    let app = place(&screen.person, "authenticator");
    screen.person.answer_visible(&app);
    let code = walk.code();
    walk.answers(&mut screen, "code-or-number", &code);
    assert_eq!(screen.person.is_in(), walk.user.unix.name);
    // Without the host's own words before and after.
    let text = screen.person.text();
    let questions = text.split_once("login: ").map_or("", |(_, asked)| asked);
    let (questions, _) = questions.split_once(&format!("{code}\n")).expect("the code as it was typed");
    walk.shown(&format!("login: {questions}{code}\n[anna is in]"));
    walk.finish();
}
