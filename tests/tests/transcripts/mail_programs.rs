//! What mail programs are told, which have no language.

use postern_core::words::Language;
use postern_tests::transcript::Transcript;
use postern_tests::{MailHost, site};

#[test]
fn refusals() {
    let mut transcript =
        Transcript::new(Language::English, "mail-programs", "What Dovecot tells a mail program");
    let host = MailHost::new("transcripts_mail");
    let alice = host.site.account("alice");
    drop(host.site.enrol("alice"));
    let wrong = site::wrong_password();
    for (title, user, password) in [
        ("The main password, and a second factor is set up", "alice", &alice.password),
        ("A wrong password", "alice", &wrong),
        ("An unknown user", "carol", &wrong),
    ] {
        transcript.heading(title);
        transcript.text(&format!("IMAP: {}", host.dovecot.imap(user, password).text()));
        transcript.text(&format!("POP3: {}", host.dovecot.pop3(user, password).text()));
    }
    transcript.finish();
}
