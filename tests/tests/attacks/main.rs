//! Attacks that try to log in, or to lock others out: by the raw socket, by checkpassword and through Dovecot.
//!
//! Every attack has to get the right verdict and never an accept, and the owner has to be able to log in afterwards.

mod connections;
mod conversation;
mod credentials;
mod dialogues;
mod fail2ban;
mod frames;
mod names;
mod peers;
mod persistent;
mod planted;
mod raw;
mod self_service;
mod servers;

use postern_tests::{Account, AppPassword, Posternd, Site, host};

/// A site with posternd and its account `alice`, who has one app password.
struct Target {
    posternd: Posternd,
    site: Site,
    alice: Account,
    thunderbird: AppPassword,
}

impl Target {
    fn new(name: &str) -> Self {
        Self::of(Site::new(name))
    }

    fn of(site: Site) -> Self {
        host::require_test_host();
        let alice = site.account("alice");
        let thunderbird = site.app_password("alice", "Thunderbird", &[]);
        Self { posternd: site.posternd(), site, alice, thunderbird }
    }

    /// The exit code of a login by checkpassword, as Dovecot would run it.
    fn checkpassword(&self, user: &str, password: &str) -> i32 {
        self.checkpassword_from(ADDRESS, user, password)
    }

    /// The same from another address than the owner's, so that wrong passwords are not counted together.
    fn checkpassword_from(&self, address: &str, user: &str, password: &str) -> i32 {
        self.run(address, &[user.as_bytes(), b"\0", password.as_bytes(), b"\0\0"].concat())
    }

    /// The same with any bytes on file descriptor 3.
    fn checkpassword_bytes(&self, input: &[u8]) -> i32 {
        self.run(ADDRESS, input)
    }

    /// Unless it is an accept, nothing may be written to file descriptor 4.
    fn run(&self, address: &str, input: &[u8]) -> i32 {
        let reply_tool = "/usr/lib/dovecot/checkpassword-reply";
        let ran = self.site.checkpassword().args(&[reply_tool]).login("imap", address).input(input).run();
        assert_eq!(ran.code == 0, !ran.fd4.is_empty(), "{ran:?}");
        ran.code
    }

    /// After an attack the owner can still log in, with both passwords.
    #[track_caller]
    fn assert_alice_gets_in(&self) {
        assert_eq!(self.checkpassword("alice", &self.thunderbird.password), 0, "the app password");
        assert_eq!(self.checkpassword("alice", &self.alice.password), 0, "the main password");
    }
}

const ADDRESS: &str = "192.0.2.1";
