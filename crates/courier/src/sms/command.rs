use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use postern_core::config::Template;
use postern_core::courier::CourierError;
use postern_core::factor::PhoneNumber;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncWriteExt;

use crate::OpenError;

use super::placeholders::number;

/// Sends text messages by a program of the site, without a shell and an environment. The text is on its standard input.
#[derive(Debug)]
pub(crate) struct Command {
    program: PathBuf,
    arguments: Vec<Template>,
}

impl Command {
    pub(crate) fn open(
        section: &'static str,
        program: &Path,
        arguments: &[Template],
    ) -> Result<Self, OpenError> {
        let wrong = |what: &dyn std::fmt::Display| OpenError::of_file(section, program, what);
        let meta = std::fs::metadata(program).map_err(|error| wrong(&error))?;
        if !meta.is_file() || meta.permissions().mode() & 0o111 == 0 {
            return Err(wrong(&"is not a program; fix it with: chmod 0755"));
        }
        if meta.permissions().mode() & 0o022 != 0 {
            return Err(wrong(&"may be written by others; fix it with: chmod 0755"));
        }
        if meta.uid() != 0 && meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(wrong(&"belongs to neither root nor this process; fix it with: chown root"));
        }
        Ok(Self { program: program.to_owned(), arguments: arguments.to_vec() })
    }

    pub(crate) async fn send(&self, to: &PhoneNumber, text: &str) -> Result<(), CourierError> {
        let arguments = self
            .arguments
            .iter()
            .map(|argument| argument.fill(|place| number(to, place).unwrap_or_default().to_owned()));
        let mut child = tokio::process::Command::new(&self.program)
            .args(arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| self.down(&error))?;
        // Dropping this call also kills its children.
        let mut group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
        if let Some(mut input) = child.stdin.take() {
            // The program does not have to read the text. Its exit status counts.
            drop(input.write_all(text.as_bytes()).await);
        }
        let status = child.wait().await.map_err(|error| self.unsure(&error))?;
        // From here on the id may belong to another process.
        group.0 = None;
        match status.code() {
            Some(0) => Ok(()),
            Some(code @ (EX_DATAERR | EX_NOUSER)) => {
                Err(CourierError::Refused(format!("{} ended with {code}", self.program.display())))
            }
            Some(code @ (EX_UNAVAILABLE | EX_TEMPFAIL | EX_CONFIG)) => {
                Err(self.down(&format!("ended with {code}")))
            }
            // The program ran, and may have sent the message, so it has to count.
            Some(code) => Err(self.unsure(&format!("ended with {code}"))),
            None => Err(self.unsure(&"was killed")),
        }
    }

    fn down(&self, what: &dyn std::fmt::Display) -> CourierError {
        CourierError::Down(format!("{}: {what}", self.program.display()))
    }

    fn unsure(&self, what: &dyn std::fmt::Display) -> CourierError {
        CourierError::Unsure(format!("{}: {what}", self.program.display()))
    }
}

/// A process group that is killed on drop.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // The process may just have ended by itself.
            kill_process_group(leader, Signal::KILL).ok();
        }
    }
}

/// sysexits(3): the text cannot be sent.
const EX_DATAERR: i32 = 65;
/// sysexits(3): there is no such number.
const EX_NOUSER: i32 = 67;
/// sysexits(3): a required service is not there.
const EX_UNAVAILABLE: i32 = 69;
/// sysexits(3): it may be tried again later.
const EX_TEMPFAIL: i32 = 75;
/// sysexits(3): the program is configured wrongly.
const EX_CONFIG: i32 = 78;
