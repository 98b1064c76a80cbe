use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use nix::sys::signal::Signal;
use postern_core::changes::{ChangeError, ChangeRefusal};
use postern_core::config::Problems;
use postern_core::courier::CourierError;
use postern_core::directory::DirectoryError;
use postern_core::factor::{FirstCodeError, TotpError};
use postern_core::ledger::LedgerError;
use postern_core::random::RandomnessGone;
use postern_core::system_fault::SystemFault;
use postern_store::OpenError;
use postern_store::embedded::AccountError;

/// The failure of a command, with its exit status (sysexits(3)).
#[derive(Debug)]
pub(crate) struct Failure {
    status: u8,
    message: String,
}

impl Failure {
    /// The command line is wrong.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self::new(EX_USAGE, message)
    }

    /// The input is not usable.
    pub(crate) fn data(message: impl Display) -> Self {
        Self::new(EX_DATAERR, message)
    }

    /// There is no such account.
    pub(crate) fn no_account(name: &str) -> Self {
        Self::new(EX_NOUSER, format!("there is no account \"{name}\"; see: postern account list"))
    }

    /// posternd or a server does not answer, is not in order, or refuses.
    pub(crate) fn unavailable(message: impl Display) -> Self {
        Self::new(EX_UNAVAILABLE, message)
    }

    /// The operating system failed.
    pub(crate) fn system(message: impl Display) -> Self {
        Self::new(EX_OSERR, message)
    }

    /// A file cannot be created.
    pub(crate) fn cannot_create(message: impl Display) -> Self {
        Self::new(EX_CANTCREAT, message)
    }

    /// Something cannot be written or read.
    pub(crate) fn io(message: impl Display) -> Self {
        Self::new(EX_IOERR, message)
    }

    /// Standard output is closed. The reader has seen enough, as `head` has, or is faulty.
    pub(crate) fn of_output(error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            // As the shell reports a program that SIGPIPE ended.
            return Self { status: 128 + Signal::SIGPIPE as u8, message: String::new() };
        }
        Self::io(format!("standard output: {error}"))
    }

    /// A temporary failure; it may work later.
    pub(crate) fn temporary(message: impl Display) -> Self {
        Self::new(EX_TEMPFAIL, message)
    }

    /// The configuration is wrong.
    pub(crate) fn config(message: impl Display) -> Self {
        Self::new(EX_CONFIG, message)
    }

    /// A part of the site is faulty. Monitoring expects this status.
    pub(crate) fn check_failed(message: impl Display) -> Self {
        Self::new(CHECK_FAILED, message)
    }

    /// Everything works, and something should be fixed.
    pub(crate) fn check_warned(message: impl Display) -> Self {
        Self::new(CHECK_WARNED, message)
    }

    pub(crate) fn report(&self) -> ExitCode {
        let mut stderr = std::io::stderr().lock();
        for line in self.message.lines() {
            // Without standard error there is no place to report to.
            drop(writeln!(stderr, "postern: {line}"));
        }
        ExitCode::from(self.status)
    }

    /// posternd, or what it relays, does not permit it.
    pub(crate) fn not_permitted(message: impl Display) -> Self {
        Self::new(EX_NOPERM, message)
    }

    /// A message was not of the protocol.
    pub(crate) fn protocol(message: impl Display) -> Self {
        Self::new(EX_PROTOCOL, message)
    }

    /// The same failure with one more line.
    pub(crate) fn and(mut self, more: impl Display) -> Self {
        self.message = format!("{}\n{more}", self.message);
        self
    }

    /// Whether the failure concerns this input alone, so that the next input may succeed.
    pub(crate) fn is_about_one(&self) -> bool {
        matches!(self.status, EX_DATAERR | EX_NOUSER)
    }

    /// The text of the failure.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    fn new(status: u8, message: impl Display) -> Self {
        Self { status, message: message.to_string() }
    }
}

/// Reports a fault of a command that otherwise succeeded.
pub(crate) fn warn(message: impl Display) {
    let mut stderr = std::io::stderr().lock();
    for line in message.to_string().lines() {
        // Without standard error there is no place to report to.
        drop(writeln!(stderr, "postern: warning: {line}"));
    }
}

