//! Local users who can no longer log in: those whom the directory confuses with others, and at sshd root by key, local
//! admins and automation, as the stacks are.

use async_trait::async_trait;
use postern_core::flows::{self, Identity};
use postern_core::name::LoginName;
use postern_core::policy::EffectiveLogin;
use postern_core::unix_users::{NameServiceError, UnixUsers};

use super::local_users::LocalUser;
use super::logins::Logins;
use super::remark::Remark;
use super::sshd::{SshLogin, Sshd, is_pam};
use crate::site::Site;

/// How Postern classifies a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UserClass {
    /// The directory has no account of that name and uid.
    Stranger,
    /// The directory has that name or uid for another user, or does not answer: refused at every service that asks
    /// Postern.
    Refused,
    /// The directory has the account.
    Account { needs_second_factor: bool },
}

/// Looks the local users up, and reports those who are locked out, each with the part of the host that it is about.
pub(super) async fn examine(site: &Site, logins: &Logins) -> Vec<(&'static str, Remark)> {
    let asking = logins.asking_logins(&site.config.services);
    if asking.is_empty() {
        return Vec::new();
    }
    let ssh = logins.ssh_login(&site.config.services);
    let (mut remarks, mut people) = (Vec::new(), Vec::new());
    let local = LocalFiles(logins.users());
    for user in logins.users().iter().filter(|user| user.uid != 0) {
        let Ok(name) = LoginName::new(&user.name) else { continue };
        let identity = flows::identity_of(&*site.directory, &local, &name).await;
        remarks.extend(refusal(user, &identity, &asking).map(|remark| ("identity", remark)));
        let Some(ssh) = ssh.filter(|_| user.may_need_ssh()) else { continue };
        let known = match identity {
            Ok(Identity::Stranger) => UserClass::Stranger,
            Ok(Identity::Account(account)) => {
                let observe = site.config.services.get("sshd").and_then(|service| service.observe);
                let policy = EffectiveLogin::of(&site.config.policy, observe, ssh.login, account.data.policy);
                let is_needed = policy.second_factor.is_needed(account.data.is_enrolled());
                UserClass::Account { needs_second_factor: is_needed && !policy.observe }
            }
            Ok(Identity::Mismatch(..) | Identity::NoUser) | Err(_) => UserClass::Refused,
        };
        people.push((user, known, logins.sshd_of(&user.name, ssh.sshd)));
    }
    remarks.extend(ssh.map(|ssh| ("sshd", ssh.remark(logins.sshd_of("root", ssh.sshd), &people))));
    remarks
}

/// The finding about a user who is refused or deferred at every login service that asks Postern.
fn refusal(user: &LocalUser, identity: &Result<Identity, String>, asking: &[String]) -> Option<Remark> {
    let (name, uid, services) = (&user.name, user.uid, asking.join(", "));
    let text = match identity {
        Ok(Identity::Account(_) | Identity::Stranger | Identity::NoUser) => return None,
        Ok(Identity::Mismatch(id, mismatch)) => format!(
            "the local user {name} (uid {uid}) is refused at {services}: {} (account {id}); give one of them another number or name",
            mismatch.detail()
        ),
        Err(error) => format!(
            "the local user {name} (uid {uid}) gets in at none of {services}, for whose account it is cannot be told: {error}"
        ),
    };
    Some(if user.is_admin { Remark::fail(text) } else { Remark::warn(text) })
}

/// The users of /etc/passwd, which name services usually search first.
#[derive(Debug)]
struct LocalFiles<'a>(&'a [LocalUser]);

#[async_trait]
impl UnixUsers for LocalFiles<'_> {
    async fn uid_of(&self, name: &str) -> Result<Option<u32>, NameServiceError> {
        Ok(self.0.iter().find(|user| user.name == name).map(|user| user.uid))
    }
}

