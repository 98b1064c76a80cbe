//! Other second factors for PAM, set up to be compared with: pam_google_authenticator and pam_oath.

use crate::{Authenticator, UnixUser, host, pam};

/// Gives `user` this app in pam_google_authenticator, with DISALLOW_REUSE and a window of one step to either side; returns
/// the `auth` line.
#[must_use]
pub fn google_authenticator(user: &UnixUser, app: &Authenticator) -> String {
    let module = pam::packaged_module("pam_google_authenticator.so", "libpam-google-authenticator");
    assert_eq!((app.digits, app.period), (6, 30), "all that it knows");
    let state = format!("{}\n\" WINDOW_SIZE 3\n\" DISALLOW_REUSE\n\" TOTP_AUTH\n", app.base32());
    user.write_home(".google_authenticator", &state);
    format!("auth required {}", module.display())
}

/// Gives `user` this app in pam_oath, with a window of one step to either side; returns the `auth` line, in which there is
/// nobody else.
#[must_use]
pub fn oath(user: &UnixUser, app: &Authenticator) -> String {
    let module = pam::packaged_module("pam_oath.so", "libpam-oath");
    let dir = host::test_dir().join("oath");
    host::make_dir(&dir, (0.into(), 0.into()), 0o700);
    let file = dir.join(&user.name);
    let line = format!("HOTP/T{}/{}\t{}\t-\t{}\n", app.period, app.digits, user.name, app.hex());
    std::fs::write(&file, line).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    host::own(&file, (0.into(), 0.into()), 0o600);
    format!("auth required {} usersfile={} window=1 digits={}", module.display(), file.display(), app.digits)
}
