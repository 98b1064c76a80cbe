use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::guard::{Process, free_port};
use crate::http::{HttpReply, Place};

/// chromedriver with one session.
#[derive(Debug)]
pub(super) struct Driver {
    place: Place,
    session: String,
    process: Process,
}

/// The name under which WebDriver hands out elements (W3C WebDriver, section 12.1).
pub(super) const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Driver {
    pub(super) fn start(program: &Path, home: &Path, output: &Path, capabilities: &Value) -> Self {
        let port = free_port();
        let mut command = Command::new(program);
        command
            .arg(format!("--port={port}"))
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home)
            // No message bus, and none of the tests' own proxies.
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env_remove("http_proxy")
            .env_remove("HTTP_PROXY")
            .current_dir(home);
        let mut process = Process::spawn("chromedriver", &mut command, &output.join("chromedriver.log"));
        let place = Place::Port(port);
        process.wait_ready(LIMIT, || place.request("GET", "/status").try_send().ok());
        let made = place.request("POST", "/session").json(capabilities).send().json();
        let session = made["value"]["sessionId"].as_str();
        let session =
            session.unwrap_or_else(|| panic!("Chromium does not start: {made}\n{}", process.log_tail()));
        Self { place, session: session.to_owned(), process }
    }

    #[track_caller]
    pub(super) fn get(&self, path: &str) -> Value {
        self.send("GET", path, None)
    }

    #[track_caller]
    pub(super) fn post(&self, path: &str, body: &Value) -> Value {
        self.send("POST", path, Some(body))
    }

    /// The same about an element. `None` if its page is gone, so that nothing was done.
    #[track_caller]
    pub(super) fn post_unless_stale(&self, path: &str, body: &Value) -> Option<Value> {
        let reply = self.request("POST", path, Some(body));
        let value = reply.json()["value"].clone();
        if value["error"] == "stale element reference" {
            return None;
        }
        assert_eq!(reply.status, 200, "{path} {body}: {value}");
        Some(value)
    }

    /// Ends the session, and the browser with it.
    pub(super) fn quit(&mut self) {
        drop(self.place.request("DELETE", &format!("/session/{}", self.session)).try_send());
        self.process.stop();
    }

    #[track_caller]
    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let reply = self.request(method, path, body);
        let value = reply.json()["value"].clone();
        assert_eq!(reply.status, 200, "{method} {path} {}: {value}", body.unwrap_or(&json!(null)));
        value
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> HttpReply {
        let request = self.place.request(method, &format!("/session/{}/{path}", self.session));
        match body {
            Some(body) => request.json(body).send(),
            None => request.send(),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.place.request("DELETE", &format!("/session/{}", self.session)).try_send());
    }
}

pub(super) fn write_png(path: &Path, text: &str) {
    let bytes = STANDARD.decode(text).expect("base64");
    std::fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

const LIMIT: Duration = Duration::from_secs(20);
