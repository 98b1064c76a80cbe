//! An app password for each account of a table.

use std::path::Path;

use postern_core::account::Account;
use postern_core::app_password::{Generated, Selector};
use postern_core::changes::{Authority, ChangeRefusal, Order, draw_app_password, store_app_password};
use postern_core::words::Phrase;
use zeroize::Zeroizing;

use super::order::order;
use crate::args::CreateAppPassword;
use crate::commands::bulk::{self, BulkReport, Issue, Issued, Journal, Row, Verb};
use crate::failure::Failure;
use crate::output::Output;
use crate::site::Site;

/// Creates an app password for each account of the table `files.0`, and writes them to `files.1`.
///
/// Each password is on the disk before it is stored, and a second line records that it was stored. If the run is
/// interrupted at any point, the same command stores the passwords that are written down and not stored yet, and
/// creates none twice.
pub(super) async fn run(
    config: &Path,
    wanted: &CreateAppPassword,
    files: (&Path, &Path),
    output: Output,
) -> Result<(), Failure> {
    let rows = bulk::read(files.0, &["label", "scope", "expires", "networks"])?;
    let is_dry_run = wanted.dry_run;
    let journal = Journal::open(files.1, is_dry_run)?;
    let site = Site::open(config)?;
    let mut job = Job { authority: site.authority(), site: &site, wanted, journal };
    let verb = Verb { done: "made", bar: "app passwords", is_dry_run };
    let mut told = BulkReport::new(verb, rows.len(), Some(files.1), output);
    bulk::issue_all(&mut job, &rows, &mut told).await?;
    job.journal.warn_of_untold("made");
    told.conclude("app_passwords", &format!("; they are in {}", files.1.display()))
}

struct Job<'a> {
    site: &'a Site,
    authority: Authority,
    wanted: &'a CreateAppPassword,
    journal: Journal<IssuedPassword>,
}

impl Issue for Job<'_> {
    type Issued = IssuedPassword;

    fn journal(&mut self) -> &mut Journal<IssuedPassword> {
        &mut self.journal
    }

    fn label(&self, row: &Row) -> String {
        match (row.get("label"), &self.wanted.label) {
            ("", Some(label)) => label.clone(),
            (label, _) => label.to_owned(),
        }
    }

    async fn issue(
        &mut self,
        row: &Row,
        label: &str,
        begun: Option<IssuedPassword>,
    ) -> Result<(Account, IssuedPassword), Failure> {
        let order = self.order(row, label)?;
        let account = self.site.account(&row.name).await?;
        if let Some(issued) = &begun
            && account.data.app_password(issued.id).is_some()
        {
            // It was stored, and perhaps revoked since. Either way it was created.
            return Ok((account, issued.clone()));
        }
        self.may_have_one(&account, &order)?;
        let mut begun = begun;
        for _ in 0..MOST_DRAWS {
            // A password that an earlier run wrote down and did not store is used again: its owner may have read it.
            let (issued, password) = match begun.take() {
                Some(issued) => {
                    let password = Generated::written(&issued.password);
                    let password =
                        password.ok_or_else(|| Failure::data("the results hold no app password"))?;
                    (issued, password)
                }
                None => IssuedPassword::draw(&self.authority)?,
            };
            if self.wanted.dry_run {
                return Ok((account, issued));
            }
            self.journal.begin(row, label, &issued)?;
            if store_app_password(&self.authority, &account.id, &order, password).await?.is_some() {
                let what = Phrase::ChangedAppPasswordCreated { label: order.label.as_str() };
                self.journal.tell_owner(self.site, &account, &what, None).await;
                return Ok((account, issued));
            }
        }
        Err(ChangeRefusal::Contended.into())
    }
}

impl Job<'_> {
    /// The settings of the line, completed by the options.
    fn order(&self, row: &Row, label: &str) -> Result<Order, Failure> {
        let wanted = self.wanted;
        let scope = match row.get("scope") {
            "" => &wanted.scope,
            scope => scope,
        };
        let expires = match row.get("expires") {
            "" => wanted.expires.as_deref(),
            expires => Some(expires),
        };
        let networks: Vec<String> = match row.get("networks") {
            "" => wanted.network.clone(),
            networks => networks.split_whitespace().map(ToOwned::to_owned).collect(),
        };
        if label.is_empty() {
            return Err(Failure::data("has no label, and --label gives none"));
        }
        order(self.site, (label, scope), expires, &networks)
    }

    fn may_have_one(&self, account: &Account, order: &Order) -> Result<(), Failure> {
        if !self.wanted.add && account.data.live_app_passwords().any(|live| live.label == order.label) {
            let label = &order.label;
            return Err(Failure::data(format!(
                "has an app password \"{label}\" already; --add makes one more"
            )));
        }
        let now = self.site.clock.now();
        if order.expires.is_some_and(|expires| expires <= now) {
            return Err(ChangeRefusal::ExpiresInThePast.into());
        }
        let limit = self.authority.limits.app_passwords_per_account;
        let is_full = account.data.live_app_passwords().count() >= limit as usize;
        if is_full { Err(ChangeRefusal::TooMany(limit).into()) } else { Ok(()) }
    }
}

/// An app password that is recorded in the results and nowhere else.
#[derive(Clone)]
struct IssuedPassword {
    id: Selector,
    /// In groups of characters, as it is typed.
    password: Zeroizing<String>,
}

impl IssuedPassword {
    fn draw(authority: &Authority) -> Result<(Self, Generated), Failure> {
        let password = draw_app_password(authority)?;
        Ok((Self { id: password.selector(), password: password.grouped() }, password))
    }
}

impl std::fmt::Debug for IssuedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IssuedPassword({})", self.id)
    }
}

impl Issued for IssuedPassword {
    const COLUMNS: &'static [&'static str] = &["id", "password"];
    const DONE: &'static str = "made";

    fn short(&self) -> String {
        format!("{}…", self.id)
    }

    fn fields(&self) -> Vec<Zeroizing<String>> {
        vec![Zeroizing::new(self.id.to_string()), self.password.clone()]
    }

    fn read(fields: &[&str]) -> Option<Self> {
        let [id, text] = fields else { return None };
        let password = Generated::written(text)?;
        let id: Selector = id.parse().ok()?;
        (password.selector() == id).then(|| Self { id, password: password.grouped() })
    }
}

/// Draws again if the id is taken. There are ten million.
const MOST_DRAWS: usize = 4;
