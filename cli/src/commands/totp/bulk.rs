use std::collections::HashSet;
use std::path::Path;

use postern_core::account::Account;
use postern_core::app_password::Label;
use postern_core::factor::{NewTotp, Seed, TotpShape};
use postern_core::flows::{Authority, NewFactor, NewKind, bind_factor, default_label};
use postern_core::keyring::Keyring;
use postern_core::words::Phrase;
use serde_json::{Value, json};

use super::results::{Issued, Last, Results, State};
use super::users::{self, User};
use crate::args::Enrol;
use crate::failure::{self, Failure};
use crate::output::Output;
use crate::progress::Progress;
use crate::site::Site;

/// Binds an app to each account of the table `files.0`, and writes the keys to `files.1`.
///
/// A key is on the disk before it is bound, and that it is bound is written behind it: cut off at any moment, the same
/// command again binds what was not, with the key that is written down, and nothing twice.
pub(super) async fn run(
    config: &Path,
    wanted: &Enrol,
    shape: TotpShape,
    files: (&Path, &Path),
    output: Output,
) -> Result<(), Failure> {
    let users = users::read(files.0)?;
    let label = wanted.label.as_deref().map(|label| Label::new(label).map_err(Failure::data)).transpose()?;
    let results = Results::open(files.1)?;
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
        results,
        seen: HashSet::new(),
        untold: 0,
    };
    let progress = Progress::new("enrolled", Some(users.len() as u64));
    let mut tally = Tally::default();
    for user in &users {
        let ended = job.enrol(user).await.map_err(|failure| {
            failure.and("what was done is written down; the same command again goes on from here")
        })?;
        if !progress.is_shown() && !output.is_json() {
            output.line(&ended.line(user))?;
        }
        tally.add(user, ended);
        progress.step();
    }
    drop(progress);
    if job.untold > 0 {
        failure::warn(format!("{} owners of accounts were not told by mail of what was bound", job.untold));
    }
    tally.conclude(files.1, output)
}

struct Job<'a> {
    site: &'a Site,
    authority: Authority,
    keyring: Keyring,
    shape: TotpShape,
    /// For those whose line has none.
    label: Option<Label>,
    may_add: bool,
    results: Results,
    /// What this run has met.
    seen: HashSet<(String, String)>,
    /// How many owners were not told; once the courier failed it is not tried again.
    untold: usize,
}

/// How it ended for one account.
enum Ended {
    Bound(String),
    Before,
    Failed(String),
}

impl Job<'_> {
    /// What concerns one account alone is written to its line. What would concern the others just as well ends it.
    async fn enrol(&mut self, user: &User) -> Result<Ended, Failure> {
        if !self.seen.insert((user.name.clone(), user.label.clone())) {
            // Its line is that of the first.
            return Ok(Ended::Failed("stands twice in the table".to_owned()));
        }
        let begun = match self.results.last(&user.name, &user.label) {
            Some(Last::Bound) => return Ok(Ended::Before),
            Some(Last::Begun(issued)) => Some(issued.clone()),
            Some(Last::Failed) | None => None,
        };
        let refused = match self.bind(user, begun).await {
            Ok(issued) => {
                self.results.write(&user.name, &user.label, State::Bound(&issued))?;
                return Ok(Ended::Bound(issued.id.short()));
            }
            Err(failure) if failure.is_about_one() => failure.message().to_owned(),
            Err(failure) => return Err(failure),
        };
        self.results.write(&user.name, &user.label, State::Failed(&refused))?;
        Ok(Ended::Failed(refused))
    }

    async fn bind(&mut self, user: &User, begun: Option<Issued>) -> Result<Issued, Failure> {
        let account = self.site.account(&user.name).await?;
        if let Some(issued) = &begun
            && account.data.factors.iter().any(|factor| factor.id == issued.id)
        {
            return Ok(issued.clone());
        }
        if account.data.is_enrolled() && !self.may_add {
            return Err(Failure::data("has a second factor already; --add binds one more"));
        }
        let new = self.new_factor(user, &account, begun)?;
        let totp = super::app(&new)?;
        let uri = totp.uri(&self.site.config.issuer, &account.name)?;
        let issued = Issued { id: new.id, uri, secret: totp.base32() };
        self.results.write(&user.name, &user.label, State::Begun(&issued))?;
        let expects_enrolled = if self.may_add { None } else { Some(false) };
        bind_factor(&self.authority, &self.keyring, &account.id, &new, None, expects_enrolled).await?;
        let (label, kind) = (new.label.as_str(), new.kind.name());
        let what = Phrase::ChangedFactorBound { label, kind };
        if self.untold > 0 || self.site.try_to_tell_owner(&account, &what).await.is_err() {
            self.untold += 1;
        }
        Ok(issued)
    }

    /// A key that was written down before and not bound is taken again: somebody may have read it.
    fn new_factor(
        &self,
        user: &User,
        account: &Account,
        begun: Option<Issued>,
    ) -> Result<NewFactor, Failure> {
        let label = match (user.label.as_str(), &self.label) {
            ("", Some(label)) => label.clone(),
            ("", None) => default_label(account, "authenticator"),
            (label, _) => Label::new(label).map_err(Failure::data)?,
        };
        let totp =
            |seed: &str| Ok::<_, Failure>(NewKind::Totp(NewTotp::new(self.shape, Seed::from_base32(seed)?)));
        Ok(match begun {
            Some(issued) => NewFactor { id: issued.id, label, kind: totp(&issued.secret)? },
            None if user.seed.is_empty() => NewFactor::draw(&self.authority, label, self.shape)?,
            None => NewFactor::of(&self.authority, label, totp(&user.seed)?)?,
        })
    }
}

impl Ended {
    fn line(&self, user: &User) -> String {
        let name = user.name.replace(char::is_control, "?");
        match self {
            Self::Bound(id) => format!("bound   {name} {id}"),
            Self::Before => format!("before  {name}"),
            Self::Failed(error) => format!("FAILED  {name}: {error}"),
        }
    }
}

#[derive(Default)]
struct Tally {
    bound: usize,
    before: usize,
    failed: Vec<Value>,
}

impl Tally {
    fn add(&mut self, user: &User, ended: Ended) {
        match ended {
            Ended::Bound(_) => self.bound += 1,
            Ended::Before => self.before += 1,
            Ended::Failed(error) => self.failed.push(json!({ "name": user.name, "error": error })),
        }
    }

    fn conclude(self, result: &Path, output: Output) -> Result<(), Failure> {
        let Self { bound, before, failed } = self;
        let (result, count) = (result.display().to_string(), failed.len());
        let text = format!(
            "{bound} bound, {before} before, {count} failed; the keys are in {result}, and no code has proved them yet"
        );
        let value = json!({ "bound": bound, "before": before, "failed": failed, "result": result });
        output.print(&text, "enrolment", value)?;
        if count == 0 {
            Ok(())
        } else {
            Err(Failure::data(format!("{count} were not enrolled; see {result}")))
        }
    }
}
