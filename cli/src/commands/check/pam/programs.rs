//! Well-known PAM services: which program uses each, and whether Postern belongs in its stack.

/// The services of one program, each with the command that uses it. If one of them asks Postern and another does not, the
/// other one is a way around it.
pub(super) struct Program {
    services: &'static [(&'static str, &'static str)],
    /// Whether the program uses all of them on every host. `other` decides for a service without a file.
    is_everywhere: bool,
}

impl Program {
    /// The services that this host has.
    pub(super) fn services(&self, has: impl Fn(&str) -> bool) -> Vec<(&'static str, &'static str)> {
        let is_there = |(service, _): &&(&'static str, &'static str)| self.is_everywhere || has(service);
        self.services.iter().filter(is_there).copied().collect()
    }
}

/// Whether the service may be that of an sshd under another name. OpenSSH takes the name of its program.
pub(super) fn is_another_sshd(service: &str) -> bool {
    service == "ssh"
        || service.strip_prefix("sshd").is_some_and(|rest| {
            !rest.is_empty()
                && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_@".contains(&byte))
        })
}

/// Why Postern does not belong in the stack of a service. `None` if it may.
pub(super) fn why_left_out(service: &str) -> Option<&'static str> {
    if service.ends_with("-autologin") || service.ends_with("-greeter") {
        return Some("it logs in without a person");
    }
    LEFT_OUT.iter().find(|(_, services)| services.contains(&service)).map(|(why, _)| *why)
}

/// The settings for a service that is not predefined.
pub(super) fn settings(service: &str) -> &'static str {
    if GIVES_ROOT.contains(&service) {
        return "class = \"login\", first = \"auto\", account = \"ignore\" and not_in_directory = \"ignore\", as sudo has";
    }
    if SCREENS.contains(&service) {
        return "class = \"login\", account = \"ignore\" and not_in_directory = \"ignore\", as login has";
    }
    if NETWORK.contains(&service) {
        return "class = \"login\", and account = \"enforce\" with a pam_postern.so line in its account section, as sshd has";
    }
    "class = \"login\", or take pam_postern.so out of its stack"
}

/// The services of other programs that grant root, as sudo does.
pub(super) const GIVES_ROOT: [&str; 2] = ["polkit-1", "doas"];

pub(super) const PROGRAMS: [Program; 4] = [
    Program { services: &[("sudo", "sudo"), ("sudo-i", "sudo -i")], is_everywhere: true },
    Program { services: &[("su", "su"), ("su-l", "su -")], is_everywhere: true },
    Program {
        services: &[("login", "login"), ("remote", "login -h, for telnet and rlogin")],
        is_everywhere: false,
    },
    Program {
        services: &[
            ("gdm-password", "GDM by password"),
            ("gdm-fingerprint", "GDM by fingerprint"),
            ("gdm-smartcard", "GDM by smart card"),
        ],
        is_everywhere: false,
    },
];

const LEFT_OUT: [(&str, &[&str]); 6] = [
    ("it runs jobs, with no person there to answer", &["cron", "crond", "atd", "anacron"]),
    (
        "it starts services of a user (user@.service), with no person there to answer",
        &["systemd-user", "systemd-run0"],
    ),
    ("only root uses it, and is asked for nothing", &["runuser", "runuser-l"]),
    (
        "it changes the users of this host, and opens nothing",
        &[
            "chage",
            "chfn",
            "chgpasswd",
            "chpasswd",
            "chsh",
            "groupadd",
            "groupdel",
            "groupmems",
            "groupmod",
            "newusers",
            "passwd",
            "useradd",
            "userdel",
            "usermod",
        ],
    ),
    ("it logs in without a person", &["gdm-launch-environment"]),
    ("it stands for every service without a file", &["other"]),
];

const SCREENS: [&str; 9] = [
    "gdm-password",
    "gdm-fingerprint",
    "gdm-smartcard",
    "kde",
    "lightdm",
    "sddm",
    "vlock",
    "xdm",
    "xscreensaver",
];

const NETWORK: [&str; 4] = ["cockpit", "remote", "rlogin", "xrdp-sesman"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sshd_is_known_by_its_beginning() {
        for (service, is_one) in [
            ("sshd", false),
            ("sshd-internal", true),
            ("sshd2", true),
            ("sshd.bak", false),
            ("ssh", true),
            ("ssh-agent", false),
            ("sshd~", false),
        ] {
            assert_eq!(is_another_sshd(service), is_one, "{service}");
        }
    }

    #[test]
    fn services_without_a_person_are_left_out() {
        for service in [
            "cron",
            "atd",
            "systemd-user",
            "runuser",
            "runuser-l",
            "chsh",
            "passwd",
            "other",
            "lightdm-autologin",
        ] {
            assert!(why_left_out(service).is_some(), "{service}");
        }
        for service in ["sudo", "sudo-i", "su", "su-l", "login", "remote", "polkit-1", "sshd", "gdm-password"]
        {
            assert_eq!(why_left_out(service), None, "{service}");
        }
        assert!(settings("polkit-1").contains("as sudo has") && settings("remote").contains("as sshd has"));
    }
}
