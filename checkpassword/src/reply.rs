use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::Command;

use postern_ipc::{Accept, Deferral, RefusedLookup, Verdict};

use crate::arguments::Arguments;
use crate::descriptors;

/// How this process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The password is right.
    Accepted,
    /// The password is wrong.
    Refused,
    /// A lookup found the account.
    Found,
    /// A lookup found no account.
    NotFound,
    /// A fault; the caller may try again later.
    Defer,
}

impl Ending {
    /// The exit status that the contract gives it.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Accepted => 0,
            Self::Refused => 1,
            Self::Found => 2,
            Self::NotFound => 3,
            Self::Defer => 111,
        }
    }
}

/// Passes a verdict on: to Dovecot on file descriptor 4, or to the program that this process becomes.
pub(crate) fn give(verdict: Verdict, is_lookup: bool, arguments: &Arguments) -> Result<Ending, Deferral> {
    match verdict {
        Verdict::Accept(accept) if arguments.is_reply_tool() => {
            answer_dovecot(&accept).map_err(Deferral::of_host)?;
            Ok(if is_lookup { Ending::Found } else { Ending::Accepted })
        }
        Verdict::Accept(accept) => Err(Deferral::of_host(become_program(&accept, is_lookup, arguments))),
        Verdict::Reject(reject) if is_lookup => Ok(match reject.reason.reaction().of_lookup() {
            RefusedLookup::UnknownUser => Ending::NotFound,
            // Dovecot reads 1 as a failure.
            RefusedLookup::Fault => Ending::Refused,
        }),
        Verdict::Reject(_) => Ok(Ending::Refused),
        Verdict::Defer(defer) => Err(defer.into()),
        Verdict::Ignore(ignore) => {
            Err(Deferral::of_host(format!("posternd ignored a mail login: {}", ignore.reason)))
        }
    }
}

/// Writes the line that Dovecot's checkpassword-reply would write.
fn answer_dovecot(accept: &Accept) -> Result<(), String> {
    let mut pipe = descriptors::inherited(4).ok_or("no file descriptor 4 to answer Dovecot on")?;
    pipe.write_all(reply_line(accept).as_bytes())
        .map_err(|error| format!("file descriptor 4 cannot be written: {error}"))
}

fn reply_line(accept: &Accept) -> String {
    let mut line = format!("user={}\t", tab_escaped(&accept.user));
    for (field, value) in &accept.userdb {
        line.push_str(&format!("userdb_{}={}\t", tab_escaped(field), tab_escaped(value)));
    }
    line
}

/// Dovecot's `str_tabescape`: a character that would end a field or a line is written after a `\x01`.
fn tab_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0' => escaped.push_str("\u{1}0"),
            '\u{1}' => escaped.push_str("\u{1}1"),
            '\t' => escaped.push_str("\u{1}t"),
            '\r' => escaped.push_str("\u{1}r"),
            '\n' => escaped.push_str("\u{1}n"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Replaces this process by the program. Returns only an error for the log.
fn become_program(accept: &Accept, is_lookup: bool, arguments: &Arguments) -> String {
    let Some((program, rest)) = arguments.program.split_first() else {
        return "no program to run".to_owned();
    };
    let mut command = Command::new(program);
    command.args(rest).env("USER", &accept.user);
    let home = accept.userdb.get("home");
    if let Some(home) = home {
        command.env("HOME", home);
    }
    if is_lookup {
        command.env("AUTHORIZED", "2");
    }
    let mut extra = Vec::new();
    for (field, value) in accept.userdb.iter().filter(|(field, _)| *field != "home") {
        extra.push(format!("userdb_{field}"));
        command.env(format!("userdb_{field}"), value);
    }
    command.env("EXTRA", extra.join(" "));
    if !arguments.ends_in_reply_tool() && rustix::process::geteuid().is_root() {
        // The plain contract: if we are root, the program runs as the account's user and group in its folder.
        match (number(&accept.userdb, "uid"), number(&accept.userdb, "gid")) {
            (Some(uid), Some(gid)) => command.uid(uid).gid(gid),
            _ => return format!("{} has no uid or gid, and a program is not started as root", accept.user),
        };
        if let Some(home) = home {
            command.current_dir(home);
        }
    }
    if let Err(error) = descriptors::keep_from_program(arguments.ends_in_reply_tool().then_some(4)) {
        return format!("cannot tell which file descriptors to close: {error}");
    }
    format!("cannot run {}: {}", program.display(), command.exec())
}

fn number(userdb: &BTreeMap<String, String>, field: &str) -> Option<u32> {
    userdb.get(field)?.parse().ok().filter(|id| *id != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reply_is_one_line_of_escaped_fields() {
        let userdb = [("home", "/srv/a\tb"), ("quota_rule", "*:storage=5G"), ("uid", "10001")];
        let userdb = userdb.into_iter().map(|(field, value)| (field.to_owned(), value.to_owned())).collect();
        let accept = Accept { user: "alice\n".to_owned(), userdb, proof: None };
        assert_eq!(
            reply_line(&accept),
            "user=alice\u{1}n\tuserdb_home=/srv/a\u{1}tb\tuserdb_quota_rule=*:storage=5G\tuserdb_uid=10001\t"
        );
    }

    #[test]
    fn uid_0_is_never_taken_from_userdb() {
        let userdb = BTreeMap::from([("uid".to_owned(), "0".to_owned()), ("gid".to_owned(), "x".to_owned())]);
        assert_eq!((number(&userdb, "uid"), number(&userdb, "gid")), (None, None));
    }
}
