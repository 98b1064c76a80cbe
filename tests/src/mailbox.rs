//! A real Postfix that takes mail for example.org on loopback and puts all of it into one Maildir.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::certs::Certs;
use crate::gateway::code;
use crate::guard::{Process, free_port, wait_for};
use crate::python::THIRD_PARTY;
use crate::{Ran, host};

/// Postfix with its mailbox. Mail to any address of example.org arrives; for any other domain it is refused.
#[derive(Debug)]
pub struct Mailbox {
    process: Process,
    /// The authority of its certificate.
    pub certs: Certs,
    port: u16,
    tls_port: u16,
    maildir: PathBuf,
    taken: Mutex<BTreeSet<PathBuf>>,
}

/// A mail as Python's email package reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The address that Postfix delivered it to.
    pub delivered_to: String,
    /// `From`, decoded.
    pub from: String,
    /// `To`, decoded.
    pub to: String,
    /// `Subject`, decoded.
    pub subject: String,
    /// Its text, decoded.
    pub text: String,
    /// The names and values of its header, decoded.
    pub headers: Vec<(String, String)>,
    /// What Python finds wrong with it.
    pub defects: Vec<String>,
}

/// How Postfix is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// In the clear.
    Clear,
    /// STARTTLS.
    Starttls,
    /// TLS from the first byte.
    Tls,
}

impl Mailbox {
    /// Starts it in `dir`; it logs into `logs`.
    #[must_use]
    pub fn start(dir: &Path, logs: &Path) -> Self {
        drop(host::system_program("/usr/sbin/postfix", "postfix"));
        let master = host::system_program("/usr/lib/postfix/sbin/master", "postfix");
        let root = dir.join("postfix");
        let (config, queue, data) = (root.join("etc"), root.join("queue"), root.join("data"));
        let mail = root.join("mail");
        for folder in [&root, &config, &queue] {
            host::make_dir(folder, (0.into(), 0.into()), 0o755);
        }
        host::make_dir(&data, host::ids("postfix"), 0o700);
        let vmail = host::ids("vmail");
        host::make_dir(&mail, vmail, 0o700);
        let certs = Certs::make(&root);
        let (port, tls_port) = (free_port(), free_port());
        let main = main_cf(&root, &certs, vmail.0.as_raw(), vmail.1.as_raw(), logs);
        fs::write(config.join("main.cf"), main).expect("main.cf");
        fs::write(config.join("master.cf"), master_cf(port, tls_port)).expect("master.cf");
        let log = logs.join("postfix.log");
        // Makes the folders of the queue, and owns them as Postfix wants.
        let mut check = Command::new("/usr/sbin/postfix");
        drop(Ran::of(check.arg("-c").arg(&config).arg("check").current_dir("/"), b"", LIMIT).succeeded());
        let mut command = Command::new(master);
        // It ends its group when it ends.
        command.arg("-c").arg(&config).arg("-d").current_dir("/").process_group(0);
        let mut process = Process::spawn("postfix", &mut command, &log);
        for port in [port, tls_port] {
            process.wait_ready(LIMIT, || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
        }
        Self { process, certs, port, tls_port, maildir: mail.join("inbox"), taken: Mutex::default() }
    }

    /// The section of a configuration that sends by it.
    #[must_use]
    pub fn section(&self, over: Over) -> String {
        let (tls, port) = match over {
            Over::Clear => ("none", self.port),
            Over::Starttls => ("starttls", self.port),
            Over::Tls => ("implicit", self.tls_port),
        };
        format!(
            "[courier.email]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"{tls}\"\nca_file = \"{}\"\n\
             from = \"Example Login <login@example.org>\"\n",
            self.certs.ca.display()
        )
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the next mail that was not taken yet.
    #[must_use]
    pub fn next(&self) -> Mail {
        self.next_where("a mail", |_| true)
    }

    /// The same for the next one to this address, for tests that share the mailbox.
    #[must_use]
    pub fn next_to(&self, address: &str) -> Mail {
        self.next_where(&format!("a mail to {address}"), |path| is_to(path, address))
    }

    /// How many mails to this address were delivered.
    #[must_use]
    pub fn count_to(&self, address: &str) -> usize {
        self.paths().iter().filter(|path| is_to(path, address)).count()
    }

    fn next_where(&self, what: &str, is_it: impl Fn(&Path) -> bool) -> Mail {
        let path = wait_for(what, LIMIT, || {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            let next = self.paths().into_iter().find(|path| !taken.contains(path) && is_it(path))?;
            taken.insert(next.clone());
            Some(next)
        });
        read(&path)
    }

    /// How many mails were delivered.
    #[must_use]
    pub fn count(&self) -> usize {
        self.paths().len()
    }

    /// What Postfix logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }

    fn paths(&self) -> Vec<PathBuf> {
        let new = fs::read_dir(self.maildir.join("new")).into_iter().flatten();
        let mut paths: Vec<PathBuf> = new.map(|entry| entry.expect("a mail").path()).collect();
        paths.sort_by_key(|path| fs::metadata(path).and_then(|meta| meta.modified()).ok());
        paths
    }
}

impl Mail {
    /// The code in it: its first word of six digits.
    #[must_use]
    pub fn code(&self) -> String {
        code(&self.text)
    }

    /// The one field of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} is there twice: {self:?}");
        value
    }
}

fn is_to(path: &Path, address: &str) -> bool {
    let mail = fs::read_to_string(path).unwrap_or_default();
    mail.lines().any(|line| line.strip_prefix("Delivered-To: ") == Some(address))
}

fn read(path: &Path) -> Mail {
    let mail = fs::read(path).expect("a mail");
    let read = THIRD_PARTY.ask("mail", json!({ "text": STANDARD.encode(mail) }));
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let list = |name: &str| read[name].as_array().expect("a list").clone();
    Mail {
        delivered_to: text(&read["delivered_to"]),
        from: text(&read["from"]),
        to: text(&read["to"]),
        subject: text(&read["subject"]),
        text: text(&read["text"]),
        headers: list("headers").iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
        defects: list("defects").iter().map(text).collect(),
    }
}

fn main_cf(root: &Path, certs: &Certs, uid: u32, gid: u32, logs: &Path) -> String {
    let (root, logs) = (root.display(), logs.display());
    let (cert, key) = (certs.cert.display(), certs.key.display());
    format!(
        "compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {logs}/postfix-mail.log
maillog_file_prefixes = {logs}
myhostname = mail.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtputf8_enable = no
virtual_mailbox_domains = example.org
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
alias_maps =
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_peername_lookup = no
"
    )
}

fn master_cf(port: u16, tls_port: u16) -> String {
    format!(
        "127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"
    )
}

const LIMIT: Duration = Duration::from_secs(30);
