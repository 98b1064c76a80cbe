//! postern-web itself, in the foreground, as the user `postern-web`.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::guard::{Process, free_port, wait_for_line};
use crate::host;
use crate::http::{HttpReply, Place, Request};

/// A running postern-web, stopped when dropped.
#[derive(Debug)]
pub struct Web {
    process: Process,
    start: Start,
    dir: TempDir,
}

#[derive(Debug)]
struct Start {
    config: PathBuf,
    place: Place,
    log: PathBuf,
}

impl Web {
    /// Starts it on a free port, before the posternd (or what stands in for it) that listens at `socket`. `name` names the
    /// directory of its log under `target/test-output`.
    #[must_use]
    pub fn start(name: &str, socket: &Path) -> Self {
        Self::with(name, socket, "")
    }

    /// The same with more lines of configuration; where they say `listen = "unix:…"` it is a name in a directory of its own, and
    /// `{host}` is where it listens, `{dir}` its own directory.
    #[must_use]
    pub fn with(name: &str, socket: &Path, lines: &str) -> Self {
        let owner = host::ids("postern-web");
        let dir = tempfile::Builder::new().prefix("web.").tempdir_in(host::test_dir()).expect("a directory");
        host::own(dir.path(), owner, 0o755);
        let (place, listen) = if lines.contains("unix:…") {
            (Place::Unix(dir.path().join("http.sock")), String::new())
        } else {
            let port = free_port();
            (Place::Port(port), format!("listen = \"127.0.0.1:{port}\"\n"))
        };
        let lines = lines.replace("{host}", &place.host());
        let lines = lines.replace("{dir}", &dir.path().display().to_string());
        let lines = lines.replace("unix:…", &format!("unix:{}", dir.path().join("http.sock").display()));
        let config = dir.path().join("web.toml");
        let text = format!("socket = \"{}\"\n{listen}{lines}\n", socket.display());
        std::fs::write(&config, text).expect("web.toml");
        let start = Start { config, place, log: host::output_dir(name).join("postern-web.log") };
        Self { process: start.run(), start, dir }
    }

    /// The page's address, with its last slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.start.place.host())
    }

    /// Where it listens.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.start.place
    }

    /// Where it listens for web mails, if it does.
    #[must_use]
    pub fn applications(&self) -> Place {
        Place::Unix(self.dir.path().join("applications.sock"))
    }

    /// A question at the gate, as a web server asks it for a page of a web mail that a browser wants with these cookies.
    #[must_use]
    pub fn at_gate(&self, path: &str, uri: &str, cookies: &str) -> Request {
        let request = self
            .applications()
            .request("GET", path)
            .header("X-Original-URI", uri)
            .header("X-Original-Method", "GET")
            .header("X-Forwarded-For", "192.0.2.77")
            .header("Accept", "text/html");
        if cookies.is_empty() { request } else { request.header("Cookie", cookies) }
    }

    /// Its own directory, where its socket is.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// GETs a path.
    #[must_use]
    #[track_caller]
    pub fn get(&self, path: &str) -> HttpReply {
        self.place().request("GET", path).send()
    }

    /// A POST to the API as the page would send it, with the cookie and the token of a fresh page.
    #[must_use]
    #[track_caller]
    pub fn api(&self, verb: &str) -> Request {
        let (cookie, token) = self.token();
        self.place()
            .request("POST", &format!("/api/{verb}"))
            .header("Cookie", &cookie)
            .header("X-Postern-Token", &token)
    }

    /// Sends a body to the API, and gives the status and the answer.
    #[must_use]
    #[track_caller]
    pub fn ask(&self, verb: &str, body: &Value) -> (u16, Value) {
        let reply = self.api(verb).json(body).send();
        (reply.status, reply.json())
    }

    /// The cookie (`name=value`) and the token of a fresh page.
    #[must_use]
    #[track_caller]
    pub fn token(&self) -> (String, String) {
        let page = self.get("/");
        let cookie = page.header("set-cookie").expect("a cookie").split(';').next().expect("its value");
        let token = page.body.split("name=\"postern-token\" content=\"").nth(1).expect("a token");
        (cookie.to_owned(), token.split('"').next().expect("its end").to_owned())
    }

    /// Stops it with SIGTERM.
    pub fn stop(&mut self) -> ExitStatus {
        self.process.stop()
    }

    /// Kills it, without a chance to finish its work.
    pub fn kill9(&mut self) {
        self.process.kill();
    }

    /// Starts it again at the same place.
    pub fn start_again(&mut self) {
        assert!(self.process.ended().is_some(), "postern-web still runs");
        self.process = self.start.run();
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

    /// All that it logged until now.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Waits for a line of the log that contains all of `parts`, and returns it.
    #[must_use]
    pub fn logged(&self, parts: &[&str]) -> String {
        wait_for_line(self.process.log_path(), parts, LIMIT)
    }
}

impl Start {
    fn run(&self) -> Process {
        let (uid, gid) = host::ids("postern-web");
        let mut command = Command::new(host::program("postern-web"));
        command.arg("--config").arg(&self.config).uid(uid.as_raw()).gid(gid.as_raw()).current_dir("/");
        let mut process = Process::spawn("postern-web", &mut command, &self.log);
        let health = self.place.request("GET", "/health");
        process.wait_ready(LIMIT, || health.try_send().ok().filter(|reply| reply.status == 200).map(drop));
        process
    }
}

const LIMIT: Duration = Duration::from_secs(20);
