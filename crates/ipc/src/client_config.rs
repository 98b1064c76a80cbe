use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use postern_guarded_file::{FileError, read_trusted};
use serde::Deserialize;

/// The path of the front doors' configuration.
pub const CLIENT_CONFIG_PATH: &str = "/etc/postern/client.toml";

/// The configuration of a front door. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfig {
    /// posternd's socket.
    pub socket: PathBuf,
    /// How long a whole mail login may take. Postfix gives up after 10 s.
    pub mail_deadline: Duration,
    /// How long a whole conversation with a person may take. sshd gives up after 120 s.
    pub interactive_deadline: Duration,
    /// How long after its beginning a login of the service [`POSTFIX`](crate::POSTFIX) learns of an outage. Zero means
    /// at once.
    pub smtp_defer_after: Duration,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            socket: PathBuf::from("/run/postern/posternd.sock"),
            mail_deadline: Duration::from_secs(8),
            interactive_deadline: Duration::from_secs(110),
            smtp_defer_after: Duration::from_secs(11),
        }
    }
}

impl ClientConfig {
    /// Reads `path`. A missing file means the defaults.
    ///
    /// # Errors
    /// [`ConfigError`] if the file is broken or cannot be read, or if users other than root and the caller may write
    /// it.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let at = |what: String| ConfigError(format!("{}: {what}", path.display()));
        match read_trusted(path) {
            Ok(text) => Self::parse(&text).map_err(|ConfigError(what)| at(what)),
            Err(FileError::Missing) => Ok(Self::default()),
            Err(error) => Err(at(error.to_string())),
        }
    }

    /// Reads the text of such a file.
    ///
    /// # Errors
    /// [`ConfigError`] without the file's name.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::read(text).map_err(|what| ConfigError(what.trim_end().to_owned()))
    }

    fn read(text: &str) -> Result<Self, String> {
        let raw: Raw = toml::from_str(text).map_err(|error| error.to_string())?;
        let default = Self::default();
        Ok(Self {
            socket: match raw.socket {
                Some(path) if path.is_absolute() => path,
                Some(path) => return Err(format!("socket: {} is not an absolute path", path.display())),
                None => default.socket,
            },
            mail_deadline: duration("mail_deadline", raw.mail_deadline, default.mail_deadline)?,
            interactive_deadline: duration(
                "interactive_deadline",
                raw.interactive_deadline,
                default.interactive_deadline,
            )?,
            smtp_defer_after: match raw.smtp_defer_after.as_deref() {
                Some("0s") => Duration::ZERO,
                _ => duration("smtp_defer_after", raw.smtp_defer_after, default.smtp_defer_after)?,
            },
        })
    }
}

/// What is wrong in the front door's configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    socket: Option<PathBuf>,
    mail_deadline: Option<String>,
    interactive_deadline: Option<String>,
    smtp_defer_after: Option<String>,
}

fn duration(key: &str, text: Option<String>, default: Duration) -> Result<Duration, String> {
    let Some(text) = text else { return Ok(default) };
    let parsed = humantime::parse_duration(&text).map_err(|error| format!("{key}: \"{text}\": {error}"))?;
    if parsed < Duration::from_millis(100) || parsed > Duration::from_secs(600) {
        return Err(format!("{key}: \"{text}\" is not between 100ms and 10m"));
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn load(text: &str, mode: u32) -> Result<ClientConfig, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("client.toml");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        ClientConfig::load(&path)
    }

    #[test]
    fn a_missing_file_means_the_defaults() {
        assert_eq!(ClientConfig::load(Path::new("/nonexistent/client.toml")), Ok(ClientConfig::default()));
        assert_eq!(load("", 0o644), Ok(ClientConfig::default()));
    }

    #[test]
    fn every_key_is_read() {
        let text = "socket = \"/tmp/p.sock\"\nmail_deadline = \"5s\"\ninteractive_deadline = \"1m\"\nsmtp_defer_after = \"12s\"\n";
        let expected = ClientConfig {
            socket: "/tmp/p.sock".into(),
            mail_deadline: Duration::from_secs(5),
            interactive_deadline: Duration::from_secs(60),
            smtp_defer_after: Duration::from_secs(12),
        };
        assert_eq!(load(text, 0o644), Ok(expected));
        assert_eq!(load("smtp_defer_after = \"0s\"\n", 0o644).unwrap().smtp_defer_after, Duration::ZERO);
    }

    #[test]
    fn a_broken_file_or_one_that_others_may_write_is_refused() {
        for text in [
            "sockets = \"/x\"",
            "socket = \"relative\"",
            "mail_deadline = \"soon\"",
            "mail_deadline = \"0s\"",
            "smtp_defer_after = \"never\"",
            "=",
        ] {
            assert!(load(text, 0o644).is_err(), "{text}");
        }
        assert!(load("", 0o664).is_err());
        assert!(load("", 0o646).is_err());
    }
}
