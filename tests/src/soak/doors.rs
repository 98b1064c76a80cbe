use std::process::Command;
use std::time::{Duration, Instant};

use postern_ipc::{Begin, Client, Flow, Style, Verdict};

use super::stage::Stage;
use crate::form_client::FormClient;
use crate::inbox::Inbox;
use crate::login_host::LoginUser;
use crate::{Attempt, AuthClient, Outcome, Ran, Typist, host};

/// How a login ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    Accepted,
    Refused,
    /// Without a decision, and why.
    Deferred(String),
}

/// A way to ask through Dovecot.
#[derive(Debug, Clone, Copy)]
pub(super) enum Door {
    Checkpassword,
    Lua,
    /// An outage looks like a refusal here.
    Pam,
}

/// What one client has open.
#[derive(Debug)]
pub(super) struct Clients<'a> {
    stage: &'a Stage,
    /// By [`Door`], once they were needed.
    auth: [Option<AuthClient>; 3],
}

impl<'a> Clients<'a> {
    pub(super) fn of(stage: &'a Stage) -> Self {
        Self { stage, auth: [None, None, None] }
    }

    /// A mail program's login.
    pub(super) fn mail(&mut self, door: Door, user: &str, secret: &str, address: &str) -> Ended {
        let all = &self.stage.dovecots;
        let dovecot = [&all.checkpassword, &all.lua, &all.pam][door as usize];
        let client = self.auth[door as usize].get_or_insert_with(|| dovecot.auth_client());
        let _ = client.send(&Attempt::new("imap", user, secret).from(address));
        match client.receive() {
            Ok(reply) => match reply.outcome {
                Outcome::Accepted => Ended::Accepted,
                Outcome::Refused => Ended::Refused,
                Outcome::Unavailable => Ended::Deferred(format!("{door:?}: {:?}", reply.fields)),
            },
            Err(error) => Ended::Deferred(format!("{door:?}: {error}")),
        }
    }

    /// Password and code, as pam_postern.so relays them for sshd.
    pub(super) fn prompt(&self, user: &str, password: &str, code: &str, address: &str) -> Ended {
        let begin = Begin {
            rhost: Some(address.to_owned()),
            interactive: true,
            ..Begin::new(Flow::Login, "sshd", user)
        };
        let socket = self.stage.host.site.socket();
        let client = Client::connect(&socket, Instant::now() + LIMIT);
        let mut typist = Typist::new(|style, _| {
            let answer = match style {
                Style::Hidden => password,
                Style::Visible => code,
            };
            Some(answer.to_owned())
        });
        match client.and_then(|client| client.converse(begin, &mut typist)) {
            Ok(Verdict::Accept(_)) => Ended::Accepted,
            Ok(Verdict::Reject(_)) => Ended::Refused,
            Ok(Verdict::Defer(defer)) => Ended::Deferred(defer.reason),
            Ok(Verdict::Ignore(ignore)) => Ended::Deferred(ignore.reason),
            Err(failure) => Ended::Deferred(failure.to_string()),
        }
    }

    /// The same through PAM, by a process of its own.
    pub(super) fn pamtester(&self, user: &str, password: &str, code: &str) -> Ended {
        let mut command = Command::new(host::system_program("/usr/bin/pamtester", "pamtester"));
        command.args([self.stage.prompt.name(), user, "authenticate"]).current_dir("/");
        let ran = Ran::of(&mut command, format!("{password}\n{code}\n").as_bytes(), LIMIT);
        match (ran.code, ran.stderr.contains("cannot retrieve authentication info")) {
            (0, _) => Ended::Accepted,
            (_, true) => Ended::Deferred(ran.stderr),
            (_, false) => Ended::Refused,
        }
    }

    /// A browser that logs in with the main password, and out.
    pub(super) fn browser(&self, user: &LoginUser, address: &str) -> (Ended, Duration) {
        let mut client = FormClient::new(&self.stage.host);
        client.headers = vec![("X-Forwarded-For".to_owned(), address.to_owned())];
        let began = Instant::now();
        let _ = client.log_in(user);
        let took = began.elapsed();
        let ended = match (&*client.path, client.page.status) {
            ("/security", 200) => Ended::Accepted,
            (_, 503) => Ended::Deferred("the sign-in page says 503".to_owned()),
            _ => Ended::Refused,
        };
        if ended == Ended::Accepted {
            let _ = client.submit("/log-out", &[]);
        }
        (ended, took)
    }

    /// A request of an open web mail behind the gate.
    pub(super) fn gate(&self, inbox: &Inbox) -> Ended {
        let place = self.stage.host.web.applications();
        let request = place
            .request("GET", "/gate?application=gated")
            .header("Cookie", &inbox.cookie)
            .header("X-Original-URI", "/SOGo/a.css");
        match request.try_send() {
            Ok(reply) if reply.status == 200 => Ended::Accepted,
            Ok(reply) if reply.status == 401 => Ended::Refused,
            Ok(reply) => Ended::Deferred(format!("the gate says {}", reply.status)),
            Err(error) => Ended::Deferred(format!("the gate: {error}")),
        }
    }
}

const LIMIT: Duration = Duration::from_secs(60);
