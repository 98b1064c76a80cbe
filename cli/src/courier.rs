//! The courier as an admin's commands need it: a fault of it stops no command that does not send, and is reported by
//! those that do.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use postern_core::config::Config;
use postern_core::courier::{Channel, Courier, CourierError, Destination, Message};
use postern_core::factor::Subscription;
use postern_core::sms_rules::SmsRules;
use postern_core::words::Language;

/// A courier that remembers why the last message was not sent.
#[derive(Debug)]
pub(crate) struct FaultRecordingCourier {
    inner: Arc<dyn Courier>,
    fault: Mutex<Option<String>>,
}

impl FaultRecordingCourier {
    /// The couriers that the configuration names, whether or not they work.
    pub(crate) fn open(config: &Config) -> Self {
        let inner = postern_courier::open(config).unwrap_or_else(|error| {
            let couriers = &config.couriers;
            Arc::new(BrokenCourier {
                why: error.to_string(),
                has_email: couriers.email.is_some(),
                sms_rules: couriers.sms.as_ref().map(|sms| sms.rules.clone()),
                tells_of_changes: couriers.email.as_ref().is_some_and(|email| email.tells_of_changes),
                page: config.web.as_ref().map(|web| web.url.to_string()),
            })
        });
        Self { inner, fault: Mutex::new(None) }
    }

    /// Takes the error of the last message.
    pub(crate) fn take_fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait]
impl Courier for FaultRecordingCourier {
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
        let sent = self.inner.send(to, language, message).await;
        let fault = sent.as_ref().err().map(ToString::to_string);
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
        sent
    }
}

/// Stands for a courier that is configured and cannot be opened. Every sending returns the cause.
#[derive(Debug)]
struct BrokenCourier {
    why: String,
    has_email: bool,
    sms_rules: Option<SmsRules>,
    tells_of_changes: bool,
    page: Option<String>,
}

#[async_trait]
impl Courier for BrokenCourier {
    fn carries(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.has_email,
            Channel::Sms => self.sms_rules.is_some(),
            Channel::WebPush | Channel::Ntfy => false,
        }
    }

    fn tells_of_changes(&self) -> bool {
        self.tells_of_changes
    }

    fn push_key(&self) -> Option<String> {
        None
    }

    fn ntfy_address(&self, _: &str) -> Option<String> {
        None
    }

    fn may_push_to(&self, _: &Subscription) -> bool {
        false
    }

    fn sms_rules(&self) -> Option<&SmsRules> {
        self.sms_rules.as_ref()
    }

    fn page(&self) -> Option<&str> {
        self.page.as_deref()
    }

    async fn send(&self, _: &Destination<'_>, _: Language, _: &Message<'_>) -> Result<(), CourierError> {
        Err(CourierError::Down(self.why.clone()))
    }
}
