//! A program on a terminal of its own: a pseudo-terminal whose other end the harness holds.

use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use nix::unistd::{Gid, Uid};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::{Stopwatch, UnixUser, host};

/// A running program and its terminal. Dropping it ends the program.
pub struct Terminal {
    ours: File,
    child: Child,
}

/// What [`Terminal::read`] got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// This, at least one byte.
    Bytes(Vec<u8>),
    /// Nothing yet.
    Nothing,
    /// Nothing, and nothing will come: no process holds the terminal any more.
    End,
}

/// A command that has the terminal of [`Terminal::start`] as its controlling one, with an environment as after a login
/// and no language.
#[must_use]
pub fn command(program: &Path) -> Command {
    let mut command = Command::new(host::system_program("/usr/bin/setsid", "util-linux"));
    command
        .arg("--ctty")
        // A test host that was started in the background ignores Ctrl-C, and so do its programs.
        .args(["/usr/bin/env", "--default-signal=INT,QUIT"])
        .arg(program)
        .env_clear()
        .envs([("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("TERM", "xterm"), ("LC_CTYPE", "C.UTF-8")])
        .current_dir("/");
    command
}

/// The same for a program that `user` starts, such as `sudo` or `postern my`.
#[must_use]
pub fn command_of(user: &UnixUser, program: &Path) -> Command {
    let mut command = command(program);
    command.env("HOME", &user.home).env("USER", &user.name).env("LOGNAME", &user.name);
    command.uid(user.uid).gid(user.uid);
    command
}

impl Terminal {
    /// Starts a [`command`] on a new terminal of this owner, 24 lines of 80 characters.
    #[must_use]
    pub fn start(mut command: Command, (uid, gid): (Uid, Gid)) -> Self {
        // Close-on-exec from the first, as other threads start programs meanwhile.
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let ours = openpt(flags).unwrap_or_else(|error| panic!("cannot open a terminal: {error}"));
        grantpt(&ours).expect("grantpt");
        unlockpt(&ours).expect("unlockpt");
        let name = ptsname(&ours, Vec::new()).expect("ptsname").into_string().expect("a path");
        host::own(Path::new(&name), (uid, gid), 0o620);
        let theirs = rustix::fs::open(&*name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty());
        let theirs = theirs.unwrap_or_else(|error| panic!("{name}: {error}"));
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&theirs, size).expect("the size of a terminal");
        let end = || theirs.try_clone().expect("a descriptor");
        command.stdin(end()).stdout(end()).stderr(end());
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {:?}: {error}", command.get_program()));
        Self { ours: File::from(ours), child }
    }

    /// Waits at most `limit` for output.
    pub fn read(&mut self, limit: Duration) -> Heard {
        let mut wanted = [PollFd::new(&self.ours, PollFlags::IN)];
        let limit = Timespec { tv_sec: limit.as_secs().cast_signed(), tv_nsec: limit.subsec_nanos().into() };
        match poll(&mut wanted, Some(&limit)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Heard::Nothing,
            Ok(_) => {}
            Err(error) => panic!("cannot wait for a terminal: {error}"),
        }
        let mut bytes = vec![0; 4096];
        match self.ours.read(&mut bytes) {
            Ok(0) => Heard::End,
            Ok(count) => {
                bytes.truncate(count);
                Heard::Bytes(bytes)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Heard::Nothing,
            // EIO: the last process has closed its end.
            Err(_) => Heard::End,
        }
    }

    /// Types these bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        self.ours.write_all(bytes).unwrap_or_else(|error| panic!("cannot type on a terminal: {error}"));
    }

    /// Whether the terminal shows what is typed. Over ssh it is the far one that would, and this one says no.
    #[must_use]
    pub fn echoes(&self) -> bool {
        tcgetattr(&self.ours).expect("the state of a terminal").local_modes.contains(LocalModes::ECHO)
    }

    /// Gives it so many lines and columns, and tells the program.
    pub fn resize(&self, lines: u16, columns: u16) {
        let size = Winsize { ws_row: lines, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.ours, size).expect("the size of a terminal");
    }

    /// How the program ended, where it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("wait")
    }

    /// How the program ended; waits at most `limit`.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let waited = Stopwatch::start();
        loop {
            let status = self.ended();
            if status.is_some() || waited.is_over(limit) {
                return status;
            }
            crate::guard::pause(Duration::from_millis(2));
        }
    }

    /// The program's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.ended().is_none() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Terminal(process {})", self.pid())
    }
}
