//! Conversations that wait for a person: each belongs to the browser that began it, and lives in this process alone.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postern_ipc::{Failure, Secret};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::address::Network;
use crate::token::random_token;

use super::purpose::Purpose;
use super::step::{Next, Prompt, Step};
use super::talk::Talk;
use super::words::Words;

/// The conversations of all browsers.
#[derive(Debug, Clone, Default)]
pub(super) struct Parking(Arc<Mutex<HashMap<String, Arc<Parked>>>>);

/// A conversation that waits for a person, or that posternd is working on.
pub(super) struct Parked {
    /// Part of the address of its page.
    pub(super) id: String,
    /// What it is for.
    pub(super) purpose: Purpose,
    /// Who is logged in.
    pub(super) user: Option<String>,
    /// The language of its pages.
    pub(super) words: &'static Words,
    visitor: Zeroizing<String>,
    client: Option<Network>,
    began: Instant,
    state: Mutex<State>,
    changed: Notify,
    /// Nobody can look at its end any more.
    forgotten: Notify,
    answers: mpsc::Sender<Answer>,
}

/// Whose a conversation is.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    /// The cookie of the browser.
    pub(super) visitor: &'a str,
    /// Where it is.
    pub(super) client: Option<Network>,
    /// Who is logged in there.
    pub(super) user: Option<&'a str>,
    pub(super) words: &'static Words,
}

impl fmt::Debug for Owner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Owner")
    }
}

/// What a person answers.
#[derive(Debug)]
pub(super) enum Answer {
    /// An answer to the question, and whether this browser is to be trusted if a code is right.
    Text(Secret, bool),
    /// They gave up.
    Cancel,
}

#[derive(Debug, Default)]
struct State {
    /// Counts the questions, so that a form of an earlier one is told apart.
    turn: u32,
    /// The end was shown.
    was_shown: bool,
    /// The long poll that is under way; a newer one ends it.
    poll: u64,
    /// For how many days a browser can be trusted.
    trust_days: Option<u64>,
    /// The approval by a phone that is waited for: its id, and the account's.
    approval: Option<(String, String)>,
    step: Option<Arc<Step>>,
    /// The step that showed a QR code, for as long as its question is repeated.
    key: Option<Arc<Step>>,
    /// Cookies to set: session, trusted browser.
    tokens: Tokens,
}

/// What posternd told for the browser to keep.
#[derive(Default, Clone)]
pub(super) struct Tokens {
    pub(super) session: Option<Zeroizing<String>>,
    pub(super) trusted_browser: Option<Zeroizing<String>>,
}

impl Tokens {
    /// Those of a step.
    pub(super) fn of(step: &Step) -> Self {
        let last =
            |name| step.records(name).last().map(|record| Zeroizing::new(record.text("token").to_owned()));
        Self { session: last("session"), trusted_browser: last("trusted_browser") }
    }

    fn add(&mut self, newer: Self) {
        self.session = newer.session.or_else(|| self.session.take());
        self.trusted_browser = newer.trusted_browser.or_else(|| self.trusted_browser.take());
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

/// What a page shows of a conversation.
#[derive(Debug)]
pub(super) enum View {
    /// A question, or the end.
    Step(Shown),
    /// posternd is working, or waits for somebody else: look again in a moment.
    Working,
}

/// A step as a page shows it.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// The number of the question.
    pub(super) turn: u32,
    pub(super) step: Arc<Step>,
    /// An earlier step of the same question, which showed a QR code.
    pub(super) key: Option<Arc<Step>>,
}

impl Shown {
    /// The first line with this id, in this step or in the one with the QR code.
    pub(super) fn line(&self, id: &str) -> Option<&Prompt> {
        self.step.line(id).or_else(|| self.key.as_ref()?.line(id))
    }
}

impl Parking {
    /// Keeps a conversation that has begun. `None` if this client or all together have too many.
    pub(super) fn park(
        &self,
        owner: Owner<'_>,
        purpose: Purpose,
        begun: impl Future<Output = Result<Talk, Failure>> + Send + 'static,
    ) -> Option<Arc<Parked>> {
        let id: String = random_token().ok()?.chars().take(ID_LENGTH).collect();
        let (answers, inbox) = mpsc::channel(2);
        let mut all = self.lock();
        all.retain(|_, parked| parked.began.elapsed() < LONGEST);
        let of_client = all.values().filter(|parked| owner.client.is_some() && parked.client == owner.client);
        if all.len() >= MOST || of_client.count() >= MOST_OF_CLIENT {
            return None;
        }
        let parked = Arc::new(Parked {
            id: id.clone(),
            purpose,
            user: owner.user.map(ToOwned::to_owned),
            words: owner.words,
            visitor: Zeroizing::new(owner.visitor.to_owned()),
            client: owner.client,
            began: Instant::now(),
            state: Mutex::new(State::default()),
            changed: Notify::new(),
            forgotten: Notify::new(),
            answers,
        });
        all.insert(id, Arc::clone(&parked));
        drop(all);
        drop(tokio::spawn(hold(self.clone(), Arc::clone(&parked), begun, inbox)));
        Some(parked)
    }

    /// The conversation of this id, if it belongs to the browser.
    pub(super) fn of_visitor(&self, id: &str, visitor: Option<&str>) -> Option<Arc<Parked>> {
        let parked = self.lock().get(id).cloned()?;
        (visitor == Some(parked.visitor.as_str())).then_some(parked)
    }

