use std::net::IpAddr;
use std::time::Duration;

use crate::app_password::Label;
use crate::device::Device;
use crate::exchange::LineDelivery;
use crate::exchange::actor::Origin;
use crate::limits::Source;
use crate::name::LoginName;
use crate::policy::NamedService;
use crate::secret::Offered;

/// What a front door says of a browser.
#[derive(Debug, Clone, Copy, Default)]
pub struct BrowserRequest<'a> {
    /// What it calls the browser, such as its name and system.
    pub client: Option<&'a Label>,
    /// The text of the browser's [`TrustedBrowser`](crate::trusted_browser::TrustedBrowser), if it has one.
    pub trusted: Option<&'a str>,
}

/// A login request from a front door.
#[derive(Debug)]
pub struct LoginRequest<'a> {
    /// The service that is logged in to.
    pub service: NamedService<'a>,
    /// The name that was typed.
    pub name: &'a LoginName,
    /// The secret that the front door already has.
    pub secret: Option<&'a Offered>,
    /// The client's address, where it is known.
    pub address: Option<IpAddr>,
    /// The address that the connection itself came from, where it is known: of a proxy or a web mail, or else the client's.
    pub peer_address: Option<IpAddr>,
    /// Whether the person is at this host itself: at sudo, su and the console.
    pub is_here: bool,
    /// Whether that address may identify a device. A front door that is not root might invent it.
    pub is_address_vouched_for: bool,
    /// What tells where it comes from from elsewhere, for limits.
    pub source: &'a Source,
    /// The device that the front door has proof of.
    pub device: Option<&'a Device>,
    /// What the front door says of the browser, at the service for browsers.
    pub browser: BrowserRequest<'a>,
    /// Whether a person types at a terminal. Elsewhere a program may answer every question alike.
    pub is_at_terminal: bool,
    /// How long the front door waits for a person, in all.
    pub time_limit: Duration,
    /// The client's language (BCP 47), where it is known.
    pub language: Option<&'a str>,
    /// When the host shows lines that ask for nothing.
    pub delivery: LineDelivery,
}

impl LoginRequest<'_> {
    /// Where the person is, as messages name it.
    pub(super) fn origin(&self) -> Origin {
        Origin { address: self.address, is_here: self.is_here }
    }
}
