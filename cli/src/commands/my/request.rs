use std::collections::BTreeMap;

use postern_core::clock::{Clock, SystemClock};
use postern_core::factor::FactorType;
use postern_ipc::Flow;

use crate::args::{MyAppPasswords, MyChallenges, MyCommand, MyDevices, MyEmail, MyPhone, MySessions, MySms};
use crate::failure::Failure;
use crate::site;

/// The flow of a command, and its arguments.
pub(super) fn request(command: &MyCommand) -> Result<(Flow, BTreeMap<String, String>), Failure> {
    let (flow, given): Given = match command {
        MyCommand::Factors => (Flow::Factors, vec![]),
        MyCommand::Enrol { kind, to, label } => {
            (Flow::Enrol, vec![("kind", kind.clone()), ("to", to.clone()), ("label", label.clone())])
        }
        MyCommand::Remove { id } => (Flow::Remove, vec![("id", id.clone())]),
        MyCommand::Replace { id, kind, to, label } => (
            Flow::Replace,
            vec![("id", id.clone()), ("kind", kind.clone()), ("to", to.clone()), ("label", label.clone())],
        ),
        MyCommand::RecoveryCodes => (Flow::RecoveryCodes, vec![]),
        MyCommand::Phone(command) => phone(command),
        MyCommand::Email(command) => email(command),
        MyCommand::Sms(command) => sms(command),
        MyCommand::AppPasswords(command) => app_passwords(command)?,
        MyCommand::Devices(MyDevices::List) => (Flow::DeviceList, vec![]),
        MyCommand::Devices(MyDevices::Revoke { id, all }) => {
            (Flow::DeviceRevoke, vec![("id", id.clone()), ("all", yes(*all))])
        }
        MyCommand::Sessions(MySessions::List) => (Flow::SessionList, vec![]),
        MyCommand::Sessions(MySessions::End { id, all }) => {
            (Flow::SessionEnd, vec![("id", id.clone()), ("all", yes(*all))])
        }
        MyCommand::History => (Flow::History, vec![]),
        MyCommand::Challenges(MyChallenges::List) => (Flow::ChallengeList, vec![]),
        MyCommand::Challenges(MyChallenges::Deny { id, all }) => {
            (Flow::ChallengeDeny, vec![("id", id.clone()), ("all", yes(*all))])
        }
    };
    let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Ok((flow, given.collect()))
}

type Given = (Flow, Vec<(&'static str, Option<String>)>);

fn kind(kind: FactorType) -> (&'static str, Option<String>) {
    ("kind", Some(kind.name().to_owned()))
}

fn phone(command: &MyPhone) -> Given {
    let kind = kind(FactorType::Phone);
    match command {
        MyPhone::List => (Flow::Factors, vec![kind]),
        MyPhone::Enrol { label } => (Flow::Enrol, vec![kind, ("label", label.clone())]),
        MyPhone::Remove { id } => (Flow::Remove, vec![kind, ("id", id.clone())]),
    }
}

fn email(command: &MyEmail) -> Given {
    let kind = kind(FactorType::Email);
    match command {
        MyEmail::List => (Flow::Factors, vec![kind]),
        MyEmail::Enrol { address, label } => {
            (Flow::Enrol, vec![kind, ("to", address.clone()), ("label", label.clone())])
        }
        MyEmail::Remove { id } => (Flow::Remove, vec![kind, ("id", id.clone())]),
    }
}

fn sms(command: &MySms) -> Given {
    let kind = kind(FactorType::Sms);
    match command {
        MySms::List => (Flow::Factors, vec![kind]),
        MySms::Enrol { number, label } => {
            (Flow::Enrol, vec![kind, ("to", number.clone()), ("label", label.clone())])
        }
        MySms::Remove { id } => (Flow::Remove, vec![kind, ("id", id.clone())]),
    }
}

fn app_passwords(command: &MyAppPasswords) -> Result<Given, Failure> {
    Ok(match command {
        MyAppPasswords::List => (Flow::AppPasswordList, vec![]),
        MyAppPasswords::Create { label, scope, expires, network } => {
            let now = SystemClock.now();
            let expires = expires.as_deref().map(|text| site::moment(text, now)).transpose()?;
            let given = vec![
                ("label", label.clone()),
                ("scope", scope.clone()),
                ("expires", expires.map(|expires| expires.to_string())),
                ("networks", (!network.is_empty()).then(|| network.join(","))),
            ];
            (Flow::AppPasswordCreate, given)
        }
        MyAppPasswords::Regenerate { id } => (Flow::AppPasswordRegenerate, vec![("id", id.clone())]),
        MyAppPasswords::Revoke { id, all } => {
            (Flow::AppPasswordRevoke, vec![("id", id.clone()), ("all", yes(*all))])
        }
    })
}

fn yes(all: bool) -> Option<String> {
    all.then(|| "true".to_owned())
}

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
        assert_eq!(asked("sessions list"), (Flow::SessionList, vec![]));
        assert_eq!(asked("sessions end abcd"), (Flow::SessionEnd, pairs(&[("id", "abcd")])));
        assert_eq!(asked("sessions end --all"), (Flow::SessionEnd, pairs(&[("all", "true")])));
        assert_eq!(asked("history"), (Flow::History, vec![]));
        assert_eq!(asked("challenges list"), (Flow::ChallengeList, vec![]));
        assert_eq!(asked("challenges deny abcd"), (Flow::ChallengeDeny, pairs(&[("id", "abcd")])));
        assert_eq!(asked("challenges deny --all"), (Flow::ChallengeDeny, pairs(&[("all", "true")])));
        assert_eq!(asked("challenges deny"), (Flow::ChallengeDeny, vec![]));
    }

    #[test]
    fn a_kind_of_factor_is_an_argument_of_the_flows_for_all_kinds() {
        let long = asked("enrol --kind email --to a@example.org --label backup");
        let wanted = pairs(&[("kind", "email"), ("label", "backup"), ("to", "a@example.org")]);
        assert_eq!(long, (Flow::Enrol, wanted));
        assert_eq!(asked("email enrol a@example.org --label backup"), long);
        assert_eq!(asked("email enrol"), (Flow::Enrol, pairs(&[("kind", "email")])));
        assert_eq!(
            asked("sms enrol +442079460123"),
            (Flow::Enrol, pairs(&[("kind", "sms"), ("to", "+442079460123")]))
        );
        assert_eq!(
            asked("phone enrol --label pocket"),
            (Flow::Enrol, pairs(&[("kind", "phone"), ("label", "pocket")]))
        );
        assert_eq!(
            asked("replace abcd --kind sms --to +442079460123"),
            (Flow::Replace, pairs(&[("id", "abcd"), ("kind", "sms"), ("to", "+442079460123")]))
        );
        for kind in ["phone", "email", "sms"] {
            assert_eq!(asked(&format!("{kind} list")), (Flow::Factors, pairs(&[("kind", kind)])));
            assert_eq!(asked(&format!("{kind} remove")), (Flow::Remove, pairs(&[("kind", kind)])));
            assert_eq!(
                asked(&format!("{kind} remove abcd")),
                (Flow::Remove, pairs(&[("id", "abcd"), ("kind", kind)]))
            );
        }
        let is_taken = |line: &str| Args::try_parse_from(format!("postern my {line}").split(' ')).is_ok();
        for line in [
            "enrol --kind pigeon",
            "enrol --to a@example.org",
            "phone enrol a@example.org",
            "challenges deny a --all",
        ] {
            assert!(!is_taken(line), "{line}");
        }
    }
}
