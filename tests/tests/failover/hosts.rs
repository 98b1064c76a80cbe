//! Two hosts of one site, and accounts with apps.

use postern_core::account::AccountId;
use postern_tests::{
    Authenticator, Binder, LdapPerson, Machine, Network, Posternd, Site, SiteBuilder, Slapd, otp, unix_users,
};

/// A posternd on each of two machines.
#[derive(Debug)]
pub(crate) struct Hosts {
    pub(crate) posternds: [Posternd; 2],
    pub(crate) accounts: Vec<Account>,
    pub(crate) sites: [Site; 2],
    pub(crate) machines: [Machine; 2],
}

/// An account with an app.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    pub(crate) person: LdapPerson,
    first: u64,
    codes: Vec<String>,
}

impl Hosts {
    /// On new machines. `ready` is done before the apps are bound, while posternd is there.
    pub(crate) fn start(network: &Network, sites: [Site; 2], slapd: &Slapd, ready: impl FnOnce()) -> Self {
        Self::on([(); 2].map(|()| network.machine()), sites, slapd, ready)
    }

    /// The same on these machines.
    pub(crate) fn on(machines: [Machine; 2], sites: [Site; 2], slapd: &Slapd, ready: impl FnOnce()) -> Self {
        sites[1].take_keyring(&sites[0]);
        let posternds = [0, 1].map(|host| machines[host].run(|| sites[host].posternd()));
        ready();
        let people: Vec<_> = (0..ACCOUNTS).map(|number| slapd.nth(number)).collect();
        unix_users::add_names(people.iter().map(|person| (&*person.name, person.uid)));
        let accounts = machines[0].run(|| {
            let binder = Binder::of(&sites[0]);
            people.into_iter().map(|person| Account::bound(&binder, person)).collect()
        });
        Self { posternds, accounts, sites, machines }
    }

    /// A slapd with all accounts.
    pub(crate) fn slapd(name: &str) -> Slapd {
        Slapd::builder(name).crowd(ACCOUNTS).quiet().start()
    }

    /// Two hosts' parts of a site, each of which `join` gives its ledger. They reach this slapd over its Unix socket, which no cut
    /// of a network concerns.
    pub(crate) fn sites(name: &str, slapd: &Slapd, join: impl Fn(&Site)) -> [Site; 2] {
        ["1", "2"].map(|number| {
            let (network, socket) = (slapd.ldaps_uri(), slapd.ldapi_uri());
            let builder = patient(Site::builder(&format!("{name}_{number}")).ldap(slapd));
            let site = builder.postern_toml(move |text| text.replace(&network, &socket)).build();
            join(&site);
            site
        })
    }

    /// The positions of all accounts.
    pub(crate) fn everyone(&self) -> Vec<usize> {
        (0..self.accounts.len()).collect()
    }
}

impl Account {
    /// An app is bound to it, from now on.
    pub(crate) fn bound(binder: &Binder<'_>, person: LdapPerson) -> Self {
        let app = Authenticator::random();
        let _ = binder.bind(&person.name, &app);
        let first = step_at(otp::now()) - 2;
        let id = binder.id(&person.name);
        Self { id, person, first, codes: app.codes(first * PERIOD, STEPS) }
    }

    /// The code of a step.
    pub(crate) fn code(&self, step: u64) -> &str {
        &self.codes[usize::try_from(step - self.first).expect("a step")]
    }
}

/// Typing codes again and again locks no account.
pub(crate) fn patient(site: SiteBuilder) -> SiteBuilder {
    site.setting("[limits]", "wrong_codes = 100\nwrong_codes_window = \"1m\"")
}

/// The step of a second.
pub(crate) fn step_at(second: u64) -> u64 {
    second / PERIOD
}

/// Of every app here.
pub(crate) const PERIOD: u64 = 30;
/// So many that at any moment some have a code that was not typed.
pub(crate) const ACCOUNTS: u32 = 60;
/// For longer than the longest history.
const STEPS: u64 = 40;
