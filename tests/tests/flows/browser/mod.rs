//! People with a browser: signing in, sessions, and trusted browsers.

mod applications;
mod endings;
mod passkeys;
mod sessions;
mod sign_in;
mod trusted;

use postern_core::flows::SelfServiceFlow;
use postern_core::{Reason, Verdict};

use crate::harness::{App, Ended, MAIN_PASSWORD, Site, Someone};

/// A person with an authenticator, who signs in.
struct Person {
    site: Site,
    alice: Someone,
    app: App,
}

impl Person {
    async fn new() -> Self {
        Self::at(Site::new().await).await
    }

    async fn at(site: Site) -> Self {
        let alice = site.person_with("alice", &[("mail", "alice@example.org")]).await;
        let app = site.bind(&alice, "phone").await;
        Self { site, alice, app }
    }

    /// Signs in, without trust.
    async fn sign_in(&self) -> String {
        token(&self.sign_in_with("n").await)
    }

    /// Signs in, and answers whether the browser is to be trusted.
    async fn sign_in_with(&self, trust: &str) -> Ended {
        self.site.clock.advance(30);
        let ended = self.site.sign_in("alice", MAIN_PASSWORD).says(&[&self.app.code(), trust]).await;
        assert!(ended.is_accept(), "{ended:?}");
        ended
    }

    /// Whether the session is open.
    async fn is_open(&self, token: &str) -> bool {
        let ended = self.site.with_session(token, SelfServiceFlow::SessionCheck).says(&[]).await;
        match ended.outcome.verdict {
            Verdict::Accept(_) => true,
            Verdict::Reject(Reason::Expired | Reason::Disabled) => false,
            _ => panic!("{ended:?}"),
        }
    }

    /// The record of a check of the session.
    async fn checked(&self, token: &str) -> serde_json::Map<String, serde_json::Value> {
        let ended = self.site.with_session(token, SelfServiceFlow::SessionCheck).says(&[]).await;
        assert!(ended.is_accept(), "{ended:?}");
        ended.records("session")[0].clone()
    }
}

/// The last token that the browser was told.
#[track_caller]
fn token(ended: &Ended) -> String {
    maybe_token(ended).unwrap_or_else(|| panic!("no token: {ended:?}"))
}

fn maybe_token(ended: &Ended) -> Option<String> {
    Some(ended.records("session").last()?.get("token")?.as_str().unwrap().to_owned())
}
