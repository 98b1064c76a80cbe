//! Users who answer with a mailed code, or on their phone.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use postern_core::conversation::{Answer, Conversation, Echo, Gone, Prompt, Tone};
use serde_json::{Map, Value};

use crate::harness::{Handset, MAIN_PASSWORD, Post, Setup, Site};
use crate::out_of_band::number_in;

/// How a user answers.
#[derive(Clone)]
pub(in crate::faults) enum OutOfBandAnswer {
    /// With the code that was sent to this address.
    Mail(String),
    /// By approving on this phone.
    Phone(Box<Handset>),
}

impl OutOfBandAnswer {
    /// A user with a backup address. Time passes, so that another code may be sent.
    pub(super) async fn with_mail(site: &Site, name: &str) -> Self {
        site.post.open();
        site.clock.advance(3601);
        let person = site.person(name).await;
        let address = format!("{name}@backup.example.net");
        drop(site.bind_sent(&person, "email", &address).await);
        Self::Mail(address)
    }

    /// A user with a phone.
    pub(super) async fn with_phone(site: &Site, name: &str) -> Self {
        site.post.open();
        let person = site.person(name).await;
        Self::Phone(Box::new(site.bind_ringing_phone(&person).await))
    }

    pub(super) fn person(&self, site: &Site) -> Answerer {
        let post = Arc::clone(&site.post);
        let by = match self {
            Self::Mail(_) => self.clone(),
            Self::Phone(phone) => Self::Phone(Box::new(phone.at(&site.engine))),
        };
        Answerer { by, post }
    }
}

/// The time limit for an answer that does not come.
pub(super) fn impatient(setup: &mut Setup) {
    setup.limits.pushes.lifetime = Duration::from_secs(1);
}

/// A user who knows the main password and gets the rest out of band. Without an answer they leave.
pub(super) struct Answerer {
    by: OutOfBandAnswer,
    post: Arc<Post>,
}

#[async_trait]
impl Conversation for Answerer {
    async fn ask(&mut self, echo: Echo, prompt: &Prompt<'_>) -> Result<Answer, Gone> {
        let question = prompt.text();
        tokio::task::yield_now().await;
        if echo == Echo::Off {
            return Ok(Answer::new(MAIN_PASSWORD.to_owned()));
        }
        match &self.by {
            OutOfBandAnswer::Mail(address) if question.starts_with("Code sent") => {
                let code = self.post.codes_to(address).pop().ok_or(Gone::Closed)?;
                Ok(Answer::new(code))
            }
            OutOfBandAnswer::Phone(phone) if question.contains(" on your phone and approve there") => {
                let number = number_in(question);
                let pending = phone.pending().await;
                let challenge = pending.records("challenge").last().map(|one| one["id"].clone());
                let challenge = challenge.as_ref().and_then(Value::as_str).ok_or(Gone::Closed)?;
                let answered = phone.answer(challenge, "approve", &number).await;
                if answered.is_accept() { Ok(Answer::new(String::new())) } else { Err(Gone::Closed) }
            }
            OutOfBandAnswer::Mail(_) | OutOfBandAnswer::Phone(_) => Err(Gone::Closed),
        }
    }

    async fn tell(&mut self, _: Tone, _: &Prompt<'_>) -> Result<(), Gone> {
        Ok(())
    }

    async fn record(&mut self, _: &str, _: Map<String, Value>) -> Result<(), Gone> {
        Ok(())
    }

    async fn wait(&mut self, _: Duration) -> Result<(), Gone> {
        Ok(())
    }
}
