//! `pam_sm_authenticate`: flow `login`.

use std::time::{Duration, Instant};

use pamsm::{PamError, PamFlags};
use postern_ipc::{Accept, Reaction, Reject, Secret, Tone};
use zeroize::Zeroizing;

use crate::arguments::{Arguments, PasswordFrom};
use crate::journal::Journal;
use crate::libpam::{Handle, Item};
use crate::login::{Decided, Fault, Login};
use crate::outage::{self, Outage};
use crate::prompter::{self, PamPrompter};
use crate::{codes, local, proof};

pub(crate) fn hook(pam: &Handle, flags: PamFlags, arguments: &[String]) -> PamError {
    let started = Instant::now();
    // Of an earlier attempt, or forged by a user who controls the PAM environment.
    proof::forget(pam);
    outage::forget();
    let arguments = Arguments::parse(arguments);
    let journal = Journal::new(pam, "auth", arguments.as_ref().is_ok_and(|arguments| arguments.debug));
    let attempt = Attempt { pam, journal: &journal, is_silent: flags.contains(PamFlags::SILENT), started };
    let code = match &arguments {
        Ok(arguments) => attempt.run(arguments),
        Err(why) => Err(Fault::Arguments(why.clone())),
    };
    if let (Ok(arguments), Err(fault)) = (&arguments, &code) {
        fault.outlast_postfix(pam, arguments, started);
    }
    let code = code.unwrap_or_else(|fault| fault.settle(&journal, PamError::AUTH_ERR));
    journal.debug(&format!("authenticate answers {code}"));
    code
}

struct Attempt<'a> {
    pam: &'a Handle,
    journal: &'a Journal,
    is_silent: bool,
    started: Instant,
}

impl Attempt<'_> {
    fn run(&self, arguments: &Arguments) -> Result<PamError, Fault> {
        let login = Login::read(self.pam, arguments)?;
        let mut begin = login.begin_with_person(self.pam);
        begin.secret = self.password(arguments.password)?;
        // It is known not to be a code, whether or not it goes to posternd.
        let earlier = self.earlier_token().and_then(|token| prompter::usable(&token));
        let deadline = login.person_deadline(self.started);
        let prompter =
            PamPrompter::new(self.pam, self.journal, &login.user, earlier, deadline).silent(self.is_silent);
        let is_terminal = login.tty.as_deref().is_some_and(postern_ipc::is_terminal);
        let mut prompter = prompter.at_terminal(is_terminal, begin.secret.is_some());
        let verdict = login.converse(begin, &mut prompter, deadline + LAST_WORDS);
        if let Some(stopped) = prompter.stopped() {
            self.journal.note(stopped.text());
            return Ok(stopped.code());
        }
        let decided = match verdict {
            Err(Fault::Outage(deferral)) => {
                let outage = Outage { pam: self.pam, journal: self.journal, why: deferral.why() };
                // posternd asks questions only about users whom the directory has.
                let is_ours = prompter.was_asked() || !local::is_local(&login.user, &arguments.local);
                outage.tell(is_ours);
                return if is_ours {
                    Err(Fault::Outage(deferral))
                } else {
                    Ok(outage.left_to_others(&login.user))
                };
            }
            decided => decided?,
        };
        Ok(match decided {
            Decided::Accept(accept) => self.accepted(&login, &accept),
            Decided::Reject(reject) => {
                if prompter.had_a_person() {
                    self.pam.delay_failure(DELAY);
                }
                let code = self.refused(&login, &reject);
                // At a terminal a person pressed Enter. sudo ends at a failed conversation, but asks again after a
                // wrong answer. sshd may have no person at all, and would log a wrong answer.
                let is_enter =
                    reject.reason.reaction() == Reaction::Cancelled && prompter.ended_with_nothing();
                if is_enter && login.tty.as_deref() != Some("ssh") { PamError::AUTH_ERR } else { code }
            }
            Decided::Ignore(ignore) => {
                self.journal.debug(&format!("nothing to say: {}", ignore.reason));
                PamError::IGNORE
            }
        })
    }

    fn password(&self, from: PasswordFrom) -> Result<Option<Secret>, Fault> {
        let token = match from {
            PasswordFrom::Question => None,
            PasswordFrom::EarlierModuleOrQuestion => self.earlier_token(),
            PasswordFrom::EarlierModule => {
                let missing = Fault::Unusable("use_first_pass, and no earlier module asked for a password");
                Some(self.earlier_token().ok_or(missing)?)
            }
        };
        // posternd refuses what is no password, and the audit log has it.
        Ok(token.map(|token| Secret::typed(&token)))
    }

    /// The password that an earlier module asked for. An empty one counts as none.
    fn earlier_token(&self) -> Option<Zeroizing<Vec<u8>>> {
        self.pam.item(Item::AuthToken).filter(|token| !token.is_empty())
    }

    fn accepted(&self, login: &Login, accept: &Accept) -> PamError {
        if accept.user != login.user && !self.renamed(login, accept) {
            self.journal.error("refused: posternd let in another name than the host asked about");
            return PamError::AUTH_ERR;
        }
        if let Some(proof) = &accept.proof
            && !proof::leave(self.pam, proof)
        {
            self.journal.error("the proof for account management has no place in the PAM environment");
        }
        PamError::SUCCESS
    }

    /// Dovecot accepts the canonical name in the place of an alias. Other hosts keep the name that was typed. A login
    /// with a conversation (which has a proof) never uses an alias.
    fn renamed(&self, login: &Login, accept: &Accept) -> bool {
        login.tty.as_deref() == Some("dovecot")
            && accept.proof.is_none()
            && self.pam.set_item(Item::User, &accept.user)
    }

    fn refused(&self, login: &Login, reject: &Reject) -> PamError {
        let what = if reject.reason.reaction().is_guess() {
            "authentication failure".to_owned()
        } else {
            format!("refused ({})", reject.reason.as_str())
        };
        self.journal.refusal(self.pam, &what, login.user.as_bytes());
        if !self.is_silent && !reject.text.is_empty() {
            prompter::show(self.pam, Tone::Error, &reject.text);
        }
        codes::of_refused_login(reject.reason.reaction())
    }
}

/// For what posternd says of an answer that came too late. sshd gives up 10 s after the default `interactive_deadline`.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// The delay of pam_unix after a wrong password.
const DELAY: Duration = Duration::from_secs(2);
