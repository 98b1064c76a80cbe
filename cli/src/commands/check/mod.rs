//! `postern check`: examines every part of a site, one finding a line.

mod account_pages;
mod clock;
mod identity;
mod local_users;
mod lockout;
mod logins;
mod page;
mod pam;
mod posternd;
mod remark;
mod report;
mod sshd;
mod versions;

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use nix::unistd::User;
use postern_core::account::UID_NUMBER;
use postern_core::account::{Account, AccountId};
use postern_core::clock::SKEW;
use postern_core::config::{Config, ConfigDigest};
use postern_core::directory::DirectoryError;
use postern_core::exchange::clock_text;
use postern_core::ledger::Ledger;
use postern_core::name::LoginName;
use postern_ipc::{CLIENT_CONFIG_PATH, ClientConfig, Failure as IpcFailure, Status};
use postern_store::ldap;
use postern_tls::Trust;

use super::status;
use crate::failure::Failure;
use crate::output::Output;
use crate::privileges;
use crate::site::{HostUsers, Site};
use logins::Logins;
use report::{Report, hiding};

/// The options of `postern check`.
#[derive(Debug)]
pub(crate) struct CheckOptions<'a> {
    /// The root of the host's files.
    pub(crate) root: &'a Path,
    /// The account whose entry the rights are tested on.
    pub(crate) sample: Option<&'a str>,
    /// Whether to print only faults and warnings.
    pub(crate) is_quiet: bool,
}

/// Examines every part in the order in which a login needs it. A part that an earlier fault hides is left out.
pub(crate) async fn run(path: &Path, wanted: &CheckOptions<'_>, output: Output) -> Result<(), Failure> {
    privileges::refuse_others(path)?;
    // doveconf needs root if parts of Dovecot's configuration are private, and sshd needs it for its host keys.
    let dovecot = (doveconf("auth_cache_size"), doveconf(DOVECOT_PENALTY));
    let logins = Logins::read(wanted.root);
    privileges::become_postern()?;
    let mut report = Report::default();
    report.front_doors(Path::new(CLIENT_CONFIG_PATH));
    report.remark("clock", clock::examine());
    match Config::load_with_digest(path) {
        Err(problems) => {
            problems.lines().for_each(|line| report.fail("configuration", line));
            report.note(
                "configuration",
                "hides what needs it: keyring, store, directory, ledger, accounts, couriers".to_owned(),
            );
            let socket = status::socket_of_broken(path);
            report.posternd(&socket, path, None, status::ask(&socket));
        }
        Ok((config, digest)) => {
            let socket = config.socket.path.clone();
            // Asked first and reported last: the connection starts posternd by its socket, which creates the ledger's
            // files in /run.
            let asked = status::ask(&socket);
            report.ok("configuration", format!("{} is in order", path.display()));
            report.logins(&logins, &config);
            let web_toml = path.with_file_name("web.toml");
            Box::pin(report.site(config, &web_toml, wanted.sample, &logins)).await;
            report.posternd(&socket, path, Some(&digest), asked);
        }
    }
    report.dovecot(dovecot.0.as_deref(), dovecot.1.as_deref());
    versions::all().into_iter().for_each(|remark| report.remark("versions", remark));
    report.conclude(wanted.is_quiet, output)
}

impl Report {
    fn front_doors(&mut self, path: &Path) {
        match ClientConfig::load(path) {
            Ok(_) => self.ok(
                "front doors",
                format!("{} is in order, or absent, which means the defaults", path.display()),
            ),
            Err(error) => self.fail("front doors", error.to_string()),
        }
    }

    fn logins(&mut self, logins: &Logins, config: &Config) {
        for (part, remark) in logins.examine(&config.services) {
            self.remark(part, remark);
        }
    }

    async fn site(&mut self, config: Config, web_toml: &Path, sample: Option<&str>, logins: &Logins) {
        match config.load_keyring() {
            Ok(_) => self.ok("keyring", format!("{} is in order", config.keyring.display())),
            Err(problems) => problems.lines().for_each(|line| self.fail("keyring", line)),
        }
        for name in config.socket.trusted.keys() {
            match User::from_name(name) {
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => self.warn(
                    "socket",
                    format!("socket.trusted names the user {name}, who does not exist on this host"),
                ),
            }
        }
        if config.mail_settings.servers().next().is_none() {
            self.warn(
                "mail_settings",
                "is empty, so a new app password is shown without the servers to use it with".to_owned(),
            );
        }
        if config.policy.observe {
            self.warn("policy", "observe is true: nothing is refused by policy, only logged".to_owned());
        }
        if let Ok(front) = ClientConfig::load(Path::new(CLIENT_CONFIG_PATH))
            && front.socket != config.socket.path
        {
            let (theirs, ours) = (front.socket.display(), config.socket.path.display());
            self.warn(
                "front doors",
                format!("{CLIENT_CONFIG_PATH} names the socket {theirs}, and posternd serves {ours}"),
            );
        }
        self.certificates(&config);
        self.couriers(&config).await;
        if let Some(web) = &config.web {
            self.remark("web", page::examine(&web.url).await);
            page::fits_terminal(&web.url).into_iter().for_each(|remark| self.remark("web", remark));
        }
        for remark in account_pages::examine(web_toml, config.web.as_ref()).await {
            self.remark("web", remark);
        }
        match Site::of(config) {
            Err(failure) => {
                self.fail("store", hiding(failure.message(), "the directory, the ledger and the accounts"));
            }
            Ok(site) => {
                if self.store(&site, sample).await {
                    for (part, remark) in lockout::examine(&site, logins).await {
                        self.remark(part, remark);
                    }
                }
            }
        }
    }

