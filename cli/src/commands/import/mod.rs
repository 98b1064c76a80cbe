//! `postern import`: binds the seeds of another system to the accounts here.

mod bind;
mod earlier;
mod files;
mod formats;
mod owner;
mod report;

use std::path::Path;

use postern_core::app_password::Label;
use postern_core::config::Config;
use postern_core::factor::Algorithm;
use postern_import::Entry;

use crate::args::Import;
use crate::commands::bulk::ResultLines;
use crate::failure::Failure;
use crate::output::Output;
use crate::site::Site;
use bind::Job;
use earlier::EarlierRuns;
use owner::Owners;
use report::Report;

/// Reads the files, and binds what is in them. The files of the calling user are opened before root is given up, and a file that
/// cannot be read changes nothing.
pub(crate) async fn run(config: &Path, wanted: &Import, output: Output) -> Result<(), Failure> {
    let files = files::read(wanted.format, &wanted.files)?;
    let entries = formats::read(wanted.format, &files, algorithm(wanted))?;
    let ours = Config::load(config)?.issuer;
    let has_issuers = formats::has_issuers(wanted.format);
    let entries = owner::of_issuer(entries, wanted.issuer.as_deref(), &ours, has_issuers, output)?;
    if entries.is_empty() {
        return Err(Failure::data("there is nothing to import in the files"));
    }
    let owners = Owners::of(wanted)?;
    let label = wanted.label.as_deref().map(|label| Label::new(label).map_err(Failure::data)).transpose()?;
    let earlier = wanted.results.as_deref().map(EarlierRuns::read).transpose()?.unwrap_or_default();
    let results = match (&wanted.results, wanted.dry_run) {
        (Some(path), false) => Some(ResultLines::open(path, report::COLUMNS)?),
        (Some(_) | None, _) => None,
    };
    let site = Site::open(config)?;
    let report = Report::new(entries.len(), results, wanted.dry_run, output);
    let mut job = Job::new(&site, label, wanted, report, earlier)?;
    import(&mut job, &owners, &entries).await.map_err(|failure| {
        failure.and("what was bound before that stays bound; the same command again goes on from here")
    })?;
    job.conclude()
}

async fn import(job: &mut Job<'_>, owners: &Owners, entries: &[Entry]) -> Result<(), Failure> {
    for (account, entries) in job.by_account(owners, entries).await? {
        job.bind_all(account, &entries).await?;
    }
    Ok(())
}

fn algorithm(wanted: &Import) -> Option<Algorithm> {
    wanted.algorithm.as_deref().map(|name| match name {
        "sha256" => Algorithm::Sha256,
        "sha512" => Algorithm::Sha512,
        _ => Algorithm::Sha1,
    })
}
