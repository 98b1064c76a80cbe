//! Tries every right that Postern needs, without changing anything.

use std::collections::{BTreeSet, HashSet};
use std::iter;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ldap3::{Mod, SearchEntry};
use postern_core::clock::Timestamp;
use postern_core::config::{Condition, Filter, PasswordMustChange};
use postern_core::expiry::{Expiry, ExpiryFormat};

use super::directory::LdapDirectory;
use super::entry::{self, CLASS, ENROLLED, OWN, PASSWORD_RESET, REVISION};
use super::product::Product;
use super::server::{Change, Search, Server};
use super::trouble::Trouble;

/// The result of one trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// In order.
    Good(String),
    /// Works, but should be changed.
    Doubtful(String),
    /// Does not work; how to repair it.
    Bad(String),
    /// Does not work, so accounts cannot be read or changed, and further trials of that were left out.
    Down(String),
}

/// The entries that the trials are about.
struct Sample {
    entry: SearchEntry,
    /// An account that expires some day.
    expiring: Option<SearchEntry>,
}

impl LdapDirectory {
    /// Tests TLS and bind at every server, the schema, and each right on the entry of `sample`, or of any user if `None`. The test
    /// writes remove values that no entry has, so nothing is ever changed.
    pub async fn examine(&self, sample: Option<&str>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut faults: Vec<Fault> = Vec::new();
        for server in self.servers() {
            match server.greet(deadline()).await {
                Ok(who) => findings.push(Finding::Good(format!("{} answers, bound as {who}", server.uri))),
                Err(trouble) => Fault::add(&mut faults, server, text(trouble)),
            }
        }
        let is_down = |server: &Arc<Server>| faults.iter().any(|fault| fault.is_of(server));
        // Nothing can be changed without the one, and nothing be read without any of the others.
        if is_down(self.writer()) || self.readers().iter().all(is_down) {
            findings.extend(faults.into_iter().map(|fault| Finding::Down(fault.text())));
            return findings;
        }
        findings.extend(faults.into_iter().map(|fault| Finding::Bad(fault.text())));
        findings.extend(self.passing_locks());
        if self.config().expires.format.is_none() {
            findings.push(Finding::Doubtful(format!(
                "expires_format is not set, and nobody knows what the numbers in {} count: who has one cannot log in",
                self.config().expires.name
            )));
        }
        match self.sample(sample).await {
            Err(finding) => findings.push(finding),
            Ok(Sample { entry, expiring }) => {
                let product = self.product().await;
                findings.push(self.readable(&entry, product));
                findings.push(self.expiry(expiring.as_ref()));
                findings.extend(self.hidden(&entry, product).await);
                findings.extend(self.secret(&entry).await);
                for attribute in iter::once("objectClass").chain(OWN) {
                    findings.push(self.writable(&entry, attribute, product).await);
                }
            }
        }
        findings
    }

    /// Which server it is that accepts changes.
    pub async fn product(&self) -> Product {
        self.writer().product(deadline()).await
    }

    /// What time it is by each server's own clock, where it shows one.
    pub async fn times(&self) -> Vec<(String, Option<Timestamp>)> {
        let mut times = Vec::new();
        for server in self.servers() {
            times.push((server.uri.to_string(), server.time(deadline()).await));
        }
        times
    }

    /// Conditions that a stranger can cause for any user, by wrong passwords.
    fn passing_locks(&self) -> Vec<Finding> {
        let locks = self.config().disabled.iter().flat_map(Condition::passing_locks);
        let doubtful = |lock: &str| {
            Finding::Doubtful(format!(
                "directory.disabled takes ({lock}=*) for a disabled account: such a lock ends by itself, the mark may stay on \
                 the entry, and whoever tries wrong passwords switches off the app passwords of anybody; \
                 ask for the value that only an admin takes away, such as (pwdAccountLockedTime=000001010000Z)"
            ))
        };
        locks.map(doubtful).collect()
    }

