//! One LDAP server: its search connections, its bind connections, and whether it answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{Ldap as Connection, Mod, Scope, SearchEntry, SearchOptions, SearchResult};
use postern_core::clock::Timestamp;
use postern_core::config::{Filter, LdapUri};
use postern_core::secret::Password;
use postern_core::turns::Lane;
use tokio::sync::Mutex;

use super::binders::Binders;
use super::connect::{Connector, who_am_i, within};
use super::product::Product;
use super::trouble::{BindTrouble, NO_SUCH_OBJECT, Trouble};
use super::user_bind::{Bound, try_bind};

/// A search request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) base: &'a str,
    pub(super) filter: &'a Filter,
    pub(super) attributes: &'a [String],
    /// The greatest number of entries; more are an error, unless `may_be_cut`.
    pub(super) most: i32,
    /// Whether the first `most` entries suffice if there are more.
    pub(super) may_be_cut: bool,
}

/// A modification of one entry.
pub(super) type Change = Mod<Vec<u8>>;

/// One server.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) uri: LdapUri,
    connector: Arc<Connector>,
    searching: [Mutex<Option<Connection>>; SEARCH_CONNECTIONS],
    next: AtomicUsize,
    binders: Binders,
    is_down: AtomicBool,
}

impl Server {
    pub(super) fn new(uri: LdapUri, connector: Arc<Connector>) -> Arc<Self> {
        Arc::new(Self {
            uri,
            connector,
            searching: std::array::from_fn(|_| Mutex::new(None)),
            next: AtomicUsize::new(0),
            binders: Binders::new(),
            is_down: AtomicBool::new(false),
        })
    }

    /// Whether it did not answer when it was last asked; a probe is under way then.
    pub(super) fn is_down(&self) -> bool {
        self.is_down.load(Ordering::Relaxed)
    }

