//! The failures after which a login may continue, and why.

use crate::harness::{Kind, Point};

use super::End;
use super::scenarios::{Scenario, Secret};

/// A failure after which a login that would be accepted still is.
#[derive(Debug)]
pub(super) struct Allowed {
    point: Point,
    /// The credential that lets the user in.
    with: &'static [Secret],
    /// The promise.
    #[expect(dead_code, reason = "for the reader, and for the message of a failure")]
    because: &'static str,
}

/// Failures without an answer are never among them: without a verdict there is no accept.
pub(super) const ALLOWED: &[Allowed] = &[
    Allowed {
        point: Point::NoteUse,
        with: Secret::ALL,
        because: "everything was proved; the note is for lists and reports, and a source that succeeded is known by it",
    },
    Allowed {
        point: Point::KnownRevision,
        with: &[Secret::AppPassword, Secret::MailPassword, Secret::Combined],
        because: "app passwords never depend on the ledger: the account is read again where it is written",
    },
    Allowed {
        point: Point::Read,
        with: &[Secret::AppPassword, Secret::MailPassword, Secret::Combined],
        because: "where it is written does not answer, and nothing says that what was read is older: mail logins go on",
    },
    Allowed {
        point: Point::NoteRevision,
        with: &[Secret::AppPassword, Secret::MailPassword, Secret::Combined],
        because: "the account was read where it is written just then; the note spares the next ones the way",
    },
    Allowed {
        point: Point::History,
        with: Secret::PASSWORDS,
        because: "it decides only who is checked first: a user without a record waits longer",
    },
    Allowed {
        point: Point::History,
        with: &[Secret::AppPassword, Secret::OldAppPassword],
        because: "a right app password is never throttled, and works while the ledger is down",
    },
    Allowed {
        point: Point::Admit,
        with: &[Secret::LimitedPassword],
        because: "the process has not counted what the ledger has: it begins to count while the ledger is down",
    },
    Allowed {
        point: Point::Admit,
        with: Secret::PASSWORDS,
        because: "wrong main passwords are counted in the process while the ledger is down",
    },
    Allowed {
        point: Point::Settle,
        with: Secret::PASSWORDS,
        because: "the right password stays counted as an attempt, which is the safe side",
    },
    Allowed {
        point: Point::LastUses,
        with: &[Secret::Code, Secret::RecoveryCode],
        because: "it decides only which factor is proposed first; a code is asked for all the same",
    },
    Allowed {
        point: Point::AdmitCode,
        with: &[Secret::RecoveryCode],
        because: "recovery codes work while the ledger is down; wrong ones are counted in the process",
    },
    Allowed {
        point: Point::CodePause,
        with: &[Secret::Code, Secret::RecoveryCode],
        because: "it decides only whether a pause is told before a code is typed; the check of the code asks again",
    },
    Allowed {
        point: Point::Claim,
        with: &[Secret::RecoveryCode],
        because: "recovery codes work while the ledger is down; this one is gone from the directory, and of a backup of that alone would it be good again",
    },
    Allowed {
        point: Point::SettleCode,
        with: &[Secret::Code, Secret::RecoveryCode, Secret::Combined],
        because: "the code is spent; that earlier wrong ones stay counted is the safe side",
    },
    Allowed {
        point: Point::Devices,
        with: &[Secret::Code, Secret::RecoveryCode],
        because: "a ledger that cannot say whom to trust trusts nobody: a code was asked for and proved",
    },
    Allowed {
        point: Point::PutDevice,
        with: &[Secret::Code],
        because: "the device is not trusted, and its owner asked for a code again next time",
    },
    Allowed {
        point: Point::KnownRevision,
        with: &[Secret::Code, Secret::TrustedDevice],
        because: "at the service for browsers: the account is read where it is written in any case",
    },
    Allowed {
        point: Point::PutBrowserRecord,
        with: &[Secret::Code],
        because: "the browser is not trusted, and its owner asked for a code again next time; without a record there is no session",
    },
    Allowed {
        point: Point::NoteRevision,
        with: &[Secret::RecoveryCode, Secret::FirstCode],
        because: "as above, and a change is made without a ledger, too; it reaches lagging servers by replication alone",
    },
];

/// The index of the list entry that permits this.
pub(super) fn allowance(scenario: &Scenario, point: Point, kind: Kind) -> Option<usize> {
    match (kind, scenario.opens()) {
        (Kind::Never | Kind::NeverAfter, _) | (_, End::Reject | End::Defer | End::Nothing) => None,
        (Kind::Before | Kind::After | Kind::From, End::Accept | End::Ignore) => {
            ALLOWED.iter().position(|one| one.point == point && one.with.contains(&scenario.with))
        }
    }
}
