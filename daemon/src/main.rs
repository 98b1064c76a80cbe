//! posternd: the engine behind the socket. It alone holds the stores and the keyring; front doors only relay to it.

#![forbid(unsafe_code)]

mod args;
mod audit_throttle;
mod compose;
mod connection;
mod harden;
mod history_writer;
mod hosts;
mod keyring_file;
mod listener;
mod logging;
mod metrics;
mod metrics_listener;
mod peer;
mod serve;
mod server;
mod site;
mod slots;
mod status;
mod task;
mod users;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

fn main() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => return logging::usage(&error),
    };
    if let Err(error) = harden::harden() {
        return logging::refuse(harden::EX_OSERR, &format!("cannot protect this process: {error}"));
    }
    if args.check {
        return match on_a_runtime(async move { compose::check(&args.config) }) {
            Ok(Ok(())) => ExitCode::SUCCESS,
            Ok(Err(why)) => logging::refuse(EX_CONFIG, &why),
            Err(error) => logging::refuse(harden::EX_OSERR, &format!("cannot start: {error}")),
        };
    }
    let (config, digest) = match compose::read(&args.config) {
        Ok(read) => read,
        Err(problems) => return logging::refuse(EX_CONFIG, &problems.to_string()),
    };
    let log = match logging::start(config.log.level) {
        Ok(log) => log,
        Err(error) => return logging::refuse(harden::EX_OSERR, &format!("cannot log: {error}")),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return logging::refuse(harden::EX_OSERR, &format!("cannot start: {error}")),
    };
    // Connections are accepted on the worker threads: accepting on this thread would have to wake up another one each time.
    let ended = runtime.block_on(runtime.spawn(serve::run(args.config, (config, digest), log.clone())));
    // A stuck call to a name service must not keep this process alive.
    runtime.shutdown_timeout(LAST_MOMENT);
    log.flush(postern_log::LAST_MOMENT);
    match ended {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => logging::refuse(EX_CONFIG, &error.to_string()),
        Err(error) => logging::refuse(EX_SOFTWARE, &error.to_string()),
    }
}

fn on_a_runtime<T>(work: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(work))
}

const LAST_MOMENT: Duration = Duration::from_secs(1);
/// sysexits(3): something is wrong with the configuration.
const EX_CONFIG: u8 = 78;
/// sysexits(3): something is wrong with this program.
const EX_SOFTWARE: u8 = 70;
