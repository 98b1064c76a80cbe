//! A real Postfix that takes mail from those whom Dovecot knows, and delivers all of example.org to that Dovecot.

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
use crate::{Dovecot, Ran, host};

/// Its smtpd on 127.0.0.1.
#[derive(Debug)]
pub struct Submission {
    process: Process,
    /// The port for people.
    pub port: u16,
}

impl Submission {
    /// Starts it in `dir`, before this Dovecot; it logs into `logs`.
    #[must_use]
    pub fn start(dir: &Path, logs: &Path, dovecot: &Dovecot) -> Self {
        drop(host::system_program("/usr/sbin/postfix", "postfix"));
        let master = host::system_program("/usr/lib/postfix/sbin/master", "postfix");
        let root = dir.join("postfix-submission");
        let (config, queue, data) = (root.join("etc"), root.join("queue"), root.join("data"));
        for folder in [&root, &config, &queue] {
            host::make_dir(folder, (0.into(), 0.into()), 0o755);
        }
        host::make_dir(&data, host::ids("postfix"), 0o700);
        let port = free_port();
        let main = MAIN
            .replace("@ROOT@", &root.display().to_string())
            .replace("@LOGS@", &logs.display().to_string())
            .replace("@AUTH@", &dovecot.auth_socket().display().to_string())
            .replace("@LMTP@", &dovecot.lmtp_socket().display().to_string());
        fs::write(config.join("main.cf"), main).expect("main.cf");
        fs::write(config.join("master.cf"), MASTER.replace("@PORT@", &port.to_string())).expect("master.cf");
        let mut check = Command::new("/usr/sbin/postfix");
        drop(Ran::of(check.arg("-c").arg(&config).arg("check").current_dir("/"), b"", LIMIT).succeeded());
        let mut command = Command::new(master);
        command.arg("-c").arg(&config).arg("-d").current_dir("/").process_group(0);
        let mut process = Process::spawn("postfix", &mut command, &logs.join("postfix-submission.log"));
        process.wait_ready(LIMIT, || TcpStream::connect(("127.0.0.1", port)).ok());
        Self { process, port }
    }

    /// What it answers to `AUTH PLAIN` of a client that says by XCLIENT that it speaks for this address: one line.
    #[must_use]
    pub fn auth_for(&self, address: &str, user: &str, password: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("smtpd");
        stream.set_read_timeout(Some(LIMIT)).expect("a timeout");
        let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
        let secret = BASE64_STANDARD.encode(format!("\0{user}\0{password}"));
        let mut last = String::new();
        for said in [
            "",
            "EHLO webmail.example.org\r\n",
            &format!("XCLIENT ADDR={address}\r\n"),
            "EHLO webmail.example.org\r\n",
            &format!("AUTH PLAIN {secret}\r\n"),
        ] {
            stream.write_all(said.as_bytes()).expect("smtpd listens");
            // Every line of an answer but its last has a dash after the code (RFC 5321, section 4.2.1).
            last = lines
                .by_ref()
                .map(|line| line.expect("an answer"))
                .find(|line| !line[3..].starts_with('-'))
                .expect("an answer");
        }
        last
    }

    /// What Postfix logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }
}

const MAIN: &str = "compatibility_level = 3.6
queue_directory = @ROOT@/queue
data_directory = @ROOT@/data
maillog_file = @LOGS@/postfix-submission-mail.log
maillog_file_prefixes = @LOGS@
myhostname = mail.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
virtual_mailbox_domains = example.org
virtual_transport = lmtp:unix:@LMTP@
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = @AUTH@
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_peername_lookup = no
";
const MASTER: &str = "127.0.0.1:@PORT@ inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";
const LIMIT: Duration = Duration::from_secs(40);
