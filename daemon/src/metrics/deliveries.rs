//! The names of couriers, and of what becomes of a message.

use postern_core::courier::{Channel, CourierError};

pub(super) fn name(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email",
        Channel::Sms => "sms",
        Channel::WebPush => "web_push",
        Channel::Ntfy => "ntfy",
    }
}

pub(super) fn result(sent: &Result<(), CourierError>) -> &'static str {
    let [accepted, gone, refused, unsure, down] = RESULTS;
    match sent {
        Ok(()) => accepted,
        Err(CourierError::Gone) => gone,
        Err(CourierError::Refused(_)) => refused,
        Err(CourierError::Unsure(_)) => unsure,
        Err(CourierError::Down(_)) => down,
    }
}

pub(super) const RESULTS: [&str; 5] = ["accepted", "gone", "refused", "unsure", "down"];
/// Every courier that there may be.
pub(crate) const CHANNELS: [Channel; 4] = [Channel::Email, Channel::Sms, Channel::WebPush, Channel::Ntfy];
