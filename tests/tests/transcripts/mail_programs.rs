//! What mail programs are told, which have no language.

use postern_core::words::Language;
use postern_tests::transcript::Transcript;
use postern_tests::{Dovecot, MailHost, site};

#[test]
fn refusals() {
    let mut transcript =
        Transcript::new(Language::English, "mail-programs", "What Dovecot tells a mail program");
    let host = MailHost::new("transcripts_mail");
    let alice = host.site.account("alice");
    drop(host.site.enrol("alice"));
    let wrong = site::wrong_password();
    let with_words = host.site.dovecot_with_words();
    let said = |dovecot: &Dovecot, user: &str, password: &str| {
        let (imap, pop3) = (dovecot.imap(user, password), dovecot.pop3(user, password));
        format!("IMAP: {}\nPOP3: {}", imap.text(), pop3.text())
    };
    for (title, user, password) in [
        ("The main password, and a second factor is set up", "alice", &alice.password),
        ("A wrong password", "alice", &wrong),
        ("An unknown user", "carol", &wrong),
    ] {
        transcript.heading(title);
        transcript.text(&said(&host.dovecot, user, password));
    }
    transcript.heading("The same, where postern-words.conf.ext is used");
    transcript.text(&said(&with_words, "alice", &alice.password));
    transcript.finish();
}
