use std::collections::HashSet;
use std::path::Path;

use postern_core::account::Account;
use postern_core::app_password::Label;
use postern_core::factor::FactorId;
use postern_core::flows::{Authority, ChangeError, NewFactor, NewKind, bind_factor, default_label};
use postern_core::keyring::Keyring;
use postern_core::words::Phrase;
use zeroize::Zeroizing;

use super::WantedShape;
use crate::args::Enrol;
use crate::commands::bulk::{self, Ended, Issued, Last, Results, Row, State, Told, Verb};
use crate::failure::{self, Failure};
use crate::output::Output;
use crate::site::Site;

/// Binds an app to each account of the table `files.0`, and writes the keys to `files.1`.
///
/// A key is on the disk before it is bound, and that it is bound is written behind it: cut off at any moment, the same
/// command again binds what was not, with the key that is written down, and nothing twice.
pub(super) async fn run(
    config: &Path,
    wanted: &Enrol,
    shape: WantedShape,
    files: (&Path, &Path),
    output: Output,
) -> Result<(), Failure> {
    let rows = bulk::read(files.0, &["label", "seed"])?;
    let label = wanted.label.as_deref().map(|label| Label::new(label).map_err(Failure::data)).transpose()?;
    let is_dry_run = wanted.dry_run;
    let results = if is_dry_run { Results::of_dry_run(files.1)? } else { Results::open(files.1)? };
    let site = Site::open(config)?;
    let (authority, keyring) = (site.authority(), site.keyring()?);
    let may_add = wanted.add;
    let mut job = Job {
        site: &site,
        authority,
        keyring,
        shape,
        label,
        may_add,
        is_dry_run,
        results,
        seen: HashSet::new(),
        untold: 0,
    };
    let mut told =
        Told::new(Verb { done: "bound", bar: "enrolled", is_dry_run }, rows.len(), Some(files.1), output);
    for row in &rows {
        let ended = job.enrol(row).await.map_err(|failure| {
            failure.and("what was done is written down; the same command again goes on from here")
        })?;
        told.add(&row.name, ended)?;
    }
    if job.untold > 0 {
        failure::warn(format!("{} owners of accounts were not told by mail of what was bound", job.untold));
    }
    let note = format!("; the keys are in {}, and no code has proved them yet", files.1.display());
    told.conclude("enrolment", &note)
}

struct Job<'a> {
    site: &'a Site,
    authority: Authority,
    keyring: Keyring,
    shape: WantedShape,
    /// For those whose line has none.
    label: Option<Label>,
    may_add: bool,
    /// Nothing is bound and nothing written down.
    is_dry_run: bool,
    results: Results<IssuedKey>,
    /// What this run has met.
    seen: HashSet<(String, String)>,
    /// How many owners were not told; once the courier failed it is not tried again.
    untold: usize,
}

impl Job<'_> {
    /// What concerns one account alone is written to its line. What would concern the others just as well ends it.
    async fn enrol(&mut self, user: &Row) -> Result<Ended, Failure> {
        let label = user.get("label");
        if !self.seen.insert((user.name.clone(), label.to_owned())) {
            // Its line is that of the first.
            return Ok(Ended::Failed("stands twice in the table".to_owned()));
        }
        let begun = match self.results.last(&user.name, label) {
            Some(Last::Done) => return Ok(Ended::Before),
            Some(Last::Begun(issued)) => Some(issued.clone()),
            Some(Last::Failed) | None => None,
        };
        let refused = match self.bind(user, begun).await {
            Ok((account, issued)) => {
                self.results.write(&user.name, label, &State::Done(&issued))?;
                let id = if self.is_dry_run { String::new() } else { issued.id.short() };
                return Ok(Ended::Done(Box::new(account), id));
            }
            Err(failure) if failure.is_about_one() => failure.message().to_owned(),
            Err(failure) => return Err(failure),
        };
        self.results.write(&user.name, label, &State::Failed(&refused))?;
        Ok(Ended::Failed(refused))
    }

    async fn bind(&mut self, user: &Row, begun: Option<IssuedKey>) -> Result<(Account, IssuedKey), Failure> {
        let account = self.site.account(&user.name).await?;
        if let Some(issued) = &begun
            && account.data.factors.iter().any(|factor| factor.id == issued.id)
        {
            return Ok((account, issued.clone()));
        }
        if account.data.is_enrolled() && !self.may_add {
            return Err(Failure::data("has a second factor already; --add binds one more"));
        }
        let new = self.new_factor(user, &account, begun)?;
        let totp = super::app(&new)?;
        let uri = totp.uri(&self.site.config.issuer, &account.name)?;
        let issued = IssuedKey { id: new.id, uri, secret: totp.base32() };
        if self.is_dry_run {
            let limit = self.authority.limits.factors_per_account;
            let is_full = account.data.factors.len() >= limit as usize;
            return if is_full {
                Err(ChangeError::TooManyFactors(limit).into())
            } else {
                Ok((account, issued))
            };
        }
        self.results.write(&user.name, user.get("label"), &State::Begun(&issued))?;
        let expects_enrolled = if self.may_add { None } else { Some(false) };
        bind_factor(&self.authority, &self.keyring, &account.id, &new, None, expects_enrolled).await?;
        let (label, kind) = (new.label.as_str(), new.kind.name());
        let what = Phrase::ChangedFactorBound { label, kind };
        if self.untold > 0 || self.site.try_to_tell_owner(&account, &what).await.is_err() {
            self.untold += 1;
        }
        Ok((account, issued))
    }

    /// A key that was written down before and not bound is taken again: somebody may have read it.
    fn new_factor(
        &self,
        user: &Row,
        account: &Account,
        begun: Option<IssuedKey>,
    ) -> Result<NewFactor, Failure> {
        let label = match (user.get("label"), &self.label) {
            ("", Some(label)) => label.clone(),
            ("", None) => default_label(account, "authenticator"),
            (label, _) => Label::new(label).map_err(Failure::data)?,
        };
        let totp = |seed: &str| Ok::<_, Failure>(NewKind::Totp(self.shape.app(seed)?));
        Ok(match begun {
            // What its codes look like is in its URI.
            Some(issued) => NewFactor { id: issued.id, label, kind: totp(&issued.uri)? },
            None if user.get("seed").is_empty() => {
                NewFactor::draw(&self.authority, label, self.shape.of_new_seed()?)?
            }
            None => NewFactor::of(&self.authority, label, totp(user.get("seed"))?)?,
        })
    }
}

/// A key for somebody, which is written down in the results and nowhere else.
#[derive(Debug, Clone)]
struct IssuedKey {
    id: FactorId,
    uri: Zeroizing<String>,
    secret: Zeroizing<String>,
}

impl Issued for IssuedKey {
    const COLUMNS: &'static [&'static str] = &["id", "uri", "secret"];
    const DONE: &'static str = "bound";

    fn fields(&self) -> Vec<Zeroizing<String>> {
        vec![Zeroizing::new(self.id.to_string()), self.uri.clone(), self.secret.clone()]
    }

    fn read(fields: &[&str]) -> Option<Self> {
        let [id, uri, secret] = fields else { return None };
        let text = |text: &str| Zeroizing::new(text.to_owned());
        Some(Self { id: id.parse().ok()?, uri: text(uri), secret: text(secret) })
    }
}
