//! Several servers as one: the first that answers, within one budget for all of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ldap3::SearchEntry;
use postern_core::directory::DirectoryError;
use postern_core::secret::Password;
use postern_core::turns::Lane;

use super::server::{Search, Server};
use super::trouble::{BindTrouble, Trouble};
use super::user_bind::Bound;

/// The servers for reads, in the order in which they are tried.
#[derive(Debug)]
pub(super) struct Servers(Vec<Arc<Server>>);

impl Servers {
    pub(super) fn new(servers: Vec<Arc<Server>>) -> Self {
        Self(servers)
    }

    pub(super) fn all(&self) -> &[Arc<Server>] {
        &self.0
    }

    /// Asks one server after the other. A server that does not answer is taken out of use until it answers a probe, so it costs one
    /// caller [`PATIENCE`], and later callers nothing.
    pub(super) async fn search(
        &self,
        search: Search<'_>,
        deadline: Instant,
    ) -> Result<Vec<SearchEntry>, DirectoryError> {
        let mut turns = self.turns(deadline);
        while let Some((server, share)) = turns.next() {
            match server.search(search, share).await {
                Ok(entries) => return Ok(entries),
                Err(trouble) => turns.failed(server, trouble)?,
            }
        }
        Err(turns.down())
    }

    /// Binds as a user at one server after the other, as [`Servers::search`] searches. A server that accepts the connection and does
    /// not answer the bind stays in use: the search before each bind tells whether it is well.
    pub(super) async fn bind(
        &self,
        dn: &str,
        password: &Password,
        lane: Lane,
        deadline: Instant,
    ) -> Result<Bound, DirectoryError> {
        let mut turns = self.turns(deadline);
        while let Some((server, share)) = turns.next() {
            match server.bind(dn, password, lane, share).await {
                Ok(bound) => return Ok(bound),
                Err(BindTrouble::Connection(trouble)) => turns.failed(server, trouble)?,
                Err(BindTrouble::Answer(trouble)) => turns.unanswered(server, trouble)?,
                Err(BindTrouble::Busy) => turns.busy(server),
            }
        }
        Err(turns.down())
    }

    /// Calls `each` for every entry that a search finds at one server, in pages. The whole has no deadline; a page that does not come in
    /// time ends it.
    pub(super) async fn for_each_entry(
        &self,
        search: Search<'_>,
        each: &mut (dyn FnMut(SearchEntry) + Send),
    ) -> Result<(), DirectoryError> {
        let mut turns = self.turns(Instant::now() + PAGE_WITHIN);
        let Some((server, _)) = turns.next() else { return Err(turns.down()) };
        match server.for_each_entry(search, PAGE_WITHIN, each).await {
            Ok(()) => Ok(()),
            Err(trouble) => {
                turns.failed(server, trouble)?;
                Err(turns.down())
            }
        }
    }

    fn turns(&self, deadline: Instant) -> Turns<'_> {
        let mut left: Vec<&Arc<Server>> = self.0.iter().filter(|server| !server.is_down()).collect();
        left.reverse();
        let last = DirectoryError::Down("every server was out of reach a moment ago".to_owned());
        Turns { left, deadline, last }
    }
}

/// The servers that are still to be asked.
struct Turns<'a> {
    left: Vec<&'a Arc<Server>>,
    deadline: Instant,
    last: DirectoryError,
}

impl<'a> Turns<'a> {
    /// The next server, and its deadline.
    fn next(&mut self) -> Option<(&'a Arc<Server>, Instant)> {
        let server = self.left.pop()?;
        let share =
            if self.left.is_empty() { self.deadline } else { self.deadline.min(Instant::now() + PATIENCE) };
        Some((server, share))
    }

    fn failed(&mut self, server: &Arc<Server>, trouble: Trouble) -> Result<(), DirectoryError> {
        let down = DirectoryError::Down(settle(server, trouble)?);
        // One that is up may have been asked before.
        if let DirectoryError::Down(_) = self.last {
            self.last = down;
        }
        Ok(())
    }

    fn unanswered(&mut self, server: &Server, trouble: Trouble) -> Result<(), DirectoryError> {
        self.last = DirectoryError::BindUnanswered(told(server, trouble)?);
        Ok(())
    }

    fn busy(&mut self, server: &Server) {
        self.last = DirectoryError::BindsWait(server.uri.to_string());
    }

    fn down(self) -> DirectoryError {
        self.last
    }
}

/// What the trouble of one server means: `Err` if asking another one would not help.
pub(super) fn settle(server: &Arc<Server>, trouble: Trouble) -> Result<String, DirectoryError> {
    let what = told(server, trouble)?;
    server.take_out();
    Ok(what)
}

fn told(server: &Server, trouble: Trouble) -> Result<String, DirectoryError> {
    match trouble {
        Trouble::Wrong(what) => Err(DirectoryError::Broken(format!("{}: {what}", server.uri))),
        Trouble::Unreachable(what) => Ok(format!("{}: {what}", server.uri)),
        Trouble::Silent => Ok(format!("{}: gave no answer in time", server.uri)),
    }
}

/// How long one server may take while there is another.
pub(super) const PATIENCE: Duration = Duration::from_millis(1300);
/// How long one page of a listing may take.
const PAGE_WITHIN: Duration = Duration::from_secs(30);
