//! A login or self-service request at a front door, and its end.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use postern_core::app_password::Label;
use postern_core::conversation::{Conversation, Echo, Gone, Tone};
use postern_core::device::Device;
use postern_core::engine::Engine;
use postern_core::exchange::{LineDelivery, Outcome};
use postern_core::flows::{
    self, ApplicationFlow, ApplicationRequest, BrowserRequest, LoginRequest, SelfServiceActor,
    SelfServiceFlow, SelfServiceRequest,
};
use postern_core::limits::Source;
use postern_core::name::LoginName;
use postern_core::proof::Proof;
use postern_core::secret::Offered;
use postern_core::{Reason, Verdict};
use serde_json::{Map, Value};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::task::JoinHandle;

use super::scripted_user::Transcript;
use super::{Heard, PasskeyAnswer, Script, Site, Someone, SshKey, Talker};

/// A front door's request.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    engine: Arc<Engine>,
    service: String,
    name: String,
    secret: Option<String>,
    from: Option<String>,
    through: Option<IpAddr>,
    by: Option<u32>,
    is_by_root: bool,
    device: Option<String>,
    language: Option<String>,
    is_at_terminal: bool,
    wants_recovery_codes: bool,
    browser: Option<Label>,
    trusted: Option<String>,
    session: Option<String>,
    own: Option<(SelfServiceFlow, u32, BTreeMap<String, String>)>,
}

impl Site {
    /// A login as `name` at `service`, from 192.0.2.1.
    pub(crate) fn visit(&self, service: &str, name: &str) -> Visit {
        Visit {
            engine: Arc::clone(&self.engine),
            service: service.to_owned(),
            name: name.to_owned(),
            secret: None,
            from: Some("192.0.2.1".to_owned()),
            through: None,
            by: None,
            is_by_root: true,
            device: None,
            language: None,
            is_at_terminal: false,
            wants_recovery_codes: false,
            browser: None,
            trusted: None,
            session: None,
            own: None,
        }
    }

    /// A sign-in with a browser.
    pub(crate) fn sign_in(&self, name: &str, password: &str) -> Visit {
        Visit {
            browser: Label::new("Firefox").ok(),
            ..self.visit("web", name).secret(password).at_a_terminal()
        }
    }

    /// A self-service request with the session of a browser.
    pub(crate) fn with_session(&self, token: &str, flow: SelfServiceFlow) -> Visit {
        Visit {
            session: Some(token.to_owned()),
            own: Some((flow, 0, BTreeMap::new())),
            ..self.visit("", "nobody")
        }
    }

    /// A self-service request of a user.
    pub(crate) fn own(&self, who: &Someone, flow: SelfServiceFlow) -> Visit {
        Visit { own: Some((flow, who.uid, BTreeMap::new())), ..self.visit("", &who.name) }
    }

    /// What an application asks about a session.
    pub(crate) async fn application(
        &self,
        flow: ApplicationFlow,
        secret: &str,
        arguments: &[(&str, &str)],
    ) -> Ended {
        let secret = Offered::new(secret.to_owned()).unwrap();
        let arguments = arguments.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let (arguments, source) = (arguments.collect(), Source::of("127.0.0.1".parse().ok()));
        let request = ApplicationRequest { flow, secret: &secret, arguments: &arguments, source: &source };
        let mut script = Script::new(&[]);
        let transcript = script.transcript.clone();
        let outcome = flows::application(&self.engine, &request, &mut script).await;
        Ended { outcome, heard: transcript.all() }
    }

    /// PAM's account management.
    pub(crate) async fn account_flow(&self, service: &str, name: &str, proof: Option<&Proof>) -> Outcome {
        let name = LoginName::new(name).unwrap();
        flows::account(&self.engine, self.engine.service(service), &name, proof.map(Proof::expose)).await
    }
}

impl Visit {
    /// With a secret that the front door has already.
    pub(crate) fn secret(self, secret: &str) -> Self {
        Self { secret: Some(secret.to_owned()), ..self }
    }

    /// With what a trusted browser keeps.
    pub(crate) fn trusted(self, token: &str) -> Self {
        Self { trusted: Some(token.to_owned()), ..self }
    }

    pub(crate) fn from(self, address: &str) -> Self {
        Self { from: Some(address.to_owned()), ..self }
    }

    /// By a connection from another address, such as a web mail's.
    pub(crate) fn through(self, address: &str) -> Self {
        Self { through: address.parse().ok(), ..self }
    }

    /// As a user of this host, at su or sudo.
    pub(crate) fn by(self, uid: u32) -> Self {
        Self { from: None, by: Some(uid), ..self }
    }

