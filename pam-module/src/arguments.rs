//! The module's arguments, which follow its name in a service's file.

use std::path::{Path, PathBuf};

use postern_ipc::CLIENT_CONFIG_PATH;

/// `pam_postern.so [config=FILE] [service=NAME] [local_group=NAME] [uid_min=UID] [debug] [try_first_pass | use_first_pass]`
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// The front doors' configuration file.
    pub(crate) config: PathBuf,
    /// The service, if not by PAM's name for it.
    pub(crate) service: Option<String>,
    /// The local users whom an outage leaves to the rest of the stack.
    pub(crate) local: LocalUsers,
    /// Whether every step is logged.
    pub(crate) debug: bool,
    /// Where the main or app password comes from.
    pub(crate) password: PasswordFrom,
}

/// Where the main or app password comes from. A code is always asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PasswordFrom {
    /// posternd asks for it when it needs it.
    Question,
    /// From an earlier module. If none asked, posternd does.
    EarlierModuleOrQuestion,
    /// From an earlier module.
    EarlierModule,
}

/// Users of this host whom the directory does not have, according to the admin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LocalUsers {
    /// The members of this group.
    pub(crate) group: Option<String>,
    /// The users with a uid below this one.
    pub(crate) uid_min: Option<u32>,
}

impl Arguments {
    /// Reads the arguments. An unknown argument is an error, with a text for the log.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut parsed = Self {
            config: PathBuf::from(CLIENT_CONFIG_PATH),
            service: None,
            local: LocalUsers::default(),
            debug: false,
            password: PasswordFrom::Question,
        };
        for argument in arguments {
            match argument.split_once('=') {
                Some(("config", path)) if Path::new(path).is_absolute() => parsed.config = path.into(),
                Some(("config", _)) => return Err(format!("{argument}: not an absolute path")),
                Some(("service", name)) if !name.is_empty() => parsed.service = Some(name.to_owned()),
                Some(("service", _)) => return Err(format!("{argument}: no name")),
                Some(("local_group", name)) if !name.is_empty() => parsed.local.group = Some(name.to_owned()),
                Some(("local_group", _)) => return Err(format!("{argument}: no name")),
                Some(("uid_min", number)) => {
                    let number = number.parse().map_err(|_| format!("{argument}: not a uid"))?;
                    parsed.local.uid_min = Some(number);
                }
                None if argument == "debug" => parsed.debug = true,
                None if argument == "try_first_pass" => {
                    parsed.password = PasswordFrom::EarlierModuleOrQuestion;
                }
                None if argument == "use_first_pass" => parsed.password = PasswordFrom::EarlierModule,
                Some(_) | None => return Err(format!("{argument}: no such argument")),
            }
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Arguments, String> {
        Arguments::parse(&arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn every_argument_is_read() {
        let parsed = parse(&["config=/tmp/a=b.toml", "service=imap", "debug", "try_first_pass"]).unwrap();
        assert_eq!(parsed.config, Path::new("/tmp/a=b.toml"));
        assert_eq!((parsed.service.as_deref(), parsed.debug), (Some("imap"), true));
        assert_eq!(parsed.password, PasswordFrom::EarlierModuleOrQuestion);
        let local = parse(&["local_group=wheel", "uid_min=1000"]).unwrap().local;
        assert_eq!(local, LocalUsers { group: Some("wheel".to_owned()), uid_min: Some(1000) });
        assert_eq!(parse(&["use_first_pass"]).unwrap().password, PasswordFrom::EarlierModule);
    }

    #[test]
    fn without_arguments_everything_has_its_usual_value() {
        let parsed = parse(&[]).unwrap();
        assert_eq!(parsed.config, Path::new(CLIENT_CONFIG_PATH));
        assert_eq!(parsed.local, LocalUsers::default());
        assert_eq!((parsed.service, parsed.debug, parsed.password), (None, false, PasswordFrom::Question));
    }

    #[test]
    fn mistakes_are_errors() {
        for argument in [
            "nullok",
            "Debug",
            "debug=1",
            "config",
            "config=",
            "config=client.toml",
            "service=",
            "local_group=",
            "local_group",
            "uid_min=",
            "uid_min=-1",
            "uid_min=x",
            "",
        ] {
            assert!(parse(&["debug", argument]).is_err(), "{argument}");
        }
    }
}
