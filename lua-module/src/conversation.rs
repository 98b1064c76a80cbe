use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use postern_ipc::{
    CLIENT_CONFIG_PATH, ClientConfig, Deferral, Flow, POSTFIX, PersistentClient, RefusedLookup, Reject,
    Verdict,
};

use crate::question::Question;

/// What Lua hears.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// One of `accept`, `reject`, `unknown`, `ignore`, `defer`.
    pub(crate) kind: &'static str,
    /// The canonical name of the account that was let in or found; of any other answer the reason, for the log.
    pub(crate) text: String,
    /// The userdb fields of that account.
    pub(crate) userdb: BTreeMap<String, String>,
}

impl Answer {
    /// Something is out of order. The log has it on one line.
    pub(crate) fn defer(why: impl AsRef<str>) -> Self {
        let lines: Vec<&str> = why.as_ref().lines().map(str::trim).collect();
        Self::without_fields("defer", lines.join(" "))
    }

    fn without_fields(kind: &'static str, text: String) -> Self {
        Self { kind, text, userdb: BTreeMap::new() }
    }

    fn of(verdict: Verdict, is_lookup: bool) -> Result<Self, Deferral> {
        Ok(match verdict {
            Verdict::Accept(accept) => Self { kind: "accept", text: accept.user, userdb: accept.userdb },
            Verdict::Reject(reject) if is_lookup => Self::of_refused_lookup(&reject),
            Verdict::Reject(reject) => Self::without_fields("reject", reject.reason.as_str().to_owned()),
            Verdict::Defer(defer) => return Err(defer.into()),
            Verdict::Ignore(ignore) => Self::without_fields("ignore", ignore.reason),
        })
    }

    fn of_refused_lookup(reject: &Reject) -> Self {
        let reason = reject.reason.as_str();
        match reject.reason.reaction().of_lookup() {
            RefusedLookup::UnknownUser => Self::without_fields("unknown", reason.to_owned()),
            RefusedLookup::Fault => Self::defer(format!("posternd refuses this lookup: {reason}")),
        }
    }
}

/// Puts `question` to posternd, on the connection of the one before if there is one.
///
/// An outage during a login for Postfix is reported so late that Postfix no longer listens; see [`POSTFIX`].
pub(crate) fn hold(question: Question) -> Answer {
    let started = Instant::now();
    let is_by_postfix = question.begin.flow == Flow::Login && question.begin.service == POSTFIX;
    let mut door = DOOR.lock().unwrap_or_else(PoisonError::into_inner);
    door.ask(question, started).unwrap_or_else(|deferral| {
        if is_by_postfix {
            deferral.outlast_postfix(started, door.config().smtp_defer_after);
        }
        Answer::defer(deferral.why())
    })
}

/// The one way to posternd of this process: its passdb and its userdb share a connection.
static DOOR: Mutex<Door> = Mutex::new(Door { in_force: None, client: PersistentClient::new() });

struct Door {
    /// The configuration as it was when the connection was made, and its path.
    in_force: Option<(PathBuf, ClientConfig)>,
    client: PersistentClient,
}

impl Door {
    fn ask(&mut self, question: Question, started: Instant) -> Result<Answer, Deferral> {
        let path = Path::new(question.config.as_deref().unwrap_or(CLIENT_CONFIG_PATH));
        if !self.is_open_by(path) {
            self.in_force = None;
            let config = ClientConfig::load(path).map_err(|error| Deferral::of_host(error.to_string()))?;
            self.in_force = Some((path.to_owned(), config));
        }
        let (config, is_lookup) = (self.config(), question.begin.flow == Flow::Lookup);
        let verdict = self.client.converse(&config.socket, question.begin, started + config.mail_deadline);
        Answer::of(verdict.map_err(|failure| Deferral::of_failure(&config.socket, &failure))?, is_lookup)
    }

    /// Whether the connection that the configuration at `path` led to is still open. If not, the file is read again.
    fn is_open_by(&self, path: &Path) -> bool {
        let in_force = self.in_force.as_ref().filter(|(of, _)| of == path);
        in_force.is_some_and(|(_, config)| self.client.is_connected(&config.socket))
    }

    fn config(&self) -> ClientConfig {
        self.in_force.as_ref().map(|(_, config)| config.clone()).unwrap_or_default()
    }
}
