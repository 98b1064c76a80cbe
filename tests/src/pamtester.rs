//! pamtester: a PAM conversation without sshd or sudo around it, in a few milliseconds.

use crate::host;
use crate::pam::PamService;
use crate::terminal::{self, Terminal};
use crate::terminal_user::TerminalUser;

/// A run of pamtester in preparation: as root, on a terminal.
#[derive(Debug, Clone)]
pub struct Pamtester {
    output: String,
    arguments: Vec<String>,
    operations: Vec<String>,
    env: Vec<(String, String)>,
}

impl Pamtester {
    /// Of this service, for a user who need not exist; authenticates, unless told otherwise.
    #[must_use]
    pub fn new(output: &str) -> Self {
        Self {
            output: output.to_owned(),
            arguments: Vec::new(),
            operations: vec!["authenticate".to_owned()],
            env: Vec::new(),
        }
    }

    /// What to do, in this order: `authenticate`, `acct_mgmt`, `open_session`, `setcred(PAM_ESTABLISH_CRED)` and so on.
    #[must_use]
    pub fn operations(mut self, operations: &[&str]) -> Self {
        self.operations = operations.iter().map(|&operation| operation.to_owned()).collect();
        self
    }

    /// A PAM item: `rhost`, `tty`, `ruser`.
    #[must_use]
    pub fn item(mut self, name: &str, value: &str) -> Self {
        self.arguments.push(format!("-I{name}={value}"));
        self
    }

    /// A variable of the PAM environment, such as `SSH_AUTH_INFO_0`.
    #[must_use]
    pub fn pam_env(mut self, name: &str, value: &str) -> Self {
        self.arguments.push(format!("-E{name}={value}"));
        self
    }

    /// A variable of the process's own environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it. When all went well it ends with status 0; [`SUCCESS`] stands on the terminal for each operation.
    #[must_use]
    pub fn start(&self, service: &PamService, user: &str) -> TerminalUser {
        let mut command = terminal::command(&host::system_program("/usr/bin/pamtester", "pamtester"));
        command.args(&self.arguments).args([service.name(), user]).args(&self.operations);
        command.envs(self.env.iter().cloned());
        TerminalUser::at(Terminal::start(command, (0.into(), 0.into())), &self.output, "pamtester")
    }
}

/// What pamtester says of authentication that succeeded.
pub const SUCCESS: &str = "successfully authenticated";
