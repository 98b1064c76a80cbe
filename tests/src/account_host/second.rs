use std::fs;

use crate::courier_host::CourierHost;
use crate::{Posternd, Site, Web};

use super::{AccountHost, AccountPages};

/// Another host of the same site: a posternd on the same directory and ledger, and a postern-web before it.
#[derive(Debug)]
pub struct SecondHost {
    /// Its pages, which have the address of the first host's.
    pub pages: AccountPages,
    /// Its postern-web.
    pub web: Web,
    /// Its posternd.
    pub posternd: Posternd,
    _site: Site,
}

impl SecondHost {
    /// Starts it beside `first`, whose stores are servers. `name` names its logs.
    ///
    /// # Panics
    /// The first one has embedded stores, which belong to one host.
    #[must_use]
    pub fn beside(first: &AccountHost, name: &str) -> Self {
        let host: &CourierHost = first;
        let slapd = host.slapd.as_ref().expect("a directory that two hosts can have");
        let site = Site::builder(name).ldap(slapd).build_without_init();
        let (here, there) = (site.socket(), host.site.socket());
        let config = fs::read_to_string(host.site.config()).expect("the first one's configuration");
        // All but the socket is the same: servers, their secrets, and the keyring.
        let config = config.replace(&there.display().to_string(), &here.display().to_string());
        site.edit_config(|_| config.clone());
        let posternd = site.posternd();
        let authority = first.authority();
        let web = Web::with(name, &here, &first.web_toml());
        Self { pages: AccountPages::of(&web, &authority), web, posternd, _site: site }
    }
}
