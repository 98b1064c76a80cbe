//! A front door at posternd's socket, as root: sshd for a user, or a mail server for a program.

use std::path::Path;
use std::time::{Duration, Instant};

use postern_ipc::{Begin, Client, Failure, Flow, Prompter, RejectReason, Secret, Style, Verdict};

use crate::Typist;

/// One login in preparation.
#[derive(Debug, Clone)]
pub struct Door<'a> {
    /// The PAM service, or `imap` and its kin.
    pub service: &'a str,
    /// The name that is typed.
    pub name: &'a str,
    /// The secret that comes with it.
    pub password: &'a str,
    /// The ssh key that was used before.
    pub key: Option<&'a str>,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The user is let in.
    In,
    /// The user is not.
    Refused(RejectReason),
    /// Nobody can tell now, and why.
    PutOff(String),
}

impl<'a> Door<'a> {
    /// Without a key.
    #[must_use]
    pub fn new(service: &'a str, name: &'a str, password: &'a str) -> Self {
        Self { service, name, password, key: None }
    }

    /// After a login with this ssh key.
    #[must_use]
    pub fn key(mut self, key: &'a str) -> Self {
        self.key = Some(key);
        self
    }

    fn begin(&self) -> Begin {
        Begin {
            secret: Some(Secret::new(self.password.to_owned())),
            rhost: Some("192.0.2.1".to_owned()),
            device: self.key.map(str::to_owned),
            interactive: true,
            ..Begin::new(Flow::Login, self.service, self.name)
        }
    }

    /// Answers the questions one after the other, and gives up when there is no answer left. How many answers were taken is
    /// returned beside the end.
    #[must_use]
    pub fn answer(&self, socket: &Path, answers: &[&str]) -> (Ended, usize) {
        let mut left = answers.iter();
        let mut typist = Typist::new(|style, text| {
            assert_eq!(style, Style::Visible, "{text}");
            left.next().map(|answer| (*answer).to_owned())
        });
        let verdict = self.open(socket, &mut typist);
        (Ended::of(verdict), answers.len() - left.len())
    }

    /// Begins the login, and answers as `prompter` does.
    ///
    /// # Errors
    /// posternd is not there, or says what is no verdict.
    pub fn open(&self, socket: &Path, prompter: &mut dyn Prompter) -> Result<Verdict, Failure> {
        Client::connect(socket, Instant::now() + LIMIT)?.converse(self.begin(), prompter)
    }
}

impl Ended {
    /// The end that a conversation came to.
    #[must_use]
    pub fn of(verdict: Result<Verdict, Failure>) -> Self {
        match verdict {
            Ok(Verdict::Accept(_)) => Self::In,
            Ok(Verdict::Reject(reject)) => Self::Refused(reject.reason),
            Ok(Verdict::Defer(defer)) => Self::PutOff(defer.reason),
            Ok(Verdict::Ignore(ignore)) => panic!("an Ignore for an enrolled user: {}", ignore.reason),
            Err(failure) => Self::PutOff(failure.to_string()),
        }
    }
}

const LIMIT: Duration = Duration::from_secs(60);
