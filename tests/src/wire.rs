//! Bytes over posternd's socket that no client of ours would send, from users who may not send them.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::{Gid, Uid};
use rustix::thread;

use crate::guard::Process;
use crate::{Ran, host};

/// Sends `bytes` as root, ends the sending side, and returns all that came back.
#[must_use]
pub fn exchange(socket: &Path, bytes: &[u8]) -> String {
    let mut stream =
        UnixStream::connect(socket).unwrap_or_else(|error| panic!("{}: {error}", socket.display()));
    stream.set_read_timeout(Some(LIMIT)).expect("a read timeout");
    stream.set_write_timeout(Some(LIMIT)).expect("a write timeout");
    // posternd may hang up before it has heard all: that, too, is an answer.
    drop(stream.write_all(bytes));
    drop(stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

/// A connection that the kernel counts as made by the user `uid`, with the group of the same number and no other.
///
/// # Errors
/// That user may not connect there.
pub fn connect_as(uid: u32, socket: &Path) -> io::Result<UnixStream> {
    let connect = || {
        // Of this thread alone, unlike the C library's setuid.
        thread::set_thread_groups(&[])?;
        let (gid, uid) = (Gid::from_raw(uid), Uid::from_raw(uid));
        thread::set_thread_res_gid(gid, gid, gid)?;
        thread::set_thread_res_uid(uid, uid, uid)?;
        UnixStream::connect(socket)
    };
    std::thread::scope(|scope| scope.spawn(connect).join()).expect("a thread for another user")
}

/// The same as another user of the test host, such as `mallory`. What python3 says where it fails is on stderr.
#[must_use]
pub fn exchange_as(user: &str, socket: &Path, bytes: &[u8]) -> Ran {
    Ran::of(&mut script(user, &["exchange", &socket.display().to_string()]), bytes, LIMIT)
}

/// An impostor at posternd's socket, which accepts every login.
#[derive(Debug)]
pub struct Impostor {
    process: Process,
    heard: PathBuf,
}

impl Impostor {
    /// Makes `user` listen at `socket`, which must be in a directory of theirs, answering each connection with `answer`.
    #[must_use]
    pub fn start(user: &str, socket: &Path, answer: &str, log: &Path) -> Self {
        let heard = socket.with_extension("heard");
        let (at, file) = (socket.display().to_string(), heard.display().to_string());
        let mut command = script(user, &["impostor", &at, &file, answer]);
        let mut process = Process::spawn("impostor", &mut command, log);
        process.wait_ready(LIMIT, || heard.exists().then_some(()));
        Self { process, heard }
    }

    /// All that it was told so far.
    #[must_use]
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.heard).expect("what the impostor heard")).into_owned()
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }
}

fn script(user: &str, args: &[&str]) -> Command {
    let (uid, gid) = host::ids(user);
    let mut command = Command::new(host::system_program("/usr/bin/python3", "python3"));
    // By its text: the sources may lie where this user cannot read.
    command.args(["-I", "-c", WIRE]).args(args).uid(uid.as_raw()).gid(gid.as_raw()).current_dir("/");
    command
}

const WIRE: &str = include_str!("../wire.py");
const LIMIT: Duration = Duration::from_secs(60);
