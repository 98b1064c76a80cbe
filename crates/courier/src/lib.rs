//! Delivers core's messages to users by e-mail, text message, Web Push and ntfy.
//!
//! It decides nothing, stores nothing and tries once. It inserts the values of a message as plain text, never as a header, a
//! template or a command. An error never contains a code, a secret or a whole address.

#![forbid(unsafe_code)]

mod email;
mod error;
mod examine;
mod host_name;
mod http;
mod ntfy;
mod secrets;
mod sms;
mod tls;
mod web_push;
mod wording;

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use postern_core::config::Config;
use postern_core::courier::{Channel, Courier, CourierError, Destination, LONGEST_DELIVERY, Message};
use postern_core::factor::Subscription;
use postern_core::sms_rules::SmsRules;
use postern_core::words::Language;

pub use error::OpenError;
pub use examine::{Finding, NoPage, Page, examine, open_page};
pub use host_name::host_name;
pub use web_push::new_vapid_key;

/// Reads the files that the configured couriers need. It does not connect or send yet. Without a configured courier, the result
/// has no channel.
///
/// # Errors
/// [`OpenError`] says which section cannot be used, why, and how to fix it.
pub fn open(config: &Config) -> Result<Arc<dyn Courier>, OpenError> {
    Ok(Arc::new(Couriers::open(config)?))
}

#[derive(Debug)]
struct Couriers {
    email: Option<email::Email>,
    sms: Option<sms::Sms>,
    web_push: Option<web_push::WebPush>,
    ntfy: Option<ntfy::Ntfy>,
    tells_of_changes: bool,
    page: Option<String>,
}

impl Couriers {
    fn open(config: &Config) -> Result<Self, OpenError> {
        let couriers = &config.couriers;
        let email = couriers.email.as_ref();
        Ok(Self {
            email: email.map(email::Email::open).transpose()?,
            sms: couriers.sms.as_ref().map(sms::Sms::open).transpose()?,
            web_push: couriers.web_push.as_ref().map(web_push::WebPush::open).transpose()?,
            ntfy: couriers.ntfy.as_ref().map(ntfy::Ntfy::open).transpose()?,
            tells_of_changes: email.is_some_and(|email| email.tells_of_changes),
            page: config.web.as_ref().map(|web| web.url.to_string()),
        })
    }

    async fn deliver(
        &self,
        to: &Destination<'_>,
        language: Language,
        message: &Message<'_>,
    ) -> Result<(), CourierError> {
        let missing = || CourierError::Refused(format!("there is no courier for {:?}", to.channel()));
        match to {
            Destination::Email(address) => {
                self.email.as_ref().ok_or_else(missing)?.send(address, language, message).await
            }
            Destination::Sms(number) => {
                self.sms.as_ref().ok_or_else(missing)?.send(number, language, message).await
            }
            Destination::WebPush(subscription) => {
                self.web_push.as_ref().ok_or_else(missing)?.send(subscription, language, message).await
            }
            Destination::Ntfy(topic) => {
                let page = self.page.as_deref();
                self.ntfy.as_ref().ok_or_else(missing)?.send(topic, page, language, message).await
            }
        }
    }
}

#[async_trait]
impl Courier for Couriers {
    fn carries(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.email.is_some(),
            Channel::Sms => self.sms.is_some(),
            Channel::WebPush => self.web_push.is_some(),
            Channel::Ntfy => self.ntfy.is_some(),
        }
    }

    fn tells_of_changes(&self) -> bool {
        self.tells_of_changes
    }

    fn push_key(&self) -> Option<String> {
        self.web_push.as_ref().map(web_push::WebPush::public_key)
    }

    fn ntfy_address(&self, topic: &str) -> Option<String> {
        self.ntfy.as_ref().map(|ntfy| ntfy.address(topic))
    }

    fn may_push_to(&self, subscription: &Subscription) -> bool {
        self.web_push.as_ref().is_some_and(|push| push.is_permitted(subscription))
    }

    fn sms_rules(&self) -> Option<&SmsRules> {
        self.sms.as_ref().map(sms::Sms::rules)
    }

    fn page(&self) -> Option<&str> {
        self.page.as_deref()
    }

    async fn send(
        &self,
        to: &Destination<'_>,
        language: Language,
        message: &Message<'_>,
    ) -> Result<(), CourierError> {
        within_deadline(self.deliver(to, language, message)).await
    }
}

/// Runs a delivery with its deadline.
async fn within_deadline<T>(
    delivery: impl Future<Output = Result<T, CourierError>>,
) -> Result<T, CourierError> {
    match tokio::time::timeout(LONGEST_DELIVERY, delivery).await {
        Ok(done) => done,
        Err(_) => Err(CourierError::Unsure(format!("no answer within {} s", LONGEST_DELIVERY.as_secs()))),
    }
}
