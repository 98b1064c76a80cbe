//! What mail programs show after a refusal, with the passdb that is shipped for it.

use std::fs;

use postern_tests::postfix::Postfix;
use postern_tests::site::wrong_password;
use postern_tests::{Dovecot, Site, host};

/// The shipped databases, with the passdb that says the words.
fn dovecot(site: &Site) -> Dovecot {
    let words = site.dir().join("postern-words.conf.ext");
    fs::write(&words, include_str!("../../../packaging/dovecot-2.3/postern-words.conf.ext")).unwrap();
    host::own(&words, (0.into(), 0.into()), 0o644);
    let program = format!(
        "{} --config {}",
        host::program("postern-checkpassword").display(),
        site.client_config().display()
    );
    let shipped = include_str!("../../../packaging/dovecot-2.3/auth-postern.conf.ext");
    let switched_on = shipped
        .replace("#passdb {\n#  driver = dict\n#  args =", "passdb {\n  driver = dict\n  args =")
        .replace("postern-words.conf.ext\n#}", "postern-words.conf.ext\n}")
        .replace("/etc/dovecot/postern-words.conf.ext", &words.display().to_string())
        .replace("/usr/lib/postern/postern-checkpassword", &program);
    assert_ne!(switched_on.matches("driver = dict").count(), 0);
    let mut config = site.dovecot_config();
    config.databases = Some(switched_on);
    Dovecot::start(&config)
}

#[test]
fn a_refused_mail_program_is_told_to_use_an_app_password_and_in_an_outage_it_is_not() {
    let site = Site::new("mail_words");
    let mut posternd = site.posternd();
    let dovecot = dovecot(&site);
    drop(site.account("alice"));
    let app = site.app_password("alice", "Phone", &[]).password;
    let postfix = Postfix::start(site.dir(), &host::output_dir("mail_words"), &dovecot);
    let words = "If you use two-step login, use an app password. Create one: postern my app-passwords create";
    for user in ["alice", "nobody-here"] {
        let (imap, pop3) = (dovecot.imap(user, &wrong_password()), dovecot.pop3(user, &wrong_password()));
        let smtp = postfix.auth(user, &wrong_password());
        for (who, said) in [("IMAP", imap.text()), ("POP3", pop3.text()), ("SMTP", smtp.as_str())] {
            println!("{who}: {said}");
            assert!(said.contains(words), "{who}: {said}");
        }
        assert!(!imap.is_unavailable() && smtp.starts_with("535 "), "{imap:?} {smtp}");
    }
    assert!(dovecot.imap("alice", &app).is_in() && dovecot.pop3("alice", &app).is_in());
    assert!(postfix.auth("alice", &app).starts_with("235 "));
    assert!(posternd.stop().success());
    let outage = dovecot.imap("alice", &app);
    assert!(outage.is_unavailable() && !outage.text().contains("app password"), "{outage:?}");
}
