//! The configuration of sshd as `sshd -T` prints it (sshd_config(5)). This module runs no program.

use postern_core::policy::LoginService;

use super::remark::Remark;

/// A login by an sshd that asks Postern.
#[derive(Debug, Clone, Copy)]
pub(super) struct SshLogin<'a> {
    pub(super) sshd: Sshd<'a>,
    pub(super) login: &'a LoginService,
    pub(super) asks_auth: bool,
    pub(super) asks_account: bool,
}

/// The settings of an sshd.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sshd<'a>(&'a str);

impl<'a> Sshd<'a> {
    pub(super) fn of(printed: &'a str) -> Self {
        Self(printed)
    }

    /// Findings about ways around Postern, and about users who are locked out.
    pub(super) fn examine(self, service: &LoginService) -> Vec<Remark> {
        if !self.is_on("usepam") {
            return vec![Remark::fail(
                "UsePAM is no: sshd asks neither Postern nor any other module; set UsePAM yes".to_owned(),
            )];
        }
        let mut remarks = Vec::new();
        let ways = self.ways();
        let alone: Vec<String> = ways
            .iter()
            .filter(|way| !way.iter().any(|method| is_pam(method)))
            .map(|way| way.join(","))
            .collect();
        if !alone.is_empty() {
            let alone = alone.join(" or ");
            remarks.push(if service.enforces_account {
                Remark::ok(format!(
                    "{alone} alone opens ssh to those who need no second factor; for the others set AuthenticationMethods publickey,keyboard-interactive"
                ))
            } else {
                Remark::fail(format!(
                    "{alone} alone opens ssh to all users, as [services.sshd] has account = \"ignore\"; set that to \"enforce\", or AuthenticationMethods publickey,keyboard-interactive"
                ))
            });
        }
        let root = self.permit_root();
        if root != "no" && (!alone.is_empty() || service.ignores_strangers) {
            remarks.push(Remark::warn(format!(
                "PermitRootLogin is {root}: root, whom no directory has, needs no second factor; set PermitRootLogin no"
            )));
        }
        if let Some(service) = self.value("pamservicename").filter(|service| *service != "sshd") {
            remarks.push(Remark::warn(format!(
                "PAMServiceName is {service}: /etc/pam.d/{service} is asked instead of sshd; it needs the same lines, with pam_postern.so service=sshd"
            )));
        }
        if self.is_on("usedns") {
            remarks.push(Remark::warn(
                "UseDNS is yes: PAM is told names instead of addresses, which fail2ban's filters do not match and limits tell apart badly; set UseDNS no"
                    .to_owned(),
            ));
        }
        if !ways.iter().flatten().any(|method| is_keyboard_interactive(method)) {
            remarks.push(Remark::warn(
                "keyboard-interactive is off, so that no user can be asked for a code; set KbdInteractiveAuthentication yes"
                    .to_owned(),
            ));
        }
        if ways.iter().flatten().any(|method| *method == "password") {
            remarks.push(Remark::warn(
                "PasswordAuthentication is yes: that method cannot ask for a code, and users who need one fail at it; set PasswordAuthentication no"
                    .to_owned(),
            ));
        }
        remarks
    }

    /// Whether users have proved another factor whenever PAM is asked.
    pub(super) fn proves_first(self) -> bool {
        let ways = self.ways();
        let proves = |way: &Vec<&str>| way.iter().position(|method| is_pam(method)).is_none_or(|at| at > 0);
        ways.iter().all(proves)
    }

    /// How root may log in.
    pub(super) fn permit_root(self) -> &'a str {
        self.value("permitrootlogin").unwrap_or("no")
    }

    /// The files that hold the keys of users (sshd_config(5), TOKENS).
    pub(super) fn key_files(self) -> impl Iterator<Item = &'a str> {
        self.value("authorizedkeysfile").unwrap_or(".ssh/authorized_keys").split_whitespace()
    }

    /// The alternatives of authentication. Each is a list of methods, all of which are needed.
    pub(super) fn ways(self) -> Vec<Vec<&'a str>> {
        let methods = self.value("authenticationmethods").unwrap_or("any");
        let ways = methods.split_whitespace().map(|way| way.split(',').collect());
        if methods != "any" {
            // A list with a method that is switched off admits no user.
            return ways.filter(|way: &Vec<&str>| way.iter().all(|method| self.has(method))).collect();
        }
        SWITCHES.iter().filter(|(_, switch)| self.is_on(switch)).map(|(method, _)| vec![*method]).collect()
    }

    fn has(self, method: &str) -> bool {
        let name = method.split(':').next().unwrap_or_default();
        SWITCHES.iter().any(|(known, switch)| *known == name && self.is_on(switch))
    }

    fn is_on(self, key: &str) -> bool {
        self.value(key) == Some("yes")
    }

    fn value(self, key: &str) -> Option<&'a str> {
        self.0.lines().find_map(|line| {
            let (name, value) = line.trim().split_once(' ')?;
            name.eq_ignore_ascii_case(key).then_some(value.trim())
        })
    }
}

pub(super) fn is_pam(method: &str) -> bool {
    is_keyboard_interactive(method) || method == "password"
}

fn is_keyboard_interactive(method: &str) -> bool {
    method == "keyboard-interactive" || method.starts_with("keyboard-interactive:")
}

