//! Binding the seeds of one account after the other.

use postern_core::account::{Account, AccountId};
use postern_core::app_password::Label;
use postern_core::changes::{
    Authority, ChangeRefusal, NewFactor, after_factor, bind_factor, spend_earlier_codes,
};
use postern_core::factor::{Factor, FactorId, NewTotp, default_app_label};
use postern_core::keyring::Keyring;
use postern_core::words::Phrase;
use postern_import::{Content, Entry};

use super::earlier::EarlierRuns;
use super::owner::Owners;
use super::report::{Line, Outcome, Report};
use crate::args::Import;
use crate::commands::account::mail_after_enrolment;
use crate::count::counted;
use crate::failure::{self, Failure};
use crate::site::Site;

/// A run of the command.
pub(super) struct Job<'a> {
    site: &'a Site,
    authority: Authority,
    keyring: Keyring,
    /// For entries without a name.
    label: Option<Label>,
    may_add: bool,
    may_bind_again: bool,
    is_dry_run: bool,
    report: Report,
    earlier: EarlierRuns,
    /// How many owners were not notified. Once the courier has failed, it is not tried again.
    untold: usize,
}

/// An entry, and the name under which its account was found.
pub(super) type Found<'e> = (&'e str, &'e Entry);

impl<'a> Job<'a> {
    pub(super) fn new(
        site: &'a Site,
        label: Option<Label>,
        wanted: &Import,
        report: Report,
        earlier: EarlierRuns,
    ) -> Result<Self, Failure> {
        let (authority, keyring) = (site.authority(), site.keyring()?);
        let (may_add, may_bind_again, is_dry_run) = (wanted.add, wanted.again, wanted.dry_run);
        Ok(Self {
            site,
            authority,
            keyring,
            label,
            may_add,
            may_bind_again,
            is_dry_run,
            report,
            earlier,
            untold: 0,
        })
    }