    /// The date that is read, so that a wrong unit is seen.
    fn expiry(&self, entry: Option<&SearchEntry>) -> Finding {
        let config = self.config();
        let name = &config.expires.name;
        let format = config.expires.format.map_or("a generalized time", ExpiryFormat::name);
        let Some(entry) = entry else {
            return Finding::Good(format!(
                "no entry that was looked at has {name}, which says when an account expires"
            ));
        };
        match entry::expiry(config, &entry::attributes(entry)) {
            Ok(Some((value, expiry))) => Finding::Good(format!(
                "{name} of {} is {value}, read as {format}: it expires {}{expiry}",
                entry.dn,
                if matches!(expiry, Expiry::At(_)) { "at " } else { "" }
            )),
            Ok(None) => Finding::Good(format!("{} has no {name}, and does not expire", entry.dn)),
            Err(why) => Finding::Bad(format!(
                "entry {}: {why}; it was read as {format}: see expires_format",
                entry.dn
            )),
        }
    }

    async fn sample(&self, name: Option<&str>) -> Result<Sample, Finding> {
        let config = self.config();
        let filter = name.map_or_else(|| config.filter.fill_all(), |name| config.filter.fill(name));
        let mut first = None;
        let mut expiring = None;
        let mut keep = |entry: SearchEntry| {
            if expiring.is_none() && entry::stored(&entry, &config.expires.name).next().is_some() {
                expiring = Some(entry.clone());
            }
            let is_ours =
                |entry: &SearchEntry| entry.attrs.keys().any(|name| name.eq_ignore_ascii_case(REVISION));
            if first.as_ref().is_none_or(|kept| !is_ours(kept) && is_ours(&entry)) {
                first = Some(entry);
            }
        };
        let search = Search {
            base: &config.base,
            filter: &filter,
            attributes: self.wanted(),
            most: 0,
            may_be_cut: false,
        };
        let visited = self.writer().for_each_entry(search, PATIENCE, &mut keep).await;
        visited.map_err(|trouble| Finding::Down(format!("people cannot be listed: {}", text(trouble))))?;
        let none = || Finding::Bad(format!("nobody is found under {} by {}", config.base, filter.as_str()));
        first.map(|entry| Sample { entry, expiring }).ok_or_else(none)
    }

    fn readable(&self, entry: &SearchEntry, product: Product) -> Finding {
        match entry::account(self.config(), entry, self.now()) {
            Ok(account) => Finding::Good(format!("{} can be read, as account {}", entry.dn, account.name)),
            Err(error) => Finding::Bad(format!("{error}; see: {}", product.access())),
        }
    }

    /// What may forbid a login, and is hidden: such an account would pass for one that nothing forbids. An attribute that an entry
    /// lacks looks the same to a search; only a comparison tells them apart (RFC 4511, section 4.10).
    async fn hidden(&self, entry: &SearchEntry, product: Product) -> Vec<Finding> {
        let config = self.config();
        let forbidding = config.disabled.iter().flat_map(Condition::attributes);
        let reset = (config.password_must_change == PasswordMustChange::Reject).then_some(PASSWORD_RESET);
        let names: BTreeSet<&str> = forbidding.chain([&*config.expires.name]).chain(reset).collect();
        let mut findings = Vec::new();
        for name in names {
            if entry::stored(entry, name).next().is_none() && self.is_hidden(&entry.dn, name).await {
                let by_policy = name.starts_with("pwd");
                let form = if by_policy { product.policy_access() } else { product.access() };
                findings.push(Finding::Bad(format!(
                    "{name} is hidden from posternd, for which an account that it forbids to log in is like any other; see: {form}"
                )));
            }
        }
        findings
    }

    async fn is_hidden(&self, dn: &str, name: &str) -> bool {
        for value in SOME_VALUES {
            match self.writer().compare(dn, name, value, deadline()).await {
                Ok(INVALID_SYNTAX) => {}
                Ok(code) => return code == NO_RIGHT,
                Err(_) => return false,
            }
        }
        false
    }

    /// posternd has no business with password hashes.
    async fn secret(&self, entry: &SearchEntry) -> Option<Finding> {
        let attributes = ["userPassword".to_owned()];
        let filter = Filter::equals(&self.config().id_attribute, id(self, entry)?);
        let search = Search {
            base: &self.config().base,
            filter: &filter,
            attributes: &attributes,
            most: 2,
            may_be_cut: false,
        };
        let found = self.writer().search(search, deadline()).await.ok()?;
        let is_shown = found.iter().any(|entry| !entry.attrs.is_empty() || !entry.bin_attrs.is_empty());
        is_shown.then(|| {
            Finding::Doubtful(
                "userPassword can be read by posternd, which needs no hashes; put Postern's access rules before those that grant it"
                    .to_owned(),
            )
        })
    }