/// Whether a configuration has Match blocks, which apply to some users only and which `sshd -T` leaves out.
pub(super) fn has_match_blocks(text: &str) -> bool {
    text.lines().any(|line| {
        let word = line.split_whitespace().next().unwrap_or_default();
        word.eq_ignore_ascii_case("match")
    })
}

/// The methods, each with the setting that enables it.
const SWITCHES: [(&str, &str); 5] = [
    ("publickey", "pubkeyauthentication"),
    ("password", "passwordauthentication"),
    ("keyboard-interactive", "kbdinteractiveauthentication"),
    ("hostbased", "hostbasedauthentication"),
    ("gssapi-with-mic", "gssapiauthentication"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "port 22\nusepam yes\npermitrootlogin no\npubkeyauthentication yes\npasswordauthentication no\nkbdinteractiveauthentication yes\nhostbasedauthentication no\ngssapiauthentication no\nauthenticationmethods any\n";

    fn said(changes: &[(&str, &str)], service: &LoginService) -> Vec<String> {
        let mut text = GOOD.to_owned();
        for (key, value) in changes {
            let line = text.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
            text = text.replace(&line, &format!("{key} {value}"));
        }
        Sshd::of(&text).examine(service).iter().map(ToString::to_string).collect()
    }

    fn one(changes: &[(&str, &str)], service: &LoginService, words: &[&str]) {
        let said = said(changes, service);
        assert_eq!(said.len(), 1, "{changes:?}: {said:#?}");
        assert!(words.iter().all(|word| said[0].contains(word)), "{words:?} in {said:?}");
    }

    const BOTH: (&str, &str) = ("authenticationmethods", "publickey,keyboard-interactive");

    #[test]
    fn settings_that_bypass_postern_are_named() {
        let (enforce, ignore) =
            (LoginService::default(), LoginService { enforces_account: false, ..LoginService::default() });
        one(&[], &enforce, &["ok", "publickey alone"]);
        one(&[], &ignore, &["FAIL", "publickey alone", "account = \"ignore\""]);
        assert!(said(&[BOTH], &ignore).is_empty());
        one(
            &[(
                "authenticationmethods",
                "publickey,publickey password,keyboard-interactive publickey,keyboard-interactive:pam",
            )],
            &ignore,
            &["FAIL", "publickey,publickey alone"],
        );
        one(&[("usepam", "no"), ("permitrootlogin", "yes")], &enforce, &["FAIL", "UsePAM"]);
        for root in ["yes", "without-password", "forced-commands-only"] {
            let said = said(&[("permitrootlogin", root)], &enforce);
            assert!(said.len() == 2 && said[1].starts_with("warn PermitRootLogin"), "{said:?}");
        }
        assert!(said(&[BOTH, ("permitrootlogin", "yes")], &enforce).is_empty(), "PAM refuses root");
        let ignorant = LoginService { ignores_strangers: true, ..LoginService::default() };
        one(&[BOTH, ("permitrootlogin", "yes")], &ignorant, &["warn", "PermitRootLogin"]);
        let said = said(&[("gssapiauthentication", "yes")], &ignore);
        assert!(said[0].contains("publickey or gssapi-with-mic alone"), "{said:?}");
    }

    #[test]
    fn settings_that_lock_users_out_are_named() {
        let service = LoginService::default();
        let off = said(&[("kbdinteractiveauthentication", "no")], &service);
        assert!(off.iter().any(|line| line.starts_with("warn keyboard-interactive is off")), "{off:?}");
        let on = said(&[("passwordauthentication", "yes")], &service);
        assert!(on.iter().any(|line| line.starts_with("warn PasswordAuthentication")), "{on:?}");
        assert!(
            said(&[BOTH, ("passwordauthentication", "yes")], &service).is_empty(),
            "that method is not a way in"
        );
    }

    #[test]
    fn names_in_the_place_of_addresses_are_named() {
        let dns = format!("{GOOD}usedns yes\n");
        let said: Vec<String> =
            Sshd::of(&dns).examine(&LoginService::default()).iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|line| line.starts_with("warn UseDNS is yes")), "{said:?}");
        let named = format!("{GOOD}pamservicename ssh-inner\n");
        let said = Sshd::of(&named).examine(&LoginService::default());
        assert!(said.iter().any(|remark| remark.text.contains("/etc/pam.d/ssh-inner")), "{said:?}");
        let usual = format!("{GOOD}pamservicename sshd\nusedns no\n");
        assert_eq!(
            Sshd::of(&usual).examine(&LoginService::default()),
            Sshd::of(GOOD).examine(&LoginService::default())
        );
    }

    #[test]
    fn a_key_before_pam_proves_a_first_factor() {
        let proves = |methods: &str| {
            Sshd::of(&GOOD.replace("authenticationmethods any", &format!("authenticationmethods {methods}")))
                .proves_first()
        };
        assert!(proves("publickey,keyboard-interactive"));
        assert!(proves("publickey,keyboard-interactive publickey,publickey"));
        assert!(!proves("any"));
        assert!(!proves("publickey,keyboard-interactive keyboard-interactive"));
        assert!(!proves("keyboard-interactive,publickey"));
    }

    #[test]
    fn match_blocks_are_found() {
        assert!(has_match_blocks("Port 22\n  match User bob\n"));
        assert!(!has_match_blocks("# Match User bob\nPort 22\n"));
    }
}
