use std::ffi::OsString;
use std::path::{Path, PathBuf};

use postern_ipc::CLIENT_CONFIG_PATH;

/// `postern-checkpassword [--config FILE] [--service NAME] program [argument…]`
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// The front doors' configuration file.
    pub(crate) config: PathBuf,
    /// The service, for callers that do not set `SERVICE`.
    pub(crate) service: Option<String>,
    /// The program to run on success, with its arguments.
    pub(crate) program: Vec<OsString>,
}

impl Arguments {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut parsed =
            Self { config: PathBuf::from(CLIENT_CONFIG_PATH), service: None, program: Vec::new() };
        while let Some(argument) = arguments.next() {
            let mut value =
                |option: &str| arguments.next().ok_or_else(|| format!("{option} needs a value; {USAGE}"));
            match argument.to_str() {
                Some("--config") => parsed.config = PathBuf::from(value("--config")?),
                Some("--service") => {
                    let name = value("--service")?;
                    parsed.service =
                        Some(name.into_string().map_err(|_| "--service is not UTF-8".to_owned())?);
                }
                Some(option) if option.starts_with('-') => return Err(format!("unknown option; {USAGE}")),
                _ => {
                    parsed.program.push(argument);
                    parsed.program.extend(arguments);
                    return Ok(parsed);
                }
            }
        }
        Err(format!("no program to run on success; {USAGE}"))
    }

    /// Whether the program is Dovecot's own reply tool. We then answer in its place and save an exec.
    pub(crate) fn is_reply_tool(&self) -> bool {
        self.program.first().is_some_and(is_named_reply)
    }

    /// Whether Dovecot is the caller.
    pub(crate) fn is_of_dovecot(&self) -> bool {
        self.is_reply_tool() || self.ends_in_reply_tool()
    }

    /// Whether the last argument is Dovecot's reply tool, behind a wrapper.
    pub(crate) fn ends_in_reply_tool(&self) -> bool {
        self.program.last().is_some_and(is_named_reply)
    }
}

fn is_named_reply(program: &OsString) -> bool {
    Path::new(program).file_name().is_some_and(|name| name == "checkpassword-reply")
}

const USAGE: &str = "usage: postern-checkpassword [--config FILE] [--service NAME] program [argument...]";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Arguments, String> {
        Arguments::parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn options_come_before_the_program_and_nothing_behind_it_is_ours() {
        let parsed = parse(&["--service", "pop3", "/bin/pop3d", "--config", "Maildir"]).unwrap();
        assert_eq!(parsed.service.as_deref(), Some("pop3"));
        assert_eq!(parsed.config, Path::new(CLIENT_CONFIG_PATH));
        assert_eq!(parsed.program, ["/bin/pop3d", "--config", "Maildir"]);
    }

    #[test]
    fn the_reply_tool_is_known_by_its_name() {
        assert!(parse(&["/usr/lib/dovecot/checkpassword-reply"]).unwrap().is_reply_tool());
        let wrapped = parse(&["/usr/local/bin/wrapper", "/usr/lib/dovecot/checkpassword-reply"]).unwrap();
        assert!(!wrapped.is_reply_tool() && wrapped.ends_in_reply_tool());
    }

    #[test]
    fn mistakes_are_errors() {
        for arguments in
            [&[][..], &["--service"], &["--service", "imap"], &["--verbose", "/bin/true"], &["-h"]]
        {
            assert!(parse(arguments).is_err(), "{arguments:?}");
        }
    }
}
