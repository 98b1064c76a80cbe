//! A courier that measures each delivery before it passes it on.

use std::time::Instant;

use async_trait::async_trait;
use postern_core::courier::{Channel, Courier, CourierError, Destination, Message};
use postern_core::factor::Subscription;
use postern_core::sms_rules::SmsRules;
use postern_core::words::Language;

use super::stores::Measured;

#[async_trait]
impl Courier for Measured<dyn Courier> {
    fn carries(&self, channel: Channel) -> bool {
        self.inner.carries(channel)
    }

    fn tells_of_changes(&self) -> bool {
        self.inner.tells_of_changes()
    }

    fn push_key(&self) -> Option<String> {
        self.inner.push_key()
    }

    fn ntfy_address(&self, topic: &str) -> Option<String> {
        self.inner.ntfy_address(topic)
    }

    fn may_push_to(&self, subscription: &Subscription) -> bool {
        self.inner.may_push_to(subscription)
    }

    fn sms_rules(&self) -> Option<&SmsRules> {
        self.inner.sms_rules()
    }

    fn page(&self) -> Option<&str> {
        self.inner.page()
    }

    async fn send(
        &self,
        to: &Destination<'_>,
        language: Language,
        message: &Message<'_>,
    ) -> Result<(), CourierError> {
        let began = Instant::now();
        let sent = self.inner.send(to, language, message).await;
        self.metrics.delivered(to.channel(), &sent, began.elapsed());
        sent
    }
}
