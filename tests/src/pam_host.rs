//! The PAM module in the C host of `tests/pam`: the real libpam, a private folder of services, a conversation to order.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::unistd::{Gid, Uid};

use crate::stopwatch::{Elapsed, Stopwatch};
use crate::{guard, host};

/// A folder with a socket, a configuration and services for the module.
#[derive(Debug)]
pub struct PamSite {
    dir: PathBuf,
}

impl PamSite {
    /// An empty one, whose client.toml names a socket without a listener.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let dir = host::test_dir().join("pam").join(name);
        fs::remove_dir_all(&dir).ok();
        let root = (Uid::from_raw(0), Gid::from_raw(0));
        host::make_dir(&dir.join("services"), root, 0o755);
        let site = Self { dir };
        site.configure("");
        site
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where posternd would listen.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.dir.join("socket")
    }

    /// The front doors' configuration.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.dir.join("client.toml")
    }

    /// Adds lines to that configuration.
    pub fn configure(&self, lines: &str) {
        let text = format!("socket = \"{}\"\n{lines}", self.socket().display());
        fs::write(self.config(), text).expect("client.toml");
    }

    /// A service whose every stack is the module alone. What it answers comes through as it is, and PAM_IGNORE, after which
    /// libpam would go on, as [`IGNORED`].
    pub fn service(&self, name: &str, arguments: &str) {
        self.service_with(name, &host::pam_module(), "", arguments);
    }

    /// The same with another build of the module, and with lines before it.
    pub fn service_with(&self, name: &str, module: &Path, before: &str, arguments: &str) {
        let mut text = before.to_owned();
        let config = self.config();
        for (kind, ignored) in [
            ("auth", "auth=module_unknown cred=module_unknown"),
            ("account", "acct=module_unknown"),
            ("session", "open_session=module_unknown close_session=module_unknown"),
            ("password", "prechauthtok=module_unknown chauthtok=module_unknown"),
        ] {
            text.push_str(&format!(
                "{kind} [success=done ignore=ignore default=die] {} config={} {arguments}\n",
                module.display(),
                config.display()
            ));
            text.push_str(&format!("{kind} required pam_debug.so {ignored}\n"));
        }
        self.stack(name, &text);
    }

    /// A service as `packaging/pam` has it, with our module, configuration and services in the place of the installed ones.
    pub fn packaged(&self, file: &str, service: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/pam").join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let ours = format!("{} config={}", host::pam_module().display(), self.config().display());
        // Debian looks for included files in /etc/pam.d, even for services in other folders.
        let include = format!("@include {}/", self.dir.join("services").display());
        self.stack(service, &text.replace("pam_postern.so", &ours).replace("@include ", &include));
    }

    /// A service by its whole text.
    pub fn stack(&self, name: &str, text: &str) {
        fs::write(self.dir.join("services").join(name), text).expect("a service");
    }

    /// A run of the host in preparation.
    #[must_use]
    pub fn host(&self, service: &str, user: &str) -> PamHost {
        let dir = self.dir.clone();
        let program = host::pam_host();
        let host = PamHost { dir, program, words: Vec::new(), under: Vec::new(), variables: Vec::new() };
        let confdir = self.dir.join("services");
        host.word("confdir", confdir).word("service", service).word("user", user)
    }
}

/// A run of the host in preparation. See the head of `tests/pam/host.c` for its words.
#[derive(Debug, Clone)]
pub struct PamHost {
    dir: PathBuf,
    program: PathBuf,
    words: Vec<OsString>,
    under: Vec<String>,
    variables: Vec<(String, String)>,
}

impl PamHost {
    /// Adds a word of the host's own.
    #[must_use]
    pub fn word(mut self, word: &str, value: impl AsRef<OsStr>) -> Self {
        let mut text = OsString::from(format!("{word}="));
        text.push(value);
        self.words.push(text);
        self
    }

    /// Answers the next question of each handle with `text`.
    #[must_use]
    pub fn types(self, text: &str) -> Self {
        self.word("answer", format!("text:{text}"))
    }

    /// The same with bytes that are no text.
    #[must_use]
    pub fn types_bytes(self, bytes: &[u8]) -> Self {
        self.word("answer", OsStr::from_bytes(&[b"text:", bytes].concat()))
    }

    /// Calls PAM for `auth`, `acct`, `cred`, `open`, `close`, `chauthtok`, one after the other.
    #[must_use]
    pub fn calls(self, names: &[&str]) -> Self {
        names.iter().fold(self, |host, name| host.word("call", name))
    }

    /// Adds a variable to the host's environment, which is empty otherwise.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes the host that was built with AddressSanitizer.
    #[must_use]
    pub fn with_sanitizer(mut self) -> Self {
        self.program = host::pam_host_with_sanitizer();
        self
    }

