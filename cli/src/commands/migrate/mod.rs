//! `postern migrate`: from one SQLite file to LDAP and Redis. There is no way back: who leaves LDAP has no accounts any more.

mod carry;

use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::path::Path;

use postern_core::account::{Account, AccountData, Revision};
use postern_core::changes::{Authority, ChangeRefusal, spend_earlier_codes};
use postern_core::directory::{DirectoryError, Update};
use postern_core::keyring::Keyring;

use crate::args::Migrate;
use crate::commands::bulk::{self, BulkReport, Issue, Journal, Row, RowOutcome, Verb};
use crate::count::counted;
use crate::failure::Failure;
use crate::output::Output;
use crate::privileges;
use crate::site::Site;
use carry::{Carried, Moved};

/// Carries every account, and reports each.
pub(crate) async fn run(config: &Path, wanted: &Migrate, output: Output) -> Result<(), Failure> {
    let journal = Journal::open(&wanted.results, wanted.dry_run)?;
    let old = Site::of(privileges::load_config(&wanted.from)?)?;
    old.embedded().map_err(|_| {
        Failure::usage(format!("--from {}: its accounts are not in an SQLite file", wanted.from.display()))
    })?;
    let new = Site::open(config)?;
    if new.ldap.is_none() {
        let text = format!(
            "{}: its accounts are not in LDAP; --config names the configuration to carry them to",
            config.display()
        );
        return Err(Failure::usage(text));
    }
    if !wanted.dry_run {
        refuse_while_served(&old)?;
    }
    let (accounts, broken) = accounts(&old).await?;
    let empty = accounts.iter().filter(|account| account.data == AccountData::default()).count();
    let rows: Vec<Row> = accounts
        .iter()
        .filter(|account| account.data != AccountData::default())
        .map(|account| Row::named(account.name.clone()))
        .collect();
    let accounts = accounts.into_iter().map(|account| (account.name.clone(), account)).collect();
    let (authority, keyring) = (new.authority(), new.keyring()?);
    let mut job =
        Job { old: &old, new: &new, accounts, authority, keyring, is_dry_run: wanted.dry_run, journal };
    let verb = Verb { done: "migrated", bar: "migrated", is_dry_run: wanted.dry_run };
    let mut told = BulkReport::new(verb, rows.len() + broken.len(), Some(&wanted.results), output);
    for error in &broken {
        told.add("(unreadable)", RowOutcome::Failed(error.clone()))?;
    }
    bulk::issue_all(&mut job, &rows, &mut told).await?;
    if empty > 0 && !output.is_json() {
        let empty = counted(empty, "account has", "accounts have");
        output.aside(&format!("{empty} nothing of Postern's to carry"))?;
    }
    told.conclude("migration", "; start posternd with the new configuration")
}

/// posternd would go on changing what has been carried: a recovery code that it takes would be good again.
fn refuse_while_served(old: &Site) -> Result<(), Failure> {
    let socket = &old.config.socket.path;
    if UnixStream::connect(socket).is_err() {
        return Ok(());
    }
    Err(Failure::unavailable(format!(
        "posternd answers at {}; stop it first, and start it with the new configuration afterwards: \
         systemctl stop posternd.socket posternd.service",
        socket.display()
    )))
}

/// The accounts by name, and the errors of those that cannot be read.
async fn accounts(old: &Site) -> Result<(Vec<Account>, Vec<String>), Failure> {
    let (mut accounts, mut broken) = (Vec::new(), Vec::new());
    old.directory
        .for_each_account(&mut |read: Result<Account, DirectoryError>| match read {
            Ok(account) => accounts.push(account),
            Err(error) => broken.push(error.to_string()),
        })
        .await?;
    Ok((accounts, broken))
}

struct Job<'a> {
    old: &'a Site,
    new: &'a Site,
    accounts: HashMap<String, Account>,
    /// To change accounts in the new stores.
    authority: Authority,
    keyring: Keyring,
    is_dry_run: bool,
    journal: Journal<Moved>,
}

impl Issue for Job<'_> {
    type Issued = Moved;

    fn journal(&mut self) -> &mut Journal<Moved> {
        &mut self.journal
    }

    fn label(&self, _: &Row) -> String {
        String::new()
    }

    async fn issue(
        &mut self,
        row: &Row,
        label: &str,
        begun: Option<Moved>,
    ) -> Result<(Account, Moved), Failure> {
        let old = self.accounts.get(&row.name).ok_or_else(|| Failure::no_account(&row.name))?;
        let entry = self.new.again(&self.entry(&row.name).await?).await?;
        let carried = Carried::of(self.old, old, &entry).await?;
        carried.check_seals(&self.keyring)?;
        let moved = carried.moved();
        if entry.revision != Revision(0) {
            return if carried.is_in(&entry.data, begun.is_some()) {
                Ok((entry, moved))
            } else {
                Err(Failure::data("its entry has data of Postern already, which is never overwritten"))
            };
        }
        let holders = self.new.directory.holders(&carried.data.factor_keys).await?;
        if holders.iter().any(|holder| *holder != entry.id) {
            return Err(ChangeRefusal::NumberTaken.into());
        }
        if !self.is_dry_run {
            self.journal.begin(row, label, &moved)?;
            self.write(&entry, &carried.data).await?;
        }
        Ok((entry, moved))
    }
}

impl Job<'_> {
    /// The entry whose user name is this one, letter by letter.
    async fn entry(&self, name: &str) -> Result<Account, Failure> {
        let found = self.new.account(name).await?;
        if found.name == name {
            return Ok(found);
        }
        Err(Failure::data(format!("no entry has this user name: it is another name of {}", found.name)))
    }

    /// First the codes that were accepted until now become useless, then the entry gets its data in one change.
    async fn write(&self, entry: &Account, data: &AccountData) -> Result<(), Failure> {
        for factor in &data.factors {
            if let Some(totp) = factor.kind.record().totp() {
                spend_earlier_codes(&self.authority, &entry.id, factor.id, totp).await?;
            }
        }
        match self.new.directory.update(&entry.id, entry.revision, data).await? {
            Update::Done(_) => Ok(()),
            Update::Conflict => Err(Failure::data("its entry was changed meanwhile; run the command again")),
        }
    }
}
