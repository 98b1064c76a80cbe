//! People at terminals, before real sshd, sudo, su and login: the harness itself, on stacks that need no Postern.

mod apps;
mod local;
mod peers;
mod ssh;
mod terminals;
mod users;

/// A stack that asks for the Unix password.
const UNIX: &str =
    "auth required pam_unix.so nodelay\naccount required pam_unix.so\nsession required pam_permit.so\n";
