//! Deliveries: mail goes to the mailbox that its owner reads, and not back to its sender.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::{Gid, Uid};
use postern_tests::guard::wait_for;
use postern_tests::{Dovecot, DovecotConfig, Site, host};

/// A site with bob, who has two addresses, and a Dovecot that stores mail by `%u` and accepts deliveries.
struct Host {
    dovecot: Dovecot,
    posternd: postern_tests::Posternd,
    bob: postern_tests::Account,
    site: Site,
}

impl Host {
    fn new(name: &str, setting: Option<&'static str>) -> Self {
        Self::with(name, setting, Site::dovecot_config)
    }

    fn with(name: &str, setting: Option<&'static str>, config: fn(&Site) -> DovecotConfig) -> Self {
        let builder = Site::builder(name);
        let site = match setting {
            Some(setting) => builder.setting("[directory]", setting),
            None => builder,
        }
        .build();
        let posternd = site.posternd();
        let more = ["--mail", "bob@example.org", "--mail", "sales@example.org"];
        let bob = site.account_with("bob", &postern_tests::site::random_password(), &more);
        let mail = site.dir().join("mail");
        host::make_dir(&mail, (Uid::from_raw(0), Gid::from_raw(0)), 0o777);
        let mut config = config(&site);
        config.more = format!(
            "protocols = imap pop3 lmtp\nmail_location = maildir:{}/%u\npostmaster_address = postmaster@example.org\n\
             service lmtp {{\n executable = {}\n unix_listener lmtp {{\n  mode = 0666\n }}\n}}\n",
            mail.display(),
            lmtp().display()
        );
        Self { dovecot: Dovecot::start(&config), posternd, bob, site }
    }

    fn mailbox(&self, name: &str) -> PathBuf {
        self.site.dir().join("mail").join(name)
    }

    fn count(&self, name: &str) -> usize {
        fs::read_dir(self.mailbox(name).join("new")).map_or(0, Iterator::count)
    }
}

/// Dovecot's LMTP server, of the package dovecot-lmtpd; elsewhere where POSTERN_DOVECOT_LMTP says so.
fn lmtp() -> PathBuf {
    let elsewhere = std::env::var_os("POSTERN_DOVECOT_LMTP").map(PathBuf::from);
    elsewhere.unwrap_or_else(|| host::system_program("/usr/lib/dovecot/lmtp", "dovecot-lmtpd"))
}

/// Submits a message by LMTP (RFC 2033). Returns the answer to the recipient, or to the message if the recipient was accepted.
fn deliver(dovecot: &Dovecot, to: &str) -> String {
    let socket = dovecot.auth_socket().with_file_name("lmtp");
    let mut talk = Talk::to(&socket);
    drop(talk.answer());
    drop(talk.ask("LHLO client.example.org"));
    drop(talk.ask("MAIL FROM:<sender@example.net>"));
    let taken = talk.ask(&format!("RCPT TO:<{to}>"));
    if !taken.starts_with('2') {
        return taken;
    }
    drop(talk.ask("DATA"));
    talk.ask("Subject: hello\r\n\r\nhello\r\n.")
}

struct Talk(BufReader<UnixStream>);

impl Talk {
    fn to(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self(BufReader::new(stream))
    }

    fn ask(&mut self, line: &str) -> String {
        write!(self.0.get_mut(), "{line}\r\n").unwrap();
        self.answer()
    }

    fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "it hung up");
            if line.get(3..4) != Some("-") {
                return line.trim_end().to_owned();
            }
        }
    }
}

#[test]
fn a_delivery_to_an_address_goes_to_the_mailbox_that_its_owner_reads() {
    let host = Host::new("deliveries", None);
    for (number, name) in
        ["bob@example.org", "sales@example.org", "bob", "Bob@Example.ORG"].iter().enumerate()
    {
        let answer = deliver(&host.dovecot, name);
        assert!(answer.starts_with("250"), "{name}: {answer}");
        wait_for("the message", Duration::from_secs(5), || (host.count("bob") == number + 1).then_some(()));
    }
    let boxes: Vec<_> =
        fs::read_dir(host.site.dir().join("mail")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(boxes, ["bob"], "there is one mailbox");
    assert_eq!(host.dovecot.imap("bob", &host.bob.password).text(), "INBOX: 4 messages");
    assert_eq!(host.dovecot.imap("sales@example.org", &host.bob.password).text(), "INBOX: 4 messages");
    assert!(deliver(&host.dovecot, "nobody@example.org").starts_with("550"));
}

#[test]
fn by_lua_mail_is_delivered_bounces_for_unknown_names_and_waits_in_an_outage() {
    let mut host = Host::with("deliveries_by_lua", None, Site::dovecot_by_lua_config);
    for (number, name) in ["bob@example.org", "bob"].iter().enumerate() {
        let answer = deliver(&host.dovecot, name);
        assert!(answer.starts_with("250"), "{name}: {answer}");
        wait_for("the message", Duration::from_secs(5), || (host.count("bob") == number + 1).then_some(()));
    }
    assert!(deliver(&host.dovecot, "nobody@example.org").starts_with("550"));
    assert!(host.posternd.stop().success());
    assert!(deliver(&host.dovecot, "bob").starts_with("451"));
}

#[test]
fn a_lookup_by_an_address_leads_to_the_mailbox_of_the_user_name() {
    let host = Host::new("lookups", None);
    let mailbox = |name: &str| host.dovecot.user(name).unwrap()["mail"].clone();
    for name in ["bob@example.org", "sales@example.org"] {
        assert_eq!(mailbox(name), mailbox("bob"), "{name}");
    }
    assert!(mailbox("bob").ends_with("/mail/bob"), "{}", mailbox("bob"));
}

#[test]
fn mail_for_a_disabled_account_is_delivered_waits_or_bounces_as_the_site_says() {
    for (name, setting, expected) in [
        ("disabled_found", None, "250"),
        ("disabled_defer", Some("disabled_lookup = \"defer\""), "451"),
        ("disabled_unknown", Some("disabled_lookup = \"unknown\""), "550"),
    ] {
        let host = Host::new(name, setting);
        drop(host.site.cli_ok(&["account", "disable", "bob"]));
        for to in ["bob", "bob@example.org"] {
            let answer = deliver(&host.dovecot, to);
            assert!(answer.starts_with(expected), "{name}: {answer}");
        }
        assert!(!host.dovecot.imap("bob", &host.bob.password).is_in(), "{name}");
        drop(host.posternd.logged(&["flow=lookup", "service=lmtp", "user=bob@example.org"]));
        assert_eq!(host.count("bob"), if setting.is_none() { 2 } else { 0 }, "{name}");
    }
}
