//! What both hooks tell posternd: who logs in, as PAM knows it, and what there is where no verdict comes back.

use std::time::Instant;

use pamsm::PamError;
use postern_ipc::{
    Accept, Begin, Client, ClientConfig, Flow, Ignore, POSTFIX, Prompter, Reject, Verdict, wait_until,
};

use crate::arguments::Arguments;
use crate::journal::Journal;
use crate::libpam::{Handle, Item};
use crate::{device, language};

/// Why a hook has no verdict to go by.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The service's file is wrong: `PAM_SERVICE_ERR`.
    Arguments(String),
    /// The host or its configuration is out of order: `PAM_AUTHINFO_UNAVAIL`.
    OutOfOrder(String),
    /// posternd has no verdict: there is none, it does not answer, or it cannot decide. `PAM_AUTHINFO_UNAVAIL`, unless the
    /// user is known to be none of its.
    Outage(String),
    /// What was given can be nobody's name or secret: refused here, as posternd would.
    Unusable(&'static str),
}

impl Fault {
    /// Logs it, and gives its code; `refused` is the hook's own for a refusal.
    pub(crate) fn settle(self, journal: &Journal, refused: PamError) -> PamError {
        match self {
            Self::Arguments(why) => {
                journal.error(&format!("argument {why}"));
                PamError::SERVICE_ERR
            }
            Self::OutOfOrder(why) | Self::Outage(why) => {
                journal.error(&format!("cannot decide: {why}"));
                PamError::AUTHINFO_UNAVAIL
            }
            Self::Unusable(why) => {
                journal.note(&format!("refused: {why}"));
                refused
            }
        }
    }
}

/// A verdict by which a login can go on or end.
#[derive(Debug)]
pub(crate) enum Decided {
    Accept(Accept),
    Reject(Reject),
    Ignore(Ignore),
}

/// Who logs in, and how posternd is reached.
pub(crate) struct Login {
    /// The name that was typed.
    pub(crate) user: String,
    /// The terminal, as in PAM.
    pub(crate) tty: Option<String>,
    service: String,
    rhost: Option<String>,
    config: ClientConfig,
}

impl Login {
    /// Reads PAM's items and the configuration.
    pub(crate) fn read(pam: &Handle, arguments: &Arguments) -> Result<Self, Fault> {
        let user = pam.user().ok_or(Fault::Unusable("there is no user name"))?;
        let user = String::from_utf8(user).map_err(|_| Fault::Unusable("the user name is not UTF-8"))?;
        if user.is_empty() || user.len() > MAX_NAME {
            return Err(Fault::Unusable("the user name is empty or longer than 255 bytes"));
        }
        let service = arguments.service.clone().or_else(|| text(pam, Item::Service));
        let service = service.ok_or(Fault::OutOfOrder("the host names no service".to_owned()))?;
        let config =
            ClientConfig::load(&arguments.config).map_err(|error| Fault::OutOfOrder(error.to_string()))?;
        Ok(Self { user, tty: text(pam, Item::Tty), service, rhost: text(pam, Item::RemoteHost), config })
    }

    /// The opening of a conversation.
    pub(crate) fn begin(&self, flow: Flow) -> Begin {
        Begin {
            rhost: self.rhost.clone(),
            tty: self.tty.clone(),
            language: language::of_process(),
            ..Begin::new(flow, self.service.clone(), self.user.clone())
        }
    }

    /// The opening of one with a person.
    pub(crate) fn begin_with_person(&self, pam: &Handle) -> Begin {
        let ruid = rustix::process::getuid().as_raw();
        let device = device::of_login(pam);
        Begin { device, ruid: Some(ruid), interactive: true, ..self.begin(Flow::Login) }
    }

    /// When a conversation with a person that began at `started` has to be over.
    pub(crate) fn person_deadline(&self, started: Instant) -> Instant {
        started + self.config.interactive_deadline
    }

    /// When one without a person has to be over.
    pub(crate) fn daemon_deadline(&self, started: Instant) -> Instant {
        started + self.config.mail_deadline
    }

    /// Holds the conversation, to its verdict, of which a Defer is none. posternd may take no longer for one message than for
    /// a whole mail login.
    pub(crate) fn converse(
        &self,
        begin: Begin,
        prompter: &mut dyn Prompter,
        deadline: Instant,
    ) -> Result<Decided, Fault> {
        let at = |failure| Fault::Outage(format!("{}: {failure}", self.config.socket.display()));
        let client = Client::connect(&self.config.socket, deadline).map_err(at)?;
        match client.with_patience(self.config.mail_deadline).converse(begin, prompter).map_err(at)? {
            Verdict::Defer(defer) => Err(Fault::Outage(defer.reason)),
            Verdict::Accept(accept) => Ok(Decided::Accept(accept)),
            Verdict::Reject(reject) => Ok(Decided::Reject(reject)),
            Verdict::Ignore(ignore) => Ok(Decided::Ignore(ignore)),
        }
    }
}

/// Keeps an outage from Postfix behind Dovecot until it has given up on the answer, which it would take for a wrong
/// password; see [`POSTFIX`].
pub(crate) fn outlast_postfix(pam: &Handle, arguments: &Arguments, started: Instant) {
    let is_dovecot = pam.item(Item::Tty).is_some_and(|tty| tty.as_slice() == b"dovecot");
    let service = arguments.service.clone().or_else(|| text(pam, Item::Service));
    if is_dovecot && service.as_deref() == Some(POSTFIX) {
        wait_until(started + ClientConfig::load(&arguments.config).unwrap_or_default().smtp_defer_after);
    }
}

/// An item that is worth telling; one that is empty, absurdly long or not UTF-8 is as good as none.
fn text(pam: &Handle, item: Item) -> Option<String> {
    let bytes = pam.item(item)?;
    let text = std::str::from_utf8(&bytes).ok()?;
    (!text.is_empty() && text.len() <= MAX_NAME).then(|| text.to_owned())
}

const MAX_NAME: usize = 255;
