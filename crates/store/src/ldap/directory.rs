//! The directory in LDAP.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use ldap3::SearchEntry;
use postern_core::account::{Account, AccountData, AccountId, FactorKey, Revision, UID_NUMBER};
use postern_core::clock::{Clock, Timestamp};
use postern_core::config::{Filter, Ldap, PasswordMustChange};
use postern_core::directory::{
    Directory, DirectoryError, EachAccount, PasswordCheck, PasswordRefusal, Update,
};
use postern_core::name::LoginName;
use postern_core::policy::Class;
use postern_core::secret::Password;
use postern_core::turns::Lane;
use postern_core::userdb::Userdb;

use crate::server_state::ServerState;

use super::connect::{Connector, OpenLdapError};
use super::entry::{self, CLASS, FACTOR_KEY, PASSWORD_RESET};
use super::modify::{changes, refusal};
use super::server::{Search, Server};
use super::servers::{PATIENCE, Servers, settle};
use super::stale::Copies;
use super::uid::forms_of;
use super::user_bind::Bound;

/// The site's LDAP.
#[derive(Debug)]
pub struct LdapDirectory {
    config: Ldap,
    wanted: Vec<String>,
    readers: Servers,
    writer: Arc<Server>,
    /// Alone where the answer must not be older than what was written.
    up_to_date: Servers,
    copies: Copies,
    clock: Arc<dyn Clock>,
}

impl LdapDirectory {
    /// Prepares connections; none is made before it is needed.
    ///
    /// # Errors
    /// [`OpenLdapError`] names the file that cannot be used.
    pub fn open(config: &Ldap, userdb: &Userdb, clock: Arc<dyn Clock>) -> Result<Self, OpenLdapError> {
        let connector = Arc::new(Connector::of(config)?);
        let readers: Vec<Arc<Server>> =
            config.uris.iter().map(|uri| Server::new(uri.clone(), Arc::clone(&connector))).collect();
        let same = readers.iter().find(|server| server.uri == config.write_uri).map(Arc::clone);
        let writer = same.unwrap_or_else(|| Server::new(config.write_uri.clone(), connector));
        let userdb: Vec<String> = userdb.attributes().map(ToOwned::to_owned).collect();
        Ok(Self {
            wanted: entry::wanted(config, &userdb),
            readers: Servers::new(readers),
            up_to_date: Servers::new(vec![Arc::clone(&writer)]),
            writer,
            copies: Copies::new(config.stale_if_down),
            config: config.clone(),
            clock,
        })
    }

    /// Each server that the configuration names. One that was not needed yet counts as up.
    #[must_use]
    pub fn server_states(&self) -> Vec<ServerState> {
        let state =
            |server: &Arc<Server>| ServerState { server: server.uri.to_string(), is_up: !server.is_down() };
        self.servers().iter().map(state).collect()
    }

    pub(super) fn config(&self) -> &Ldap {
        &self.config
    }

    pub(super) fn wanted(&self) -> &[String] {
        &self.wanted
    }

    pub(super) fn readers(&self) -> &[Arc<Server>] {
        self.readers.all()
    }

