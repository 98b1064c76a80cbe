use std::collections::BTreeMap;

use crate::api::Api;
use crate::config::Config;
use crate::site::Sites;

use super::live::LiveSessions;

/// The applications of this process.
#[derive(Debug)]
pub(crate) struct ApplicationSite {
    /// The address of the account's pages.
    pub(super) account_url: String,
    /// Texts in the addresses of requests that an open page makes by itself, by application.
    pub(super) refresh: BTreeMap<String, Vec<String>>,
    pub(super) live: LiveSessions,
}

impl ApplicationSite {
    /// Those that are configured, if any are.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let Sites::Both { account, .. } = &config.sites else { return None };
        let applications = config.applications.as_ref()?;
        Some(Self {
            account_url: account.to_string(),
            refresh: applications.refresh.clone(),
            live: LiveSessions::new(Api::new(config)),
        })
    }

    /// The address of the login, on the way to an application.
    pub(super) fn log_in_address(&self, application: &str, state: &str) -> String {
        format!("{}application?name={application}&state={state}", self.account_url)
    }

    /// Where a browser goes that was logged out.
    pub(super) fn logged_out_address(&self) -> String {
        format!("{}log-in?why=out", self.account_url)
    }
}