    /// The accounts of the entries, each with its own. Entries without an account are reported.
    pub(super) async fn by_account<'e>(
        &mut self,
        owners: &'e Owners,
        entries: &'e [Entry],
    ) -> Result<Vec<(Account, Vec<Found<'e>>)>, Failure> {
        let mut names: std::collections::HashMap<&str, Result<AccountId, String>> =
            std::collections::HashMap::new();
        let mut groups: Vec<(Account, Vec<Found<'e>>)> = Vec::new();
        let mut places: std::collections::HashMap<AccountId, usize> = std::collections::HashMap::new();
        for entry in entries {
            if let Content::NotOurs { why, .. } = &entry.content {
                let (name, label, outcome) = (entry.user.as_str(), entry.name.as_str(), Outcome::Left);
                self.report.add(&Line { entry, name, account: None, label, outcome, reason: why })?;
                continue;
            }
            let Some(name) = owners.account(entry) else {
                self.fail(
                    entry,
                    "",
                    None,
                    "the file does not say whose it is; give --account or --accounts",
                )?;
                continue;
            };
            if !names.contains_key(name) {
                let known = match self.site.account(name).await {
                    Ok(account) => {
                        let id = account.id.clone();
                        places.entry(id.clone()).or_insert_with(|| {
                            groups.push((account, Vec::new()));
                            groups.len() - 1
                        });
                        Ok(id)
                    }
                    Err(failure) if failure.is_about_one() => Err(failure.message().to_owned()),
                    Err(failure) => return Err(failure),
                };
                names.insert(name, known);
            }
            match names.get(name) {
                Some(Ok(id)) => {
                    if let Some((_, own)) = places.get(id).and_then(|place| groups.get_mut(*place)) {
                        own.push((name, entry));
                    }
                }
                Some(Err(why)) => {
                    let why = why.clone();
                    self.fail(entry, name, None, &why)?;
                }
                None => {}
            }
        }
        Ok(groups)
    }

    /// Binds what is among the entries of one account.
    pub(super) async fn bind_all(
        &mut self,
        mut account: Account,
        entries: &[Found<'_>],
    ) -> Result<(), Failure> {
        let mut seeds = Vec::new();
        for (_, entry) in entries {
            if let Content::Seed(totp) = &entry.content {
                seeds.push(self.factor(&account, entry, totp)?);
            }
        }
        let is_ours = |factor: &Factor| seeds.iter().any(|new| new.is_same_as(factor, &self.keyring));
        let has_other = account.data.factors.iter().any(|factor| !is_ours(factor));
        for (name, entry) in entries {
            match &entry.content {
                Content::Seed(totp) => {
                    if let Some(bound) = self.bind(&account, name, entry, totp, has_other).await? {
                        // So that the next one is compared with it, and named after it.
                        account.data.bind(bound);
                    }
                }
                Content::UnusableSeed(why) => self.fail(entry, name, Some(&account), why)?,
                // It was reported where accounts are looked up.
                Content::NotOurs { .. } => {}
                Content::Other { why, .. } => {
                    self.tell(entry, name, &account, (&entry.name, Outcome::Left, why))?;
                }
            }
        }
        Ok(())
    }

    /// Binds one seed, or says why not. The factor, if it is bound or would be.
    async fn bind(
        &mut self,
        account: &Account,
        name: &str,
        entry: &Entry,
        totp: &NewTotp,
        has_other: bool,
    ) -> Result<Option<Factor>, Failure> {
        let factor = self.factor(account, entry, totp)?;
        if let Some(known) =
            account.data.factors.iter().find(|known| known.is_same_as(&factor, &self.keyring))
        {
            let reason = format!("the account has this very seed already, {}", known.id.short());
            self.tell(entry, name, account, (known.label.as_str(), Outcome::Before, &reason))?;
            return Ok(None);
        }
        if !self.may_bind_again && self.earlier.bound(&account.name, &entry.place) {
            let why = "the file of results says that it was bound, and the account no longer has it; --again binds what was removed";
            self.tell(entry, name, account, (&entry.name, Outcome::Removed, why))?;
            return Ok(None);
        }
        if has_other && !self.may_add {
            let why = "has a second factor already, which is not in the files; --add binds one more";
            self.fail(entry, name, Some(account), why)?;
            return Ok(None);
        }
        let consequence = if account.data.is_enrolled() {
            "mail stays as it is: the account has a second factor already".to_owned()
        } else {
            mail_after_enrolment(self.site, account)
        };
        let reason = format!("{}; {consequence}", totp.shape);
        match self.write(account, &factor).await {
            Ok(()) => {
                self.tell(entry, name, account, (factor.label.as_str(), Outcome::Bound, &reason))?;
                Ok(Some(factor))
            }
            Err(failure) if failure.is_about_one() => {
                let why = failure.message().to_owned();
                self.fail(entry, name, Some(account), &why)?;
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn write(&mut self, account: &Account, factor: &Factor) -> Result<(), Failure> {
        let limit = self.authority.limits.factors_per_account;
        if account.data.factors.len() >= limit as usize {
            return Err(ChangeRefusal::TooManyFactors(limit).into());
        }
        if self.is_dry_run {
            return Ok(());
        }
        if let Some(totp) = factor.kind.record().totp() {
            spend_earlier_codes(&self.authority, &account.id, factor.id, totp).await?;
        }
        let new = NewFactor { id: factor.id, label: factor.label.clone(), kind: factor.kind.clone() };
        let expects_enrolled = if self.may_add { None } else { Some(account.data.is_enrolled()) };
        let is_first =
            bind_factor(&self.authority, &self.keyring, &account.id, &new, None, expects_enrolled).await?;
        let (label, kind) = (new.label.as_str(), new.kind.name());
        let what = Phrase::ChangedFactorBound { label, kind };
        let next = after_factor(is_first, &self.site.config.mail_settings);
        if self.untold > 0 || self.site.try_to_tell_owner(account, &what, next.as_ref()).await.is_err() {
            self.untold += 1;
        }
        Ok(())
    }

    /// The seed as a factor of the account, with an id of its own.
    fn factor(&self, account: &Account, entry: &Entry, totp: &NewTotp) -> Result<Factor, Failure> {
        let named = Label::new(&entry.name).ok().or_else(|| self.label.clone());
        let label = named.unwrap_or_else(|| default_app_label(account, self.site.config.language));
        let id = FactorId::draw(self.authority.random)?;
        let NewFactor { id, label, kind } =
            totp.to_factor(id, label, &self.keyring, self.authority.random)?;
        Ok(Factor { id, label, created: self.authority.clock.now(), locked: None, kind })
    }

    fn tell(
        &mut self,
        entry: &Entry,
        name: &str,
        account: &Account,
        (label, outcome, reason): (&str, Outcome, &str),
    ) -> Result<(), Failure> {
        self.report.add(&Line { entry, name, account: Some(account), label, outcome, reason })
    }

    fn fail(
        &mut self,
        entry: &Entry,
        name: &str,
        account: Option<&Account>,
        reason: &str,
    ) -> Result<(), Failure> {
        let (label, outcome) = (entry.name.as_str(), Outcome::Failed);
        self.report.add(&Line { entry, name, account, label, outcome, reason })
    }

    pub(super) fn conclude(self) -> Result<(), Failure> {
        if self.untold > 0 {
            let untold = counted(self.untold, "owner of an account was", "owners of accounts were");
            failure::warn(format!("{untold} not told by mail of what was bound"));
        }
        self.report.conclude()
    }
}