    pub(super) fn writer(&self) -> &Arc<Server> {
        &self.writer
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Calls `each` for every account that `filter` also finds; otherwise as [`Directory::for_each_account`].
    ///
    /// # Errors
    /// As for [`Directory::for_each_account`].
    pub async fn for_each_matching(
        &self,
        filter: &Filter,
        each: &mut EachAccount<'_>,
    ) -> Result<(), DirectoryError> {
        let filter = Filter::all(&[self.every_account(), filter.clone()]);
        self.for_each_at(&self.readers, &filter, each).await
    }

    /// As [`Directory::for_each_account`], from the server that accepts writes: a replica that lags hides no account.
    ///
    /// # Errors
    /// As for [`Directory::for_each_account`].
    pub async fn for_each_account_as_written(
        &self,
        each: &mut EachAccount<'_>,
    ) -> Result<(), DirectoryError> {
        self.for_each_at(&self.up_to_date, &self.every_account(), each).await
    }

    /// Calls `each` for every account that mail services find.
    ///
    /// # Errors
    /// As for [`Directory::for_each_account`].
    pub async fn for_each_mail_account(&self, each: &mut EachAccount<'_>) -> Result<(), DirectoryError> {
        self.for_each_at(&self.readers, &self.config.filter.fill_all(), each).await
    }

    async fn for_each_at(
        &self,
        servers: &Servers,
        filter: &Filter,
        each: &mut EachAccount<'_>,
    ) -> Result<(), DirectoryError> {
        servers
            .for_each_entry(Search { most: 0, ..self.entries(filter) }, &mut |entry| {
                each(self.account(&entry))
            })
            .await
    }

    /// Finds the entries that either filter finds, and those with data of Postern that neither finds any more. The object class
    /// marks such data, as does an attribute, but only the class is indexed at every site.
    fn every_account(&self) -> Filter {
        let Ldap { filter, login_filter, .. } = &self.config;
        Filter::any(&[filter.fill_all(), login_filter.fill_all(), Filter::equals("objectClass", CLASS)])
    }

    /// Whether a found entry may be older than the last change, because it comes from a replica or from a copy.
    #[must_use]
    pub fn may_lag(&self) -> bool {
        !self.config.stale_if_down.is_zero()
            || self.config.uris.iter().any(|uri| *uri != self.config.write_uri)
    }

    /// The accounts with this user name, as the server compares names, for either filter.
    ///
    /// # Errors
    /// As for [`Directory::find`].
    pub async fn user_name_holders(&self, name: &str) -> Result<Vec<AccountId>, DirectoryError> {
        let filter = Filter::equals(&self.config.username_attribute, name);
        let entries = self.search_up_to_date(&filter, BUDGET).await?;
        entries.iter().map(|entry| self.id(entry)).collect()
    }

    /// Asks for entries with all that an account is made of.
    fn entries<'a>(&'a self, filter: &'a Filter) -> Search<'a> {
        Search { base: &self.config.base, filter, attributes: &self.wanted, most: MOST, may_be_cut: false }
    }

    async fn search_readers(
        &self,
        filter: &Filter,
        deadline: Instant,
    ) -> Result<Vec<SearchEntry>, DirectoryError> {
        self.readers.search(self.entries(filter), deadline).await
    }

    /// The entries that a name finds at mail services. If there are too many, only those with that user name, if any: writing the
    /// name as an address into many entries must not make it useless for its owner.
    async fn search_mail(&self, name: &str) -> Result<Vec<SearchEntry>, DirectoryError> {
        let deadline = Instant::now() + BUDGET;
        let filter = self.config.filter.fill(name);
        let answer = self.search_readers(&filter, deadline).await;
        let Err(broken @ DirectoryError::Broken(_)) = answer else { return answer };
        let by_user_name = Filter::equals(&self.config.username_attribute, name);
        let named = self.search_readers(&Filter::all(&[filter, by_user_name]), deadline).await?;
        if named.iter().any(|entry| self.is_named(entry, name)) { Ok(named) } else { Err(broken) }
    }

    fn account(&self, entry: &SearchEntry) -> Result<Account, DirectoryError> {
        entry::account(&self.config, entry, self.clock.now())
    }

    async fn find_at_mail(&self, name: &str) -> Result<Option<Account>, DirectoryError> {
        let now = self.clock.now();
        match self.search_mail(name).await {
            Ok(entries) => {
                // A user name takes precedence over addresses.
                let (named, others): (Vec<_>, Vec<_>) =
                    entries.into_iter().partition(|entry| self.is_named(entry, name));
                let account = self.only(if named.is_empty() { others } else { named })?;
                self.copies.note(name, account.as_ref(), now);
                Ok(account)
            }
            Err(DirectoryError::Down(why)) => match self.copies.recall(name, now) {
                Some(copy) => entry::aged(&self.config, copy, now).map(Some),
                None => Err(DirectoryError::Down(why)),
            },
            Err(
                error @ (DirectoryError::Broken(_)
                | DirectoryError::BindUnanswered(_)
                | DirectoryError::BindsWait(_)
                | DirectoryError::NotCompared(_)),
            ) => Err(error),
        }
    }

    /// Servers match names more loosely than hosts do: the very name that was typed goes before other spellings.
    async fn find_at_login(&self, name: &str) -> Result<Option<Account>, DirectoryError> {
        let entries = self.search_up_to_date(&self.config.login_filter.fill(name), BUDGET).await?;
        let is_named = |entry: &SearchEntry| self.usernames(entry).any(|username| username == name);
        let (named, others): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_named);
        if named.is_empty() {
            return self.only(others);
        }
        let account = self.only(named)?;
        Ok(account.map(|account| Account { name: name.to_owned(), ..account }))
    }

