//! The doors, as a person or a mail program meets them.

mod cli;
mod gate;
mod mail;
mod page;
mod ssh;

use crate::stopwatch::{Elapsed, Stopwatch};

use super::Party;
use super::scene::Scene;

/// A way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Door {
    /// ssh with the main password and a second factor: a code of an app, or what the party carries.
    Ssh,
    /// The same with a recovery code.
    Recovery,
    /// Dovecot, by postern-checkpassword, with an app password.
    Checkpassword,
    /// Dovecot, by Lua.
    Lua,
    /// Dovecot, by PAM.
    Pam,
    /// The account's pages, with a second factor.
    Page,
    /// A web server's question about a browser that is logged in.
    Gate,
    /// A command that needs the party: an admin's, or of posternd `postern my factors`.
    Cli,
}

/// What was seen there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Let in, or done.
    Accepted,
    /// A temporary failure: it is to be tried again later.
    TryLater,
    /// No, as if what was typed were wrong.
    Refused,
    /// It was said that nothing was sent, and another way let in.
    OtherWay,
    /// Neither yes nor no: no answer at all, or not one of those that there are.
    Broken,
}

/// One attempt.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) verdict: Verdict,
    /// The longest that was waited for an answer.
    pub(super) took: Elapsed,
    /// The words that led to the verdict, for the report.
    pub(super) words: String,
}

/// Whether the party is meant to fail, which decides what a person can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It works.
    Healthy,
    /// It fails.
    Faulty,
}

impl Door {
    pub(super) const ALL: [Self; 8] = [
        Self::Ssh,
        Self::Recovery,
        Self::Checkpassword,
        Self::Lua,
        Self::Pam,
        Self::Page,
        Self::Gate,
        Self::Cli,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ssh => "ssh",
            Self::Recovery => "ssh, recovery code",
            Self::Checkpassword => "checkpassword",
            Self::Lua => "Lua",
            Self::Pam => "Dovecot PAM",
            Self::Page => "sign-in page",
            Self::Gate => "gate",
            Self::Cli => "CLI",
        }
    }

    /// Tries it once. A surprise on the way is a verdict as well: it is what a person would be left with.
    pub(super) fn attempt(self, scene: &Scene, party: Party, phase: Phase) -> Seen {
        let started = Stopwatch::start();
        let attempt = || match self {
            Self::Ssh => ssh::attempt(scene, party, phase),
            Self::Recovery => ssh::with_recovery_code(scene),
            Self::Checkpassword => mail::attempt(&scene.checkpassword, scene),
            Self::Lua => mail::attempt(&scene.lua, scene),
            Self::Pam => mail::attempt(&scene.pam, scene),
            Self::Page => page::attempt(scene, party, phase),
            Self::Gate => gate::attempt(scene),
            Self::Cli => cli::attempt(scene, party),
        };
        // A panic of the harness says that there was no answer.
        std::thread::scope(|scope| scope.spawn(attempt).join()).unwrap_or_else(|panic| {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
            Seen { verdict: Verdict::Broken, took: started.elapsed(), words: said.to_owned() }
        })
    }
}

impl Verdict {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::TryLater => "try later",
            Self::Refused => "refused",
            Self::OtherWay => "other way",
            Self::Broken => "BROKEN",
        }
    }
}
