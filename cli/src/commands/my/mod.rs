//! `postern my`: self-service for the caller's own account, through posternd. It opens neither the configuration nor a
//! store nor the keyring.

mod approval;
mod request;

use std::time::{Duration, Instant};

use nix::unistd::{User, getuid};
use postern_ipc::{
    Begin, Client, ClientConfig, Failure as IpcFailure, Flow, ProtocolError, Reaction, RejectReason, Verdict,
};

use crate::args::{My, MyCommand};
use crate::failure::Failure;
use crate::language;
use crate::output::Output;
use crate::person::Person;
use crate::screen;
use approval::Approvals;
use request::request;

/// Holds a self-service conversation with posternd.
pub(crate) fn run(my: &My, output: Output) -> Result<(), Failure> {
    let config = ClientConfig::load(&my.client_config).map_err(Failure::config)?;
    if getuid().is_root() {
        return Err(Failure::not_permitted(
            "root has no account of its own, so there is nothing to show or change; run it as the user whose account it is, or see postern --help for what an admin does with the accounts of others",
        ));
    }
    let begin = begin(&my.command)?;
    let approvals = Approvals::new(&config.socket, &begin.user);
    let is_over = |challenge: &str| approvals.is_over(challenge);
    let mut person = Person::new(output, records(begin.flow)).watching(&is_over);
    let client = Client::connect(&config.socket, Instant::now() + PATIENCE).map_err(no_verdict)?;
    let verdict = client.with_patience(SILENCE).converse(begin, &mut person).map_err(no_verdict);
    // A terminal that is gone ends the conversation. Only the prompter knows why.
    if let Some(fault) = person.fault() {
        return Err(fault);
    }
    match verdict? {
        Verdict::Accept(_) => person.print_records(),
        Verdict::Reject(reject) => {
            let failure = rejected(reject.reason, &reject.text);
            let is_system_user =
                getuid().as_raw() < FIRST_PERSON && reject.reason == RejectReason::NotPermitted;
            Err(if is_system_user {
                failure.and(format!(
                    "users of this host with a uid below {FIRST_PERSON} have no account of their own"
                ))
            } else {
                failure
            })
        }
        Verdict::Defer(defer) => {
            Err(Failure::temporary(format!("not possible just now: {}; try again later", defer.reason)))
        }
        Verdict::Ignore(ignore) => Err(Failure::not_permitted(ignore.reason)),
    }
}

fn begin(command: &MyCommand) -> Result<Begin, Failure> {
    // posternd takes the user from the connection. The name is for its log.
    let user = User::from_uid(getuid()).ok().flatten().map_or(String::new(), |user| user.name);
    let (flow, arguments) = request(command)?;
    let mut begin = Begin::new(flow, "", user);
    begin.interactive = true;
    begin.language = language::of_process();
    begin.arguments = arguments;
    begin.arguments.extend(screen::arguments());
    Ok(begin)
}

/// The kinds of records that a flow may return, so that scripts find an empty list if there are none.
fn records(flow: Flow) -> &'static [&'static str] {
    match flow {
        Flow::Factors => &["factor"],
        Flow::Enrol | Flow::Replace => &["key", "factor"],
        Flow::Remove => &["removed"],
        Flow::RecoveryCodes => &["recovery_code"],
        Flow::AppPasswordList => &["app_password"],
        Flow::AppPasswordCreate | Flow::AppPasswordRegenerate => {
            &["app_password", "mail_account", "mail_setting"]
        }
        Flow::AppPasswordRevoke | Flow::DeviceRevoke => &["revoked"],
        Flow::DeviceList => &["device"],
        Flow::ChallengeList => &["challenge"],
        Flow::ChallengeDeny => &["denied"],
        Flow::SessionList => &["open_session"],
        Flow::SessionEnd => &["ended"],
        Flow::History => &["event"],
        Flow::SessionCheck
        | Flow::ApprovalCheck
        | Flow::MailSettings
        | Flow::ApplicationGrant
        | Flow::ApplicationRedeem
        | Flow::ApplicationCheck
        | Flow::ApplicationEnd
        | Flow::Login
        | Flow::Lookup
        | Flow::Account
        | Flow::Status
        | Flow::PhoneBind
        | Flow::PhonePending
        | Flow::PhoneAnswer
        | Flow::PhoneRing => &[],
    }
}

/// `text` is posternd's text for the person, in their language.
fn rejected(reason: RejectReason, text: &str) -> Failure {
    let text = if text.is_empty() { "nothing was changed" } else { text };
    match reason.reaction() {
        // The answer was wrong or missing.
        Reaction::WrongSecret | Reaction::AnotherSecret | Reaction::Cancelled => Failure::data(text),
        // No answer would help.
        Reaction::UnknownAccount
        | Reaction::ClosedAccount
        | Reaction::NotPermitted
        | Reaction::TooManyAttempts => Failure::not_permitted(text),
    }
}

fn no_verdict(failure: IpcFailure) -> Failure {
    match failure {
        IpcFailure::Unreachable(_) | IpcFailure::Impostor => Failure::unavailable(failure),
        IpcFailure::TimedOut | IpcFailure::Closed | IpcFailure::Unread => Failure::temporary(failure),
        IpcFailure::TooLong => Failure::data(failure),
        IpcFailure::Garbled
        | IpcFailure::Refused(ProtocolError::Malformed(_) | ProtocolError::Unsupported { .. }) => {
            Failure::protocol(failure)
        }
    }
}

/// Lower uids belong to programs, to which posternd shows no account.
const FIRST_PERSON: u32 = 1000;
/// Setting up an app may take a person this long.
const PATIENCE: Duration = Duration::from_secs(600);
/// posternd itself works for 15 s at most, unless it asks for more time.
const SILENCE: Duration = Duration::from_secs(20);
