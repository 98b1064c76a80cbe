//! Why a person is asked for a second step, as messages describe it.

use std::net::IpAddr;

use crate::deed::{Change, Deed};
use crate::engine::Engine;

use super::actor::Actor;

/// Why a person is asked for a second step.
#[derive(Debug, Clone)]
pub(crate) struct PromptContext<'a> {
    /// The service, or for a change of the account the program.
    pub(crate) service: &'a str,
    change: Option<Change>,
    is_by_administrator: bool,
    rhost: Option<String>,
    is_here: bool,
    host: &'a str,
    /// How long the device may be trusted that they sit at, in days; 0 where it cannot be.
    pub(crate) trust_days: u64,
}

impl<'a> PromptContext<'a> {
    /// A login at a service from an address, or `is_here`, on this host itself.
    pub(crate) fn of_login(
        engine: &'a Engine,
        service: &'a str,
        address: Option<IpAddr>,
        is_here: bool,
    ) -> Self {
        Self {
            service,
            change: None,
            is_by_administrator: false,
            rhost: address.map(|address| address.to_canonical().to_string()),
            is_here,
            host: &engine.host_title,
            trust_days: 0,
        }
    }

    /// The device may be trusted for so many days.
    pub(crate) fn trusting(self, trust_days: u64) -> Self {
        Self { trust_days, ..self }
    }

    /// A change of an account, which its owner makes on this host, or an admin.
    pub(crate) fn of_change(engine: &'a Engine, actor: Actor, change: Change) -> Self {
        Self {
            service: actor.program(),
            change: Some(change),
            is_by_administrator: actor == Actor::Admin,
            rhost: None,
            is_here: true,
            host: &engine.host_title,
            trust_days: 0,
        }
    }

    /// What is to be confirmed.
    pub(crate) fn deed(&self) -> Deed<'_> {
        Deed {
            service: self.service,
            change: self.change,
            is_by_administrator: self.is_by_administrator,
            rhost: self.rhost.as_deref(),
            is_here: self.is_here,
            host: self.host,
        }
    }
}
