//! What somebody is told of who is at the prompt.

use std::net::IpAddr;

/// Why a person is asked for a second step.
#[derive(Debug, Clone)]
pub(crate) struct Occasion<'a> {
    /// The service, or for a change of the account the program.
    pub(crate) service: &'a str,
    /// Where the person is who wants in, where it is known.
    pub(crate) rhost: Option<String>,
    /// How long the device may be trusted that they sit at, in days; 0 where it cannot be.
    pub(crate) trust_days: u64,
}

impl<'a> Occasion<'a> {
    pub(crate) fn of_login(service: &'a str, address: Option<IpAddr>, trust_days: u64) -> Self {
        Self { service, rhost: address.map(|address| address.to_canonical().to_string()), trust_days }
    }

    /// A change of an account, which its owner makes on this host, or an admin.
    pub(crate) fn of_change(by: Enroller) -> Self {
        let service = match by {
            Enroller::Owner => "postern my",
            Enroller::Admin { .. } => "postern",
        };
        Self { service, rhost: None, trust_days: 0 }
    }
}

/// Who binds a factor to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Enroller {
    /// Whose it is; they proved who they are.
    #[default]
    Owner,
    /// An admin, who may do it whatever the account's own rights are now.
    Admin {
        /// Says that the address or number is right: no code is sent.
        vouches: bool,
    },
}
