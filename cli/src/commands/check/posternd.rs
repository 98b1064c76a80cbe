use std::path::Path;

use postern_core::config::ConfigDigest;
use postern_ipc::{Failure, Status};

use super::super::status::log_problem;
use super::remark::Remark;

/// Compares what the running posternd reports with the configuration that is in `file` now. The digest is `None` if
/// that is broken.
pub(super) fn examine(
    socket: &Path,
    file: &Path,
    digest: Option<&ConfigDigest>,
    asked: Result<Status, Failure>,
) -> Vec<Remark> {
    let socket = socket.display();
    let status = match asked {
        Ok(status) => status,
        Err(failure) => {
            let text = format!("{socket}: {failure}; start it: systemctl start posternd.socket");
            return vec![Remark::fail(text)];
        }
    };
    let mut remarks = Vec::new();
    if status.config_broken {
        remarks.push(Remark::fail(
            "runs with an older configuration, for it could not read the newest; fix it, then: systemctl reload posternd"
                .to_owned(),
        ));
        remarks.extend(status.config_problems.iter().map(|problem| Remark::fail(problem.clone())));
    } else if let (Some(digest), Some(in_force)) = (digest, &status.config_digest)
        && digest.as_str() != in_force
    {
        remarks.push(Remark::warn(format!(
            "runs with another configuration than {}, or than the files that it names, say now; make it read them again: \
             systemctl reload posternd",
            file.display()
        )));
    }
    for key in &status.restart_needed {
        remarks.push(Remark::warn(format!(
            "has another value of {key}; restart it: systemctl restart posternd"
        )));
    }
    for name in &status.unknown_users {
        remarks.push(Remark::warn(format!(
            "does not know the user {name} of socket.trusted or web.user yet; it looks again when that user connects"
        )));
    }
    if let Some(problem) = log_problem(&status) {
        remarks.push(Remark::fail(format!(
            "its log: {problem}; look at: systemctl status systemd-journald, df"
        )));
    }
    if let Some(problem) = &status.metrics_problem {
        remarks.push(Remark::fail(format!(
            "serves no metrics: {problem}; look who has the address: ss -ltnp; a Unix socket cannot be taken: [metrics] listen = \
             \"unix:/run/postern/metrics.sock\""
        )));
    }
    let ours = env!("CARGO_PKG_VERSION");
    if status.version != ours {
        remarks
            .push(Remark::warn(format!("is of version {}, and this is {ours}; restart it", status.version)));
    }
    if remarks.is_empty() {
        remarks.push(Remark::ok(format!("version {} answers at {socket}", status.version)));
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(more: &str) -> Status {
        let version = env!("CARGO_PKG_VERSION");
        let text = format!(
            r#"{{"version":"{version}","pid":1,"uptime_seconds":1,"config_age_seconds":1,"reloads":0,"connections":1,
                "config_broken":false,"dialogues":0,"verdicts":{{}},"argon2id_runs":{{}},"cache_hits":0,
                "hashing_peak_kib":0{more}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn remarks(more: &str) -> Vec<String> {
        let remarks = examine(Path::new("/s"), Path::new("/c"), None, Ok(status(more)));
        remarks.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_posternd_of_before_is_read_and_one_in_order_is_ok() {
        assert_eq!(remarks(""), [format!("ok version {} answers at /s", env!("CARGO_PKG_VERSION"))]);
        assert!(remarks(r#","something_newer":1"#)[0].starts_with("ok "));
    }

    #[test]
    fn a_configuration_that_posternd_has_not_read_is_named_with_the_command() {
        let restart = remarks(r#","restart_needed":["log"],"unknown_users":["dovecot"]"#);
        assert!(restart[0].starts_with("warn ") && restart[0].contains("systemctl restart posternd"));
        assert!(restart[1].contains("the user dovecot"));
        let lost = remarks(r#","log_lines_lost":7,"log_lost_seconds_ago":5"#);
        assert!(lost[0].starts_with("FAIL its log: 7 lines were lost"), "{lost:?}");
        let stuck = remarks(r#","log_stuck_seconds":9"#);
        assert!(stuck[0].starts_with("FAIL its log: no process has read it for 9s"), "{stuck:?}");
        let metrics = remarks(r#","metrics_problem":"127.0.0.1:9748: Address already in use""#);
        assert!(metrics[0].starts_with("FAIL serves no metrics: 127.0.0.1:9748: Address"), "{metrics:?}");
    }
}
