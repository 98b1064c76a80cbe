//! The proof by which `acct_mgmt` knows that Postern itself accepted this login.
//!
//! It travels in the PAM environment: sshd runs `authenticate` in a child process and takes nothing else over from
//! there.

use postern_ipc::Secret;
use zeroize::Zeroizing;

use crate::libpam::Handle;

/// Leaves the proof for `acct_mgmt`. `false` if that failed.
pub(crate) fn leave(pam: &Handle, proof: &Secret) -> bool {
    pam.put_variable(&Zeroizing::new(format!("POSTERN_PROOF={}", proof.expose())))
}

/// The proof that `authenticate` left. `None` if it left none.
pub(crate) fn left(pam: &Handle) -> Option<Secret> {
    let bytes = pam.variable(c"POSTERN_PROOF")?;
    Some(Secret::new(std::str::from_utf8(&bytes).ok()?.to_owned()))
}

/// Removes it, so that it does not reach the environment of the session.
pub(crate) fn forget(pam: &Handle) {
    if pam.variable(c"POSTERN_PROOF").is_some() {
        pam.put_variable("POSTERN_PROOF");
    }
}
