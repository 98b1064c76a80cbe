//! The real sudo, on a user's terminal.

use std::fs;
use std::path::{Path, PathBuf};

use crate::pam::PamService;
use crate::terminal::{self, Terminal};
use crate::terminal_user::{self, TerminalUser};
use crate::{UnixUser, host};

/// The right of one user to become root by sudo, with a PAM service of its own; taken back when dropped.
#[derive(Debug)]
pub struct Sudo {
    output: String,
    user: UnixUser,
    service: PamService,
    rule: PathBuf,
}

impl Sudo {
    /// Lets `user` run everything. `output` names a directory under `target/test-output`; the stack is as for
    /// [`PamService::new`].
    #[must_use]
    pub fn allow(output: &str, user: &UnixUser, stack: &str) -> Self {
        Self::allow_as(output, user, stack, "ALL")
    }

    /// Lets `user` run everything and asks nothing.
    #[must_use]
    pub fn allow_without_password(output: &str, user: &UnixUser, stack: &str) -> Self {
        Self::allow_as(output, user, stack, "NOPASSWD: ALL")
    }

    fn allow_as(output: &str, user: &UnixUser, stack: &str, what: &str) -> Self {
        host::require_test_host();
        drop(host::setuid_program("/usr/bin/sudo", "sudo"));
        let rules = host::test_dir().join("sudoers.d");
        assert!(rules.is_dir(), "{} is missing; scripts/in-test-host makes it", rules.display());
        let (service, rule) = (PamService::new("sudo", stack), rules.join(&user.name));
        let (name, service_name) = (&user.name, service.name());
        let text = format!(
            "Defaults:{name} pam_service={service_name}, pam_login_service={service_name}\n\
             Defaults:{name} passwd_tries=1, timestamp_timeout=0\n{name} ALL=(ALL:ALL) {what}\n"
        );
        // sudo reads no file with a dot in its name.
        let draft = rules.join(format!("{name}.draft"));
        fs::write(&draft, text).expect("a rule for sudo");
        host::own(&draft, (0.into(), 0.into()), 0o440);
        fs::rename(&draft, &rule).expect("a rule for sudo");
        Self { output: output.to_owned(), user: user.clone(), service, rule }
    }

    /// Its PAM service.
    #[must_use]
    pub fn service(&self) -> &PamService {
        &self.service
    }

    /// The user at a terminal, who types `sudo` for a command that says who it runs as.
    #[must_use]
    pub fn start(&self) -> TerminalUser {
        self.start_with(&[], &[])
    }

    /// The same with options of sudo, and with variables in the user's environment.
    #[must_use]
    pub fn start_with(&self, options: &[&str], env: &[(&str, &str)]) -> TerminalUser {
        let mut command = terminal::command_of(&self.user, Path::new("/usr/bin/sudo"));
        command.envs(env.iter().copied()).args(options).args(["/bin/sh", "-c", &terminal_user::arrival()]);
        TerminalUser::at(Terminal::start(command, self.user.ids()), &self.output, "sudo")
    }
}

impl Drop for Sudo {
    fn drop(&mut self) {
        fs::remove_file(&self.rule).ok();
    }
}