    /// Takes it out of use until it answers a probe.
    pub(super) fn take_out(self: &Arc<Self>) {
        if self.is_down.swap(true, Ordering::Relaxed) {
            return;
        }
        // They were made before whatever happened to it.
        self.binders.clear();
        let server = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(PROBE_EVERY).await;
                // This server is no longer in use: the configuration was read again.
                let Some(server) = server.upgrade() else { return };
                let deadline = Instant::now() + PROBE_WITHIN;
                if let Ok(connection) = server.connector.connect_and_bind(&server.uri, deadline).await {
                    if let Some(slot) = server.searching.first() {
                        *slot.lock().await = Some(connection);
                    }
                    server.is_down.store(false, Ordering::Relaxed);
                    return;
                }
            }
        });
    }

    /// Connects and binds as Postern; who the server takes it for.
    pub(super) async fn greet(&self, deadline: Instant) -> Result<String, Trouble> {
        let mut connection = self.connector.connect_and_bind(&self.uri, deadline).await?;
        who_am_i(&mut connection, deadline).await
    }

    /// The entries that a search finds. A connection that turns out to be gone is replaced once.
    pub(super) async fn search(
        &self,
        search: Search<'_>,
        deadline: Instant,
    ) -> Result<Vec<SearchEntry>, Trouble> {
        let slot = self.slot();
        for is_last in [false, true] {
            let (mut connection, is_new) = self.searcher(slot, deadline).await?;
            let found = run_search(&mut connection, search, deadline).await;
            match found {
                Err(Trouble::Unreachable(_)) if !is_new && !is_last => self.forget(slot).await,
                Err(Trouble::Unreachable(_) | Trouble::Silent) => {
                    self.forget(slot).await;
                    return found;
                }
                Ok(_) | Err(Trouble::Wrong(_)) => return found,
            }
        }
        Err(Trouble::Unreachable("the connection was lost twice".to_owned()))
    }

    /// What time it is by the server's own clock, where it shows that: Active Directory and Samba in the root entry, OpenLDAP and
    /// 389 Directory Server in their monitors.
    pub(super) async fn time(&self, deadline: Instant) -> Option<Timestamp> {
        let mut connection = self.connector.connect_and_bind(&self.uri, deadline).await.ok()?;
        for (base, attribute) in CLOCKS {
            let answer = connection.search(base, Scope::Base, "(objectClass=*)", [attribute]);
            let Ok(Ok(SearchResult(entries, result))) = within(deadline, answer).await else { return None };
            let entries = entries.into_iter().filter(|_| result.rc == 0).map(SearchEntry::construct);
            let mut values =
                entries.flat_map(|entry| entry.attrs).filter_map(|(_, values)| values.first().cloned());
            if let Some(time) = values.find_map(|value| utc_time(&value)) {
                return Some(time);
            }
        }
        None
    }

    /// Which server it is; [`Product::Other`] if it does not say.
    pub(super) async fn product(&self, deadline: Instant) -> Product {
        let Ok(mut connection) = self.connector.connect_and_bind(&self.uri, deadline).await else {
            return Product::Other;
        };
        let answer = connection.search("", Scope::Base, "(objectClass=*)", PRODUCT);
        let Ok(Ok(SearchResult(entries, _))) = within(deadline, answer).await else { return Product::Other };
        entries
            .into_iter()
            .next()
            .map_or(Product::Other, |root| Product::of(&SearchEntry::construct(root).attrs))
    }

    /// Compares an attribute of an entry with a value. The answer is the result code.
    pub(super) async fn compare(
        &self,
        dn: &str,
        attribute: &str,
        value: &str,
        deadline: Instant,
    ) -> Result<u32, Trouble> {
        let slot = self.slot();
        let (mut connection, _) = self.searcher(slot, deadline).await?;
        match within(deadline, connection.compare(dn, attribute, value)).await? {
            Ok(result) => Ok(result.0.rc),
            Err(error) => Err(Trouble::of(&error)),
        }
    }

    /// Calls `each` for every entry that a search finds, page by page (RFC 2696), on a connection of its own.
    pub(super) async fn for_each_entry(
        &self,
        search: Search<'_>,
        page_within: Duration,
        each: &mut (dyn FnMut(SearchEntry) + Send),
    ) -> Result<(), Trouble> {
        let mut connection = self.connector.connect_and_bind(&self.uri, Instant::now() + page_within).await?;
        let adapters: Vec<Box<dyn Adapter<'_, String, Vec<String>>>> =
            vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(PAGE))];
        let attributes = search.attributes.to_vec();
        let started = connection.streaming_search_with(
            adapters,
            search.base,
            Scope::Subtree,
            search.filter.as_str(),
            attributes,
        );
        let mut stream =
            within(Instant::now() + page_within, started).await?.map_err(|error| Trouble::of(&error))?;
        while let Some(entry) =
            within(Instant::now() + page_within, stream.next()).await?.map_err(|error| Trouble::of(&error))?
        {
            each(SearchEntry::construct(entry));
        }
        let result = stream.finish().await;
        match result.rc {
            0 => Ok(()),
            NO_SUCH_OBJECT => Err(Trouble::no_base(search.base)),
            code => Err(Trouble::of_code(code, "cannot list")),
        }
    }

    /// Changes an entry, bound as Postern. The answer is the result code; what it means depends on the change.
    pub(super) async fn modify(
        &self,
        dn: &str,
        changes: Vec<Change>,
        deadline: Instant,
    ) -> Result<u32, Trouble> {
        let slot = self.slot();
        let (mut connection, _) = self.searcher(slot, deadline).await?;
        let answer = within(deadline, connection.modify(dn, changes)).await;
        match answer {
            Ok(Ok(result)) => Ok(result.rc),
            Ok(Err(error)) => {
                self.forget(slot).await;
                Err(Trouble::of(&error))
            }
            Err(silent) => {
                self.forget(slot).await;
                Err(silent)
            }
        }
    }

    /// Binds as a user with their own password, on a connection that is used for nothing else, when it is its turn.
    pub(super) async fn bind(
        &self,
        dn: &str,
        password: &Password,
        lane: Lane,
        deadline: Instant,
    ) -> Result<Bound, BindTrouble> {
        // What is left suffices for a new connection, or a crowd would take the server out of use.
        let by = deadline.checked_sub(BIND_WITHIN).unwrap_or_else(Instant::now);
        let turn = self.binders.gate.turn(lane, by).await.ok_or(BindTrouble::Busy)?;
        let bound = turn.spend_on(self.bind_now(dn, password, deadline)).await?;
        if let (Bound::Right | Bound::RightButDue, Lane::Slow(stranger)) = (bound, lane) {
            self.binders.gate.forgive(stranger);
        }
        Ok(bound)
    }

    /// One that was idle and turns out to be gone is replaced by a new one.
    async fn bind_now(&self, dn: &str, password: &Password, deadline: Instant) -> Result<Bound, BindTrouble> {
        if let Some(mut connection) = self.binders.take() {
            match try_bind(&mut connection, dn, password, deadline).await {
                Ok(bound) => {
                    self.binders.keep(connection);
                    return Ok(bound);
                }
                Err(Trouble::Unreachable(_)) => {}
                Err(trouble) => return Err(BindTrouble::Answer(trouble)),
            }
        }
        // On the heap, as few binds need it.
        let connected = Box::pin(self.connector.connect(&self.uri, deadline)).await;
        let mut connection = connected.map_err(BindTrouble::Connection)?;
        // With trouble it is dropped: its authorization identity is unknown.
        let bound = try_bind(&mut connection, dn, password, deadline).await.map_err(BindTrouble::Answer)?;
        self.binders.keep(connection);
        Ok(bound)
    }

    fn slot(&self) -> &Mutex<Option<Connection>> {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % SEARCH_CONNECTIONS;
        let [first, rest @ ..] = &self.searching;
        next.checked_sub(1).and_then(|index| rest.get(index)).unwrap_or(first)
    }

    /// A connection bound as Postern, and whether it was made just now.
    async fn searcher(
        &self,
        slot: &Mutex<Option<Connection>>,
        deadline: Instant,
    ) -> Result<(Connection, bool), Trouble> {
        let mut held = within(deadline, slot.lock()).await?;
        if let Some(connection) = held.as_mut()
            && !connection.is_closed()
        {
            return Ok((connection.clone(), false));
        }
        let connection = self.connector.connect_and_bind(&self.uri, deadline).await?;
        *held = Some(connection.clone());
        Ok((connection, true))
    }

    async fn forget(&self, slot: &Mutex<Option<Connection>>) {
        *slot.lock().await = None;
    }
}

