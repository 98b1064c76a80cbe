//! Python programs that are asked many questions: each is started once, not once a question.

use std::io::{BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::host;

/// A Python program that reads a JSON object a line and answers each with a line. It runs as often as threads ask at once, and ends
/// with the test program.
#[derive(Debug)]
pub(crate) struct PythonService {
    python: fn() -> PathBuf,
    script: &'static str,
    idle: Mutex<Vec<Running>>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    stream: BufReader<UnixStream>,
}

/// Mail clients, a parser of mail and an authenticator that are not ours; see `tests/third_party.py`.
pub(crate) static THIRD_PARTY: PythonService = PythonService::new(
    || host::system_program("/usr/bin/python3", "python3"),
    include_str!("../third_party.py"),
);

impl PythonService {
    /// `script` runs in what `python` finds.
    pub(crate) const fn new(python: fn() -> PathBuf, script: &'static str) -> Self {
        Self { python, script, idle: Mutex::new(Vec::new()) }
    }

    /// Puts a question. One that Python does not answer panics with what it raised.
    #[track_caller]
    pub(crate) fn ask(&self, what: &str, mut question: Value) -> Value {
        question["ask"] = json!(what);
        let mut running = self.pop().unwrap_or_else(|| self.start());
        let answer = running.ask(&question);
        assert!(answer["raised"].is_null(), "{what}: {}", answer["raised"].as_str().unwrap_or_default());
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(running);
        answer
    }

    fn pop(&self) -> Option<Running> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn start(&self) -> Running {
        let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
        ours.set_read_timeout(Some(LIMIT)).expect("a read timeout");
        let stdout = theirs.try_clone().expect("a descriptor");
        let child = Command::new((self.python)())
            .args(["-I", "-c", self.script])
            .current_dir("/")
            .stdin(OwnedFd::from(theirs))
            .stdout(OwnedFd::from(stdout))
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start python3: {error}"));
        Running { child, stream: BufReader::new(ours) }
    }
}

impl Running {
    #[track_caller]
    fn ask(&mut self, question: &Value) -> Value {
        let mut line = String::new();
        let stream = self.stream.get_mut();
        let asked = stream.write_all(format!("{question}\n").as_bytes());
        let answered = asked.and_then(|()| self.stream.read_line(&mut line));
        answered.unwrap_or_else(|error| panic!("python3 {}: {error}", self.child.id()));
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("not JSON ({error}): {line:?}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It ends at the end of its input; one that still waits for a server is not waited for.
        self.stream.get_mut().shutdown(Shutdown::Both).ok();
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

const LIMIT: Duration = Duration::from_secs(60);