    /// Forgets a conversation, and frees what an ended one holds.
    pub(super) fn forget(&self, id: &str) {
        if let Some(parked) = self.lock().remove(id) {
            parked.forgotten.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Parked>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parked {
    /// What there is to show. Waits at most `longest` while posternd is working.
    pub(super) async fn view(&self, longest: Duration) -> View {
        let ready = async {
            loop {
                let changed = self.changed.notified();
                if let Some(view) = self.step() {
                    return view;
                }
                changed.await;
            }
        };
        timeout(longest, ready).await.unwrap_or(View::Working)
    }

    fn step(&self) -> Option<View> {
        let state = self.lock();
        let step = state.step.clone()?;
        Some(View::Step(Shown { turn: state.turn, step, key: state.key.clone() }))
    }

    /// Passes an answer to the question of `turn` on. `false` if that is no longer the question.
    pub(super) fn answer(&self, turn: u32, answer: Answer) -> bool {
        let mut state = self.lock();
        let is_asked = state.turn == turn
            && state.step.as_ref().is_some_and(|step| matches!(step.next, Next::Question(_)));
        if !is_asked || self.answers.try_send(answer).is_err() {
            return false;
        }
        state.step = None;
        true
    }

    /// Ends it.
    pub(super) fn cancel(&self) {
        // Room for it is beside the one answer that may be under way.
        drop(self.answers.try_send(Answer::Cancel));
    }

    /// The number of a new long poll.
    pub(super) fn new_poll(&self) -> u64 {
        let mut state = self.lock();
        state.poll += 1;
        state.poll
    }

    /// Whether no newer long poll has begun.
    pub(super) fn is_newest_poll(&self, poll: u64) -> bool {
        self.lock().poll == poll
    }

    /// Notes that its end is shown. Says whether it was before: a secret is shown once, except to a form that was sent twice.
    pub(super) fn end_is_shown(&self) -> bool {
        std::mem::replace(&mut self.lock().was_shown, true)
    }

    /// For how many days this browser can be trusted; `None` if it cannot.
    pub(super) fn trust_days(&self) -> Option<u64> {
        self.lock().trust_days
    }

    /// The approval by a phone that the question waits for: its id, and the account's.
    pub(super) fn approval(&self) -> Option<(String, String)> {
        let state = self.lock();
        state.step.as_ref().and_then(|_| state.approval.clone())
    }

    /// What the browser has to keep. It is told with every page: a reply may not have arrived.
    pub(super) fn tokens(&self) -> Tokens {
        self.lock().tokens.clone()
    }

    fn show(&self, step: Step) {
        let mut state = self.lock();
        state.tokens.add(Tokens::of(&step));
        if let Some(offer) = step.records("trust_offer").last() {
            state.trust_days = offer.number("days");
        }
        let approval = step.records("approval").last();
        // The QR code is shown for the approval that is asked for already.
        if approval.is_some() || step.line("qr").is_none() {
            state.approval =
                approval.map(|record| (record.text("id").to_owned(), record.text("account").to_owned()));
        }
        let step = Arc::new(step);
        if step.line("qr").is_some() {
            state.key = Some(Arc::clone(&step));
        } else if state.key.as_ref().is_some_and(|key| key.question_id() != step.question_id()) {
            state.key = None;
        }
        state.turn += 1;
        state.step = Some(step);
        drop(state);
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Parked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parked({:?})", self.purpose)
    }
}

/// Holds a conversation until it ends, and its end for as long as somebody may look at it.
async fn hold(
    parking: Parking,
    parked: Arc<Parked>,
    begun: impl Future<Output = Result<Talk, Failure>>,
    mut answers: mpsc::Receiver<Answer>,
) {
    let end = tokio::time::Instant::from_std(parked.began + LONGEST);
    let mut talk = match begun.await {
        Ok(talk) => talk,
        Err(failure) => {
            parked.show(Step::unavailable(&failure));
            return keep_end(parking, &parked).await;
        }
    };
    let mut step = Step::of(&mut talk).await;
    loop {
        let is_over = matches!(step.next, Next::End(_));
        parked.show(step);
        if is_over {
            drop(talk);
            return keep_end(parking, &parked).await;
        }
        match tokio::time::timeout_at(end, answers.recv()).await {
            Ok(Some(Answer::Text(text, trusts))) => step = answered(&mut talk, text, trusts).await,
            Ok(Some(Answer::Cancel) | None) | Err(_) => {
                talk.cancel().await;
                return parking.forget(&parked.id);
            }
        }
    }
}

/// The step after an answer. The question whether this browser is trusted was answered beside that for a code.
async fn answered(talk: &mut Talk, text: Secret, trusts: bool) -> Step {
    let mut step = next_step(talk, text).await;
    if step.question_id() == Some("trust-device") {
        let answer = if trusts { "y" } else { "n" };
        let earlier = std::mem::replace(&mut step, next_step(talk, Secret::new(answer.to_owned())).await);
        step.follows(earlier);
    }
    step
}

async fn next_step(talk: &mut Talk, answer: Secret) -> Step {
    // Where posternd has ended the conversation meanwhile, its verdict can still be read.
    drop(talk.answer(answer).await);
    Step::of(talk).await
}

async fn keep_end(parking: Parking, parked: &Parked) {
    drop(timeout(END_KEPT, parked.forgotten.notified()).await);
    parking.forget(&parked.id);
}

/// posternd ends it by then.
const LONGEST: Duration = Duration::from_secs(615);
/// How long its end can be looked at.
const END_KEPT: Duration = Duration::from_secs(60);
/// In this process, so that nobody can fill its memory. posternd has fewer places for each account and source.
const MOST: usize = 1024;
/// One network's: an office behind one address.
const MOST_OF_CLIENT: usize = 64;
/// Of 6 bits each. It is no secret: the browser's cookie decides.
pub(super) const ID_LENGTH: usize = 16;
