/// What a module can bring about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Module {
    /// pam_postern.so
    Postern,
    /// Always no.
    Deny,
    /// Always yes, which proves nothing.
    Permit,
    /// Yes to root alone, who needs nobody's permission.
    RootOnly,
    /// Yes to some, by who they are and not by what they know.
    Condition,
    /// Proves nothing; it is in a stack for something else.
    Aside,
    /// Asks for something that proves who it is. What nobody knows is taken for one of these.
    Proof,
    /// Begins a substack.
    Substack,
}

impl Module {
    /// By the name of its file, and its arguments where they make a difference.
    pub(super) fn of(path: &str, arguments: &[String]) -> Self {
        let file = path.rsplit('/').next().unwrap_or_default();
        match file.strip_suffix(".so").unwrap_or(file) {
            "pam_postern" => Self::Postern,
            "pam_deny" => Self::Deny,
            "pam_permit" => Self::Permit,
            "pam_rootok" => Self::RootOnly,
            // Who becomes root gives root's own password, and no directory has root.
            "pam_succeed_if" if is_about_root(arguments) => Self::RootOnly,
            name if CONDITIONS.contains(&name) => Self::Condition,
            name if ASIDES.contains(&name) => Self::Aside,
            _ => Self::Proof,
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

const ASIDES: [&str; 28] = [
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
