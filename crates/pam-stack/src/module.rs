/// What a module contributes to a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleRole {
    /// `pam_postern.so`
    Postern,
    /// Always refuses.
    Deny,
    /// Always succeeds, and proves nothing.
    Permit,
    /// Succeeds for root alone, who needs no permission.
    RootOnly,
    /// Succeeds for some users by who they are, not by what they know.
    Condition,
    /// Proves nothing; it stands in the stack for a side effect.
    Auxiliary,
    /// Asks for something that proves an identity. An unknown module counts as one of these.
    Authenticator,
    /// Begins a substack.
    Substack,
}

impl ModuleRole {
    /// Derives the role from the name of the module's file, and from its arguments where they matter.
    #[must_use]
    pub fn of(path: &str, arguments: &[String]) -> Self {
        let file = path.rsplit('/').next().unwrap_or_default();
        match file.strip_suffix(".so").unwrap_or(file) {
            "pam_postern" => Self::Postern,
            "pam_deny" => Self::Deny,
            "pam_permit" => Self::Permit,
            "pam_rootok" => Self::RootOnly,
            // A user who becomes root gives root's own password, and no directory has root.
            "pam_succeed_if" if is_about_root(arguments) => Self::RootOnly,
            name if CONDITIONS.contains(&name) => Self::Condition,
            name if AUXILIARY.contains(&name) => Self::Auxiliary,
            _ => Self::Authenticator,
        }
    }
}

fn is_about_root(arguments: &[String]) -> bool {
    let words: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|word| !matches!(*word, "quiet" | "quiet_success" | "quiet_fail"))
        .collect();
    matches!(words.as_slice(), ["uid", "=" | "eq", "0"] | ["user", "=", "root"])
}

const CONDITIONS: [&str; 10] = [
    "pam_access",
    "pam_exec",
    "pam_listfile",
    "pam_localuser",
    "pam_rhosts",
    "pam_securetty",
    "pam_succeed_if",
    "pam_time",
    "pam_usertype",
    "pam_wheel",
];

const AUXILIARY: [&str; 28] = [
    "pam_cap",
    "pam_debug",
    "pam_echo",
    "pam_env",
    "pam_faildelay",
    "pam_faillock",
    "pam_ftp",
    "pam_gnome_keyring",
    "pam_group",
    "pam_issue",
    "pam_keyinit",
    "pam_kwallet5",
    "pam_lastlog",
    "pam_limits",
    "pam_loginuid",
    "pam_mail",
    "pam_mkhomedir",
    "pam_motd",
    "pam_nologin",
    "pam_selinux",
    "pam_sepermit",
    "pam_shells",
    "pam_systemd",
    "pam_tally",
    "pam_tally2",
    "pam_umask",
    "pam_warn",
    "pam_xauth",
];