    /// At a front door that does not run as root.
    pub(crate) fn by_another_than_root(self) -> Self {
        Self { is_by_root: false, ..self }
    }

    /// With an ssh key that was proved.
    pub(crate) fn key(self, key: SshKey) -> Self {
        Self { device: Some(key.text()), ..self }
    }

    pub(crate) fn language(self, language: &str) -> Self {
        Self { language: Some(language.to_owned()), ..self }
    }

    /// With a person at a terminal, and no program that answers every question alike.
    pub(crate) fn at_a_terminal(self) -> Self {
        Self { is_at_terminal: true, ..self }
    }

    /// The user is asked whether to make recovery codes; otherwise they do without.
    pub(crate) fn wants_recovery_codes(self) -> Self {
        Self { wants_recovery_codes: true, ..self }
    }

    /// At another host.
    pub(crate) fn at(self, engine: &Arc<Engine>) -> Self {
        Self { engine: Arc::clone(engine), ..self }
    }

    /// With an argument of a self-service flow.
    pub(crate) fn argument(mut self, name: &str, value: &str) -> Self {
        if let Some((_, _, arguments)) = &mut self.own {
            arguments.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    /// As the user of the host with another uid.
    pub(crate) fn uid(mut self, other: u32) -> Self {
        if let Some((_, uid, _)) = &mut self.own {
            *uid = other;
        }
        self
    }

    /// Runs to its end with this conversation.
    pub(crate) async fn with(self, person: &mut dyn Conversation) -> Outcome {
        let name = LoginName::new(&self.name).unwrap();
        let language = self.language.as_deref();
        if let Some((flow, uid, arguments)) = &self.own {
            let address = self.from.as_ref().and_then(|address| address.parse().ok());
            let source = Source::of(address);
            let actor = match &self.session {
                Some(token) => SelfServiceActor::Browser { token, address, source: &source },
                None => SelfServiceActor::UnixUser { name: &name, uid: *uid },
            };
            let request = SelfServiceRequest { actor, flow: *flow, arguments, language };
            return flows::self_service(&self.engine, &request, person).await;
        }
        let secret = self.secret.map(|secret| Offered::new(secret).unwrap());
        let device = self.device.map(|device| Device::of_ssh_key(&device).unwrap());
        let address = self.from.and_then(|address| address.parse().ok());
        let source = self.by.map_or_else(|| Source::of(address), Source::of_user);
        let request = LoginRequest {
            service: self.engine.service(&self.service),
            name: &name,
            secret: secret.as_ref(),
            address,
            peer_address: self.through.or(address),
            is_here: address.is_none(),
            is_address_vouched_for: self.is_by_root,
            source: &source,
            device: device.as_ref(),
            browser: BrowserRequest { client: self.browser.as_ref(), trusted: self.trusted.as_deref() },
            is_at_terminal: self.is_at_terminal,
            time_limit: Duration::from_secs(110),
            language,
            delivery: LineDelivery::AtOnce,
        };
        flows::login(&self.engine, &request, person).await
    }

    /// Runs with prepared answers; after them there is no answer.
    pub(crate) async fn says(self, answers: &[&str]) -> Ended {
        let mut script = Script::new(answers);
        let transcript = script.transcript.clone();
        let outcome = self.with(&mut script).await;
        Ended { outcome, heard: transcript.all() }
    }

    /// The same at a browser, whose passkey gives the answers that are [`BY_PASSKEY`](super::BY_PASSKEY).
    pub(crate) async fn says_by(self, answers: &[&str], passkey: PasskeyAnswer) -> Ended {
        let mut script = Script::new(answers).at_browser(passkey);
        let transcript = script.transcript.clone();
        let outcome = self.with(&mut script).await;
        Ended { outcome, heard: transcript.all() }
    }

    /// Begins a dialogue.
    pub(crate) fn begin(self) -> Talk {
        let (mut talker, transcript, asked, say) = Talker::new();
        talker.wants_recovery_codes = self.wants_recovery_codes;
        let task = tokio::spawn(async move { self.with(&mut talker).await });
        Talk { transcript, asked, say, task }
    }
}

/// A conversation in progress.
pub(crate) struct Talk {
    transcript: Transcript,
    asked: UnboundedReceiver<String>,
    say: UnboundedSender<Result<String, Gone>>,
    task: JoinHandle<Outcome>,
}

impl Talk {
    /// Waits for the next question.
    pub(crate) async fn asked(&mut self) -> String {
        match tokio::time::timeout(PATIENCE, self.asked.recv()).await {
            Ok(Some(question)) => question,
            Ok(None) => {
                let outcome = (&mut self.task).await.unwrap();
                panic!("no further question: {outcome:?} {:?}", self.transcript.all())
            }
            Err(_) => panic!("nothing is asked: {:?}", self.transcript.all()),
        }
    }

    /// Answers it.
    pub(crate) fn say(&self, answer: &str) {
        self.say.send(Ok(answer.to_owned())).unwrap();
    }

    /// Waits for a question and answers it.
    pub(crate) async fn answer(&mut self, answer: &str) -> String {
        let question = self.asked().await;
        self.say(answer);
        question
    }

    /// Answers the current question, or the next one. If there is none, the answer is dropped.
    pub(crate) async fn answer_now(&mut self, answer: &str) {
        tokio::task::yield_now().await;
        drop(self.say.send(Ok(answer.to_owned())));
    }

    /// Gives up.
    pub(crate) fn leave(&self, how: Gone) {
        self.say.send(Err(how)).unwrap();
    }

    /// The questions and messages so far.
    pub(crate) fn heard(&self) -> Ended {
        let outcome = Outcome::of_verdict(Verdict::Defer("under way".to_owned()));
        Ended { outcome, heard: self.transcript.all() }
    }

    /// Waits for the end.
    pub(crate) async fn ended(self) -> Ended {
        let outcome = match tokio::time::timeout(PATIENCE, self.task).await {
            Ok(outcome) => outcome.unwrap(),
            Err(_) => panic!("it does not end: {:?}", self.transcript.all()),
        };
        Ended { outcome, heard: self.transcript.all() }
    }
}

/// The outcome, with all questions and messages.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    pub(crate) heard: Vec<Heard>,
}

impl Ended {
    pub(crate) fn is_accept(&self) -> bool {
        matches!(self.outcome.verdict, Verdict::Accept(_))
    }

