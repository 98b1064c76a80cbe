//! The process ends in the middle of a change: the account is as before or as after, never in between, and the change can be
//! repeated.

use std::collections::BTreeSet;
use std::pin::pin;
use std::task::Poll;

use postern_core::Verdict;
use postern_core::account::AccountData;
use postern_core::flows::SelfServiceFlow;

use super::{ALL, is_free};
use crate::harness::{App, Fault, Kind, MAIN_PASSWORD, Script, Site, Someone};

/// The visible state of an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    enrolled: bool,
    factors: Vec<(bool, String)>,
    recovery_codes: Vec<bool>,
    app_passwords: Vec<(bool, String)>,
    trusted_devices: usize,
}

/// The parts that are unchanged, compared with `first`.
async fn state(site: &Site, who: &Someone, first: &AccountData) -> State {
    let account = site.account(who).await;
    let keyring = &site.engine.keyring;
    let devices = postern_core::changes::trusted_devices(&site.authority(), keyring, &account).await.unwrap();
    let data = account.data;
    let is_old = |factor: &postern_core::factor::Factor| first.factors.contains(factor);
    State {
        enrolled: data.enrolled,
        factors: data.factors.iter().map(|one| (is_old(one), one.label.as_str().to_owned())).collect(),
        recovery_codes: data.recovery_codes.iter().map(|one| first.recovery_codes.contains(one)).collect(),
        app_passwords: data
            .app_passwords
            .iter()
            .map(|one| {
                (
                    first.app_passwords.contains(one),
                    if one.live().is_some() { "live" } else { "revoked" }.to_owned(),
                )
            })
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        trusted_devices: devices.len(),
    }
}

struct Scene {
    site: Site,
    alice: Someone,
    app: App,
    flow: SelfServiceFlow,
    first: AccountData,
}

impl Scene {
    async fn new(flow: SelfServiceFlow) -> Self {
        let site = Site::new().await;
        let (alice, app) = site.person_with_everything("alice").await;
        let first = site.account(&alice).await.data;
        Self { site, alice, app, flow, first }
    }

    fn script(&self) -> Script {
        let clock = self.site.clock.clone();
        Script::new(&[MAIN_PASSWORD, &self.app.code()]).enrols(move |key| App::of_key(key, &clock).code())
    }

    async fn state(&self) -> State {
        state(&self.site, &self.alice, &self.first).await
    }

    /// Repeats the change, if it was not made.
    async fn again(&self) {
        self.site.clock.advance(30);
        self.site.faults.expect(None);
        let visit = self.site.own_with_arguments(&self.alice, self.flow).await;
        let outcome = visit.with(&mut self.script()).await;
        assert!(matches!(outcome.verdict, Verdict::Accept(_)), "{:?} {outcome:?}", self.flow);
    }
}

/// The states before and after, without a crash.
async fn both(flow: SelfServiceFlow) -> [State; 2] {
    let scene = Scene::new(flow).await;
    let before = scene.state().await;
    scene.again().await;
    let after = scene.state().await;
    assert_ne!(before, after, "{flow:?}");
    [before, after]
}

async fn check(scene: &Scene, both: &[State; 2], what: &str) -> bool {
    // Work in a thread of the store is completed.
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    scene.site.faults.expect(None);
    let state = scene.state().await;
    assert!(both.contains(&state), "{:?} {what}: {state:#?} is neither of {both:#?}", scene.flow);
    let is_before = state == both[0];
    if is_before {
        scene.again().await;
        assert_eq!(scene.state().await, both[1], "{:?} {what}", scene.flow);
    }
    is_before
}

#[tokio::test]
async fn a_change_that_is_dropped_at_any_call_of_a_store_is_made_or_not() {
    for flow in ALL.into_iter().filter(|flow| !is_free(*flow)) {
        let both = both(flow).await;
        let mut seen = BTreeSet::new();
        let mut nth = 0;
        loop {
            let scene = Scene::new(flow).await;
            let visit = scene.site.own_with_arguments(&scene.alice, flow).await;
            let kind = if nth % 2 == 0 { Kind::Never } else { Kind::NeverAfter };
            scene.site.faults.expect(Some(Fault { nth: nth / 2, kind }));
            let mut script = scene.script();
            let outcome = {
                let flow = pin!(visit.with(&mut script));
                tokio::select! {
                    outcome = flow => Some(outcome),
                    () = scene.site.faults.hangs.notified() => None,
                }
            };
            if let Some(outcome) = outcome {
                assert!(matches!(outcome.verdict, Verdict::Accept(_)), "{flow:?} {outcome:?}");
                break;
            }
            seen.insert(check(&scene, &both, &format!("{kind:?} at call {}", nth / 2)).await);
            nth += 1;
        }
        assert_eq!(seen.len(), 2, "{flow:?} was dropped before and after");
        assert!(nth > 12, "{flow:?}: {nth}");
    }
}

#[tokio::test]
async fn a_change_that_is_dropped_at_any_await_is_made_or_not() {
    for flow in [SelfServiceFlow::Enrol, SelfServiceFlow::Replace, SelfServiceFlow::DeviceRevoke] {
        let both = both(flow).await;
        // Every third step, because there are more than a hundred: each line of a QR code is one.
        for polls in (0..).step_by(3) {
            let scene = Scene::new(flow).await;
            let visit = scene.site.own_with_arguments(&scene.alice, flow).await;
            let mut script = scene.script();
            let is_done = {
                let mut flow = pin!(visit.with(&mut script));
                let mut left = polls;
                std::future::poll_fn(|context| {
                    if left == 0 {
                        return Poll::Ready(false);
                    }
                    left -= 1;
                    flow.as_mut().poll(context).map(|_| true)
                })
                .await
            };
            if is_done {
                break;
            }
            check(&scene, &both, &format!("after {polls} polls")).await;
        }
    }
}
