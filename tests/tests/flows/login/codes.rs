//! Password, then a code.

use postern_core::Reason;
use postern_core::changes;
use postern_core::conversation::Echo;
use postern_core::factor::{Algorithm, TotpShape};
use postern_core::flows::SelfServiceFlow;
use postern_core::ledger::Credential;

use crate::harness::{MAIN_PASSWORD, Point, Site};
use crate::out_of_band::number_in;

#[tokio::test]
async fn the_main_password_and_then_a_code_open_the_door() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await;
    assert_eq!(ended.credential(), Credential::Factor(app.id.unwrap()));
    let asked: Vec<_> = ended.asked().collect();
    assert_eq!(asked, [(Echo::Off, "Password: "), (Echo::On, "Code from phone: ")]);
    assert!(ended.lines().is_empty(), "one factor is no choice");
    assert!(ended.proof().is_some());
}

#[tokio::test]
async fn a_password_that_the_front_door_has_is_not_asked_for_again() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let ended = site.visit("sshd", "alice").secret(MAIN_PASSWORD).says(&[&app.code()]).await;
    assert!(ended.is_accept());
    assert_eq!(ended.questions(), ["Code from phone: "]);
}

#[tokio::test]
async fn without_a_factor_the_main_password_is_enough() {
    let site = Site::new().await;
    drop(site.person("alice").await);
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!(ended.credential(), Credential::LoginPassword);
    let wrong = site.visit("sshd", "alice").says(&["wrong"]).await;
    assert_eq!(wrong.reason(), Reason::BadCredential);
}

#[tokio::test]
async fn after_a_wrong_password_no_code_is_asked_for() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    drop(site.bind(&alice, "phone").await);
    let ended = site.visit("sshd", "alice").says(&["wrong", "123456"]).await;
    assert_eq!((ended.reason(), ended.questions()), (Reason::BadCredential, vec!["Password: "]));
    assert_eq!(site.faults.count(Point::AdmitCode), 0);
    for (secret, reason) in [
        ("", Reason::Cancelled),
        ("with\ttab", Reason::BadCredential),
        (&*"x".repeat(513), Reason::BadCredential),
    ] {
        let ended = site.visit("sshd", "alice").says(&[secret, "123456"]).await;
        assert_eq!((ended.reason(), ended.questions().len()), (reason, 1));
    }
}

#[tokio::test]
async fn a_wrong_code_is_asked_for_again_and_the_third_ends_it() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let [one, two, three] = [1, 2, 3].map(|number| app.wrong_code(number));
    let right_in_the_end = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &one, &two, &app.code()]).await;
    assert!(right_in_the_end.is_accept());
    assert_eq!(right_in_the_end.complaints(), ["That code is wrong, or was used before."; 2]);
    let refused = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &one, &two, &three, "unasked"]).await;
    assert_eq!((refused.reason(), refused.questions().len()), (Reason::BadCredential, 4));
}

#[tokio::test]
async fn a_code_opens_one_login_for_every_window() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let code = app.code();
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code]).await.is_accept());
    for seconds in [0, 29, 30, 1] {
        site.clock.advance(seconds);
        let again = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code, &code, &code]).await;
        let expected = if seconds == 1 { Reason::BadCredential } else { Reason::Replayed };
        assert_eq!(again.reason(), expected, "{seconds}");
        // Three wrong ones are less than the limit of five.
        site.clock.advance(0);
        changes::unlock_factors(&site.authority(), &alice.id).await.unwrap();
    }
    let sudo = site.visit("sudo", "alice").says(&[MAIN_PASSWORD, &app.code()]).await;
    assert!(sudo.is_accept(), "the next code is a new one");
}

#[tokio::test]
async fn a_later_code_spends_those_before_it() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let earlier = [app.code_of_step(-1), app.code()];
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code_of_step(1)]).await.is_accept());
    for code in earlier {
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code, &code, &code]).await;
        assert_eq!(ended.reason(), Reason::Replayed);
        changes::unlock_factors(&site.authority(), &alice.id).await.unwrap();
    }
}

