//! pam_postern: relays a PAM conversation to posternd, and maps its verdict to a PAM code.
//!
//! It knows no secret, no policy and no store. It lives in other programs' processes (sshd, sudo, Dovecot): it starts
//! no thread and no child, prints nothing and keeps no descriptor. Every hook ends in a PAM code, even after a panic.
//! Only an explicit accept becomes `PAM_SUCCESS` in `authenticate`.

mod account;
mod arguments;
mod authenticate;
mod codes;
mod device;
mod guard;
mod journal;
mod language;
mod libpam;
mod local;
mod login;
mod outage;
mod prompter;
mod proof;

use pamsm::{Pam, PamError, PamFlags, PamServiceModule, pam_module};

use guard::guarded;

struct Postern;

impl PamServiceModule for Postern {
    fn authenticate(pam: Pam, flags: PamFlags, arguments: Vec<String>) -> PamError {
        guarded(pam, &arguments, |pam| authenticate::hook(pam, flags, &arguments))
    }

    /// Sets no credentials; other modules do. A host that calls this is done with account management.
    fn setcred(pam: Pam, _: PamFlags, arguments: Vec<String>) -> PamError {
        guarded(pam, &arguments, |pam| {
            proof::forget(pam);
            PamError::SUCCESS
        })
    }

    fn acct_mgmt(pam: Pam, flags: PamFlags, arguments: Vec<String>) -> PamError {
        guarded(pam, &arguments, |pam| account::hook(pam, flags, &arguments))
    }

    fn open_session(pam: Pam, _: PamFlags, arguments: Vec<String>) -> PamError {
        guarded(pam, &arguments, |pam| {
            proof::forget(pam);
            PamError::IGNORE
        })
    }

    fn close_session(pam: Pam, _: PamFlags, arguments: Vec<String>) -> PamError {
        guarded(pam, &arguments, |_| PamError::IGNORE)
    }

    fn chauthtok(pam: Pam, _: PamFlags, arguments: Vec<String>) -> PamError {
        guarded(pam, &arguments, |_| PamError::IGNORE)
    }
}

pam_module!(Postern);
