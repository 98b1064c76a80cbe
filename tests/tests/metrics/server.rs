//! A real Prometheus.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use postern_tests::guard::{Process, free_port, wait_for};
use postern_tests::host;
use postern_tests::http::{HttpReply, Place, escaped};
use serde_json::Value;
use tempfile::TempDir;

/// A running Prometheus, stopped when dropped.
#[derive(Debug)]
pub(crate) struct Prometheus {
    _process: Process,
    _dir: TempDir,
    place: Place,
}

impl Prometheus {
    /// Starts it with the shipped configuration and rules, for posternd's metrics at `port`.
    pub(crate) fn start(name: &str, port: u16) -> Self {
        let program = host::system_program("/usr/bin/prometheus", "prometheus");
        let dir = tempfile::tempdir_in(host::test_dir()).unwrap();
        let rules = dir.path().join("postern-rules.yml");
        std::fs::write(&rules, include_str!("../../../packaging/prometheus/postern-rules.yml")).unwrap();
        let shipped = include_str!("../../../packaging/prometheus/prometheus.yml");
        let config = shipped
            .replace("/etc/prometheus/postern-rules.yml", &rules.display().to_string())
            .replace("127.0.0.1:9748", &format!("127.0.0.1:{port}"))
            .replace("scrape_interval: 30s", "scrape_interval: 1s");
        let config = format!("global:\n  evaluation_interval: 1s\n{config}");
        let file = dir.path().join("prometheus.yml");
        std::fs::write(&file, &config).unwrap();
        assert!(
            config.contains(&format!("127.0.0.1:{port}\"")) && config.contains("interval: 1s\n    static"),
            "{config}"
        );
        let own = free_port();
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", dir.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{own}"));
        let mut process =
            Process::spawn("prometheus", &mut command, &host::output_dir(name).join("prometheus.log"));
        let place = Place::Port(own);
        process.wait_ready(LIMIT, || {
            place.request("GET", "/-/ready").try_send().ok().filter(|reply| reply.status == 200)
        });
        Self { _process: process, _dir: dir, place }
    }

    /// The answer of its API.
    #[track_caller]
    pub(crate) fn api(&self, path: &str) -> Value {
        let reply = self.place.request("GET", &format!("/api/v1/{path}")).send();
        let body: Value =
            serde_json::from_str(&unchunked(&reply)).unwrap_or_else(|error| panic!("{error}: {reply:?}"));
        assert_eq!(body["status"], "success", "{path}: {body}");
        body["data"].clone()
    }

    /// The samples that an expression gives now.
    #[track_caller]
    pub(crate) fn query(&self, expression: &str) -> Vec<Value> {
        let data = self.api(&format!("query?query={}", escaped(expression)));
        match data["result"].as_array() {
            Some(samples) if data["resultType"] == "vector" => samples.clone(),
            _ => panic!("{expression}: {data}"),
        }
    }

    /// Waits until an expression gives something.
    #[track_caller]
    pub(crate) fn await_samples(&self, expression: &str) -> Vec<Value> {
        wait_for(expression, LIMIT, || Some(self.query(expression)).filter(|samples| !samples.is_empty()))
    }
}

/// Go sends long answers in chunks (RFC 9112, section 7.1).
fn unchunked(reply: &HttpReply) -> String {
    if reply.header("transfer-encoding") != Some("chunked") {
        return reply.body.clone();
    }
    let (mut rest, mut whole) = (reply.body.as_str(), String::new());
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("the size of a chunk");
        if size == 0 {
            break;
        }
        whole.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    whole
}

/// Runs promtool with `input`, which must find nothing.
pub(crate) fn promtool(args: &[&str], input: &str, dir: &Path) {
    let program = host::system_program("/usr/bin/promtool", "prometheus");
    let ran =
        postern_tests::guard::run(Command::new(program).args(args).current_dir(dir), input.as_bytes(), LIMIT);
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "promtool {args:?}: {said}");
}

const LIMIT: Duration = Duration::from_secs(30);
