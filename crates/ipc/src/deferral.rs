use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::{Defer, Failure};

/// The service name under which Dovecot authenticates for Postfix' smtpd.
///
/// Postfix treats every failure that Dovecot reports as a wrong password (535), even an outage. Only if Dovecot stays
/// silent for 10 s does it answer 454, on which mail programs try again. An outage is therefore reported so late
/// ([`ClientConfig::smtp_defer_after`](crate::ClientConfig)) that Postfix no longer listens.
pub const POSTFIX: &str = "smtp";

/// Why a front door lets nobody in and refuses nobody, but says "try again later".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deferral {
    why: String,
    is_for_all: bool,
}

impl Deferral {
    /// A fault of the front door or of its configuration. A client must not be able to cause it.
    #[must_use]
    pub fn of_host(why: String) -> Self {
        Self { why, is_for_all: true }
    }

    /// The conversation at `socket` has no verdict.
    #[must_use]
    pub fn of_failure(socket: &Path, failure: &Failure) -> Self {
        Self { why: format!("{}: {failure}", socket.display()), is_for_all: failure.is_for_all() }
    }

    /// What to log.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }

    /// Reports an outage that began a login at `started` only once Postfix has given up; see [`POSTFIX`].
    ///
    /// It waits only if all logins of this host fail. Dovecot has few auth workers (`auth_worker_max_count`, 30 for all services), so
    /// a client that could make them wait for a deferral of its own would keep everybody else out.
    #[allow(
        clippy::disallowed_methods,
        reason = "this waits for the time alone, and no longer than client.toml says"
    )]
    pub fn outlast_postfix(&self, started: Instant, smtp_defer_after: Duration) {
        if self.is_for_all {
            std::thread::sleep((started + smtp_defer_after).saturating_duration_since(Instant::now()));
        }
    }
}

impl From<Defer> for Deferral {
    fn from(defer: Defer) -> Self {
        Self { why: defer.reason, is_for_all: !defer.partial }
    }
}

impl fmt::Display for Deferral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProtocolError;

    fn waits(deferral: &Deferral) -> bool {
        let started = Instant::now();
        deferral.outlast_postfix(started, Duration::from_millis(50));
        started.elapsed() >= Duration::from_millis(50)
    }

    #[test]
    fn only_an_outage_for_all_is_reported_late() {
        let at = |failure| Deferral::of_failure(Path::new("/run/s"), &failure);
        assert!(waits(&at(Failure::Unreachable("x"))) && waits(&at(Failure::TimedOut)));
        assert!(waits(&at(Failure::Closed)) && waits(&Deferral::of_host("client.toml".to_owned())));
        let defer = |partial| Deferral::from(Defer { reason: "x".to_owned(), partial });
        assert!(waits(&defer(false)) && !waits(&defer(true)));
        // A client may have had a part in these.
        assert!(!waits(&at(Failure::Garbled)) && !waits(&at(Failure::TooLong)));
        assert!(!waits(&at(Failure::Refused(ProtocolError::Malformed("x".to_owned())))));
    }
}
