//! Caddy before postern-web, as `packaging/proxy/Caddyfile` has it, but for TLS.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::guard::{Process, free_port};
use crate::http::Place;
use crate::{Web, host};

/// A running Caddy, stopped when dropped.
#[derive(Debug)]
pub struct Caddy {
    _process: Process,
    _dir: TempDir,
    /// The port of all sites, which it tells apart by their host names.
    pub port: u16,
}

impl Caddy {
    /// Starts it with the example's sites on a port of loopback. `name` names the directory of its log.
    #[must_use]
    pub fn start(name: &str, web: &Web) -> Self {
        let dir =
            tempfile::Builder::new().prefix("caddy.").tempdir_in(host::test_dir()).expect("a directory");
        let port = free_port();
        let process = run(dir.path(), &sites(web, port), port, &host::output_dir(name).join("caddy.log"));
        Self { _process: process, _dir: dir, port }
    }
}

/// Starts Caddy with its files in `dir` and this configuration, of which a site is at `port`.
pub(crate) fn run(dir: &Path, text: &str, port: u16, log: &Path) -> Process {
    let program = host::system_program("/usr/bin/caddy", "caddy");
    let config = dir.join("Caddyfile");
    std::fs::write(&config, text).expect("Caddyfile");
    let mut command = Command::new(program);
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&config).current_dir("/");
    command.env("HOME", dir).env("XDG_DATA_HOME", dir).env("XDG_CONFIG_HOME", dir);
    let mut process = Process::spawn("caddy", &mut command, log);
    process.wait_ready(Duration::from_secs(20), || Place::Port(port).connect().ok().map(drop));
    process
}

/// The example, with what a test has in the place of what a host has: no port 443, no administration, and as if the client had come
/// by https.
fn sites(web: &Web, port: u16) -> String {
    let example = include_str!("../../packaging/proxy/Caddyfile");
    let upstream = match web.place() {
        Place::Port(port) => format!("127.0.0.1:{port}"),
        Place::Unix(path) => format!("unix/{}", path.display()),
    };
    let mut sites = String::new();
    for line in example.lines() {
        let (text, indent) = (line.trim(), &line[..line.len() - line.trim_start().len()]);
        let line = match text {
            "{" if indent.is_empty() => "{\nadmin off\nauto_https off".to_owned(),
            "reverse_proxy 127.0.0.1:8480 {" => {
                format!("reverse_proxy {upstream} {{\nheader_up X-Forwarded-Proto https")
            }
            _ => match text.strip_suffix(".example.org {") {
                Some(host) => format!("http://{host}.example.org:{port} {{\nbind 127.0.0.1"),
                None => line.to_owned(),
            },
        };
        sites.push_str(&line);
        sites.push('\n');
    }
    assert_eq!(sites.matches("bind 127.0.0.1").count(), 3, "the example has changed");
    assert_eq!(sites.matches(&upstream).count(), 3, "the example has changed");
    sites
}
