//! The ssh key of a login, as a device identity.

use postern_pam_text::ssh_key;

use crate::libpam::{Handle, Item};

/// `ssh-key TYPE BLOB`: the first public key that sshd accepted in this login, a certificate as it is.
///
/// Only sshd is believed, which PAM knows by its terminal. In other hosts the user may fill the PAM environment by pam_env.
pub(crate) fn of_login(pam: &Handle) -> Option<String> {
    if pam.item(Item::Tty)?.as_slice() != b"ssh" {
        return None;
    }
    let info = pam.variable(c"SSH_AUTH_INFO_0")?;
    ssh_key(std::str::from_utf8(&info).ok()?)
}
