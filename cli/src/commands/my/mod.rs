//! A person's own account, through posternd. Nothing here opens the configuration, a store or the keyring.

mod language;
mod person;
mod records;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use nix::unistd::{User, getuid};
use postern_core::clock::{Clock, SystemClock};
use postern_ipc::{
    Begin, Client, ClientConfig, Failure as IpcFailure, Flow, ProtocolError, RejectReason, Verdict,
};

use crate::args::{My, MyAppPasswords, MyCommand, MyDevices};
use crate::failure::Failure;
use crate::output::Output;
use crate::site;
use person::Person;

/// Asks posternd for what somebody wants with their own account.
pub(crate) fn run(my: &My, output: Output) -> Result<(), Failure> {
    let config = ClientConfig::load(&my.client_config).map_err(Failure::config)?;
    let mut person = Person::new(output, kinds(&my.command));
    let client = Client::connect(&config.socket, Instant::now() + PATIENCE).map_err(no_verdict)?;
    let verdict = client.converse(begin(&my.command)?, &mut person).map_err(no_verdict);
    // A terminal that is gone ends the conversation; why is known here alone.
    if let Some(fault) = person.fault() {
        return Err(fault);
    }
    match verdict? {
        Verdict::Accept(_) => person.print_records(),
        Verdict::Reject(reject) => Err(rejected(reject.reason, &reject.text)),
        Verdict::Defer(defer) => {
            Err(Failure::temporary(format!("not possible just now: {}; try again later", defer.reason)))
        }
        Verdict::Ignore(ignore) => Err(Failure::not_permitted(ignore.reason)),
    }
}

fn begin(command: &MyCommand) -> Result<Begin, Failure> {
    // posternd takes the name from the connection; this one is for its log.
    let user = User::from_uid(getuid()).ok().flatten().map_or(String::new(), |user| user.name);
    let (flow, arguments) = request(command)?;
    let mut begin = Begin::new(flow, "", user);
    begin.interactive = true;
    begin.language = language::of_process();
    begin.arguments = arguments;
    Ok(begin)
}

fn request(command: &MyCommand) -> Result<(Flow, BTreeMap<String, String>), Failure> {
    let mut given = BTreeMap::new();
    let mut give = |name: &str, value: &Option<String>| {
        given.extend(value.clone().map(|value| (name.to_owned(), value)));
    };
    let flow = match command {
        MyCommand::Factors => Flow::Factors,
        MyCommand::Enrol { label } => {
            give("label", label);
            Flow::Enrol
        }
        MyCommand::Remove { id } => {
            give("id", id);
            Flow::Remove
        }
        MyCommand::Replace { id, label } => {
            give("id", id);
            give("label", label);
            Flow::Replace
        }
        MyCommand::RecoveryCodes => Flow::RecoveryCodes,
        MyCommand::AppPasswords(MyAppPasswords::List) => Flow::AppPasswordList,
        MyCommand::AppPasswords(MyAppPasswords::Create { label, scope, expires, network }) => {
            give("label", label);
            give("scope", scope);
            let now = SystemClock.now();
            let expires = expires.as_deref().map(|text| site::moment(text, now)).transpose()?;
            give("expires", &expires.map(|expires| expires.to_string()));
            give("networks", &(!network.is_empty()).then(|| network.join(",")));
            Flow::AppPasswordCreate
        }
        MyCommand::AppPasswords(MyAppPasswords::Regenerate { id }) => {
            give("id", id);
            Flow::AppPasswordRegenerate
        }
        MyCommand::AppPasswords(MyAppPasswords::Revoke { id, all }) => {
            give("id", id);
            give("all", &all.then(|| "true".to_owned()));
            Flow::AppPasswordRevoke
        }
        MyCommand::Devices(MyDevices::List) => Flow::DeviceList,
        MyCommand::Devices(MyDevices::Revoke { id, all }) => {
            give("id", id);
            give("all", &all.then(|| "true".to_owned()));
            Flow::DeviceRevoke
        }
    };
    Ok((flow, given))
}