    /// What a replica has not heard of yet, or what is only said to be newer, decides over no login with a dialogue.
    async fn search_up_to_date(
        &self,
        filter: &Filter,
        budget: Duration,
    ) -> Result<Vec<SearchEntry>, DirectoryError> {
        self.up_to_date.search(self.entries(filter), Instant::now() + budget).await
    }

    /// The entry with this id, as it is where it is written, and what it says.
    async fn read_entry(
        &self,
        id: &AccountId,
        budget: Duration,
    ) -> Result<Option<(SearchEntry, Account)>, DirectoryError> {
        let filter = Filter::equals(&self.config.id_attribute, id.as_str());
        let mut entries = self.search_up_to_date(&filter, budget).await?;
        let read = match (entries.pop(), entries.len()) {
            (None, _) => None,
            (Some(entry), 0) => {
                let account = self.account(&entry)?;
                Some((entry, account))
            }
            (Some(_), more) => {
                return Err(DirectoryError::Broken(format!("{} entries have the id {id}", more + 1)));
            }
        };
        match &read {
            Some((_, account)) => self.copies.renew(account, self.clock.now()),
            None => self.copies.forget(id),
        }
        Ok(read)
    }

    /// Whether this is one of its user names, as mail services compare them.
    fn is_named(&self, entry: &SearchEntry, name: &str) -> bool {
        self.usernames(entry).any(|username| username.eq_ignore_ascii_case(name))
    }

    /// The account's id alone.
    fn id(&self, entry: &SearchEntry) -> Result<AccountId, DirectoryError> {
        let attribute = &self.config.id_attribute;
        let unreadable = || DirectoryError::Broken(format!("entry {}: {attribute} cannot be read", entry.dn));
        entry::id(attribute, entry).ok_or_else(unreadable)
    }

    fn usernames<'a>(&'a self, entry: &'a SearchEntry) -> impl Iterator<Item = &'a String> {
        let wanted = &self.config.username_attribute;
        entry.attrs.iter().filter(|(key, _)| key.eq_ignore_ascii_case(wanted)).flat_map(|(_, values)| values)
    }

    fn only(&self, mut entries: Vec<SearchEntry>) -> Result<Option<Account>, DirectoryError> {
        match (entries.pop(), entries.len()) {
            (None, _) => Ok(None),
            (Some(entry), 0) => self.account(&entry).map(Some),
            (Some(_), more) => {
                let count = more + 1;
                Err(DirectoryError::Broken(format!(
                    "{count} entries answer to one name or uid; each may have one"
                )))
            }
        }
    }
}

#[async_trait]
impl Directory for LdapDirectory {
    async fn find(&self, name: &LoginName, class: Class) -> Result<Option<Account>, DirectoryError> {
        match class {
            Class::Mail => self.find_at_mail(name.as_str()).await,
            Class::Login => self.find_at_login(name.as_str()).await,
        }
    }

    async fn find_by_uid(&self, uid: u32) -> Result<Option<Account>, DirectoryError> {
        let forms: Vec<Filter> = forms_of(uid).iter().map(|form| Filter::equals(UID_NUMBER, form)).collect();
        self.only(self.search_up_to_date(&Filter::any(&forms), BUDGET).await?)
    }

    async fn read(&self, id: &AccountId) -> Result<Option<Account>, DirectoryError> {
        Ok(self.read_entry(id, BUDGET).await?.map(|(_, account)| account))
    }

