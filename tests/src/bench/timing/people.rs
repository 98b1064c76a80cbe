use std::time::Duration;

use crate::login_host::{LoginHost, LoginUser, Stores};
use crate::{AppPassword, guard, unix_users};

/// A host with accounts to guess at. Limits are wide, or most attempts would be refused by those alone.
pub(super) struct People {
    pub(super) host: LoginHost,
    pub(super) plain: Vec<LoginUser>,
    pub(super) enrolled: Vec<Enrolled>,
    pub(super) disabled: LoginUser,
    /// Its own policy takes main passwords everywhere.
    pub(super) with_own_policy: LoginUser,
    /// Its main password costs half as much as those of today; `None` where a server keeps them.
    pub(super) with_older_password: Option<LoginUser>,
    pub(super) of_no_use: OfNoUse,
    /// A user of the host.
    pub(super) without_account: String,
}

pub(super) struct Enrolled {
    pub(super) user: LoginUser,
    pub(super) app_password: AppPassword,
}

/// App passwords of one account, as they are typed, that open nothing from where they are tried.
pub(super) struct OfNoUse {
    pub(super) owner: String,
    pub(super) revoked: String,
    pub(super) expired: String,
    pub(super) of_smtp: String,
    pub(super) of_a_network: String,
}

impl People {
    pub(super) fn new(stores: Stores) -> Self {
        let host = LoginHost::with("bench-timing", stores, |site| {
            site.edit_config(|text| text.replace("[limits]\n", "") + MORE);
        });
        host.age_ledger();
        let of_no_use = OfNoUse::new(&host);
        let plain = (0..ACCOUNTS).map(|_| host.user("plain")).collect();
        let enrolled = (0..ACCOUNTS).map(|_| {
            let user = host.enrolled("enrolled");
            let app_password = host.site.app_password(&user.unix.name, "Mail", &[]);
            Enrolled { user, app_password }
        });
        let enrolled = enrolled.collect();
        let disabled = host.user("disabled");
        drop(host.site.cli_ok(&["account", "disable", &disabled.unix.name]));
        let with_own_policy = host.user("policy");
        let name = &with_own_policy.unix.name;
        drop(host.site.cli_ok(&["account", "policy", name, "--main-password-on-mail", "always"]));
        let with_older_password = (stores == Stores::Embedded).then(|| older(&host));
        let without_account = unix_users::fresh("stranger").name;
        Self {
            host,
            plain,
            enrolled,
            disabled,
            with_own_policy,
            with_older_password,
            of_no_use,
            without_account,
        }
    }

    pub(super) fn plain(&self, number: usize) -> String {
        self.plain[number % ACCOUNTS].unix.name.clone()
    }

    pub(super) fn enrolled(&self, number: usize) -> &Enrolled {
        &self.enrolled[number % ACCOUNTS]
    }
}

impl Enrolled {
    pub(super) fn name(&self) -> String {
        self.user.unix.name.clone()
    }
}

impl OfNoUse {
    fn new(host: &LoginHost) -> Self {
        let owner = host.enrolled("useless").unix.name;
        let make = |label, more: &[&str]| host.site.app_password(&owner, label, more);
        let typed = |made: AppPassword| made.password.replace(' ', "");
        let revoked = make("revoked", &[]);
        drop(host.site.cli_ok(&["app-password", "revoke", &owner, &revoked.id]));
        let expired = typed(make("expired", &["--expires", "1s"]));
        guard::pause(Duration::from_secs(2));
        let of_smtp = typed(make("smtp", &["--scope", "smtp"]));
        let of_a_network = typed(make("network", &["--network", "192.0.2.0/24"]));
        Self { owner, revoked: typed(revoked), expired, of_smtp, of_a_network }
    }
}

/// An account whose main password was set while they cost less. Only the command line sees the edit: posternd is told nothing.
fn older(host: &LoginHost) -> LoginUser {
    host.site.edit_config(|text| text.replace(COST, OLDER_COST));
    let user = host.user("older");
    host.site.edit_config(|text| text.replace(OLDER_COST, COST));
    user
}

/// No account may have a hundred wrong codes in a row.
const ACCOUNTS: usize = 36;
const MORE: &str = "\n[services.pop3]\nmain_password_on_mail = \"never\"\n\
    \n[limits]\nwrong_passwords_per_source = 1000\nwrong_passwords_per_account = 100000\n\
    wrong_codes = 100\nwrong_codes_window = \"1m\"\nwrong_codes_pause = \"1m\"\n\
    main_password_argon2id = { m = 19456, t = 2 }\n";
const COST: &str = "m = 19456, t = 2";
const OLDER_COST: &str = "m = 19456, t = 1";