/// A server's generalized time (RFC 4517, section 3.3.13) in UTC, to the second.
fn utc_time(text: &str) -> Option<Timestamp> {
    let digits = text.get(..14).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let part = |from: usize, to: usize| digits.get(from..to);
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    );
    text.parse().ok()
}

/// The attributes of the root entry that tell servers apart.
const PRODUCT: [&str; 3] = ["objectClass", "configContext", "vendorName"];
/// The entries and attributes in which servers show their clock.
const CLOCKS: [(&str, &str); 3] = [
    ("", "currentTime"),
    ("cn=Current,cn=Time,cn=Monitor", "monitorTimestamp"),
    ("cn=monitor", "currenttime"),
];

async fn run_search(
    connection: &mut Connection,
    search: Search<'_>,
    deadline: Instant,
) -> Result<Vec<SearchEntry>, Trouble> {
    let connection = connection.with_search_options(SearchOptions::new().sizelimit(search.most));
    let answer = connection.search(search.base, Scope::Subtree, search.filter.as_str(), search.attributes);
    let SearchResult(entries, result) =
        within(deadline, answer).await?.map_err(|error| Trouble::of(&error))?;
    match result.rc {
        // Local entries are used. Without one, the entry may be on another server. Referrals are never followed.
        0 if entries.is_empty() && !result.refs.is_empty() => Err(Trouble::Wrong(
            "the search led to a referral; name the server that holds the entries".to_owned(),
        )),
        0 => Ok(entries.into_iter().map(SearchEntry::construct).collect()),
        SIZE_LIMIT if search.may_be_cut => Ok(entries.into_iter().map(SearchEntry::construct).collect()),
        NO_SUCH_OBJECT => Err(Trouble::no_base(search.base)),
        code => Err(Trouble::of_code(code, "cannot search")),
    }
}

const SEARCH_CONNECTIONS: usize = 4;
/// The least time for a bind.
const BIND_WITHIN: Duration = Duration::from_secs(1);
const PAGE: i32 = 500;
const PROBE_EVERY: Duration = Duration::from_millis(500);
const PROBE_WITHIN: Duration = Duration::from_secs(2);
const SIZE_LIMIT: u32 = 4;