    pub(crate) fn is_defer(&self) -> bool {
        matches!(self.outcome.verdict, Verdict::Defer(_))
    }

    /// The reason of the reject.
    #[track_caller]
    pub(crate) fn reason(&self) -> Reason {
        match &self.outcome.verdict {
            Verdict::Reject(reason) => *reason,
            verdict => panic!("not rejected: {verdict:?} {:?}", self.heard),
        }
    }

    /// The accepted credential.
    #[track_caller]
    pub(crate) fn credential(&self) -> postern_core::ledger::Credential {
        assert!(self.is_accept(), "not accepted: {self:?}");
        self.outcome.trail.credential.unwrap()
    }

    pub(crate) fn proof(&self) -> Option<&Proof> {
        match &self.outcome.verdict {
            Verdict::Accept(accepted) => accepted.proof.as_ref(),
            Verdict::Reject(_) | Verdict::Defer(_) | Verdict::Ignore(_) => None,
        }
    }

    pub(crate) fn into_proof(self) -> Option<Proof> {
        match self.outcome.verdict {
            Verdict::Accept(accepted) => accepted.proof,
            Verdict::Reject(_) | Verdict::Defer(_) | Verdict::Ignore(_) => None,
        }
    }

    pub(crate) fn questions(&self) -> Vec<&str> {
        self.asked().map(|(_, question)| question).collect()
    }

    /// Each question, and whether its answer is shown.
    pub(crate) fn asked(&self) -> impl Iterator<Item = (Echo, &str)> {
        self.heard.iter().filter_map(|heard| match heard {
            Heard::Question(echo, text) => Some((*echo, text.as_str())),
            Heard::Line(..) | Heard::Record(..) => None,
        })
    }

    pub(crate) fn lines(&self) -> Vec<&str> {
        let lines = self.heard.iter().filter_map(|heard| match heard {
            Heard::Line(_, text) => Some(text.as_str()),
            Heard::Question(..) | Heard::Record(..) => None,
        });
        lines.collect()
    }

    pub(crate) fn complaints(&self) -> Vec<&str> {
        let lines = self.heard.iter().filter_map(|heard| match heard {
            Heard::Line(Tone::Error, text) => Some(text.as_str()),
            Heard::Line(Tone::Info, _) | Heard::Question(..) | Heard::Record(..) => None,
        });
        lines.collect()
    }

    pub(crate) fn records(&self, wanted: &str) -> Vec<&Map<String, Value>> {
        let records = self.heard.iter().filter_map(|heard| match heard {
            Heard::Record(name, fields) if name == wanted => Some(fields),
            Heard::Record(..) | Heard::Question(..) | Heard::Line(..) => None,
        });
        records.collect()
    }

    /// The key of the app that is being bound.
    #[track_caller]
    pub(crate) fn key(&self) -> Map<String, Value> {
        self.records("key").last().copied().cloned().unwrap_or_else(|| panic!("no key: {:?}", self.heard))
    }
}

const PATIENCE: Duration = Duration::from_secs(60);
