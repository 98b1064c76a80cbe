use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use postern_core::clock::SKEW;
use postern_core::config::{Config, Problems};
use postern_core::exchange::clock_text;
use postern_ipc::{Begin, CLIENT_CONFIG_PATH, Client, ClientConfig, Failure as IpcFailure, Flow, Status};

use crate::count::counted;
use crate::failure::Failure;
use crate::output::Output;
use crate::privileges;

/// Asks the running posternd for its status. This works with a broken configuration, when it is needed most.
pub(crate) fn run(path: &Path, output: Output) -> Result<(), Failure> {
    privileges::become_postern()?;
    privileges::refuse_others(path)?;
    let (socket, broken) = match Config::load(path) {
        Ok(config) => (config.socket.path, None),
        Err(problems) => (socket_of_broken(path), Some(problems)),
    };
    match (ask(&socket), broken) {
        (Ok(status), broken) => {
            let mut text = describe(&status);
            for line in broken.iter().flat_map(Problems::lines) {
                text.push_str(&format!("broken         {line}\n"));
            }
            output.print(&text, "status", &status)
        }
        (Err(_), Some(problems)) => Err(problems.into()),
        (Err(failure), None) => Err(Failure::unavailable(format!(
            "{}: {failure}; look at: systemctl status posternd, postern check",
            socket.display()
        ))),
    }
}

/// The socket of posternd according to the broken configuration, or else that of the front doors.
pub(super) fn socket_of_broken(path: &Path) -> PathBuf {
    let of_front_doors = || ClientConfig::load(Path::new(CLIENT_CONFIG_PATH)).unwrap_or_default().socket;
    Config::socket_of_broken(path).unwrap_or_else(of_front_doors)
}

/// One short conversation with posternd.
pub(super) fn ask(socket: &Path) -> Result<Status, IpcFailure> {
    Client::connect(socket, Instant::now() + PATIENCE)?.status(Begin::new(Flow::Status, "", ""))
}

fn describe(status: &Status) -> String {
    let span = |seconds| humantime::format_duration(Duration::from_secs(seconds)).to_string();
    let counts = |map: &std::collections::BTreeMap<String, u64>| {
        map.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
    };
    let config = if status.config_broken { "the newest one is broken, still in use is one" } else { "read" };
    format!(
        "posternd {version}, process {pid}, up {up}\n\
         configuration  {config} {age} old, {digest}\n{problems}\
         conversations  {open} open, {dialogues} of them dialogues; so far {verdicts}\n\
         argon2id runs  {runs}; {hits} spared by the cache\n\
         hashing memory {peak} MiB at most\n\
         log            {log}\n\
         {clocks}",
        version = status.version,
        pid = status.pid,
        digest = status.config_digest.as_deref().and_then(|digest| digest.get(..12)).unwrap_or("-"),
        problems = problems(status),
        up = span(status.uptime_seconds),
        age = span(status.config_age_seconds),
        open = status.connections,
        dialogues = status.dialogues,
        verdicts = counts(&status.verdicts),
        runs = counts(&status.argon2id_runs),
        hits = status.cache_hits,
        peak = status.hashing_peak_kib.div_ceil(1024),
        log = log_problem(status).unwrap_or_else(|| "in order".to_owned()),
        clocks = clocks(status.clock_ahead_seconds),
    )
}

/// What failed at the last reload, and was not changed by it.
fn problems(status: &Status) -> String {
    let failed = status.config_problems.iter().map(|problem| format!("reload failed  {problem}\n"));
    let restart = status.restart_needed.iter().map(|key| format!("restart needed {key}\n"));
    let unknown = status.unknown_users.iter().map(|name| format!("unknown user   {name}\n"));
    let metrics = status.metrics_problem.iter().map(|why| format!("no metrics     {why}\n"));
    failed.chain(restart).chain(unknown).chain(metrics).collect()
}

/// Faults of posternd's log.
pub(super) fn log_problem(status: &Status) -> Option<String> {
    let span = |seconds| humantime::format_duration(Duration::from_secs(seconds)).to_string();
    let stuck = (status.log_stuck_seconds >= STUCK_SECONDS).then(|| {
        format!("no process has read it for {}, or the disk does not write", span(status.log_stuck_seconds))
    });
    let lost = status.log_lost_seconds_ago.map(|ago| {
        format!(
            "{} lost, the newest {} ago",
            counted(status.log_lines_lost, "line was", "lines were"),
            span(ago)
        )
    });
    let problems: Vec<String> = [stuck, lost].into_iter().flatten().collect();
    (!problems.is_empty()).then(|| problems.join("; "))
}

/// A journal may be busy for a moment.
const STUCK_SECONDS: u64 = 2;

/// A line about the clocks of host and ledger, if there are two.
fn clocks(ahead: Option<i64>) -> String {
    match ahead {
        None => String::new(),
        Some(ahead) if ahead.unsigned_abs() > SKEW.as_secs() => {
            format!("clocks         {}\n", clock_text(ahead))
        }
        Some(ahead) => {
            format!(
                "clocks         this host's and the ledger's agree to {} s\n",
                ahead.unsigned_abs().max(1)
            )
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(2);
