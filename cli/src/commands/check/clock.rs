//! Whether this host's clock is synchronised. Codes are valid for a minute and a half.

use std::path::Path;
use std::process::Command;

use super::remark::Remark;

/// Reports the state of the clock. A host that cannot tell, such as a container, is not at fault.
pub(super) fn examine() -> Remark {
    remark(timedated().or_else(chronyd).or_else(timesyncd), is_container())
}

/// The source of the information, and what it says.
type Answer = (&'static str, bool);

fn remark(answer: Option<Answer>, is_container: bool) -> Remark {
    match (answer, is_container) {
        (Some((who, true)), _) => Remark::ok(format!("is synchronised, says {who}")),
        (Some((who, false)), true) => Remark::note(format!(
            "is not synchronised, says {who}; in this container it is the host's, so see to it there"
        )),
        (Some((who, false)), false) => Remark::warn(format!(
            "is not synchronised, says {who}: right codes are refused once it is a minute off; set up chrony, systemd-timesyncd or ntpd"
        )),
        (None, true) => Remark::note(
            "is that of the host of this container, and whether it is synchronised is not told here".to_owned(),
        ),
        (None, false) => Remark::note(
            "whether it is synchronised is not known: neither timedatectl nor chronyc tells; right codes are refused once it is a minute off"
                .to_owned(),
        ),
    }
}

/// The state of the kernel's clock (adjtimex(2)), through systemd.
fn timedated() -> Option<Answer> {
    let said = run("/usr/bin/timedatectl", &["show", "--property=NTPSynchronized", "--value"])?;
    Some(("timedatectl", word(&said, "yes", "no")?))
}

fn chronyd() -> Option<Answer> {
    let said = run("/usr/bin/chronyc", &["-n", "tracking"])?;
    let leap = said.lines().find_map(|line| line.strip_prefix("Leap status"))?;
    let leap = leap.trim_start_matches([' ', ':', '\t']).trim();
    Some(("chronyc", leap != "Not synchronised"))
}

/// A file that exists once synchronisation has succeeded since the host started. Its absence proves nothing.
fn timesyncd() -> Option<Answer> {
    Path::new("/run/systemd/timesync/synchronized").exists().then_some(("systemd-timesyncd", true))
}

fn word(said: &str, yes: &str, no: &str) -> Option<bool> {
    match said.trim() {
        said if said == yes => Some(true),
        said if said == no => Some(false),
        _ => None,
    }
}

fn is_container() -> bool {
    ["/run/systemd/container", "/run/.containerenv", "/.dockerenv"]
        .iter()
        .any(|mark| Path::new(mark).exists())
}

/// The output of a program that succeeds. If it waits for a service that is absent, it gives up by itself.
fn run(program: &str, args: &[&str]) -> Option<String> {
    if !Path::new(program).is_file() {
        return None;
    }
    let ran = Command::new(program).args(args).output().ok().filter(|ran| ran.status.success())?;
    String::from_utf8(ran.stdout).ok()
}

#[cfg(test)]
mod tests {
    use super::super::remark::Mark;
    use super::*;

    #[test]
    fn an_unknown_clock_is_a_note_and_so_is_a_wrong_one_in_a_container() {
        assert_eq!(remark(Some(("timedatectl", true)), false).mark, Mark::Ok);
        assert_eq!(remark(Some(("timedatectl", false)), false).mark, Mark::Warn);
        for (answer, is_container) in [(None, false), (None, true), (Some(("chronyc", false)), true)] {
            assert_eq!(remark(answer, is_container).mark, Mark::Note, "{answer:?}");
        }
    }

    #[test]
    fn only_yes_and_no_are_answers() {
        assert_eq!(word("yes\n", "yes", "no"), Some(true));
        assert_eq!(word("no\n", "yes", "no"), Some(false));
        assert_eq!(word("Failed to connect to bus", "yes", "no"), None);
    }
}
