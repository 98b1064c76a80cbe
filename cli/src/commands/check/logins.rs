//! The configuration of sshd, sudo and the like on this host, and the ways around Postern in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use postern_core::policy::{Service, ServiceKind};
use postern_pam_stack::{Files, ManagementGroup};

use super::local_users::LocalUser;
use super::pam;
use super::remark::Remark;
use super::sshd::{self, SshLogin, Sshd};

/// The configuration of the host's login services, read while this process may: a part of it is readable for root only.
#[derive(Debug, Default)]
pub(super) struct Logins {
    pam: Files,
    /// The output of `sshd -T`, or why there is none. `None` if there is no sshd.
    sshd: Option<Result<String, String>>,
    sshd_has_match_blocks: bool,
    /// The same for root, local admins and local users with keys, if there are Match blocks.
    sshd_by_user: BTreeMap<String, String>,
    /// Debian's settings of saslauthd.
    saslauthd: Option<String>,
    /// The users in the host's own files.
    users: Vec<LocalUser>,
}

impl Logins {
    /// Reads the files under `root`.
    pub(super) fn read(root: &Path) -> Self {
        let mut files = Files::new();
        // A file in the second folder overrides one in the first, as in libpam.
        for folder in ["usr/lib/pam.d", "etc/pam.d"] {
            files.extend(texts(&root.join(folder)));
        }
        let config = root.join("etc/ssh/sshd_config");
        let sshd = print_sshd(&config, None);
        let printed = sshd.as_ref().and_then(|printed| printed.as_deref().ok()).unwrap_or_default();
        let users = LocalUser::all(root, Sshd::of(printed));
        let mut configs = texts(&root.join("etc/ssh/sshd_config.d"));
        configs.extend(fs::read_to_string(&config).ok().map(|text| ("sshd_config".to_owned(), text)));
        let sshd_has_match_blocks = configs.values().any(|text| sshd::has_match_blocks(text));
        let matched = users.iter().filter(|user| sshd_has_match_blocks && user.may_need_ssh());
        let settings =
            |user: &LocalUser| Some((user.name.clone(), print_sshd(&config, Some(&user.name))?.ok()?));
        Self {
            pam: files,
            sshd,
            sshd_by_user: matched.filter_map(settings).collect(),
            users,
            sshd_has_match_blocks,
            saslauthd: fs::read_to_string(root.join("etc/default/saslauthd")).ok(),
        }
    }

