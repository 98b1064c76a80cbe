//! posternd itself, in the foreground, as the user `postern`.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use postern_ipc::{Begin, Client, Failure, Flow, Status};

use crate::guard::{Process, pause, wait_for, wait_for_line};
use crate::{Site, Stopwatch, host};

/// A running posternd, stopped when dropped.
#[derive(Debug)]
pub struct Posternd {
    process: Process,
    start: Start,
}

// All that it takes to start it again.
#[derive(Debug)]
struct Start {
    config: PathBuf,
    socket: PathBuf,
    log: PathBuf,
    env: Vec<(String, String)>,
}

impl Posternd {
    /// Starts it for `site` and waits until its socket answers.
    #[must_use]
    pub fn start(site: &Site) -> Self {
        Self::start_with(site, &[])
    }

    /// The same with these variables in its environment.
    #[must_use]
    pub fn start_with(site: &Site, env: &[(String, String)]) -> Self {
        let start = Start {
            config: site.config(),
            socket: site.socket(),
            log: site.output().join("posternd.log"),
            env: env.to_vec(),
        };
        Self { process: start.run(), start }
    }

    /// Whether it has ended.
    #[must_use]
    pub fn has_ended(&mut self) -> bool {
        self.process.ended().is_some()
    }

    /// Starts it again after [`stop`](Self::stop) or [`kill9`](Self::kill9).
    pub fn start_again(&mut self) {
        assert!(self.process.ended().is_some(), "posternd still runs");
        self.process = self.start.run();
    }

    /// Stops it with SIGTERM.
    pub fn stop(&mut self) -> ExitStatus {
        self.process.stop()
    }

    /// Kills it, without a chance to finish its work.
    pub fn kill9(&mut self) {
        self.process.kill();
    }

    /// Tells it to read its configuration again, and waits until it has tried.
    pub fn reload(&self) {
        let before = self.status();
        let sent = Stopwatch::start();
        self.hup();
        wait_for("posternd to reload", LIMIT, || {
            let now = self.status();
            let fresh =
                now.config_age_seconds <= sent.elapsed().wall().as_secs() && before.config_age_seconds > 0;
            let noticed = now.config_broken != before.config_broken || fresh;
            // Ages are whole seconds: where they cannot tell, this is plenty for a file of a few lines.
            (noticed || sent.is_over(Duration::from_millis(1500))).then_some(())
        });
    }

    /// Sends SIGHUP and returns at once.
    pub fn hup(&self) {
        self.process.signal(Signal::SIGHUP);
    }

    /// Freezes it, as a machine under a stuck disk would; its socket still accepts connections.
    pub fn freeze(&self) {
        self.process.signal(Signal::SIGSTOP);
    }

    /// Lets it go on after [`freeze`](Self::freeze).
    pub fn thaw(&self) {
        self.process.signal(Signal::SIGCONT);
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Its resident memory in KiB now.
    #[must_use]
    pub fn resident_kib(&self) -> u64 {
        self.process.memory_kib("VmRSS")
    }

    /// The most resident memory that it had, in KiB.
    #[must_use]
    pub fn peak_resident_kib(&self) -> u64 {
        self.process.memory_kib("VmHWM")
    }

    /// What it says about itself.
    #[must_use]
    pub fn status(&self) -> Status {
        status(&self.start.socket).unwrap_or_else(|failure| panic!("{failure}\n{}", self.process.log_tail()))
    }

    /// All that it logged. Lines have a writer of their own in posternd, so this waits until no more of them come.
    #[must_use]
    pub fn log(&self) -> String {
        let mut log = self.process.log();
        for _ in 0..20 {
            pause(Duration::from_millis(50));
            let now = self.process.log();
            if now.len() == log.len() {
                break;
            }
            log = now;
        }
        log
    }

    /// Waits for a line of the log that contains all of `parts`, and returns it.
    #[must_use]
    pub fn logged(&self, parts: &[&str]) -> String {
        wait_for_line(self.process.log_path(), parts, LIMIT)
    }
}

impl Start {
    fn run(&self) -> Process {
        let (uid, gid) = host::ids("postern");
        let mut command = Command::new(host::program("posternd"));
        command.arg("--config").arg(&self.config).uid(uid.as_raw()).gid(gid.as_raw()).current_dir("/");
        command.envs(self.env.iter().cloned());
        let mut process = Process::spawn("posternd", &mut command, &self.log);
        let pid = process.pid();
        process.wait_ready(LIMIT, || status(&self.socket).ok().filter(|status| status.pid == pid));
        process
    }
}

fn status(socket: &Path) -> Result<Status, Failure> {
    let deadline = Instant::now() + LIMIT;
    Client::connect(socket, deadline)?.status(Begin::new(Flow::Status, "", ""))
}

const LIMIT: Duration = Duration::from_secs(20);
