use std::path::PathBuf;
use std::time::Duration;

use postern_ipc::{Begin, Failure};
use tokio::time::timeout;

use crate::config::Config;
use crate::site::{SiteUrl, Sites};

use super::branding::Branding;
use super::parked::Parking;
use super::step::Step;
use super::talk::Talk;

/// The account's pages of this process.
#[derive(Debug)]
pub(crate) struct AccountSite {
    socket: PathBuf,
    pub(super) url: SiteUrl,
    pub(super) branding: Branding,
    pub(super) parking: Parking,
}

impl AccountSite {
    /// Those that are configured, if any are.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let Sites::Both { account, .. } = &config.sites else { return None };
        Some(Self {
            socket: config.socket.clone(),
            url: account.clone(),
            branding: config.branding.clone(),
            parking: Parking::default(),
        })
    }

    /// The address of the page where people create app passwords.
    pub(crate) fn app_passwords_page(&self) -> String {
        format!("{}app-passwords", self.url)
    }

    /// Begins a conversation. `Err` says how it ended already.
    pub(super) async fn converse(&self, begin: Begin) -> Result<(Talk, Step), Step> {
        let begun = async {
            let mut talk = Talk::begin(&self.socket, begin).await?;
            let step = Step::of(&mut talk).await;
            Ok::<_, Failure>((talk, step))
        };
        match timeout(LONGEST_STEP, begun).await {
            Ok(Ok((talk, step))) if step.question_id().is_some() => Ok((talk, step)),
            Ok(Ok((_, step))) => Err(step),
            Ok(Err(failure)) => Err(Step::unavailable(&failure)),
            Err(_) => Err(Step::unavailable(&Failure::TimedOut)),
        }
    }

    /// Holds a conversation that asks nothing.
    pub(super) async fn ask(&self, begin: Begin) -> Step {
        match self.converse(begin).await {
            Ok((_, step)) => step,
            Err(step) => step,
        }
    }
}

/// Shorter than the time that a request may take.
const LONGEST_STEP: Duration = Duration::from_secs(12);
