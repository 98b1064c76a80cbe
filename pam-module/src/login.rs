//! The part of a login that both hooks share: PAM's items, the conversation with posternd, and its failures.

use std::time::Instant;

use pamsm::PamError;
use postern_ipc::{
    Accept, Begin, Client, ClientConfig, Deferral, Flow, Ignore, POSTFIX, Prompter, Reject, Verdict,
    typed_text,
};

use crate::arguments::Arguments;
use crate::journal::Journal;
use crate::libpam::{Handle, Item};
use crate::{device, language};

/// Why a hook cannot follow a verdict.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The module's arguments are wrong: `PAM_SERVICE_ERR`.
    Arguments(String),
    /// The host or its configuration is faulty: `PAM_AUTHINFO_UNAVAIL`.
    OutOfOrder(String),
    /// posternd is not reachable, does not answer, or cannot decide: `PAM_AUTHINFO_UNAVAIL`, unless the user is known
    /// to be local.
    Outage(Deferral),
    /// There is nothing to ask posternd about. The module refuses it, as posternd would.
    Unusable(&'static str),
}

impl Fault {
    /// Logs it and returns its code. `refused` is the hook's code for a refusal.
    pub(crate) fn settle(self, journal: &Journal, refused: PamError) -> PamError {
        match self {
            Self::Arguments(why) => {
                journal.error(&format!("argument {why}"));
                PamError::SERVICE_ERR
            }
            Self::OutOfOrder(why) => cannot_decide(journal, &why),
            Self::Outage(deferral) => cannot_decide(journal, deferral.why()),
            Self::Unusable(why) => {
                journal.note(&format!("refused: {why}"));
                refused
            }
        }
    }
}

fn cannot_decide(journal: &Journal, why: &str) -> PamError {
    journal.error(&format!("cannot decide: {why}"));
    PamError::AUTHINFO_UNAVAIL
}

/// A verdict that ends the hook. Defer is none; it becomes a [`Fault`].
#[derive(Debug)]
pub(crate) enum Decided {
    Accept(Accept),
    Reject(Reject),
    Ignore(Ignore),
}

/// A login as PAM describes it, and how to reach posternd.
pub(crate) struct Login {
    /// The user name that was typed.
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
        // posternd refuses what is no name, and the audit log has it.
        let user = typed_text(&user);
        let service = arguments.service.clone().or_else(|| text(pam, Item::Service));
        let service = service.ok_or(Fault::OutOfOrder("the host names no service".to_owned()))?;
        let config =
            ClientConfig::load(&arguments.config).map_err(|error| Fault::OutOfOrder(error.to_string()))?;
        Ok(Self { user, tty: text(pam, Item::Tty), service, rhost: text(pam, Item::RemoteHost), config })
    }

    /// The message that opens a conversation.
    pub(crate) fn begin(&self, flow: Flow) -> Begin {
        Begin {
            rhost: self.rhost.clone(),
            tty: self.tty.clone(),
            language: language::of_process(),
            ..Begin::new(flow, self.service.clone(), self.user.clone())
        }
    }

    /// The message that opens a conversation with a person.
    pub(crate) fn begin_with_person(&self, pam: &Handle) -> Begin {
        let ruid = rustix::process::getuid().as_raw();
        let device = device::of_login(pam);
        Begin { device, ruid: Some(ruid), interactive: true, ..self.begin(Flow::Login) }
    }

    /// The deadline of a conversation with a person that began at `started`.
    pub(crate) fn person_deadline(&self, started: Instant) -> Instant {
        started + self.config.interactive_deadline
    }

    /// The deadline of a conversation without a person.
    pub(crate) fn daemon_deadline(&self, started: Instant) -> Instant {
        started + self.config.mail_deadline
    }

    /// Holds the conversation to its verdict. Defer becomes a [`Fault`]. For each message, posternd has at most the
    /// time of a whole mail login.
    pub(crate) fn converse(
        &self,
        begin: Begin,
        prompter: &mut dyn Prompter,
        deadline: Instant,
    ) -> Result<Decided, Fault> {
        let verdict = Client::connect(&self.config.socket, deadline)
            .and_then(|client| client.with_patience(self.config.mail_deadline).converse(begin, prompter));
        match verdict.map_err(|failure| Fault::Outage(Deferral::of_failure(&self.config.socket, &failure)))? {
            Verdict::Defer(defer) => Err(Fault::Outage(defer.into())),
            Verdict::Accept(accept) => Ok(Decided::Accept(accept)),
            Verdict::Reject(reject) => Ok(Decided::Reject(reject)),
            Verdict::Ignore(ignore) => Ok(Decided::Ignore(ignore)),
        }
    }
}

impl Fault {
    /// Delays the report of an outage until Postfix, behind Dovecot, has given up: it would treat the answer as a wrong
    /// password. See [`POSTFIX`].
    pub(crate) fn outlast_postfix(&self, pam: &Handle, arguments: &Arguments, started: Instant) {
        let deferral = match self {
            Self::Outage(deferral) => deferral,
            Self::OutOfOrder(why) => &Deferral::of_host(why.clone()),
            Self::Arguments(_) | Self::Unusable(_) => return,
        };
        let is_dovecot = pam.is_at_tty(b"dovecot");
        let service = arguments.service.clone().or_else(|| text(pam, Item::Service));
        if is_dovecot && service.as_deref() == Some(POSTFIX) {
            let config = ClientConfig::load(&arguments.config).unwrap_or_default();
            deferral.outlast_postfix(started, config.smtp_defer_after);
        }
    }
}

/// An item as text. `None` if it is empty, too long or not UTF-8.
fn text(pam: &Handle, item: Item) -> Option<String> {
    let bytes = pam.item(item)?;
    let text = std::str::from_utf8(&bytes).ok()?;
    (!text.is_empty() && text.len() <= MAX_NAME).then(|| text.to_owned())
}

const MAX_NAME: usize = 255;
