//! The PAM module by itself: a C host with the real libpam on one side, a stand-in for posternd on the other.

mod answers;
mod arguments;
mod built;
mod daemon;
mod endurance;
mod in_use;
mod journal;
mod opening;
mod outage;
mod proof;
mod random_answers;
mod safety;
mod stacks;
mod texts;
mod verdicts;

use postern_tests::fake::Line;
use postern_tests::{FakePosternd, PamHost, PamSite};

/// PAM's numbers, from <security/_pam_types.h>.
mod pam {
    pub(crate) const SUCCESS: i32 = 0;
    pub(crate) const SERVICE_ERR: i32 = 3;
    pub(crate) const SYSTEM_ERR: i32 = 4;
    pub(crate) const PERM_DENIED: i32 = 6;
    pub(crate) const AUTH_ERR: i32 = 7;
    pub(crate) const AUTHINFO_UNAVAIL: i32 = 9;
    pub(crate) const MAXTRIES: i32 = 11;
    pub(crate) const ACCT_EXPIRED: i32 = 13;
    pub(crate) const CONV_ERR: i32 = 19;
    pub(crate) const ABORT: i32 = 26;
    pub(crate) const IGNORED: i32 = postern_tests::pam_host::IGNORED;

    pub(crate) const HIDDEN: i32 = 1;
    pub(crate) const VISIBLE: i32 = 2;
    pub(crate) const ERROR: i32 = 3;
    pub(crate) const INFO: i32 = 4;

    pub(crate) const SILENT: &str = "32768";
}

/// The message to users while posternd has no verdict.
const OUTAGE: &str =
    "Two-step login is out of order on this host just now. Your password may be right: try again later.";

/// A site with the service `test`, whose only module has these arguments.
fn site(name: &str, arguments: &str) -> PamSite {
    let site = PamSite::new(name);
    site.service("test", arguments);
    site
}

/// Alice at the service `test`.
fn alice(site: &PamSite) -> PamHost {
    site.host("test", "alice").word("rhost", "192.0.2.7").word("tty", "pts/3")
}

/// A daemon that asks for a password and a code, as for a login with a dialogue, and lets `hunter2` and `123456` in.
fn usual(site: &PamSite) -> FakePosternd {
    FakePosternd::start(&site.socket(), |line| {
        let begin = line.begin();
        if begin["flow"] == "account" {
            let is_known = begin["secret"] == "the-proof";
            return if is_known { line.accept("alice") } else { line.reject("not_permitted", "") };
        }
        let password = line.ask("hidden", "Password: ");
        let code =
            if password["answer"].is_string() { line.ask("visible", "Code: ") } else { password.clone() };
        conclude(line, &password["answer"], &code);
    })
}

fn conclude(line: &mut Line, password: &serde_json::Value, code: &serde_json::Value) {
    if code["cancel"].is_object() {
        line.reject("cancelled", "");
    } else if password == "hunter2" && code["answer"] == "123456" {
        line.accept_with_proof("alice", "the-proof");
    } else {
        line.reject("bad_credential", "Login failed.");
    }
}