#[tokio::test]
async fn input_that_is_not_a_code_is_asked_for_again_and_not_counted() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    for malformed in
        ["", "12345", "abcdef", "1234567", "\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}", "12 34 5", "1"]
    {
        let ended =
            site.visit("sshd", "alice").says(&[MAIN_PASSWORD, malformed, malformed, &app.code()]).await;
        assert!(ended.is_accept(), "{malformed}");
        let unreadable =
            "That is not a code. A code has 6 or 8 digits, a recovery code has 20 letters and digits.";
        assert_eq!(ended.complaints(), [unreadable; 2]);
        site.clock.advance(30);
    }
    site.faults.expect(None);
    let refused = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, "", "", "", "unasked"]).await;
    assert_eq!((refused.reason(), refused.questions().len()), (Reason::Cancelled, 4), "nothing is no guess");
    let refused = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, "abcdef", "", "", "unasked"]).await;
    assert_eq!((refused.reason(), refused.questions().len()), (Reason::BadCredential, 4));
    let refused =
        site.visit("sshd", "alice").says(&[MAIN_PASSWORD, "a", "b", "c", "d", "e", "unasked"]).await;
    assert_eq!((refused.reason(), refused.questions().len()), (Reason::BadCredential, 6));
    assert_eq!(site.faults.count(Point::AdmitCode), 0);
}

#[tokio::test]
async fn a_code_is_read_despite_what_a_keyboard_or_a_clipboard_adds() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let recovery = site.recovery_codes(&alice, 3).await;
    let wide = |text: &str| -> String {
        let wide =
            |c: char| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_graphic()).unwrap_or(c);
        text.chars().map(wide).collect()
    };
    for form in [
        |code: &str| format!("{}\u{a0}{}", &code[..3], &code[3..]),
        |code: &str| format!("\u{feff}{code}\u{200b}\r\n"),
        |code: &str| format!("\u{202a}{}\u{2212}{}\u{202c}", &code[..2], &code[2..]),
        |code: &str| format!("\t{code}"),
    ] {
        let typed = form(&app.code());
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &typed]).await;
        assert_eq!(ended.credential(), Credential::Factor(app.id.unwrap()), "{typed:?}");
        site.clock.advance(30);
    }
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &wide(&app.code())]).await;
    assert!(ended.is_accept(), "{ended:?}");
    for typed in [
        recovery[0].replace('-', "\u{2013}"),
        format!("\u{feff}{}\r\n", recovery[1].replace('-', "\u{a0}")),
        wide(&recovery[2].to_uppercase()),
    ] {
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &typed]).await;
        assert_eq!(ended.credential(), Credential::RecoveryCode, "{typed:?}");
    }
}

#[tokio::test]
async fn a_right_code_that_the_ledger_cannot_place_is_deferred_and_not_counted() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    site.forget_spent_steps();
    let code = app.code();
    let many: Vec<&str> = [MAIN_PASSWORD].into_iter().chain([code.as_str(); 100]).collect();
    for _ in 0..5 {
        let ended = site.visit("sshd", "alice").says(&many).await;
        assert!(ended.is_defer(), "{ended:?}");
        assert!(ended.complaints().iter().all(|said| said.starts_with("Codes are not taken just now")));
        let own = site.own(&alice, SelfServiceFlow::RecoveryCodes).says(&many).await;
        assert!(own.is_defer(), "{own:?}");
    }
    let ended =
        site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code, "no code", "no code", "no code"]).await;
    assert!(ended.is_defer(), "what is no code at all changes nothing: {ended:?}");
    let wrong = app.wrong_code(1);
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code, &wrong, &wrong, &wrong]).await;
    assert_eq!(ended.reason(), Reason::BadCredential, "a guess is one still");
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code]).await;
    assert_eq!(ended.reason(), Reason::Cancelled);
    site.clock.advance(90);
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await.is_accept());
}

