//! A real Postfix that asks Dovecot who may send, as the documentation for our users has it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::guard::{Process, free_port};
use crate::{Dovecot, Mailbox, Ran, host};

/// Its smtpd on 127.0.0.1.
#[derive(Debug)]
pub struct Postfix {
    process: Process,
    port: u16,
}

impl Postfix {
    /// Starts it in `dir`, before this Dovecot; it logs into `logs`.
    #[must_use]
    pub fn start(dir: &Path, logs: &Path, dovecot: &Dovecot) -> Self {
        Self::with(dir, logs, dovecot, ("", ""))
    }

    /// One that takes mail of those who are logged in alone, over TLS, and hands it on to `mailbox`.
    #[must_use]
    pub fn submission(dir: &Path, logs: &Path, dovecot: &Dovecot, mailbox: &Mailbox) -> Self {
        let (port, certs) = (mailbox.port(), &mailbox.certs);
        let main = format!(
            "relayhost = [127.0.0.1]:{port}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = {}
smtpd_tls_key_file = {}
",
            certs.cert.display(),
            certs.key.display()
        );
        Self::with(dir, logs, dovecot, (&main, DELIVERY))
    }

    fn with(dir: &Path, logs: &Path, dovecot: &Dovecot, (more, services): (&str, &str)) -> Self {
        drop(host::system_program("/usr/sbin/postfix", "postfix"));
        let master = host::system_program("/usr/lib/postfix/sbin/master", "postfix");
        let root = dir.join("postfix-sasl");
        let (config, queue, data) = (root.join("etc"), root.join("queue"), root.join("data"));
        for folder in [&root, &config, &queue] {
            host::make_dir(folder, (0.into(), 0.into()), 0o755);
        }
        host::make_dir(&data, host::ids("postfix"), 0o700);
        let port = free_port();
        let (shown, log_folder, socket) = (root.display(), logs.display(), dovecot.auth_socket());
        let main = format!(
            "compatibility_level = 3.6
queue_directory = {shown}/queue
data_directory = {shown}/data
maillog_file = {log_folder}/postfix-sasl-mail.log
maillog_file_prefixes = {log_folder}
myhostname = mail.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {}
smtpd_peername_lookup = no
{more}",
            socket.display()
        );
        let services = format!(
            "127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
{services}"
        );
        fs::write(config.join("main.cf"), main).expect("main.cf");
        fs::write(config.join("master.cf"), services).expect("master.cf");
        let mut check = Command::new("/usr/sbin/postfix");
        drop(Ran::of(check.arg("-c").arg(&config).arg("check").current_dir("/"), b"", LIMIT).succeeded());
        let mut command = Command::new(master);
        command.arg("-c").arg(&config).arg("-d").current_dir("/").process_group(0);
        let mut process = Process::spawn("postfix", &mut command, &logs.join("postfix-sasl.log"));
        process.wait_ready(LIMIT, || TcpStream::connect(("127.0.0.1", port)).ok());
        Self { process, port }
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it answers to `AUTH PLAIN`: one line.
    #[must_use]
    pub fn auth(&self, user: &str, password: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("smtpd");
        stream.set_read_timeout(Some(LIMIT)).expect("a timeout");
        let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
        let mut next =
            || lines.next().expect("an answer").unwrap_or_else(|error| panic!("{error}: {}", self.log()));
        assert!(next().starts_with("220 "));
        stream.write_all(b"EHLO client.example.org\r\n").expect("EHLO");
        let mut is_offered = false;
        loop {
            let line = next();
            is_offered |= line.contains("AUTH PLAIN");
            if line.starts_with("250 ") {
                break;
            }
        }
        assert!(is_offered, "AUTH PLAIN is not offered: {}", self.log());
        let secret = BASE64_STANDARD.encode(format!("\0{user}\0{password}"));
        stream.write_all(format!("AUTH PLAIN {secret}\r\n").as_bytes()).expect("AUTH");
        next()
    }

    /// What Postfix logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }
}

const DELIVERY: &str = "qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
smtp unix - - n - - smtp
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
";
const LIMIT: Duration = Duration::from_secs(40);
