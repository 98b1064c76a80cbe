//! What mail programs show after a refusal, with the passdb that is shipped for it.

use postern_tests::postfix::Postfix;
use postern_tests::site::wrong_password;
use postern_tests::{Site, host};

#[test]
fn a_refused_mail_program_is_told_to_use_an_app_password_and_in_an_outage_it_is_not() {
    let site = Site::new("mail_words");
    let mut posternd = site.posternd();
    let dovecot = site.dovecot_with_words();
    drop(site.account("alice"));
    let app = site.app_password("alice", "Phone", &[]).password;
    let postfix = Postfix::start(site.dir(), &host::output_dir("mail_words"), &dovecot);
    let words = "If you have a second factor, use an app password, not your main password. To make one, log in by ssh and run: postern my app-passwords create";
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