/// Prints clap's own message. Help and version are not failures.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    drop(error.print());
    if error.use_stderr() { ExitCode::from(EX_USAGE) } else { ExitCode::SUCCESS }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::config(problems)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::config(error)
    }
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Down(_)
            | DirectoryError::BindUnanswered(_)
            | DirectoryError::BindsWait(_)
            | DirectoryError::NotCompared(_) => Self::temporary(error),
            DirectoryError::Broken(_) => Self::data(error),
        }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Down(_) => Self::temporary(error),
            LedgerError::Broken(_) => Self::unavailable(error),
        }
    }
}

impl From<CourierError> for Failure {
    fn from(error: CourierError) -> Self {
        match error {
            CourierError::Down(_) | CourierError::Unsure(_) => Self::temporary(error),
            CourierError::Refused(_) | CourierError::Gone => Self::unavailable(error),
        }
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Taken(_) => Self::data(error),
            AccountError::NoAccount => Self::new(EX_NOUSER, error),
            AccountError::Database(_) => Self::temporary(error),
        }
    }
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Refused(refusal) => refusal.into(),
            ChangeError::Fault(fault) => fault.into(),
        }
    }
}

impl From<ChangeRefusal> for Failure {
    fn from(refusal: ChangeRefusal) -> Self {
        match refusal {
            ChangeRefusal::NoAccount => Self::new(EX_NOUSER, refusal),
            ChangeRefusal::NoAppPassword(_)
            | ChangeRefusal::Expired(_)
            | ChangeRefusal::TooMany(_)
            | ChangeRefusal::ExpiresInThePast
            | ChangeRefusal::NoFactor(_)
            | ChangeRefusal::TooManyFactors(_)
            | ChangeRefusal::LastFactor
            | ChangeRefusal::BoundAlready
            | ChangeRefusal::NumberTaken
            | ChangeRefusal::NotEnrolled => Self::data(refusal),
            ChangeRefusal::Contended
            | ChangeRefusal::ChangedMeanwhile
            | ChangeRefusal::NumberClaimed
            | ChangeRefusal::TicketUsed => Self::temporary(refusal),
        }
    }
}

impl From<SystemFault> for Failure {
    fn from(fault: SystemFault) -> Self {
        match fault {
            SystemFault::Factor(error) => error.into(),
            SystemFault::Directory(error) => error.into(),
            SystemFault::Ledger(error) => error.into(),
            SystemFault::Hashing(_) | SystemFault::Randomness(_) => Self::system(fault),
        }
    }
}

impl From<FirstCodeError> for Failure {
    fn from(error: FirstCodeError) -> Self {
        match error {
            FirstCodeError::Totp(error) => error.into(),
            FirstCodeError::Ledger(error) => error.into(),
            FirstCodeError::Randomness(error) => Self::system(error),
            FirstCodeError::WrongClock { .. } => Self::unavailable(error),
        }
    }
}

impl From<TotpError> for Failure {
    fn from(error: TotpError) -> Self {
        match error {
            TotpError::Seal(_) => Self::config(error),
            TotpError::SeedLength
            | TotpError::NotBase32
            | TotpError::Base32Length
            | TotpError::Hexadecimal
            | TotpError::Counted
            | TotpError::NoTotpUri
            | TotpError::UriSecret
            | TotpError::UriTwice
            | TotpError::UriUnreadable
            | TotpError::UriIssuer
            | TotpError::Shape(_)
            | TotpError::Unspeakable => Self::data(error),
        }
    }
}

impl From<RandomnessGone> for Failure {
    fn from(error: RandomnessGone) -> Self {
        Self::system(error)
    }
}

/// The exit statuses of monitoring plugins: Nagios, Icinga, Zabbix and the like.
const CHECK_WARNED: u8 = 1;
const CHECK_FAILED: u8 = 2;
const EX_USAGE: u8 = 64;
const EX_DATAERR: u8 = 65;
const EX_NOUSER: u8 = 67;
const EX_UNAVAILABLE: u8 = 69;
const EX_OSERR: u8 = 71;
const EX_CANTCREAT: u8 = 73;
const EX_IOERR: u8 = 74;
const EX_TEMPFAIL: u8 = 75;
const EX_PROTOCOL: u8 = 76;
const EX_NOPERM: u8 = 77;
const EX_CONFIG: u8 = 78;
