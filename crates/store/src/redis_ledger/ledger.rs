use std::fmt;
use std::sync::Arc;

use postern_core::clock::Clock;
use postern_core::config::{Redis, RedisServers};

use super::calls::{Calls, LedgerTime};
use super::connect::OpenRedisError;
use super::ended_browsers::EndedBrowsers;
use super::fence::Fences;
use super::granted::Granted;
use crate::Access;
use crate::server_state::ServerState;

/// The ledger of a site, in its Redis.
pub struct RedisLedger {
    pub(super) calls: Arc<Calls>,
    pub(super) fences: Arc<Fences>,
    /// The steps and challenges that this process was granted. It grants none of them again, even if Redis says later that it may.
    pub(super) granted: Granted,
    pub(super) ended_browsers: EndedBrowsers,
    configured: RedisServers,
    access: Access,
}

impl RedisLedger {
    /// Prepares connections; none is made before it is needed.
    ///
    /// # Errors
    /// [`OpenRedisError`] names the file that cannot be used.
    pub fn open(config: &Redis, clock: Arc<dyn Clock>) -> Result<Self, OpenRedisError> {
        Self::new(config, clock, LedgerTime::Server, Access::Daemon)
    }

    /// As [`RedisLedger::open`], for a process that is not posternd: it never raises a fence, and its questions change nothing.
    ///
    /// # Errors
    /// As [`RedisLedger::open`].
    pub fn open_for_tool(config: &Redis, clock: Arc<dyn Clock>) -> Result<Self, OpenRedisError> {
        Self::new(config, clock, LedgerTime::Server, Access::Tool)
    }

    /// As [`RedisLedger::open`] with another clock than the server's, for tests.
    ///
    /// # Errors
    /// As [`RedisLedger::open`].
    pub fn open_at(config: &Redis, clock: Arc<dyn Clock>, time: LedgerTime) -> Result<Self, OpenRedisError> {
        Self::new(config, clock, time, Access::Daemon)
    }

    fn new(
        config: &Redis,
        clock: Arc<dyn Clock>,
        time: LedgerTime,
        access: Access,
    ) -> Result<Self, OpenRedisError> {
        let calls = Arc::new(Calls::new(config, time)?);
        let fences = Arc::new(Fences::new(Arc::clone(&calls), &config.servers, clock, access));
        Ok(Self {
            calls,
            fences,
            granted: Granted::new(),
            ended_browsers: EndedBrowsers::new(),
            configured: config.servers.clone(),
            access,
        })
    }

    /// Each server that has been needed, as it was when it was last asked.
    #[must_use]
    pub fn server_states(&self) -> Vec<ServerState> {
        self.calls.servers.states()
    }

    /// Raises fences in the background. A tool leaves that to posternd.
    pub(super) fn watch_fences(&self) {
        match self.access {
            Access::Daemon => self.fences.watch(),
            Access::Tool => {}
        }
    }
}

impl fmt::Debug for RedisLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLedger").field("servers", &self.configured).finish_non_exhaustive()
    }
}
