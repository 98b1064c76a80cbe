use std::fmt::Write;

use super::{ACL, Listen, Redis, Secrets, write_private};
use crate::certs::Certs;
use crate::{Machine, guard, host};

/// Makes a [`Redis`] with settings of its own.
#[derive(Debug)]
pub struct RedisBuilder {
    name: String,
    listen: Listen,
    machine: Machine,
    is_open: bool,
    secrets: Secrets,
    rights: String,
    lines: String,
}

impl RedisBuilder {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            listen: Listen::Tcp,
            machine: Machine::here(),
            is_open: false,
            secrets: Secrets::random(),
            rights: ACL.to_owned(),
            lines: String::new(),
        }
    }

    /// Where it listens; TCP if not said.
    #[must_use]
    pub fn listen(mut self, listen: Listen) -> Self {
        self.listen = listen;
        self
    }

    /// The machine that it runs on; this one if not said.
    #[must_use]
    pub fn on(mut self, machine: &Machine) -> Self {
        self.machine = machine.clone();
        self
    }

    /// Requires no password.
    #[must_use]
    pub fn open(mut self) -> Self {
        self.is_open = true;
        self.secrets = Secrets { postern: String::new(), admin: String::new() };
        self
    }

    /// Takes the passwords of another server.
    #[must_use]
    pub fn secrets(mut self, secrets: &Secrets) -> Self {
        self.secrets = secrets.clone();
        self
    }

    /// What posternd's user may do besides [`ACL`].
    #[must_use]
    pub fn rights(mut self, more: &str) -> Self {
        write!(self.rights, " {more}").expect("memory");
        self
    }

    /// Adds a line to its configuration; the last one for a setting counts.
    #[must_use]
    pub fn line(mut self, line: &str) -> Self {
        writeln!(self.lines, "{line}").expect("memory");
        self
    }

    /// Starts it and waits until it answers.
    #[must_use]
    pub fn start(self) -> Redis {
        let dir =
            tempfile::Builder::new().prefix("redis.").tempdir_in(host::test_dir()).expect("a directory");
        let port = guard::free_port();
        let certs = (self.listen == Listen::Tls).then(|| Certs::make(dir.path()));
        let mut conf = format!(
            "bind {}\ndir {}\nsave \"\"\nappendonly yes\nrepl-diskless-sync-delay 0\n",
            self.machine.address,
            dir.path().display()
        );
        conf += &match (self.listen, &certs) {
            (Listen::Tls, Some(certs)) => format!(
                "port 0\ntls-port {port}\ntls-auth-clients no\ntls-ca-cert-file {}\ntls-cert-file {}\ntls-key-file {}\n",
                certs.ca.display(),
                certs.cert.display(),
                certs.key.display()
            ),
            (Listen::Unix(mode), _) => {
                format!("port 0\nunixsocket {}/redis.sock\nunixsocketperm {mode:o}\n", dir.path().display())
            }
            (Listen::Tcp | Listen::Tls, _) => format!("port {port}\n"),
        };
        if !self.is_open {
            let Secrets { postern, admin } = &self.secrets;
            conf += &format!(
                "user default off ~* &* +@all\nuser postern on >{postern} {}\nuser admin on >{admin} ~* &* +@all\n\
                 masteruser admin\nmasterauth {admin}\n",
                self.rights
            );
        }
        conf += &self.lines;
        write_private(&dir.path().join("redis.conf"), &conf);
        let Self { name, listen, machine, secrets, .. } = self;
        let process = Redis::spawn(&name, &machine, dir.path());
        let mut redis = Redis { name, process, listen, machine, port, certs, secrets, dir };
        redis.wait_ready();
        redis
    }
}
