//! Processes that end with their guard, and waits that end with their deadline.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::stopwatch::Stopwatch;

/// A running program that is ended when this is dropped. What it prints goes to a log file.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`, appending both of its outputs to `log`.
    #[must_use]
    pub fn spawn(name: &str, command: &mut Command, log: &Path) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(append(log))
            .stderr(append(log))
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: cannot start {:?}: {error}", command.get_program()));
        Self { name: name.to_owned(), child, log: log.to_owned() }
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its log file.
    #[must_use]
    pub fn log_path(&self) -> &Path {
        &self.log
    }

    /// All that it logged so far, in this and in earlier runs with the same log file.
    #[must_use]
    pub fn log(&self) -> String {
        read_log(&self.log)
    }

    /// Sends it a signal. After SIGSTOP it waits until each of its threads has stopped: one that runs on another processor
    /// goes on for a moment, and may answer.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.pid()).expect("a pid"));
        kill(pid, signal).unwrap_or_else(|error| panic!("{}: {signal}: {error}", self.name));
        if signal == Signal::SIGSTOP {
            let all = format!("{} to freeze after SIGSTOP", self.name);
            wait_for(&all, STOP_LIMIT, || self.is_frozen().then_some(()));
        }
    }

    /// Whether each thread is stopped by a signal (state T of proc_pid_stat(5)).
    fn is_frozen(&self) -> bool {
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid())).expect("its threads");
        threads
            .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("stat")).ok())
            .all(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T')))
    }

    /// Its exit status where it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// Asks it to stop with SIGTERM and waits at most 10 s.
    pub fn stop(&mut self) -> ExitStatus {
        if let Some(status) = self.ended() {
            return status;
        }
        self.signal(Signal::SIGTERM);
        wait_for(&format!("{} to stop after SIGTERM", self.name.clone()), STOP_LIMIT, || self.ended())
    }

    /// Ends it with SIGKILL, as a crash would.
    pub fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// A line of `/proc/PID/status` that counts KiB: `VmRSS` (resident now), `VmHWM` (most so far).
    #[must_use]
    pub fn memory_kib(&self, line: &str) -> u64 {
        memory_kib(self.pid(), line)
    }

    /// Waits until `ready` gives something, and panics with the log's end where the process dies first.
    pub fn wait_ready<T>(&mut self, limit: Duration, mut ready: impl FnMut() -> Option<T>) -> T {
        let waited = Stopwatch::start();
        loop {
            if let Some(found) = ready() {
                return found;
            }
            if let Some(status) = self.ended() {
                panic!("{} ended at its start ({status}):\n{}", self.name, self.log_tail());
            }
            assert!(
                !waited.is_over(limit),
                "{} was not ready within {limit:?}, after {}:\n{}",
                self.name,
                waited.elapsed(),
                self.log_tail()
            );
            pause(POLL);
        }
    }

    /// The last lines of the log.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        format!("{}:\n{}", self.log.display(), lines[lines.len().saturating_sub(20)..].join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        if let Ok(pid) = i32::try_from(self.child.id()) {
            kill(Pid::from_raw(pid), Signal::SIGTERM).ok();
        }
        let waited = Stopwatch::start();
        while !waited.is_over(STOP_LIMIT) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            pause(POLL);
        }
        self.kill();
    }
}