#[tokio::test]
async fn a_wrong_code_before_right_ones_that_the_ledger_cannot_place_is_no_refusal() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    site.forget_spent_steps();
    let (wrong, code) = (app.wrong_code(1), app.code());
    let typed: Vec<&str> = [MAIN_PASSWORD, &wrong].into_iter().chain([code.as_str(); 100]).collect();
    let ended = site.visit("sshd", "alice").says(&typed).await;
    assert!(ended.is_defer(), "fail2ban bans for a refusal: {ended:?}");
}

#[tokio::test]
async fn a_code_is_taken_with_spaces_and_a_step_early_or_late() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let spaced = |code: String| format!(" {} {} ", &code[..3], &code[3..]);
    for later in [-1, 0, 1] {
        let code = spaced(app.code_of_step(later));
        assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code]).await.is_accept(), "{later}");
    }
    site.clock.advance(120);
    for later in [-2, 2] {
        let code = app.code_of_step(later);
        assert!(!site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code]).await.is_accept(), "{later}");
    }
}

#[tokio::test]
async fn codes_of_every_shape_are_taken() {
    let site = Site::new().await;
    for (index, (algorithm, digits, period)) in
        [(Algorithm::Sha1, 8, 30), (Algorithm::Sha256, 6, 60), (Algorithm::Sha512, 8, 60)]
            .into_iter()
            .enumerate()
    {
        let name = format!("person{index}");
        let person = site.person(&name).await;
        let shape = TotpShape::new(algorithm, digits, period).unwrap();
        let app = site.bind_shape(&person, "token", shape).await;
        let ended = site.visit("sshd", &name).says(&[MAIN_PASSWORD, &app.code()]).await;
        assert!(ended.is_accept(), "{algorithm:?}");
        let ended = site.visit("sshd", &name).says(&[MAIN_PASSWORD, &app.code(), "", ""]).await;
        assert_eq!(ended.reason(), Reason::Replayed);
    }
}

#[tokio::test]
async fn among_several_factors_one_is_chosen_by_its_number_and_the_last_used_is_proposed() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let phone = site.bind(&alice, "phone").await;
    site.clock.advance(60);
    let token = site.bind(&alice, "token").await;
    let question = |label: &str| format!("Code from {label}, or a number from the list: ");

    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, "2", &token.code()]).await;
    assert_eq!(ended.credential(), Credential::Factor(token.id.unwrap()));
    assert_eq!(ended.lines(), ["Your second factors:", "1. phone", "2. token"]);
    assert_eq!(ended.questions()[1..], [question("phone"), question("token")]);

    site.clock.advance(60);
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, " 2 ", "1", &token.code()]).await;
    assert_eq!(ended.lines(), ["Your second factors:", "1. token", "2. phone"], "the last used goes first");
    assert_eq!(ended.questions()[1..], [question("token"), question("phone"), question("token")]);
    assert!(ended.is_accept());

    site.clock.advance(60);
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, "2", &phone.code()]).await;
    assert_eq!(ended.credential(), Credential::Factor(phone.id.unwrap()));
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!(ended.lines()[1..], ["1. phone", "2. token"]);
}

#[tokio::test]
async fn a_code_of_another_factor_than_the_chosen_one_is_taken() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let (phone, token) = (site.bind(&alice, "phone").await, site.bind(&alice, "token").await);
    for (answers, app) in
        [(vec![token.code()], &token), (vec!["2".to_owned(), "2".to_owned(), phone.code()], &phone)]
    {
        let mut all = vec![MAIN_PASSWORD];
        all.extend(answers.iter().map(String::as_str));
        let ended = site.visit("sshd", "alice").says(&all).await;
        assert_eq!(ended.credential(), Credential::Factor(app.id.unwrap()));
    }
}

