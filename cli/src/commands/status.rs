use std::path::Path;
use std::time::{Duration, Instant};

use postern_core::clock::SKEW;
use postern_core::flows::clock_text;
use postern_ipc::{Begin, Client, Failure as IpcFailure, Flow, Status};

use crate::failure::Failure;
use crate::output::Output;
use crate::privileges;

/// Asks the running posternd how it is.
pub(crate) fn run(path: &Path, output: Output) -> Result<(), Failure> {
    let config = privileges::load_config(path)?;
    let status = ask(&config.socket.path).map_err(|failure| {
        let socket = config.socket.path.display();
        Failure::unavailable(format!(
            "{socket}: {failure}; look at: systemctl status posternd, postern check"
        ))
    })?;
    output.print(&describe(&status), "status", &status)
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
         configuration  {config} {age} old\n\
         conversations  {open} open, {dialogues} of them dialogues; so far {verdicts}\n\
         argon2id runs  {runs}; {hits} spared by the cache\n\
         hashing memory {peak} MiB at most\n\
         log            {log}\n\
         {clocks}",
        version = status.version,
        pid = status.pid,
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

/// What is wrong with posternd's log.
pub(super) fn log_problem(status: &Status) -> Option<String> {
    let span = |seconds| humantime::format_duration(Duration::from_secs(seconds)).to_string();
    let stuck = (status.log_stuck_seconds >= STUCK_SECONDS).then(|| {
        format!("nobody has read it for {}, or the disk does not write", span(status.log_stuck_seconds))
    });
    let lost = status
        .log_lost_seconds_ago
        .map(|ago| format!("{} lines were lost, the newest {} ago", status.log_lines_lost, span(ago)));
    let problems: Vec<String> = [stuck, lost].into_iter().flatten().collect();
    (!problems.is_empty()).then(|| problems.join("; "))
}

/// A journal may be busy for a moment.
const STUCK_SECONDS: u64 = 2;

/// A line about the clocks of host and ledger, where they are two.
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
