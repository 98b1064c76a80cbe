//! The main password with a code behind it, in one field.

use postern_tests::otp::{self, Algorithm};
use postern_tests::{Authenticator, Binder, Outcome, Site};

use postern_tests::site::wrong_password;

use crate::PamMailHost;

fn combined(name: &str) -> PamMailHost {
    PamMailHost::of(Site::builder(name).setting("[services.imap]", "combined = true").build())
}

impl PamMailHost {
    /// What postern-checkpassword answers to the same login; on `true` it lets in.
    fn by_checkpassword(&self, service: &str, user: &str, password: &str) -> bool {
        let reply_tool = ["/usr/lib/dovecot/checkpassword-reply"];
        let program = self.site.checkpassword().args(&reply_tool).login(service, "192.0.2.1");
        match program.credentials(user, password).run().code {
            0 => true,
            1 => false,
            other => panic!("postern-checkpassword ended with {other}"),
        }
    }
}

#[test]
fn main_password_and_code_open_once_by_pam_and_by_checkpassword() {
    let host = combined("combined");
    let main = &host.anna.password;
    let app = host.site.app_password("anna", "Phone", &[]).password;
    let code = host.app.fresh_code(15);
    let with = |code: &str| format!("{main}{code}");
    assert_eq!(host.login("imap", "anna", &with(&code)), Outcome::Accepted);
    assert_eq!(host.login("imap", "anna", &with(&code)), Outcome::Refused);
    drop(host.posternd.logged(&["reason=replayed", "service=imap", "user=anna"]));
    assert!(!host.by_checkpassword("imap", "anna", &with(&code)), "nor at the other door");

    let next = host.app.code(1);
    assert!(host.by_checkpassword("imap", "anna", &with(&next)));
    assert!(!host.by_checkpassword("imap", "anna", &with(&next)));
    assert_eq!(host.login("imap", "anna", &with(&next)), Outcome::Refused, "nor at this one");

    for wrong in [
        with(&host.app.wrong_code()),
        format!("{}{next}", wrong_password()),
        main.clone(),
        next.clone(),
        format!("{next}{main}"),
    ] {
        assert_eq!(host.login("imap", "anna", &wrong), Outcome::Refused);
        assert!(!host.by_checkpassword("imap", "anna", &wrong));
    }
    assert_eq!(host.login("imap", "anna", &app), Outcome::Accepted, "an app password as ever");
    assert!(host.by_checkpassword("imap", "anna", &app));
    assert_eq!(host.login("imap", "bert", &host.bert.password), Outcome::Accepted, "no code, no combination");
}

#[test]
fn it_is_off_by_default_and_spends_nothing_then() {
    let host = combined("off");
    let code = host.app.fresh_code(10);
    let both = format!("{}{code}", host.anna.password);
    for service in ["pop3", "smtp", "sieve"] {
        assert_eq!(host.login(service, "anna", &both), Outcome::Refused);
        assert!(!host.by_checkpassword(service, "anna", &both));
        drop(host.posternd.logged(&["reason=use_app_password", &format!("service={service}"), "user=anna"]));
    }
    assert_eq!(host.login("imap", "anna", &both), Outcome::Accepted, "it was not spent");
    drop(host);
    let host = PamMailHost::new("default");
    let both = format!("{}{}", host.anna.password, host.app.code(0));
    assert!(host.opened("anna", &both).is_empty());
}

#[test]
fn a_code_of_eight_digits_is_found_behind_the_password() {
    let site = Site::builder("eight").setting("[services.imap]", "combined = true").build();
    let main = site.account("clara").password;
    let app = Authenticator::random().algorithm(Algorithm::Sha256).digits(8);
    let _ = Binder::of(&site).bind("clara", &app);
    let host = PamMailHost::of(site);
    let code = app.fresh_code(10);
    assert_eq!(host.login("imap", "clara", &format!("{main}{}", &code[2..])), Outcome::Refused);
    assert_eq!(host.login("imap", "clara", &format!("{main}{code}")), Outcome::Accepted);
    assert_eq!(host.login("imap", "clara", &format!("{main}{code}")), Outcome::Refused);
}

#[test]
fn guessing_codes_behind_a_right_password_is_limited() {
    let host = combined("guesses");
    for day in 1..=5 {
        // The same one again would not be looked at.
        let wrong = format!("{}{}", host.anna.password, host.app.code_at(otp::now() + day * 86_400));
        assert_eq!(host.login("imap", "anna", &wrong), Outcome::Refused);
    }
    let right = format!("{}{}", host.anna.password, host.app.code(0));
    assert_eq!(host.login("imap", "anna", &right), Outcome::Refused);
    drop(host.posternd.logged(&["reason=limited", "service=imap", "user=anna"]));
    let app = host.site.app_password("anna", "Phone", &[]).password;
    assert_eq!(host.login("imap", "anna", &app), Outcome::Accepted, "mail goes on");
}