/// Runs `command` to its end with `input` on its stdin; kills it and panics after `limit`.
#[must_use]
pub fn run(command: &mut Command, input: &[u8], limit: Duration) -> Output {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
    let mut stdin = child.stdin.take().expect("piped");
    let (stdout, stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    thread::scope(|scope| {
        // A program need not read all that it is given.
        scope.spawn(move || drop(stdin.write_all(input)));
        let stdout = scope.spawn(|| slurp(stdout));
        let stderr = scope.spawn(|| slurp(stderr));
        let waited = Stopwatch::start();
        let status = loop {
            if let Some(status) = child.try_wait().expect("wait") {
                break status;
            }
            if waited.is_over(limit) {
                drop(child.kill());
                drop(child.wait());
                panic!("{name} did not end within {limit:?}, after {}", waited.elapsed());
            }
            pause(Duration::from_millis(1));
        };
        let (stdout, stderr) = (stdout.join().expect("stdout"), stderr.join().expect("stderr"));
        Output { status, stdout, stderr }
    })
}

/// Waits for a line of a log that contains all of `parts`, and returns it: a program may write its log after it has answered.
#[must_use]
pub fn wait_for_line(log: &Path, parts: &[&str], limit: Duration) -> String {
    wait_for(&format!("a line with {parts:?} in {}", log.display()), limit, || {
        read_log(log).lines().find(|line| parts.iter().all(|part| line.contains(part))).map(str::to_owned)
    })
}

/// A log as it is now; it is empty before it begins.
#[must_use]
pub fn read_log(log: &Path) -> String {
    String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned()
}

/// Polls until `found` gives something; panics with `what` after `limit`, for which a machine that stalls gets longer.
pub fn wait_for<T>(what: &str, limit: Duration, mut found: impl FnMut() -> Option<T>) -> T {
    let waited = Stopwatch::start();
    loop {
        if let Some(result) = found() {
            return result;
        }
        assert!(!waited.is_over(limit), "waited {} in vain for {what}", waited.elapsed());
        pause(POLL);
    }
}

/// Sleeps.
#[allow(
    clippy::disallowed_methods,
    reason = "tests watch programs that tell nobody when they are ready; every loop around this has a deadline"
)]
pub fn pause(time: Duration) {
    thread::sleep(time);
}

/// A TCP port of 127.0.0.1 that is free, below those that the kernel hands out by itself.
#[must_use]
pub fn free_port() -> u16 {
    static PORTS: Mutex<Ports> = Mutex::new(Ports { left: 0..0, held: Vec::new() });
    let mut ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..BLOCKS {
        let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
        if let Some(port) = ports.left.find(is_free) {
            return port;
        }
        ports.take_block();
    }
    panic!("no free port on 127.0.0.1 from {FIRST_PORT} on");
}

/// Ports that no other test program hands out meanwhile: servers begin to listen only a while after they were told where.
struct Ports {
    left: Range<u16>,
    // The first port of each block that this program took.
    held: Vec<TcpListener>,
}

impl Ports {
    fn take_block(&mut self) {
        // By chance: process ids repeat from one test host to the next, and a server that is stopped for a while must not
        // find another host's in its place.
        let mut bytes = [0; 2];
        getrandom::fill(&mut bytes).expect("random bytes");
        let start = u16::from_ne_bytes(bytes) % BLOCKS;
        for block in (start..BLOCKS).chain(0..start) {
            let first = FIRST_PORT + block * PORTS_OF_A_BLOCK;
            if let Ok(listener) = TcpListener::bind(("127.0.0.1", first)) {
                self.held.push(listener);
                self.left = first + 1..first + PORTS_OF_A_BLOCK;
                return;
            }
        }
        panic!("no free block of ports on 127.0.0.1 from {FIRST_PORT} on");
    }
}

/// A line of `/proc/PID/status` that counts KiB, of any process.
#[must_use]
pub fn memory_kib(pid: u32, line: &str) -> u64 {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    status
        .lines()
        .find_map(|text| text.strip_prefix(line)?.strip_prefix(':')?.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or_else(|| panic!("{path} has no {line}"))
}

/// Opens a log for appending.
#[must_use]
pub fn append(path: &Path) -> File {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn slurp(mut from: impl Read) -> Vec<u8> {
    let mut all = Vec::new();
    drop(from.read_to_end(&mut all));
    all
}

const POLL: Duration = Duration::from_millis(10);
const STOP_LIMIT: Duration = Duration::from_secs(10);
const FIRST_PORT: u16 = 12_000;
const PORTS_OF_A_BLOCK: u16 = 100;
const BLOCKS: u16 = 180;