    /// Runs it under another program, such as valgrind.
    #[must_use]
    pub fn under(mut self, command: &[&str]) -> Self {
        self.under = command.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Runs it to its end.
    #[must_use]
    #[track_caller]
    pub fn run(&self) -> PamReport {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let path = self.dir.join(format!("report-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        let program = &self.program;
        let mut command = match self.under.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.arg(&path).args(&self.words).env_clear().envs(self.variables.iter().cloned());
        let started = Stopwatch::start();
        let output = guard::run(&mut command, b"", LIMIT);
        let took = started.elapsed();
        let printed =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let code = output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap_or_default());
        let text = fs::read_to_string(&path).unwrap_or_default();
        let mut report = PamReport { code, printed, took, ..PamReport::default() };
        text.lines().for_each(|line| report.read(line));
        report
    }

    /// Calls `authenticate` once, and returns its code.
    #[must_use]
    #[track_caller]
    pub fn authenticate(self) -> PamReport {
        self.calls(&["auth"]).run().lived()
    }
}

/// What the host and the module in it did.
#[derive(Debug, Clone, Default)]
pub struct PamReport {
    /// The host's exit code; 128 and the signal's number where a signal ended it.
    pub code: i32,
    /// What was printed.
    pub printed: String,
    /// From the host's start to its end.
    pub took: Elapsed,
    /// How often each call was answered with each code.
    pub codes: BTreeMap<String, BTreeMap<i32, u64>>,
    /// The first handle's messages: PAM's style, and the bytes.
    pub messages: Vec<(i32, Vec<u8>)>,
    /// Lines that went to the syslog.
    pub log: Vec<String>,
    /// The first handle's PAM environment at its end.
    pub env: Vec<String>,
    /// The first handle's PAM_USER at its end.
    pub user: String,
    /// The delay before a failure that the first handle was asked for, if any, in microseconds.
    pub delay: Option<i32>,
    /// Open descriptors before and after.
    pub descriptors: (u64, u64),
    /// Bytes that malloc had given out before and after.
    pub heap: (u64, u64),
    /// How often the word `secret` still stood in the host's memory at its end.
    pub secrets_left: u64,
    finished: bool,
}

impl PamReport {
    /// The same, or a panic where the host did not come to its own end, or the module printed something.
    #[must_use]
    #[track_caller]
    pub fn lived(self) -> Self {
        assert!(self.finished && self.code == 0, "the host died: {self:?}");
        assert_eq!(self.printed, "", "nothing is printed in a host");
        self
    }

    /// The only code that `call` was answered with.
    #[must_use]
    #[track_caller]
    pub fn answer(&self, call: &str) -> i32 {
        let codes = self.codes.get(call).unwrap_or_else(|| panic!("no call {call}: {self:?}"));
        assert_eq!(codes.len(), 1, "one code for {call}: {self:?}");
        *codes.keys().next().expect("one")
    }

    /// The first handle's messages as text, without those of pam_debug.
    #[must_use]
    pub fn shown(&self) -> Vec<(i32, String)> {
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        let all = self.messages.iter().map(|(style, bytes)| (*style, text(bytes)));
        all.filter(|(_, text)| !text.ends_with("=module_unknown")).collect()
    }

    fn read(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| words[at].parse::<u64>().unwrap_or_else(|_| panic!("no number: {line}"));
        let text = || String::from_utf8_lossy(&bytes(words[2])).into_owned();
        match words[0] {
            "message" => {
                let style = i32::try_from(number(1)).expect("a style");
                self.messages.push((style, bytes(words[2])));
            }
            "log" => self.log.push(text()),
            "env" => self.env.push(text()),
            "user" => self.user = text(),
            "delay" => self.delay = i32::try_from(number(1)).ok(),
            "measured" => {
                let now = (number(2), number(3));
                let (fds, heap) = (&mut self.descriptors, &mut self.heap);
                if words[1] == "before" { (fds.0, heap.0) = now } else { (fds.1, heap.1) = now }
            }
            "code" => {
                let code = i32::try_from(number(2)).expect("a code");
                *self.codes.entry(words[1].to_owned()).or_default().entry(code).or_default() += number(3);
            }
            "secrets" => self.secrets_left = number(1),
            "lived" => self.finished = true,
            _ => panic!("the host says: {line}"),
        }
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
    (0..hex.len()).step_by(2).map(digit).collect()
}

/// What [`PamSite::service`] answers where the module says PAM_IGNORE: PAM_MODULE_UNKNOWN, which no part of it ever says.
pub const IGNORED: i32 = 28;
const LIMIT: Duration = Duration::from_secs(120);