    async fn writable(&self, entry: &SearchEntry, attribute: &str, product: Product) -> Finding {
        let has_class = entry.attrs.keys().any(|name| name.eq_ignore_ascii_case(REVISION));
        let value = match attribute {
            "objectClass" => CLASS,
            REVISION => "-1",
            // A boolean has two values, and one of them the entry does not have.
            ENROLLED if entry.attrs.values().flatten().any(|value| value == "TRUE") => "FALSE",
            ENROLLED => "TRUE",
            _ => "{\"v\":0}",
        };
        let (name, values) = (attribute.as_bytes().to_vec(), HashSet::from([value.as_bytes().to_vec()]));
        // The class alone cannot be added without its attributes, nor a second time: both say that the right is there.
        let is_class = attribute == "objectClass";
        let change: Change = if is_class { Mod::Add(name, values) } else { Mod::Delete(name, values) };
        let needed = if is_class {
            format!("attrs=objectClass val.exact=\"{CLASS}\"")
        } else {
            format!("attrs={attribute}")
        };
        match self.writer().modify(&entry.dn, vec![change], deadline()).await {
            Ok(NO_SUCH_ATTRIBUTE) => Finding::Good(format!("{attribute} may be written")),
            Ok(CLASS_VIOLATION) if is_class && !has_class => {
                Finding::Good(format!("the class {CLASS} may be added"))
            }
            Ok(VALUE_EXISTS) if is_class && has_class => {
                Finding::Good(format!("the class {CLASS} may be added"))
            }
            Ok(NO_RIGHT) => Finding::Bad(format!(
                "{attribute} may not be written; the access rule that is missing: to {needed} by <posternd> write; see: {}",
                product.access()
            )),
            Ok(UNDEFINED | INVALID_SYNTAX) => Finding::Bad(format!(
                "{attribute} is unknown to the server; load the schema: {}",
                product.schema()
            )),
            Ok(REFERRAL) => Finding::Bad(format!(
                "{} passes writes on; name the other server in write_uri",
                self.writer().uri
            )),
            Ok(code) => Finding::Bad(format!(
                "{attribute} may not be written: result code {code}; see the server's log"
            )),
            Err(trouble) => Finding::Bad(format!("{}: {}", self.writer().uri, text(trouble))),
        }
    }

    pub(super) fn servers(&self) -> Vec<Arc<Server>> {
        let mut all = self.readers().to_vec();
        if !all.iter().any(|server| Arc::ptr_eq(server, self.writer())) {
            all.push(Arc::clone(self.writer()));
        }
        all
    }
}

/// What is wrong with one server, or with several in the same way.
struct Fault {
    servers: Vec<Arc<Server>>,
    what: String,
}

impl Fault {
    fn add(faults: &mut Vec<Self>, server: Arc<Server>, what: String) {
        match faults.iter_mut().find(|fault| fault.what == what) {
            Some(fault) => fault.servers.push(server),
            None => faults.push(Self { servers: vec![server], what }),
        }
    }

    fn is_of(&self, server: &Arc<Server>) -> bool {
        self.servers.iter().any(|own| Arc::ptr_eq(own, server))
    }

    fn text(&self) -> String {
        let uris: Vec<String> = self.servers.iter().map(|server| server.uri.to_string()).collect();
        format!("{}: {}", uris.join(", "), self.what)
    }
}

fn id<'a>(directory: &LdapDirectory, entry: &'a SearchEntry) -> Option<&'a str> {
    let wanted = &directory.config().id_attribute;
    let (_, values) = entry.attrs.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
    values.first().map(String::as_str)
}

fn text(trouble: Trouble) -> String {
    match trouble {
        Trouble::Unreachable(what) | Trouble::Wrong(what) => what,
        Trouble::Silent => "gave no answer in time".to_owned(),
    }
}

fn deadline() -> Instant {
    Instant::now() + PATIENCE
}

/// One of each syntax that such attributes have: a server refuses to compare with a value of another.
const SOME_VALUES: [&str; 3] = ["19700101000000Z", "0", "FALSE"];
const PATIENCE: Duration = Duration::from_secs(5);
const REFERRAL: u32 = 10;
const NO_SUCH_ATTRIBUTE: u32 = 16;
const UNDEFINED: u32 = 17;
const VALUE_EXISTS: u32 = 20;
const INVALID_SYNTAX: u32 = 21;
const NO_RIGHT: u32 = 50;
const CLASS_VIOLATION: u32 = 65;
