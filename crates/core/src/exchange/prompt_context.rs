//! Why a person is asked for a second step, as messages describe it.

use crate::deed::{Change, Deed};

use super::actor::{Actor, Origin};
use super::context::Exchange;

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
    /// A login at a service.
    pub(crate) fn of_login<'e: 'a>(exchange: &Exchange<'e>, service: &'a str) -> Self {
        Self::of_deed(exchange, service, None)
    }

    /// A change of an account, by its owner or by an admin.
    pub(crate) fn of_change<'e: 'a>(exchange: &Exchange<'e>, change: Change) -> Self {
        Self::of_deed(exchange, exchange.actor.program(), Some(change))
    }

    fn of_deed<'e: 'a>(exchange: &Exchange<'e>, service: &'a str, change: Option<Change>) -> Self {
        let Origin { address, is_here } = exchange.origin;
        Self {
            service,
            change,
            is_by_administrator: exchange.actor == Actor::Admin,
            rhost: address.map(|address| address.to_canonical().to_string()),
            is_here,
            host: &exchange.engine.host_title,
            trust_days: 0,
        }
    }

    /// The device may be trusted for so many days.
    pub(crate) fn trusting(self, trust_days: u64) -> Self {
        Self { trust_days, ..self }
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
