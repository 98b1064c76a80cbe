//! Setting how a phone is told of challenges.

use std::time::Duration;

use serde_json::json;

use crate::account::AccountId;
use crate::changes::edit::edit;
use crate::changes::error::ChangeRefusal;
use crate::courier::Channel;
use crate::exchange::stop::Stop;
use crate::factor::{Push, PushTarget, Subscription};
use crate::flows::refused_change;
use crate::ledger::{Credential, SendAdmission, Sending};
use crate::limits::SendLimits;
use crate::verdict::Reason;

use super::PhonePage;

impl PhonePage<'_, '_> {
    pub(super) async fn set_push(&mut self, is_over: bool) -> Result<String, Stop> {
        let (engine, request) = (self.exchange.engine, self.request);
        let [push, endpoint, p256dh, auth] = PUSH_FIELDS.map(|name| request.argument(name));
        let (account, factor) = self.phone("ring", &[push, endpoint, p256dh, auth], is_over).await?;
        let target = match push {
            "none" => None,
            "ntfy" if engine.courier.carries(Channel::Ntfy) => {
                let topic: String = engine.draw_bits()?.iter().map(|byte| format!("{byte:02x}")).collect();
                Some(PushTarget::Ntfy(format!("postern-{topic}")))
            }
            "web_push" if engine.courier.carries(Channel::WebPush) => {
                let own = |text: &str| text.to_owned();
                let subscription =
                    Subscription { endpoint: own(endpoint), p256dh: own(p256dh), auth: own(auth) };
                if !engine.courier.may_push_to(&subscription) {
                    let detail = "a push service that is not allowed here";
                    return Err(Stop::explained(Reason::NotPermitted, detail));
                }
                Some(PushTarget::WebPush(subscription))
            }
            _ => {
                let detail = "a way to ring that is not to be had here";
                return Err(Stop::explained(Reason::NotPermitted, detail));
            }
        };
        self.exchange.trail.credential = Some(Credential::Factor(factor.id));
        if let Some(phone) = factor.kind.phone()
            && phone.push.open(factor.id, &engine.keyring).is_ok_and(|current| current == target)
        {
            self.exchange
                .person
                .record("ring", json!({ "ring": phone.push.name(), "address": null }))
                .await?;
            return Ok(account.name);
        }
        self.admit_change(&account.id).await?;
        let mut nonce = [0; 24];
        (engine.random)(&mut nonce)?;
        let sealed = match &target {
            None => Push::None,
            Some(target) => Push::seal(target, factor.id, &engine.keyring, nonce)?,
        };
        let changed = edit(&*engine.directory, &account.id, |data| {
            let found = data.factors.iter_mut().find(|one| one.id == factor.id);
            let phone =
                found.and_then(|one| one.kind.phone_mut()).ok_or(ChangeRefusal::NoFactor(factor.id))?;
            phone.push = sealed.clone();
            Ok(())
        })
        .await;
        refused_change::told(self.exchange, changed).await?;
        self.exchange.person.changed();
        let address = match &target {
            Some(PushTarget::Ntfy(topic)) => engine.courier.ntfy_address(topic),
            Some(PushTarget::WebPush(_)) | None => None,
        };
        self.exchange.person.record("ring", json!({ "ring": sealed.name(), "address": address })).await?;
        Ok(account.name)
    }

    /// Each change is a Modify in the directory.
    async fn admit_change(&mut self, account: &AccountId) -> Result<(), Stop> {
        let engine = self.exchange.engine;
        let subject = engine.keyring.digest(PUSH, &[account.as_str().as_bytes()]);
        let sending = Sending { subject, at: engine.clock.now(), token: engine.draw_token()? };
        match engine.ledger.admit_sending(&sending, &PUSH_CHANGES).await? {
            SendAdmission::Proceed => Ok(()),
            SendAdmission::Limited { .. } => Err(Stop::reject(Reason::Limited)),
        }
    }
}

const PUSH_FIELDS: [&str; 4] = ["ring", "endpoint", "p256dh", "auth"];
const PUSH: &str = "ring";
/// How often an account changes the way that its phones are notified. Only its own phones fill it.
const PUSH_CHANGES: SendLimits =
    SendLimits { count: 20, window: Duration::from_secs(3600), gap: Duration::ZERO };
