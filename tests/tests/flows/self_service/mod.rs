//! Self-service.

mod app_passwords;
mod concurrent;
mod crash;
mod devices;
mod factors;
mod proofs;

use postern_core::flows::SelfServiceFlow;

use crate::harness::{App, Site, Someone, SshKey, Visit};

/// Every flow.
const ALL: [SelfServiceFlow; 16] = [
    SelfServiceFlow::Factors,
    SelfServiceFlow::Enrol,
    SelfServiceFlow::Remove,
    SelfServiceFlow::Replace,
    SelfServiceFlow::RecoveryCodes,
    SelfServiceFlow::AppPasswordCreate,
    SelfServiceFlow::AppPasswordList,
    SelfServiceFlow::AppPasswordRegenerate,
    SelfServiceFlow::AppPasswordRevoke,
    SelfServiceFlow::DeviceList,
    SelfServiceFlow::DeviceRevoke,
    SelfServiceFlow::ChallengeList,
    SelfServiceFlow::ChallengeDeny,
    SelfServiceFlow::History,
    SelfServiceFlow::SessionList,
    SelfServiceFlow::SessionEnd,
];

/// Whether it needs no proof: it only shows something, or refuses a login. There is no wildcard, so that a new flow has to be
/// added.
fn is_free(flow: SelfServiceFlow) -> bool {
    match flow {
        SelfServiceFlow::Factors
        | SelfServiceFlow::AppPasswordList
        | SelfServiceFlow::DeviceList
        | SelfServiceFlow::ChallengeList
        | SelfServiceFlow::ChallengeDeny
        | SelfServiceFlow::History
        | SelfServiceFlow::SessionCheck
        | SelfServiceFlow::GrantApplication
        | SelfServiceFlow::SessionList
        | SelfServiceFlow::SessionEnd => true,
        SelfServiceFlow::Enrol
        | SelfServiceFlow::Remove
        | SelfServiceFlow::Replace
        | SelfServiceFlow::RecoveryCodes
        | SelfServiceFlow::AppPasswordCreate
        | SelfServiceFlow::AppPasswordRegenerate
        | SelfServiceFlow::AppPasswordRevoke
        | SelfServiceFlow::DeviceRevoke => false,
    }
}

impl Site {
    /// A flow with all its arguments, so that it asks only for the proofs.
    async fn own_with_arguments(&self, who: &Someone, flow: SelfServiceFlow) -> Visit {
        let data = self.account(who).await.data;
        let factor = data.factors.first().map(|factor| factor.id.to_string());
        let app_password = data.live_app_passwords().next().map(|live| live.id.to_string());
        let visit = self.own(who, flow);
        match flow {
            SelfServiceFlow::Factors
            | SelfServiceFlow::RecoveryCodes
            | SelfServiceFlow::AppPasswordList
            | SelfServiceFlow::DeviceList
            | SelfServiceFlow::ChallengeList
            | SelfServiceFlow::History
            | SelfServiceFlow::SessionCheck
            | SelfServiceFlow::GrantApplication
            | SelfServiceFlow::SessionList => visit,
            SelfServiceFlow::Enrol => visit.argument("label", "new"),
            SelfServiceFlow::Remove => visit.argument("id", &factor.unwrap_or_default()),
            SelfServiceFlow::Replace => {
                visit.argument("id", &factor.unwrap_or_default()).argument("label", "new")
            }
            SelfServiceFlow::AppPasswordCreate => visit.argument("label", "new"),
            SelfServiceFlow::AppPasswordRegenerate | SelfServiceFlow::AppPasswordRevoke => {
                visit.argument("id", &app_password.unwrap_or_default())
            }
            SelfServiceFlow::DeviceRevoke | SelfServiceFlow::ChallengeDeny | SelfServiceFlow::SessionEnd => {
                visit.argument("all", "true")
            }
        }
    }

    /// A user with one credential of each kind.
    async fn person_with_everything(&self, name: &str) -> (Someone, App) {
        let person = self.person(name).await;
        let app = self.bind(&person, "phone").await;
        drop(self.app_password(&person, postern_core::app_password::Scope::All).await);
        drop(self.recovery_codes(&person, 2).await);
        let trusting = self.visit("sshkey", name).key(SshKey(1)).says(&[&app.code(), "y"]).await;
        assert!(trusting.is_accept());
        self.clock.advance(30);
        (person, app)
    }
}
