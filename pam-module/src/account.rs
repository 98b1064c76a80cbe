//! `pam_sm_acct_mgmt`, flow `account`: whether a login may go on whose first factor Postern may not have seen.

use std::time::Instant;

use pamsm::{PamError, PamFlags};
use postern_ipc::{Flow, Tone};

use crate::arguments::Arguments;
use crate::journal::Journal;
use crate::libpam::Handle;
use crate::login::{Decided, Fault, Login};
use crate::outage::Outage;
use crate::prompter::{self, PamMessages};
use crate::{codes, local, proof};

pub(crate) fn hook(pam: &Handle, flags: PamFlags, arguments: &[String]) -> PamError {
    let started = Instant::now();
    let arguments = Arguments::parse(arguments);
    let journal = Journal::new(pam, "account", arguments.as_ref().is_ok_and(|arguments| arguments.debug));
    let is_silent = flags.contains(PamFlags::SILENT);
    let run = |arguments: Arguments| {
        let login = Login::read(pam, &arguments)?;
        match decide(pam, &journal, &login, is_silent, started) {
            Err(Fault::Outage(deferral)) => {
                let outage = Outage { pam, journal: &journal, why: deferral.why() };
                let is_local = local::is_local(&login.user, &arguments.local);
                outage.tell_once(!is_local);
                if is_local { Ok(outage.left_to_others(&login.user)) } else { Err(Fault::Outage(deferral)) }
            }
            decided => decided,
        }
    };
    let code = arguments.map_err(Fault::Arguments).and_then(run);
    let code = code.unwrap_or_else(|fault| fault.settle(&journal, PamError::PERM_DENIED));
    journal.debug(&format!("acct_mgmt answers {code}"));
    code
}

/// Leaves the proof in place: sshd may ask for account management in a child process and again in its parent.
fn decide(
    pam: &Handle,
    journal: &Journal,
    login: &Login,
    is_silent: bool,
    started: Instant,
) -> Result<PamError, Fault> {
    let mut begin = login.begin(Flow::Account);
    begin.secret = proof::left(pam);
    let mut messages = PamMessages { pam, is_silent };
    Ok(match login.converse(begin, &mut messages, login.daemon_deadline(started))? {
        Decided::Accept(accept) if accept.user == login.user => PamError::SUCCESS,
        Decided::Accept(_) => {
            journal.error("refused: posternd let in another name than the host asked about");
            PamError::PERM_DENIED
        }
        Decided::Reject(reject) => {
            let what = format!("refused ({})", reject.reason.as_str());
            journal.refusal(pam, &what, login.user.as_bytes());
            if !is_silent && !reject.text.is_empty() {
                prompter::show(pam, Tone::Error, &reject.text);
            }
            codes::of_refused_account(reject.reason.reaction())
        }
        Decided::Ignore(ignore) => {
            journal.debug(&format!("nothing to say: {}", ignore.reason));
            PamError::IGNORE
        }
    })
}