    /// The findings, each with the part of the host that it is about.
    pub(super) fn examine(&self, services: &BTreeMap<String, Service>) -> Vec<(&'static str, Remark)> {
        let printed = self.sshd.as_ref().and_then(|printed| printed.as_ref().ok());
        let proves_first =
            |name: &str| name == SSHD && printed.is_some_and(|printed| Sshd::of(printed).proves_first());
        let examined = pam::examine(&self.pam, services, proves_first);
        let asking: Vec<&str> = examined.asking.iter().map(String::as_str).collect();
        let mut all: Vec<(&'static str, Remark)> = Vec::new();
        all.push(match asking.as_slice() {
            [] => ("pam", Remark::ok("no login service of this host asks Postern".to_owned())),
            _ => ("pam", Remark::ok(format!("these ask Postern: {}", asking.join(", ")))),
        });
        all.extend(examined.remarks.into_iter().map(|remark| ("pam", remark)));
        if let (true, Some(ServiceKind::Login(login))) =
            (asking.contains(&SSHD), services.get(SSHD).map(|service| &service.kind))
        {
            all.extend(self.sshd(login).into_iter().map(|remark| ("sshd", remark)));
        }
        if !asking.is_empty() && self.saslauthd.as_deref().is_some_and(saslauthd_caches) {
            all.push(("saslauthd", Remark::warn(
                "runs with -c: a revoked app password would live on in its cache, and a code be taken again; take -c out of OPTIONS in /etc/default/saslauthd".to_owned(),
            )));
        }
        all
    }

    /// The configured login services that ask Postern.
    pub(super) fn asking_logins(&self, services: &BTreeMap<String, Service>) -> Vec<String> {
        let is_login = |name: &String| {
            services.get(name).is_some_and(|service| matches!(service.kind, ServiceKind::Login(_)))
        };
        pam::examine(&self.pam, services, |_| false).asking.into_iter().filter(is_login).collect()
    }

    /// The login by sshd, if sshd asks Postern and can be examined.
    pub(super) fn ssh_login<'a>(&'a self, services: &'a BTreeMap<String, Service>) -> Option<SshLogin<'a>> {
        let printed = self.sshd.as_ref()?.as_ref().ok()?;
        let ServiceKind::Login(login) = &services.get(SSHD)?.kind else { return None };
        let asks = |group| pam::asks(&self.pam, SSHD, group);
        let (asks_auth, asks_account) = (asks(ManagementGroup::Auth), asks(ManagementGroup::Account));
        let ssh = SshLogin { sshd: Sshd::of(printed), login, asks_auth, asks_account };
        (asks_auth || asks_account).then_some(ssh)
    }

    /// What sshd is told about this local user; `usual` if that is what holds for all.
    pub(super) fn sshd_of<'a>(&'a self, name: &str, usual: Sshd<'a>) -> Sshd<'a> {
        self.sshd_by_user.get(name).map_or(usual, |printed| Sshd::of(printed))
    }

    pub(super) fn users(&self) -> &[LocalUser] {
        &self.users
    }

    fn sshd(&self, service: &postern_core::policy::LoginService) -> Vec<Remark> {
        let mut remarks = match &self.sshd {
            None => return Vec::new(),
            Some(Err(error)) => {
                return vec![Remark::warn(format!("sshd -T says nothing: {error}; run this as root"))];
            }
            Some(Ok(printed)) => Sshd::of(printed).examine(service),
        };
        if self.sshd_has_match_blocks {
            remarks.push(Remark::warn(
                "there are Match blocks, which hold for some alone; they are looked at for root and local users, and for nobody else: see sshd -T -C user=NAME,host=localhost,addr=127.0.0.1"
                    .to_owned(),
            ));
        }
        if remarks.is_empty() {
            remarks.push(Remark::ok("asks for more than a key or a password".to_owned()));
        }
        remarks
    }
}

/// Whether saslauthd is started, asks PAM, and caches successes.
fn saslauthd_caches(settings: &str) -> bool {
    let value = |key: &str| {
        let line = settings.lines().rev().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='));
        line.map(|value| value.trim_matches('"')).unwrap_or_default()
    };
    value("START") == "yes"
        && value("MECHANISMS").split_whitespace().any(|word| word == "pam")
        && value("OPTIONS").split_whitespace().any(|word| word == "-c")
}

/// The files of a folder by name. Those that cannot be read are left out.
fn texts(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let is_left_over = [".dpkg-", ".rpm", "~"].iter().any(|mark| name.contains(mark));
            if is_left_over { None } else { Some((name, fs::read_to_string(entry.path()).ok()?)) }
        })
        .collect()
}

/// What sshd prints of its configuration: for all users, or for one who logs in from this host, with the Match blocks applied.
fn print_sshd(config: &Path, user: Option<&str>) -> Option<Result<String, String>> {
    let program = PROGRAMS.iter().map(PathBuf::from).find(|program| program.is_file())?;
    let mut command = Command::new(program);
    command.arg("-T").arg("-f").arg(config);
    if let Some(user) = user {
        command.arg("-C").arg(format!("user={user},host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22"));
    }
    let ran = command.output();
    Some(match ran {
        Err(error) => Err(error.to_string()),
        Ok(ran) if ran.status.success() => {
            String::from_utf8(ran.stdout).map_err(|_| "it is not UTF-8".to_owned())
        }
        Ok(ran) => {
            let said = String::from_utf8_lossy(&ran.stderr).trim().replace(char::is_control, " ");
            Err(if said.is_empty() { ran.status.to_string() } else { said })
        }
    })
}

/// The PAM service, which has the program's name.
const SSHD: &str = "sshd";
const PROGRAMS: [&str; 2] = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_of_saslauthd_counts_where_it_runs_and_asks_pam() {
        let shipped = "# START=no\nSTART=yes\nMECHANISMS=\"pam\"\nOPTIONS=\"-c -m /var/run/saslauthd\"\n";
        assert!(saslauthd_caches(shipped));
        for (from, to) in [("START=yes", "START=no"), ("\"pam\"", "\"ldap\""), ("-c ", ""), ("-c ", "-n5c ")]
        {
            assert!(!saslauthd_caches(&shipped.replace(from, to)), "{to}");
        }
    }
}