    fn posternd(
        &mut self,
        socket: &Path,
        file: &Path,
        digest: Option<&ConfigDigest>,
        asked: Result<Status, IpcFailure>,
    ) {
        // If the configuration is broken, that has to be fixed first, and the socket may be another one.
        if digest.is_none() && asked.is_err() {
            return;
        }
        for remark in posternd::examine(socket, file, digest, asked) {
            self.remark("posternd", remark);
        }
    }

    /// A certificate that cannot be read is noticed only once the server that needs it cannot be reached.
    fn certificates(&mut self, config: &Config) {
        for path in config.ca_files() {
            let file = path.display();
            match Trust::read(path) {
                Ok(trust) if trust.faults().is_empty() => {
                    self.ok("certificates", format!("{file} has {} authorities", trust.authorities().len()));
                }
                Ok(trust) => {
                    let faults = trust.faults().iter();
                    faults.for_each(|fault| {
                        self.warn("certificates", format!("{file}: {fault}; the others are used"))
                    });
                }
                Err(what) => self.fail("certificates", format!("{file} {what}")),
            }
        }
    }

    async fn couriers(&mut self, config: &Config) {
        for finding in postern_courier::examine(config).await {
            match finding.outcome {
                Ok(text) => self.ok(finding.section, text),
                Err(text) => self.fail(finding.section, text),
            }
        }
    }

    /// Examines the store. `false` if accounts cannot be read.
    async fn store(&mut self, site: &Site, sample: Option<&str>) -> bool {
        if let Ok(embedded) = site.embedded() {
            let path = site.config.embedded.path.display();
            match embedded.check_integrity().await {
                Ok(()) => self.ok("store", format!("{path} is sound")),
                Err(error) => {
                    let what = format!("{path} is damaged: {error}; restore it from a backup");
                    self.fail("store", hiding(&what, "the ledger and the accounts"));
                    return false;
                }
            }
        }
        let mut is_down = false;
        if let Some(ldap) = &site.ldap {
            for finding in ldap.examine(sample).await {
                match finding {
                    ldap::Finding::Good(text) => self.ok("directory", text),
                    ldap::Finding::Doubtful(text) => self.warn("directory", text),
                    ldap::Finding::Bad(text) => self.fail("directory", text),
                    ldap::Finding::Down(text) => {
                        self.fail("directory", hiding(&text, "the rights on an entry and the accounts"));
                        is_down = true;
                    }
                }
            }
        }
        self.ledger(&*site.ledger).await;
        self.clocks(site).await;
        if !is_down {
            let names = self.accounts(site).await;
            let names = match sample {
                Some(name) => {
                    site.account(name).await.iter().flat_map(|found| LoginName::new(&found.name)).collect()
                }
                None => names,
            };
            let product = match &site.ldap {
                Some(ldap) => Some(ldap.product().await),
                None => None,
            };
            for remark in identity::examine(&*site.directory, product, &HostUsers, &names).await {
                self.remark("identity", remark);
            }
        }
        !is_down
    }

    async fn ledger(&mut self, ledger: &dyn Ledger) {
        match ledger.health().await {
            Err(error) => self.fail("ledger", error.to_string()),
            Ok(health) => {
                if health.failures.is_empty() {
                    self.ok("ledger", format!("{} is in order", health.what));
                }
                health.failures.into_iter().for_each(|failure| self.fail("ledger", failure));
                health.warnings.into_iter().for_each(|warning| self.warn("ledger", warning));
            }
        }
    }

