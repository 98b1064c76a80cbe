//! A stand-in for posternd that says what a test wants, in the documented wire format and with no code of the real one.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};

use crate::guard::{self, wait_for};

/// It listens as root until it is dropped. Each conversation has a thread and is played by the same script.
#[derive(Debug)]
pub struct FakePosternd {
    socket: PathBuf,
    state: Arc<State>,
    accepts: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    over: AtomicBool,
    open: AtomicU64,
    heard: Mutex<Vec<Vec<Value>>>,
}

impl FakePosternd {
    /// Listens at `socket`, and plays `script` to each client.
    #[must_use]
    pub fn start(socket: &Path, script: impl Fn(&mut Line) + Send + Sync + 'static) -> Self {
        std::fs::remove_file(socket).ok();
        let listener =
            UnixListener::bind(socket).unwrap_or_else(|error| panic!("{}: {error}", socket.display()));
        let state = Arc::new(State::default());
        let script = Arc::new(script);
        let accepts = thread::spawn({
            let state = Arc::clone(&state);
            move || {
                for stream in listener.incoming() {
                    if state.over.load(Ordering::SeqCst) {
                        break;
                    }
                    let (state, script) = (Arc::clone(&state), Arc::clone(&script));
                    state.open.fetch_add(1, Ordering::SeqCst);
                    let mut line = Line::new(stream.expect("a connection"));
                    thread::spawn(move || {
                        script(&mut line);
                        if let Ok(mut heard) = state.heard.lock() {
                            heard.push(std::mem::take(&mut line.heard));
                        }
                        drop(line);
                        state.open.fetch_sub(1, Ordering::SeqCst);
                    });
                }
            }
        });
        Self { socket: socket.to_owned(), state, accepts: Some(accepts) }
    }

    /// All that was said to it so far, a list for each conversation that is over, in the order in which they ended.
    #[must_use]
    pub fn conversations(&self) -> Vec<Vec<Value>> {
        wait_for("the fake's conversations to end", LIMIT, || {
            (self.state.open.load(Ordering::SeqCst) == 0).then_some(())
        });
        self.heard().clone()
    }

    /// What was said in its only conversation.
    #[must_use]
    #[track_caller]
    pub fn conversation(&self) -> Vec<Value> {
        let mut all = self.conversations();
        assert_eq!(all.len(), 1, "one conversation: {all:?}");
        all.remove(0)
    }

    fn heard(&self) -> MutexGuard<'_, Vec<Vec<Value>>> {
        self.state.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FakePosternd {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        drop(UnixStream::connect(&self.socket));
        if let Some(accepts) = self.accepts.take() {
            drop(accepts.join());
        }
        std::fs::remove_file(&self.socket).ok();
    }
}

/// The daemon's end of one conversation.
#[derive(Debug)]
pub struct Line {
    stream: UnixStream,
    reader: BufReader<UnixStream>,
    heard: Vec<Value>,
}

impl Line {
    fn new(stream: UnixStream) -> Self {
        stream.set_read_timeout(Some(LIMIT)).expect("a read timeout");
        let reader = BufReader::new(stream.try_clone().expect("a second handle"));
        Self { stream, reader, heard: Vec::new() }
    }

    /// The client's next message; null where it hung up.
    pub fn hear(&mut self) -> Value {
        let mut line = String::new();
        let read = self.reader.read_line(&mut line).unwrap_or(0);
        if read == 0 {
            return Value::Null;
        }
        assert!(line.ends_with('\n') && line.len() <= 16 * 1024, "a message is one line of at most 16 KiB");
        let message: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.heard.push(message.clone());
        message
    }

    /// The opening of the conversation: what stands in its `begin`.
    pub fn begin(&mut self) -> Value {
        self.hear()["begin"].clone()
    }

    /// Sends a message. A client that is gone hears nothing.
    #[allow(clippy::needless_pass_by_value, reason = "so that scripts can say json!(…)")]
    pub fn say(&mut self, message: Value) {
        self.raw(format!("{message}\n").as_bytes());
    }

    /// Sends bytes.
    pub fn raw(&mut self, bytes: &[u8]) {
        drop(self.stream.write_all(bytes));
    }

    /// Asks (`hidden`, `visible`), and returns the client's next message.
    pub fn ask(&mut self, style: &str, text: &str) -> Value {
        self.say(json!({"ask": {"style": style, "text": text}}));
        self.hear()
    }

    /// Shows a line (`info`, `error`).
    pub fn tell(&mut self, style: &str, text: &str) {
        self.say(json!({"tell": {"style": style, "text": text}}));
    }

    /// The verdict of a mail login.
    pub fn accept(&mut self, user: &str) {
        self.say(json!({"verdict": {"accept": {"user": user, "userdb": {"uid": "10001"}}}}));
    }

    /// The verdict of a login with a dialogue.
    pub fn accept_with_proof(&mut self, user: &str, proof: &str) {
        self.say(json!({"verdict": {"accept": {"user": user, "userdb": {}, "proof": proof}}}));
    }

    /// A verdict that refuses.
    pub fn reject(&mut self, reason: &str, text: &str) {
        self.say(json!({"verdict": {"reject": {"reason": reason, "text": text}}}));
    }

    /// Says nothing more until the client hangs up.
    pub fn hang(&mut self) {
        while self.hear() != Value::Null {}
    }

    /// Does nothing for a while.
    pub fn dawdle(&mut self, time: Duration) {
        guard::pause(time);
    }
}

const LIMIT: Duration = Duration::from_secs(60);
