use postern_core::ledger::LedgerError;
use redis::RedisError;

/// Why a call failed, by the reaction to it.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// The connection is lost, or its server accepts no writes now: another connection may work.
    Lost(String),
    /// In a Cluster: the keys have moved to this server.
    Moved(String),
    /// In a Cluster: the keys may already be at this server; ask it once.
    Ask(String),
    /// No other connection would help.
    Final(LedgerError),
}

impl Fault {
    pub(super) fn of(error: &RedisError) -> Self {
        let Some(code) = error.code() else {
            let is_lost = error.is_io_error() || error.is_connection_dropped();
            let text = error.to_string();
            return if is_lost { Self::Lost(text) } else { Self::Final(LedgerError::Broken(text)) };
        };
        let detail = error.detail().unwrap_or_default();
        let text = || quoted(code, detail);
        match code {
            "READONLY" | "LOADING" | "MASTERDOWN" | "NOREPLICAS" | "UNBLOCKED" => Self::Lost(text()),
            "MOVED" | "ASK" => match error.redirect_node() {
                Some((node, _)) if code == "MOVED" => Self::Moved(node.to_owned()),
                Some((node, _)) => Self::Ask(node.to_owned()),
                None => Self::Final(LedgerError::Broken(text())),
            },
            "CLUSTERDOWN" | "TRYAGAIN" | "MISCONF" | "OOM" | "BUSY" => Self::Final(LedgerError::Down(text())),
            "ERR" if detail.starts_with("max number of clients") => Self::Final(LedgerError::Down(text())),
            _ => Self::Final(LedgerError::Broken(text())),
        }
    }

    /// The error for the ledger's caller.
    pub(super) fn into_error(self) -> LedgerError {
        match self {
            Self::Lost(why) => LedgerError::Down(why),
            Self::Moved(_) | Self::Ask(_) => LedgerError::Broken(
                "is a part of a Cluster; url has to be redis+cluster://host:port,host:port".to_owned(),
            ),
            Self::Final(error) => error,
        }
    }
}

impl From<LedgerError> for Fault {
    fn from(error: LedgerError) -> Self {
        Self::Final(error)
    }
}

/// An answer of the server, for a log. Never an answer to AUTH: a server that does not know the command repeats its arguments.
fn quoted(code: &str, detail: &str) -> String {
    let detail: String = detail.chars().filter(|c| !c.is_control()).take(MOST_CHARACTERS).collect();
    format!("{code} {detail}")
}

const MOST_CHARACTERS: usize = 160;