    /// Compares the clocks of the ledger and of each directory server with this host's.
    async fn clocks(&mut self, site: &Site) {
        if let Ok(Some(theirs)) = site.ledger.time().await {
            let ahead = site.clock.now().seconds_after(theirs);
            if ahead.unsigned_abs() > SKEW.as_secs() {
                self.fail(
                    "clocks",
                    format!("{}; see: timedatectl, on this host and on Redis'", clock_text(ahead)),
                );
            } else {
                self.ok(
                    "clocks",
                    format!("the ledger's and this host's agree to {} s", ahead.unsigned_abs().max(1)),
                );
            }
        }
        let Some(ldap) = &site.ldap else { return };
        for (server, theirs) in ldap.times().await {
            let Some(theirs) = theirs else {
                self.ok(
                    "clocks",
                    format!("{server} does not show its own (currentTime, or the time in cn=Monitor)"),
                );
                continue;
            };
            let ahead = theirs.seconds_after(site.clock.now());
            let apart = ahead.unsigned_abs();
            if apart > SKEW.as_secs() {
                let side = if ahead < 0 { "behind" } else { "ahead of" };
                self.warn(
                    "clocks",
                    format!(
                        "{server} is {apart} s {side} this host; locks and expiries end at other times there"
                    ),
                );
            } else {
                self.ok("clocks", format!("{server} and this host agree to {} s", apart.max(1)));
            }
        }
    }

    /// Reads every account, and checks that those that mail services find have valid userdb fields. Returns the names
    /// of some with a uid.
    async fn accounts(&mut self, site: &Site) -> Vec<LoginName> {
        let mut count = 0;
        let mut names = Vec::new();
        let (mut faults, mut unfit) = (Vec::new(), Vec::new());
        let sort = &mut |read: Result<Account, DirectoryError>| match read {
            Err(error) => faults.push(error.to_string()),
            Ok(account) => {
                count += 1;
                let has_uid = !account.attributes.values(UID_NUMBER).is_empty();
                if has_uid && names.len() < SAMPLES {
                    names.extend(LoginName::new(&account.name).ok());
                }
                if let Err(error) = site.config.userdb.fill(&account) {
                    unfit.push((account.id, format!("{}: {error}", account.name)));
                }
            }
        };
        if let Err(error) = site.directory.for_each_account(sort).await {
            faults.push(error.to_string());
        }
        match of_mail(site, unfit).await {
            Ok(unfit) => faults.extend(unfit),
            Err(error) => faults.push(error.to_string()),
        }
        faults.into_iter().for_each(|fault| self.fail("accounts", fault));
        self.ok("accounts", format!("{count} can be read"));
        names
    }

    fn dovecot(&mut self, cache_size: Option<&str>, penalty: Option<&str>) {
        match cache_size {
            None => {}
            Some("0" | "0 B") => self.ok("dovecot", "auth_cache_size is 0".to_owned()),
            Some(size) => self.warn(
                "dovecot",
                format!("auth_cache_size is {size}: a revoked app password would live on in it; set auth_cache_size = 0"),
            ),
        }
        // Octal, as in Dovecot's configuration.
        let is_closed = |mode: &str| mode.bytes().all(|byte| byte == b'0');
        match penalty {
            None => {}
            Some(mode) if is_closed(mode) => self.ok("dovecot", "its own penalty is off".to_owned()),
            Some(_) => self.warn(
                "dovecot",
                "its own penalty is on: behind one address wrong passwords make right app passwords wait for up to 15 s, and Postfix then loses them; set service anvil { unix_listener anvil-auth-penalty { mode = 0 } }".to_owned(),
            ),
        }
    }
}

/// A setting of the installed Dovecot. `None` if there is no Dovecot.
fn doveconf(key: &str) -> Option<String> {
    let answer =
        Command::new(DOVECONF).args(["-h", key]).output().ok().filter(|answer| answer.status.success())?;
    String::from_utf8(answer.stdout).ok().map(|value| value.trim().to_owned())
}

/// Of the texts about accounts, those about accounts that mail services find.
async fn of_mail(site: &Site, said: Vec<(AccountId, String)>) -> Result<Vec<String>, DirectoryError> {
    let mut at_mail = HashSet::new();
    if let Some(ldap) = site.ldap.as_ref().filter(|_| !said.is_empty()) {
        // Accounts that cannot be read are reported elsewhere.
        let note =
            &mut |read: Result<Account, DirectoryError>| at_mail.extend(read.ok().map(|found| found.id));
        ldap.for_each_mail_account(note).await?;
    }
    let is_at_mail = |id: &AccountId| site.ldap.is_none() || at_mail.contains(id);
    Ok(said.into_iter().filter(|(id, _)| is_at_mail(id)).map(|(_, text)| text).collect())
}

/// The mode of the socket by which Dovecot counts wrong passwords of an address.
const DOVECOT_PENALTY: &str = "service/anvil/unix_listener/anvil-auth-penalty/mode";
/// How many accounts are searched for a user of this host.
const SAMPLES: usize = 100;
const DOVECONF: &str = "/usr/bin/doveconf";
