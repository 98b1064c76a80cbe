//! A site's users: their apps, and the commands that they run.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::terminal::{self, Terminal};
use crate::{Authenticator, Ran, UnixUser, host};

use super::{LIMIT, Site, TerminalUser};

impl Site {
    /// Binds an app to `account`, without a code that proves it; returns the factor's id and the app.
    #[must_use]
    pub fn enrol(&self, account: &str) -> (String, Authenticator) {
        self.enrol_with(account, &[])
    }

    /// The same with further arguments for `totp enrol`, such as `--label`.
    #[must_use]
    pub fn enrol_with(&self, account: &str, more: &[&str]) -> (String, Authenticator) {
        let bound = self.cli_json(&[&["totp", "enrol", account, "--unproved"], more].concat());
        let field = |key: &str| bound["totp"][key].as_str().expect("a string in totp").to_owned();
        (field("id"), Authenticator::from_uri(&field("uri")).expect("an otpauth URI"))
    }

    /// `postern ARGS`, run by root at a terminal.
    #[must_use]
    pub fn cli_at_terminal(&self, args: &[&str]) -> TerminalUser {
        let mut command = terminal::command(&host::program("postern"));
        command.arg("--config").arg(self.config()).args(args);
        let terminal = Terminal::start(command, (0.into(), 0.into()));
        TerminalUser::at(terminal, &self.output_name(), "postern")
    }

    /// `postern my ARGS`, run by `user` with `input` on standard input and no terminal.
    #[must_use]
    pub fn my(&self, user: &UnixUser, args: &[&str], input: &str) -> Ran {
        let mut command = Command::new(host::system_program("/usr/bin/setsid", "util-linux"));
        command.arg("--wait").arg(host::program("postern")).arg("my").args(args);
        command.arg("--client-config").arg(self.client_config()).current_dir("/");
        command.env_remove("LANG").env_remove("LC_ALL").env_remove("LC_MESSAGES");
        command.uid(user.uid).gid(user.uid);
        Ran::of(&mut command, input.as_bytes(), LIMIT)
    }

    /// `postern my ARGS`, run by `user` at a terminal.
    #[must_use]
    pub fn my_at_terminal(&self, user: &UnixUser, args: &[&str]) -> TerminalUser {
        let mut command = terminal::command_of(user, &host::program("postern"));
        command.arg("my").args(args).arg("--client-config").arg(self.client_config());
        TerminalUser::at(Terminal::start(command, user.ids()), &self.output_name(), "my")
    }

    fn output_name(&self) -> String {
        self.output.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}
