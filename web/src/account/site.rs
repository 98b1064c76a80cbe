use std::future::Future;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use postern_ipc::{Begin, Failure};
use tokio::time::timeout;

use crate::address::Network;
use crate::config::Config;
use crate::conversation_places::ConversationPlaces;
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
    /// How long a request may take.
    request_time: Duration,
    places: ConversationPlaces,
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
            request_time: config.limits.request_time,
            places: ConversationPlaces::new(config.limits.conversations),
        })
    }

    /// The address of the page where people create app passwords.
    pub(crate) fn app_passwords_page(&self) -> String {
        format!("{}app-passwords", self.url)
    }

    /// How long a page waits for posternd before it says that it is still waiting.
    pub(super) fn longest_view(&self) -> Duration {
        self.request_time / 2
    }

    /// Begins a conversation, once there is a place for it. The place is free again as soon as posternd has the request: it has
    /// limits of its own for people who are waited for.
    pub(super) fn begin(
        &self,
        client: Option<Network>,
        begin: Begin,
    ) -> impl Future<Output = Result<Talk, Failure>> + Send + 'static + use<> {
        let (socket, time, places) = (self.socket.clone(), self.request_time, self.places.clone());
        async move {
            let Some(place) = places.take(client, Instant::now() + time).await else {
                return Err(Failure::TimedOut);
            };
            let talk = Talk::begin(&socket, begin).await;
            drop(place);
            talk
        }
    }

    /// Holds a conversation that asks nothing.
    pub(super) async fn ask(&self, client: Option<Network>, begin: Begin) -> Step {
        // It ends a little before the request does.
        let longest = self.request_time.mul_f32(LIST_SHARE);
        let begun = self.begin(client, begin);
        let step = async {
            match begun.await {
                Ok(mut talk) => Step::of(&mut talk).await,
                Err(failure) => Step::unavailable(&failure),
            }
        };
        timeout(longest, step).await.unwrap_or_else(|_| Step::unavailable(&Failure::TimedOut))
    }
}

/// The share of a request's time that one list may take; a page has four at most, and all but the first are quick once the first was.
const LIST_SHARE: f32 = 0.6;
