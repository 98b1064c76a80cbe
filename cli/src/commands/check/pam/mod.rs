//! What PAM is told (pam.conf(5)), and what follows from it. Nothing here reads a file.

mod control;
mod explore;
mod lines;
mod modules;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use postern_core::policy::{Service, ServiceKind};

use super::remark::Remark;
pub(super) use lines::{Files, Kind};
use lines::{Step, flatten};
use modules::Module;

/// What is to be said about the services of a host, and which of them ask Postern.
#[derive(Debug, Default)]
pub(super) struct Examined {
    pub(super) remarks: Vec<Remark>,
    /// By the name that Postern has for them.
    pub(super) asking: BTreeSet<String>,
}

/// Looks at every service. `first_is_proved` says of a service whether its program proves a first factor by itself before
/// it asks PAM.
pub(super) fn examine(
    files: &Files,
    services: &BTreeMap<String, Service>,
    first_is_proved: impl Fn(&str) -> bool,
) -> Examined {
    let mut examined = Examined::default();
    let fragments = lines::included(files);
    for file in files.keys().filter(|file| !fragments.contains(*file) || services.contains_key(*file)) {
        let (auth, account) = (flatten(files, file, Kind::Auth), flatten(files, file, Kind::Account));
        let Some(name) = asks_as(file, &auth).or_else(|| asks_as(file, &account)) else { continue };
        examined.asking.insert(name.to_owned());
        let Some(service) = services.get(name) else {
            examined.remarks.push(Remark::fail(format!(
                "{file}: asks Postern for the service {name}, which is not configured, so that everybody is refused; add [services.{name}] with class = \"login\""
            )));
            continue;
        };
        // A mail service takes one secret, and what comes before and after it is Dovecot's own.
        let ServiceKind::Login(login) = &service.kind else { continue };
        let stack = verdict::Stack { file, login, first_is_proved: first_is_proved(name) };
        examined.remarks.extend(stack.auth(&auth));
        examined.remarks.extend(stack.account(&account));
    }
    examined
}

