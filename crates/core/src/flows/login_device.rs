//! What a person logs in from, as far as it can be told from others: an ssh key, an address, or a browser.

use std::net::IpAddr;
use std::time::Duration;

use crate::account::Account;
use crate::app_password::Label;
use crate::changes::notices;
use crate::checks::sessions::CurrentSession;
use crate::checks::{trusted_browsers, trusted_devices};
use crate::device::Device;
use crate::exchange::context::Exchange;
use crate::exchange::stop::Stop;
use crate::ledger::Credential;
use crate::policy::LoginService;
use crate::session::browser_name;
use crate::trusted_browser::TrustedBrowser;
use crate::words::Phrase;

use super::login_request::{BrowserRequest, LoginRequest};

/// What a person logs in from.
pub(super) enum LoginDevice<'a> {
    /// An ssh key or an address.
    Known(Device),
    /// A browser, which may show the secret of a trusted one.
    Browser(Browser<'a>),
}

/// A browser that signs in.
#[derive(Clone, Copy)]
pub(super) struct Browser<'a> {
    request: BrowserRequest<'a>,
    address: Option<IpAddr>,
}

impl<'a> LoginDevice<'a> {
    /// A browser at the service for browsers. Elsewhere an ssh key; an address only where the admin says that one will do, and the
    /// front door is believed.
    pub(super) fn of(request: &LoginRequest<'a>, service: &LoginService) -> Option<Self> {
        if service.is_browser {
            return Some(Self::Browser(Browser { request: request.browser, address: request.address }));
        }
        let key = request.device.filter(|_| service.trusts_keys);
        let is_trusted = service.trusts_addresses && request.is_address_vouched_for;
        // An address of a link means another host on the next one.
        let address = request.address.filter(|address| is_trusted && !is_link_local(*address));
        let key = key.map(|key| key.clone().seen_from(request.address));
        key.or_else(|| address.map(Device::of_address)).map(Self::Known)
    }

    /// Whether the account trusts it for less than `term`. The secret of a browser is used up.
    pub(super) async fn is_trusted(
        &self,
        exchange: &mut Exchange<'_>,
        account: &Account,
        term: Duration,
    ) -> Result<bool, Stop> {
        match self {
            Self::Known(device) => Ok(trusted_devices::is_trusted(exchange, account, device, term).await),
            Self::Browser(browser) => match browser.request.trusted.and_then(TrustedBrowser::parse) {
                Some(browser) => trusted_browsers::use_up(exchange, account, &browser, term).await,
                None => Ok(false),
            },
        }
    }

    /// Trusts it from now on.
    pub(super) async fn trust(
        &self,
        exchange: &mut Exchange<'_>,
        account: &Account,
        term: Duration,
    ) -> Result<(), Stop> {
        let name = match self {
            Self::Known(device) => {
                trusted_devices::trust(exchange, account, device, term).await;
                device.name.clone()
            }
            Self::Browser(browser) => {
                let name = browser_name(browser.request.client.map(Label::as_str), browser.address);
                trusted_browsers::trust(exchange, account, &name, term).await?;
                name
            }
        };
        notices::changed(exchange, account, &Phrase::ChangedDeviceTrusted { name: &name }).await;
        Ok(())
    }

    /// Begins a session, if it is a browser.
    pub(super) async fn sign_in(
        &self,
        exchange: &mut Exchange<'_>,
        account: &Account,
        credential: Credential,
    ) -> Result<(), Stop> {
        match self {
            Self::Known(_) => Ok(()),
            Self::Browser(Browser { request, address }) => {
                let client = request.client.map(Label::as_str);
                CurrentSession::begin(exchange, account, credential, client, *address).await
            }
        }
    }
}

/// Whether an address is good on one link alone (RFC 4291, section 2.5.6; RFC 3927).
fn is_link_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}