    async fn read_soon(&self, id: &AccountId) -> Result<Option<Account>, DirectoryError> {
        Ok(self.read_entry(id, PATIENCE).await?.map(|(_, account)| account))
    }

    fn computes_main_passwords(&self) -> bool {
        false
    }

    async fn check_main_password(
        &self,
        account: Option<&Account>,
        password: &Password,
        class: Class,
        lane: Lane,
    ) -> Result<PasswordCheck, DirectoryError> {
        // There is no bind for an unknown name: its cost depends on the server. The threat model says what the timing reveals.
        let Some(account) = account else { return Ok(PasswordCheck::Wrong) };
        // A replica that lags would still accept a main password that was just changed.
        let servers = match class {
            Class::Mail => &self.readers,
            Class::Login => &self.up_to_date,
        };
        let bound = servers.bind(&account.locator, password, lane, Instant::now() + BUDGET).await?;
        let is_reset = account.attributes.values(PASSWORD_RESET).iter().any(|value| value == "TRUE");
        Ok(match (bound, self.config.password_must_change) {
            (Bound::Wrong, _) => PasswordCheck::Wrong,
            (Bound::Refused(refusal), _) => PasswordCheck::Refused(refusal),
            (Bound::Right, _) if !is_reset => PasswordCheck::Right,
            (Bound::Right | Bound::RightButDue, PasswordMustChange::Accept) => PasswordCheck::RightButDue,
            (Bound::Right | Bound::RightButDue, PasswordMustChange::Reject) => {
                PasswordCheck::Refused(PasswordRefusal::Due)
            }
        })
    }

    async fn update(
        &self,
        id: &AccountId,
        expected: Revision,
        data: &AccountData,
    ) -> Result<Update, DirectoryError> {
        // The DN is looked up again: the entry may have been renamed, and another one may have its old DN.
        let Some((entry, account)) = self.read_entry(id, BUDGET).await? else { return Ok(Update::Conflict) };
        if account.revision != expected {
            return Ok(Update::Conflict);
        }
        let next = expected.next();
        let changes = changes(expected, next, data, &entry);
        let code = self.writer.modify(&account.locator, changes, Instant::now() + BUDGET).await;
        match code {
            Ok(0) => Ok(Update::Done(next)),
            Ok(NO_SUCH_ATTRIBUTE | ATTRIBUTE_OR_VALUE_EXISTS | CONSTRAINT_VIOLATION | NO_SUCH_OBJECT) => {
                Ok(Update::Conflict)
            }
            Ok(code) => Err(DirectoryError::Broken(refusal(code, &account.locator))),
            Err(trouble) => Err(DirectoryError::Down(settle(&self.writer, trouble)?)),
        }
    }

    async fn holders(&self, keys: &[FactorKey]) -> Result<Vec<AccountId>, DirectoryError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let each: Vec<Filter> = keys.iter().map(|key| Filter::equals(FACTOR_KEY, &key.to_string())).collect();
        let (filter, id) = (Filter::any(&each), &self.config.id_attribute);
        let search = Search {
            base: &self.config.base,
            filter: &filter,
            attributes: std::slice::from_ref(id),
            most: i32::try_from(keys.len()).unwrap_or(i32::MAX).saturating_add(1),
            may_be_cut: true,
        };
        let entries = self.up_to_date.search(search, Instant::now() + BUDGET).await?;
        entries.iter().map(|entry| self.id(entry)).collect()
    }

    async fn for_each_account(&self, each: &mut EachAccount<'_>) -> Result<(), DirectoryError> {
        self.for_each_at(&self.readers, &self.every_account(), each).await
    }
}

/// A search for one name that finds more has found too many already.
const MOST: i32 = 10;
/// For everything that one question to the directory costs, over all servers; a login is answered within 3 s.
const BUDGET: Duration = Duration::from_millis(2600);
const NO_SUCH_ATTRIBUTE: u32 = 16;
const CONSTRAINT_VIOLATION: u32 = 19;
const ATTRIBUTE_OR_VALUE_EXISTS: u32 = 20;
const NO_SUCH_OBJECT: u32 = 32;
