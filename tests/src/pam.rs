//! PAM services of the private test host, and modules that decide them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::host;

/// A file of its own in the private /etc/pam.d, removed when dropped.
#[derive(Debug)]
pub struct PamService {
    name: String,
}

impl PamService {
    /// A service whose name begins with `base`. In the stack `{module}` becomes the path of pam_postern.so.
    #[must_use]
    pub fn new(base: &str, stack: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Self::named(&format!("{base}-{}", NEXT.fetch_add(1, Ordering::Relaxed)), stack)
    }

    /// A service of exactly this name, of which there may be only one at a time.
    #[must_use]
    pub fn named(name: &str, stack: &str) -> Self {
        host::require_test_host();
        let service = Self { name: name.to_owned() };
        assert!(!service.path().exists(), "/etc/pam.d/{name} is there already");
        service.write(stack);
        service
    }

    /// Puts another stack in its place; each login reads it anew.
    pub fn write(&self, stack: &str) {
        let draft = self.path().with_extension("draft");
        fs::write(&draft, filled_in(stack)).unwrap_or_else(|error| panic!("{}: {error}", draft.display()));
        fs::rename(&draft, self.path()).unwrap_or_else(|error| panic!("{}: {error}", draft.display()));
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn path(&self) -> PathBuf {
        Path::new("/etc/pam.d").join(&self.name)
    }
}

impl Drop for PamService {
    fn drop(&mut self) {
        fs::remove_file(self.path()).ok();
    }
}

/// A stack with the path of pam_postern.so in the place of `{module}`.
#[must_use]
pub fn filled_in(stack: &str) -> String {
    let stack = if stack.contains("{module}") {
        stack.replace("{module}", &host::pam_module().display().to_string())
    } else {
        stack.to_owned()
    };
    format!("{}\n", stack.trim_end())
}

/// A stack of these `auth` lines, with an account and a session for every user.
#[must_use]
pub fn auth(lines: &str) -> String {
    format!("{lines}\naccount required pam_permit.so\nsession required pam_permit.so\n")
}

/// A module of a Debian package, which has to be there.
#[must_use]
pub fn packaged_module(file: &str, package: &str) -> PathBuf {
    let triplet = format!("/lib/{}-linux-gnu/security", std::env::consts::ARCH);
    host::system_program(&format!("{triplet}/{file}"), package)
}
