//! The description of a login for its owner: service and address.

use std::net::IpAddr;

use super::actor::Actor;

/// Why a person is asked for a second step.
#[derive(Debug, Clone)]
pub(crate) struct PromptContext<'a> {
    /// The service, or for a change of the account the program.
    pub(crate) service: &'a str,
    /// Where the person is who wants in, where it is known.
    pub(crate) rhost: Option<String>,
    /// How long the device may be trusted that they sit at, in days; 0 where it cannot be.
    pub(crate) trust_days: u64,
}

impl<'a> PromptContext<'a> {
    pub(crate) fn of_login(service: &'a str, address: Option<IpAddr>, trust_days: u64) -> Self {
        Self { service, rhost: address.map(|address| address.to_canonical().to_string()), trust_days }
    }

    /// A change of an account, which its owner makes on this host, or an admin.
    pub(crate) fn of_change(actor: Actor) -> Self {
        Self { service: actor.program(), rhost: None, trust_days: 0 }
    }
}
