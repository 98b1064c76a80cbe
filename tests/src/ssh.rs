//! The real ssh client on a terminal.

use nix::unistd::{Gid, Uid};

use crate::ssh_keys::Key;
use crate::terminal::{self, Terminal};
use crate::terminal_user::{self, TerminalUser};
use crate::{Sshd, UnixUser, host};

/// A login by ssh in preparation. It gets one try at each method, and no key but those that it is given.
#[derive(Debug, Clone)]
pub struct Ssh {
    output: String,
    port: u16,
    user: String,
    options: Vec<String>,
    keys: Vec<Key>,
    tries: u32,
    env: Vec<(String, String)>,
    command: Option<String>,
}

impl Ssh {
    /// To this server.
    #[must_use]
    pub fn to(sshd: &Sshd) -> Self {
        Self {
            output: sshd.output().to_owned(),
            port: sshd.port(),
            user: String::new(),
            options: vec![format!("UserKnownHostsFile={}", sshd.known_hosts().display())],
            keys: Vec::new(),
            tries: 1,
            env: Vec::new(),
            command: None,
        }
    }

    /// As this user, who need not exist.
    #[must_use]
    pub fn user(mut self, name: &str) -> Self {
        name.clone_into(&mut self.user);
        self
    }

    /// As this user.
    #[must_use]
    pub fn unix_user(self, user: &UnixUser) -> Self {
        self.user(&user.name)
    }

    /// Offers this key, and its certificate where it has one.
    #[must_use]
    pub fn key(mut self, key: &Key) -> Self {
        self.keys.push(key.clone());
        self
    }

    /// `PreferredAuthentications`: the methods to try and their order.
    #[must_use]
    pub fn prefer(self, methods: &str) -> Self {
        self.option("PreferredAuthentications", methods)
    }

    /// How often to answer anew after a refusal; ssh's own default is 3.
    #[must_use]
    pub fn tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }

    /// From this address, such as `127.0.0.9`.
    #[must_use]
    pub fn from(self, address: &str) -> Self {
        self.option("BindAddress", address)
    }

    /// An option of ssh_config.
    #[must_use]
    pub fn option(mut self, keyword: &str, value: &str) -> Self {
        self.options.push(format!("{keyword}={value}"));
        self
    }

    /// A variable in ssh's environment; `LANG` and `LC_*` are sent along, as Debian's ssh does, but only once one is in. The
    /// locale has to be there: otherwise ssh shows prompts as octal numbers, as it does for `LC_CTYPE=C`.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs this command there, without a terminal on that side, in place of a login shell.
    #[must_use]
    pub fn command(mut self, command: &str) -> Self {
        self.command = Some(command.to_owned());
        self
    }

    /// Prints the user of the session and leaves: no shell, no terminal on that side. Questions come on this side's all the same.
    #[must_use]
    pub fn batch(self) -> Self {
        self.command(&terminal_user::arrival())
    }

    /// Starts it.
    #[must_use]
    pub fn start(self) -> TerminalUser {
        assert!(!self.user.is_empty(), "a user is needed");
        let mut command = terminal::command(&host::system_program("/usr/bin/ssh", "openssh-client"));
        command.args(["-F", "none", "-l", &self.user, "-p", &self.port.to_string()]);
        for option in &self.options {
            command.args(["-o", option]);
        }
        let tries = format!("NumberOfPasswordPrompts={}", self.tries);
        for option in OPTIONS.iter().copied().chain([tries.as_str()]) {
            command.args(["-o", option]);
        }
        if self.keys.is_empty() {
            command.args(["-o", "PubkeyAuthentication=no"]);
        }
        for key in &self.keys {
            command.arg("-i").arg(key.path());
        }
        command.envs(self.env).arg("127.0.0.1");
        if let Some(there) = &self.command {
            command.arg(there);
        }
        let terminal = Terminal::start(command, (Uid::from_raw(0), Gid::from_raw(0)));
        TerminalUser::at(terminal, &self.output, &format!("ssh-{}", plain(&self.user)))
    }
}

fn plain(name: &str) -> String {
    name.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

const OPTIONS: [&str; 8] = [
    "GlobalKnownHostsFile=/dev/null",
    // The default one needs a tenth of a second of a processor.
    "KexAlgorithms=curve25519-sha256",
    "StrictHostKeyChecking=yes",
    "UpdateHostKeys=no",
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "GSSAPIAuthentication=no",
    "SendEnv=LANG LC_*",
];