impl SshLogin<'_> {
    /// `root` is what sshd is told about root, and the third of each user about that user.
    fn remark(self, root: Sshd<'_>, people: &[(&LocalUser, UserClass, Sshd<'_>)]) -> Remark {
        let root = SshLogin { sshd: root, ..self }.root();
        let mut shut: Vec<String> = root.map(|why| format!("root ({why})")).into_iter().collect();
        let named = |is_admin: bool| -> Vec<String> {
            let of_kind = people.iter().filter(|(user, ..)| user.is_admin == is_admin);
            let out =
                of_kind.filter(|(user, known, sshd)| !SshLogin { sshd: *sshd, ..self }.lets_in(user, *known));
            let name = |(user, known, _): &(&LocalUser, UserClass, Sshd<'_>)| match known {
                UserClass::Stranger => user.name.clone(),
                UserClass::Refused => {
                    format!("{} (the directory has the name or the uid for another)", user.name)
                }
                UserClass::Account { .. } => format!("{} (has to type a code)", user.name),
            };
            out.map(name).collect()
        };
        let (admins, automation) = (named(true), named(false));
        if !admins.is_empty() {
            shut.push(format!("local admins: {}", admins.join(", ")));
        }
        if !automation.is_empty() {
            shut.push(format!("automation and others with a key alone: {}", automation.join(", ")));
        }
        if shut.is_empty() {
            return Remark::ok("lets in root as far as it did, local admins and automation".to_owned());
        }
        Remark::note(format!(
            "as PAM and sshd are set up these no longer get in: {}; let those in whom the directory does not have by not_in_directory = \"ignore\" in [services.sshd], or give them accounts",
            shut.join("; ")
        ))
    }

    /// Why root is locked out, if sshd itself would admit it.
    fn root(self) -> Option<String> {
        let permit = self.sshd.permit_root();
        let ways = self.sshd.ways();
        let by_password = permit == "yes";
        let ways: Vec<_> = match permit {
            "no" => return None,
            _ => ways.into_iter().filter(|way| by_password || !asks_pam(way)).collect(),
        };
        if ways.is_empty() {
            return Some(format!(
                "by key: AuthenticationMethods asks for more, which PermitRootLogin {permit} does not take from root"
            ));
        }
        // Root is never looked up in the directory.
        let is_in = ways.iter().any(|way| self.lets_stranger_in(way));
        (!is_in).then(|| "no directory has it, and not_in_directory is \"reject\"".to_owned())
    }

    fn lets_in(self, user: &LocalUser, known: UserClass) -> bool {
        let ways = self.sshd.ways();
        // Automation has no person to type an answer.
        let is_typed = user.is_admin;
        let mut usable = ways.iter().filter(|way| is_typed || !asks_pam(way));
        match known {
            UserClass::Stranger => usable.any(|way| self.lets_stranger_in(way)),
            UserClass::Refused => usable.any(|way| !self.is_asked(way)),
            UserClass::Account { needs_second_factor: true } if !is_typed => {
                usable.any(|_| !self.asks_account || !self.login.enforces_account)
            }
            UserClass::Account { .. } => usable.next().is_some(),
        }
    }

    fn lets_stranger_in(self, way: &[&str]) -> bool {
        self.login.ignores_strangers || !self.is_asked(way)
    }

    fn is_asked(self, way: &[&str]) -> bool {
        (asks_pam(way) && self.asks_auth) || (self.asks_account && self.login.enforces_account)
    }
}

fn asks_pam(way: &[&str]) -> bool {
    way.iter().any(|method| is_pam(method))
}

#[cfg(test)]
mod tests {
    use postern_core::policy::LoginService;

    use super::super::remark::Mark;
    use super::*;

    const SETTINGS: &str = "usepam yes\npermitrootlogin prohibit-password\npubkeyauthentication yes\npasswordauthentication no\nkbdinteractiveauthentication yes\nauthenticationmethods any\n";

