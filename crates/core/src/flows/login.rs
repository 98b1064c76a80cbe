use std::net::IpAddr;

use crate::conversation::Conversation;
use crate::device::Device;
use crate::engine::Engine;
use crate::limits::Source;
use crate::name::LoginName;
use crate::policy::ServiceKind;
use crate::secret::Offered;
use crate::verdict::{Reason, Verdict};

use super::outcome::{Outcome, Trail};

/// Somebody at a front door.
#[derive(Debug)]
pub struct Visit<'a> {
    /// The service, as the front door names it.
    pub service: &'a str,
    /// The name that was typed.
    pub name: &'a LoginName,
    /// The secret that the front door already has.
    pub secret: Option<&'a Offered>,
    /// The client's address, where it is known.
    pub address: Option<IpAddr>,
    /// Whether that address may be a device. Whoever is not root might invent it.
    pub is_address_vouched_for: bool,
    /// What tells where it comes from from elsewhere, for limits.
    pub source: &'a Source,
    /// The device that the front door has proof of.
    pub device: Option<&'a Device>,
    /// The client's language (BCP 47), where it is known.
    pub language: Option<&'a str>,
}

/// What the log hears of a question without an answer: an ssh that has no terminal answers so, and a mail program without a
/// password. It guesses nothing, and nothing is counted.
pub const EMPTY_ANSWER: &str = "an empty answer";

/// What the log hears of an answer that can be no password, such as one with a tab that was pasted. It is not looked at, and
/// guesses nothing.
pub const NOT_A_PASSWORD: &str = "not a password: empty, over 512 bytes, or with control characters";

/// What the log hears of a service that is neither predefined nor configured.
pub(super) const UNCONFIGURED: &str =
    "the service is not configured: add it to postern.toml, or take pam_postern.so out of its stack";

/// Decides a login, as the class of its service asks for.
pub async fn login(engine: &Engine, visit: &Visit<'_>, person: &mut dyn Conversation) -> Outcome {
    match engine.services.get(visit.service).map(|service| &service.kind) {
        Some(ServiceKind::Mail(_)) => super::mail::login(engine, visit, person).await,
        Some(ServiceKind::Login(_)) => super::interactive::login(engine, visit, person).await,
        None => {
            let trail = Trail { detail: Some(UNCONFIGURED), ..Trail::default() };
            Outcome { verdict: Verdict::Reject(Reason::NotPermitted), trail }
        }
    }
}
