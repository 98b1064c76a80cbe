use std::path::Path;

use postern_core::account::Account;
use postern_core::app_password::Label;
use postern_core::changes::{Authority, ChangeRefusal, after_factor, bind_factor};
use postern_core::factor::{FactorId, NewTotp, default_app_label};
use postern_core::keyring::Keyring;
use postern_core::words::Phrase;
use zeroize::Zeroizing;

use super::shape::WantedShape;
use crate::args::Enrol;
use crate::commands::bulk::{self, BulkReport, Issue, Issued, Journal, Row, Verb};
use crate::failure::Failure;
use crate::output::Output;
use crate::site::Site;

/// Binds an app to each account of the table `files.0`, and writes the keys to `files.1`.
///
/// Each key is on the disk before it is bound, and a second line records that it was bound. If the run is interrupted
/// at any point, the same command binds the keys that are written down and not bound yet, and binds none twice.
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
    let journal = Journal::open(files.1, is_dry_run)?;
    let site = Site::open(config)?;
    let (authority, keyring) = (site.authority(), site.keyring()?);
    let may_add = wanted.add;
    let mut job = Job { site: &site, authority, keyring, shape, label, may_add, is_dry_run, journal };
    let verb = Verb { done: "bound", bar: "enrolled", is_dry_run };
    let mut told = BulkReport::new(verb, rows.len(), Some(files.1), output);
    bulk::issue_all(&mut job, &rows, &mut told).await?;
    job.journal.warn_of_untold("bound");
    let note = format!("; the keys are in {}, and no code has proved them yet", files.1.display());
    told.conclude("enrolment", &note)
}

struct Job<'a> {
    site: &'a Site,
    authority: Authority,
    keyring: Keyring,
    shape: WantedShape,
    /// For lines without one.
    label: Option<Label>,
    may_add: bool,
    /// A dry run binds and records nothing.
    is_dry_run: bool,
    journal: Journal<IssuedKey>,
}

impl Issue for Job<'_> {
    type Issued = IssuedKey;

    fn journal(&mut self) -> &mut Journal<IssuedKey> {
        &mut self.journal
    }

    fn label(&self, row: &Row) -> String {
        row.get("label").to_owned()
    }

    async fn issue(
        &mut self,
        user: &Row,
        label: &str,
        begun: Option<IssuedKey>,
    ) -> Result<(Account, IssuedKey), Failure> {
        let account = self.site.account(&user.name).await?;
        if let Some(issued) = &begun
            && account.data.factors.iter().any(|factor| factor.id == issued.id)
        {
            return Ok((account, issued.clone()));
        }
        if account.data.is_enrolled() && !self.may_add {
            return Err(Failure::data("has a second factor already; --add binds one more"));
        }
        let factor_label = self.factor_label(user, &account)?;
        // A key that an earlier run wrote down and did not bind is used again: its owner may have read it.
        let id =
            begun.as_ref().map_or_else(|| FactorId::draw(self.authority.random), |issued| Ok(issued.id))?;
        let totp = self.totp(user, begun)?;
        let uri = totp.uri(&self.site.config.issuer, &account.name)?;
        let issued = IssuedKey { id, uri, secret: totp.base32() };
        if self.is_dry_run {
            let limit = self.authority.limits.factors_per_account;
            let is_full = account.data.factors.len() >= limit as usize;
            return if is_full {
                Err(ChangeRefusal::TooManyFactors(limit).into())
            } else {
                Ok((account, issued))
            };
        }
        self.journal.begin(user, label, &issued)?;
        let new = totp.to_factor(id, factor_label, &self.keyring, self.authority.random)?;
        let expects_enrolled = if self.may_add { None } else { Some(false) };
        let is_first =
            bind_factor(&self.authority, &self.keyring, &account.id, &new, None, expects_enrolled).await?;
        let (label, kind) = (new.label.as_str(), new.kind.name());
        let what = Phrase::ChangedFactorBound { label, kind };
        let next = after_factor(is_first, &self.site.config.mail_settings);
        self.journal.tell_owner(self.site, &account, &what, next.as_ref()).await;
        Ok((account, issued))
    }
}

impl Job<'_> {
    fn factor_label(&self, user: &Row, account: &Account) -> Result<Label, Failure> {
        match (user.get("label"), &self.label) {
            ("", Some(label)) => Ok(label.clone()),
            ("", None) => Ok(default_app_label(account, self.site.config.language)),
            (label, _) => Label::new(label).map_err(Failure::data),
        }
    }

    fn totp(&self, user: &Row, begun: Option<IssuedKey>) -> Result<NewTotp, Failure> {
        match (begun, user.get("seed")) {
            // Its URI holds the shape of the codes.
            (Some(issued), _) => self.shape.app(&issued.uri),
            (None, "") => Ok(NewTotp::draw(self.authority.random, self.shape.of_new_seed()?)?),
            (None, seed) => self.shape.app(seed),
        }
    }
}

/// A key that is recorded in the results and nowhere else.
#[derive(Debug, Clone)]
struct IssuedKey {
    id: FactorId,
    uri: Zeroizing<String>,
    secret: Zeroizing<String>,
}

impl Issued for IssuedKey {
    const COLUMNS: &'static [&'static str] = &["id", "uri", "secret"];
    const DONE: &'static str = "bound";

    fn short(&self) -> String {
        self.id.short()
    }

    fn fields(&self) -> Vec<Zeroizing<String>> {
        vec![Zeroizing::new(self.id.to_string()), self.uri.clone(), self.secret.clone()]
    }

    fn read(fields: &[&str]) -> Option<Self> {
        let [id, uri, secret] = fields else { return None };
        let text = |text: &str| Zeroizing::new(text.to_owned());
        Some(Self { id: id.parse().ok()?, uri: text(uri), secret: text(secret) })
    }
}