#[tokio::test]
async fn what_is_not_in_the_list_counts_nothing_and_choosing_does_not_go_on_for_ever() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    for label in ["phone", "token"] {
        drop(site.bind(&alice, label).await);
        // Those of one second have no order.
        site.clock.advance(1);
    }
    let ended =
        site.visit("sshd", "alice").says(&[MAIN_PASSWORD, "0", "3", "-1", "x", "?", "no", "unasked"]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::BadCredential, 7));
    assert_eq!(ended.complaints(), ["That is not in the list."; 5]);
    let list = ["Your second factors:", "1. phone", "2. token"];
    let shown: Vec<&str> =
        ended.lines().into_iter().filter(|line| *line != "That is not in the list.").collect();
    assert_eq!(shown, list.repeat(7), "again after each, and for the question mark");
    // What was meant as a code is still no choice.
    let ended =
        site.visit("sshd", "alice").says(&[MAIN_PASSWORD, "123", "12345", "1234567", "unasked"]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::BadCredential, 4));
    assert!(ended.complaints().iter().all(|said| said.starts_with("That is not a code.")), "{ended:?}");
    let many: Vec<&str> = [MAIN_PASSWORD].into_iter().chain(["1"; 100]).collect();
    let ended = site.visit("sshd", "alice").says(&many).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::BadCredential, 11));
    assert_eq!(site.faults.count(Point::AdmitCode), 0);
}

#[tokio::test]
async fn a_ledger_that_lost_its_memory_takes_no_code_that_may_be_spent_and_says_how_long() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let spent = app.code_of_step(1);
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &spent]).await.is_accept());
    site.forget_spent_steps();
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    for code in [spent, app.code(), app.code_of_step(-1), app.code_of_step(1)] {
        talk.answer(&code).await;
    }
    let question = talk.asked().await;
    assert_eq!(question, "Code from phone: ");
    let complaints = talk.heard().complaints().join("\n");
    assert_eq!(complaints.matches("Wait 60 seconds").count(), 4, "{complaints}");
    site.clock.advance(60);
    talk.say(&app.code());
    assert!(talk.ended().await.is_accept(), "none of them counted as wrong");
}

#[tokio::test]
async fn a_pause_is_told_before_a_code_is_typed_and_a_phone_may_approve_all_the_same() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "app").await;
    let wrong = [MAIN_PASSWORD, &app.wrong_code(1), &app.wrong_code(2), &app.wrong_code(3)];
    for _ in 0..2 {
        drop(site.visit("sshd", "alice").says(&wrong).await);
    }
    for ended in [
        site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await,
        site.own(&alice, SelfServiceFlow::RecoveryCodes).says(&[MAIN_PASSWORD, &app.code()]).await,
    ] {
        assert_eq!((ended.reason(), ended.questions().len()), (Reason::Limited, 1), "{ended:?}");
        assert_eq!(ended.complaints(), ["Too many wrong codes. Try again in 15 minutes."]);
    }
    // Someone who proved nothing hears of it after a code alone.
    let stranger = site.visit("sshkey", "alice").says(&[&app.wrong_code(1)]).await;
    assert_eq!(stranger.reason(), Reason::BadCredential);
    changes::unlock_factors(&site.authority(), &alice.id).await.unwrap();
    site.clock.advance(30);
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await.is_accept());

    site.edit(&alice, |data| data.factors.clear()).await;
    site.edit(&alice, |data| data.enrolled = false).await;
    let phone = site.bind_ringing_phone(&alice).await;
    for _ in 0..2 {
        let mut talk = site.visit("sshd", "alice").begin();
        talk.answer(MAIN_PASSWORD).await;
        for _ in 0..3 {
            talk.answer_now("000000").await;
            tokio::task::yield_now().await;
        }
        drop(talk.ended().await);
    }
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    let question = talk.asked().await;
    assert_eq!(talk.heard().complaints(), ["Too many wrong codes. Try again in 15 minutes."]);
    let number = number_in(&question);
    let challenge = phone.pending().await.field("challenge", "id");
    drop(phone.answer(&challenge, "approve", &number).await);
    talk.say("");
    assert!(talk.ended().await.is_accept());
}