    fn said(changes: &[(&str, &str)], login: &LoginService, people: &[(&LocalUser, UserClass)]) -> Remark {
        let text = changes.iter().fold(SETTINGS.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        let sshd = Sshd::of(&text);
        let people: Vec<_> = people.iter().map(|(user, known)| (*user, *known, sshd)).collect();
        SshLogin { sshd, login, asks_auth: true, asks_account: true }.remark(sshd, &people)
    }

    fn user(name: &str, is_admin: bool) -> LocalUser {
        LocalUser { name: name.to_owned(), uid: 1000, is_admin, has_keys: true }
    }

    #[test]
    fn strangers_are_out_where_they_are_rejected_and_in_where_they_are_ignored() {
        let (bob, backup) = (user("bob", true), user("backup", false));
        let people = [(&bob, UserClass::Stranger), (&backup, UserClass::Stranger)];
        let out = said(&[], &LoginService::default(), &people);
        assert_eq!(out.mark, Mark::Note);
        for words in ["root (no directory has it", "local admins: bob", "a key alone: backup"] {
            assert!(out.text.contains(words), "{words}: {}", out.text);
        }
        let ignored = LoginService { ignores_strangers: true, ..LoginService::default() };
        assert_eq!(said(&[], &ignored, &people).mark, Mark::Ok);
        let unenforced = LoginService { enforces_account: false, ..LoginService::default() };
        assert_eq!(said(&[], &unenforced, &people).mark, Mark::Ok, "a key alone opens");
    }

    #[test]
    fn if_more_than_a_key_is_required_scripts_and_root_by_key_are_locked_out() {
        let both = ("authenticationmethods any", "authenticationmethods publickey,keyboard-interactive");
        let ignored = LoginService { ignores_strangers: true, ..LoginService::default() };
        let (bob, backup) = (user("bob", true), user("backup", false));
        let out = said(&[both], &ignored, &[(&bob, UserClass::Stranger), (&backup, UserClass::Stranger)]);
        assert!(out.text.contains("root (by key: AuthenticationMethods asks for more"), "{}", out.text);
        assert!(out.text.contains("backup") && !out.text.contains("bob"), "{}", out.text);
        let no_root = ("permitrootlogin prohibit-password", "permitrootlogin no");
        assert!(!said(&[both, no_root], &ignored, &[(&backup, UserClass::Stranger)]).text.contains("root ("));
    }

    #[test]
    fn what_a_match_block_says_of_one_user_holds_for_that_user() {
        let both = SETTINGS
            .replace("authenticationmethods any", "authenticationmethods publickey,keyboard-interactive");
        let ignored = LoginService { ignores_strangers: true, ..LoginService::default() };
        let ssh = SshLogin { sshd: Sshd::of(&both), login: &ignored, asks_auth: true, asks_account: true };
        let (backup, other) = (user("backup", false), user("other", false));
        let (key, all) = (Sshd::of(SETTINGS), Sshd::of(&both));
        assert_eq!(ssh.remark(key, &[(&backup, UserClass::Stranger, key)]).mark, Mark::Ok);
        let out = ssh.remark(key, &[(&backup, UserClass::Stranger, key), (&other, UserClass::Stranger, all)]);
        assert!(out.text.contains("a key alone: other") && !out.text.contains("root ("), "{}", out.text);
    }

    #[test]
    fn a_user_whom_the_directory_confuses_is_locked_out_even_if_strangers_are_ignored() {
        let ignored = LoginService { ignores_strangers: true, ..LoginService::default() };
        let ops = user("ops", true);
        let out = said(&[], &ignored, &[(&ops, UserClass::Refused)]);
        assert!(out.text.contains("local admins: ops (the directory has the name"), "{}", out.text);
        let unenforced = LoginService { enforces_account: false, ..ignored };
        assert_eq!(said(&[], &unenforced, &[(&ops, UserClass::Refused)]).mark, Mark::Ok, "a key alone opens");
    }

    #[test]
    fn an_account_that_needs_a_code_has_to_type_it() {
        let (bob, deploy) = (user("bob", true), user("deploy", false));
        let needs = UserClass::Account { needs_second_factor: true };
        let no_root = ("permitrootlogin prohibit-password", "permitrootlogin no");
        let out = said(&[no_root], &LoginService::default(), &[(&bob, needs), (&deploy, needs)]);
        assert!(
            out.text.contains("deploy (has to type a code)") && !out.text.contains("bob"),
            "{}",
            out.text
        );
        let free = UserClass::Account { needs_second_factor: false };
        assert_eq!(said(&[no_root], &LoginService::default(), &[(&deploy, free)]).mark, Mark::Ok);
    }
}