/// The name that a stack gives Postern for its service, if it asks at all.
fn asks_as<'a>(file: &'a str, steps: &'a [Step]) -> Option<&'a str> {
    let step = steps.iter().find(|step| step.module == Module::Postern)?;
    Some(step.arguments.iter().find_map(|argument| argument.strip_prefix("service=")).unwrap_or(file))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use postern_core::config::Config;

    use super::*;

    fn services(extra: &str) -> BTreeMap<String, Service> {
        let text = format!("[directory]\nkind = \"embedded\"\n[ledger]\nkind = \"embedded\"\n{extra}");
        Config::parse(Path::new("p"), &text).unwrap().services
    }

    /// What is said about the stack of one service, with Debian's common files beside it.
    fn said(service: &str, stack: &str, extra: &str) -> Vec<String> {
        let files: Files = [
            (service, stack),
            ("common-auth", COMMON_AUTH),
            ("common-account", COMMON_ACCOUNT),
            ("password-auth", PASSWORD_AUTH),
        ]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
        let examined = examine(&files, &services(extra), |_| false);
        examined.remarks.iter().map(ToString::to_string).collect()
    }

    fn one(service: &str, stack: &str, extra: &str, words: &[&str]) {
        let said = said(service, stack, extra);
        assert_eq!(said.len(), 1, "{stack}\n{said:#?}");
        assert!(words.iter().all(|word| said[0].contains(word)), "{words:?} in {said:?}");
    }

    const ACCOUNT: &str = "account required pam_postern.so\n@include common-account\n";
    const STACK: &str = "[services.sshd]\nfirst = \"stack\"\n";
    const NONE: [&str; 0] = [];

    #[test]
    fn stacks_as_they_should_be_say_nothing() {
        let hard = "auth [success=done ignore=ignore default=die] pam_postern.so\n@include common-auth\n";
        for (service, stack, extra) in [
            ("sshd", format!("auth required pam_postern.so\n{ACCOUNT}"), ""),
            ("sshd", format!("auth requisite pam_nologin.so\nauth required pam_postern.so\n{ACCOUNT}"), ""),
            ("sshd", format!("@include common-auth\nauth required pam_postern.so\n{ACCOUNT}"), STACK),
            ("sshd", format!("auth requisite pam_ldap.so\nauth required pam_postern.so\n{ACCOUNT}"), STACK),
            ("sudo", format!("{hard}@include common-account\n"), ""),
            (
                "sudo",
                "auth required pam_postern.so\n@include common-auth\n@include common-account\n".to_owned(),
                "",
            ),
            ("su", format!("auth sufficient pam_rootok.so\n{hard}@include common-account\n"), ""),
            // Somebody else's business altogether.
            ("sudo", "@include common-auth\n".to_owned(), ""),
            ("gdm", "auth sufficient pam_permit.so\n".to_owned(), ""),
        ] {
            assert_eq!(said(service, &stack, extra), NONE, "{stack}");
        }
    }

    #[test]
    fn the_stacks_that_are_shipped_say_nothing() {
        let key = "[services.sshd]\nfirst = \"stack\"\n";
        let sudo = "[services.sudo]\nfirst = \"stack\"\n";
        for (service, stack, extra, is_after_a_key) in [
            ("sshd", include_str!("../../../../../packaging/pam/sshd"), "", false),
            ("sshd", include_str!("../../../../../packaging/pam/sshd-key"), key, true),
            ("sudo", include_str!("../../../../../packaging/pam/sudo"), sudo, false),
            ("su", include_str!("../../../../../packaging/pam/su"), "", false),
            ("login", include_str!("../../../../../packaging/pam/login"), "", false),
        ] {
            let files: Files =
                [(service, stack), ("common-auth", COMMON_AUTH), ("common-account", COMMON_ACCOUNT)]
                    .map(|(name, text)| (name.to_owned(), text.to_owned()))
                    .into();
            let examined = examine(&files, &services(extra), |_| is_after_a_key);
            assert_eq!(examined.asking, BTreeSet::from([service.to_owned()]));
            assert_eq!(examined.remarks, [], "{service}");
            // For a roll-out a line is taken in that needs the key before it.
            if is_after_a_key {
                assert!(!examine(&files, &services(extra), |_| false).remarks.is_empty());
                let files = files
                    .into_iter()
                    .map(|(name, text)| (name, text.replace("\n#auth ", "\nauth ")))
                    .collect();
                assert_eq!(examine(&files, &services(extra), |_| true).remarks, []);
            }
        }
    }

    #[test]
    fn what_is_sufficient_before_postern_lets_people_past() {
        let words = ["FAIL", "pam_unix.so", "sufficient", "sshd:1"];
        one(
            "sshd",
            &format!("auth sufficient pam_unix.so\nauth required pam_postern.so\n{ACCOUNT}"),
            "",
            &words,
        );
        // As a jump over it.
        one(
            "sshd",
            &format!(
                "auth [success=1 default=ignore] pam_ldap.so\nauth required pam_postern.so\nauth required pam_permit.so\n{ACCOUNT}"
            ),
            "",
            &["FAIL", "pam_ldap.so", "sshd:1"],
        );
        // In a file that is included, of Red Hat's kind; in a substack it only ends that.
        let included = format!("auth include password-auth\nauth required pam_postern.so\n{ACCOUNT}");
        let found = said("sshd", &included, "");
        assert!(found.len() == 2 && found.iter().all(|line| line.starts_with("FAIL")), "{found:?}");
        assert!(found[0].contains("password-auth:2: pam_unix.so"), "{found:?}");
        assert!(found[1].contains("password-auth:4: pam_sss.so"), "{found:?}");
        let substack = format!("auth substack password-auth\nauth required pam_postern.so\n{ACCOUNT}");
        assert_eq!(said("sshd", &substack, ""), NONE);
        // For some alone.
        one(
            "sshd",
            &format!(
                "auth sufficient pam_succeed_if.so user ingroup staff\nauth required pam_postern.so\n{ACCOUNT}"
            ),
            "",
            &["warn", "pam_succeed_if.so"],
        );
    }

    #[test]
    fn a_no_that_does_not_count_is_named() {
        let after = "@include common-auth\n";
        for control in ["sufficient", "optional", "[success=done default=ignore]"] {
            let stack = format!("auth {control} pam_postern.so\n{after}{ACCOUNT}");
            one("sshd", &stack, "", &["FAIL", "says no", "sshd:1"]);
        }
        let down = format!(
            "auth [success=done ignore=ignore authinfo_unavail=ignore default=die] pam_postern.so\n{after}{ACCOUNT}"
        );
        one("sshd", &down, "", &["FAIL", "does not answer", "sshd:1"]);
        // Where nothing but a refusal follows it does count.
        let denied = format!("auth sufficient pam_postern.so\nauth required pam_deny.so\n{ACCOUNT}");
        assert_eq!(said("sshd", &denied, ""), NONE);
    }

    #[test]
    fn a_first_factor_that_may_be_missing_is_named() {
        for (before, word) in [
            ("auth required pam_ldap.so\n", "pam_ldap.so"),
            ("auth [success=ok default=bad] pam_ldap.so\n", "pam_ldap.so"),
            ("auth substack password-auth\n", "pam_deny.so"),
        ] {
            let stack = format!("{before}auth required pam_postern.so\n{ACCOUNT}");
            one("sshd", &stack, STACK, &["FAIL", word, "requisite"]);
            assert_eq!(said("sshd", &stack, ""), NONE, "where Postern asks for the password itself");
        }
        for before in ["", "auth optional pam_ldap.so\n", "auth required pam_env.so\n"] {
            let stack = format!("{before}auth required pam_postern.so\n{ACCOUNT}");
            let found = said("sshd", &stack, STACK);
            assert!(found[0].starts_with("FAIL") && found[0].contains("a code alone"), "{found:?}");
        }
    }

    #[test]
    fn names_that_postern_leaves_alone_need_somebody_else_who_asks() {
        let stack = "auth required pam_postern.so\nauth required pam_permit.so\n@include common-account\n";
        one("sudo", stack, "", &["FAIL", "without any password"]);
        let extra = "[services.sudo]\nnot_in_directory = \"reject\"\n";
        assert_eq!(said("sudo", stack, extra), NONE);
    }

    #[test]
    fn the_account_section_is_needed_where_it_is_enforced() {
        one(
            "sshd",
            "auth required pam_postern.so\n@include common-account\n",
            "",
            &["FAIL", "account section"],
        );
        let ignored = "[services.sshd]\naccount = \"ignore\"\n";
        assert_eq!(said("sshd", "auth required pam_postern.so\n@include common-account\n", ignored), NONE);
        one(
            "sshd",
            "auth required pam_postern.so\naccount sufficient pam_unix.so\naccount required pam_postern.so\n",
            "",
            &["FAIL", "(account)", "pam_unix.so", "sshd:2"],
        );
        one(
            "sshd",
            "auth required pam_postern.so\naccount sufficient pam_localuser.so\naccount required pam_postern.so\n",
            "",
            &["warn", "pam_localuser.so"],
        );
        one(
            "sshd",
            "auth required pam_postern.so\naccount optional pam_postern.so\n@include common-account\n",
            "",
            &["FAIL", "(account)", "says no"],
        );
        // pam_unix ends Debian's stack for somebody who has to change his password.
        let behind =
            "auth required pam_postern.so\n@include common-account\naccount required pam_postern.so\n";
        one("sshd", behind, "", &["warn", "common-account:1", "has to be changed"]);
    }

    #[test]
    fn a_service_that_nobody_configured_is_named() {
        one("gdm-password", "auth required pam_postern.so\n", "", &["FAIL", "[services.gdm-password]"]);
        one("gdm-password", "auth required pam_postern.so service=desk\n", "", &["FAIL", "[services.desk]"]);
        let stack = format!("auth required pam_postern.so service=sshd\n{ACCOUNT}");
        assert_eq!(said("gdm-password", &stack, ""), NONE);
        assert_eq!(said("imap", "auth sufficient pam_postern.so\n", ""), NONE, "a mail service");
    }

    #[test]
    fn an_included_file_is_no_service_of_its_own() {
        let files: Files =
            [("sudo", "@include common-auth\n"), ("common-auth", "auth required pam_postern.so\n")]
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .into();
        let examined = examine(&files, &services(""), |_| false);
        assert_eq!(examined.asking, BTreeSet::from(["sudo".to_owned()]));
    }

    const COMMON_AUTH: &str = "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\nauth optional pam_cap.so\n";
    const COMMON_ACCOUNT: &str = "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\naccount requisite pam_deny.so\naccount required pam_permit.so\n";
    const PASSWORD_AUTH: &str = "auth required pam_env.so\nauth sufficient pam_unix.so nullok\nauth [default=1 ignore=ignore success=ok] pam_usertype.so isregular\nauth sufficient pam_sss.so forward_pass\nauth required pam_deny.so\n";
}