/// What a command may answer with, so that scripts find an empty list where there is nothing.
fn kinds(command: &MyCommand) -> &'static [&'static str] {
    match command {
        MyCommand::Factors => &["factor"],
        MyCommand::Enrol { .. } | MyCommand::Replace { .. } => &["key", "factor"],
        MyCommand::Remove { .. } => &["removed"],
        MyCommand::RecoveryCodes => &["recovery_code"],
        MyCommand::AppPasswords(MyAppPasswords::List) => &["app_password"],
        MyCommand::AppPasswords(MyAppPasswords::Create { .. } | MyAppPasswords::Regenerate { .. }) => {
            &["app_password", "mail_setting"]
        }
        MyCommand::AppPasswords(MyAppPasswords::Revoke { .. })
        | MyCommand::Devices(MyDevices::Revoke { .. }) => &["revoked"],
        MyCommand::Devices(MyDevices::List) => &["device"],
    }
}

/// `text` is what posternd has to say to the person, in their language.
fn rejected(reason: RejectReason, text: &str) -> Failure {
    let text = if text.is_empty() { "nothing was changed" } else { text };
    match reason {
        // What was typed is wrong.
        RejectReason::BadCredential
        | RejectReason::Replayed
        | RejectReason::Cancelled
        | RejectReason::UseAppPassword => Failure::data(text),
        // Nothing that could be typed would help.
        RejectReason::NotPermitted
        | RejectReason::UnknownAccount
        | RejectReason::Disabled
        | RejectReason::Expired
        | RejectReason::Scope
        | RejectReason::Network
        | RejectReason::Limited
        | RejectReason::Locked => Failure::not_permitted(text),
    }
}

fn no_verdict(failure: IpcFailure) -> Failure {
    match failure {
        IpcFailure::Unreachable(_) | IpcFailure::Impostor => Failure::unavailable(failure),
        IpcFailure::TimedOut | IpcFailure::Closed => Failure::temporary(failure),
        IpcFailure::Garbled
        | IpcFailure::Refused(ProtocolError::Malformed(_) | ProtocolError::Unsupported { .. }) => {
            Failure::protocol(failure)
        }
    }
}

/// Setting up an app may take somebody a while.
const PATIENCE: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Args, Command};

    fn asked(line: &str) -> (Flow, Vec<(String, String)>) {
        let words = format!("postern my {line}");
        let Command::My(my) = Args::try_parse_from(words.split(' ')).unwrap().command else {
            panic!("{line}")
        };
        let (flow, arguments) = request(&my.command).unwrap();
        (flow, arguments.into_iter().collect())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn every_command_is_a_flow_with_the_arguments_that_were_given() {
        assert_eq!(asked("factors"), (Flow::Factors, vec![]));
        assert_eq!(asked("enrol --label phone"), (Flow::Enrol, pairs(&[("label", "phone")])));
        assert_eq!(asked("remove"), (Flow::Remove, vec![]));
        assert_eq!(
            asked("replace abcd --label new"),
            (Flow::Replace, pairs(&[("id", "abcd"), ("label", "new")]))
        );
        assert_eq!(asked("recovery-codes"), (Flow::RecoveryCodes, vec![]));
        assert_eq!(asked("app-passwords list"), (Flow::AppPasswordList, vec![]));
        assert_eq!(
            asked(
                "app-passwords create --label x --scope imap,smtp --expires 2099-01-31 --network 10.0.0.0/8 --network ::1/128"
            ),
            (
                Flow::AppPasswordCreate,
                pairs(&[
                    ("expires", "2099-01-31T00:00:00Z"),
                    ("label", "x"),
                    ("networks", "10.0.0.0/8,::1/128"),
                    ("scope", "imap,smtp"),
                ])
            )
        );
        assert_eq!(
            asked("app-passwords regenerate GdGn"),
            (Flow::AppPasswordRegenerate, pairs(&[("id", "GdGn")]))
        );
        assert_eq!(asked("app-passwords revoke --all"), (Flow::AppPasswordRevoke, pairs(&[("all", "true")])));
        assert_eq!(asked("devices list"), (Flow::DeviceList, vec![]));
        assert_eq!(asked("devices revoke abcd"), (Flow::DeviceRevoke, pairs(&[("id", "abcd")])));
    }
}
