//! Conversations that wait for a person: each belongs to the browser that began it, and lives in this process alone.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postern_ipc::Secret;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::address::Network;

use super::cookies::random_token;
use super::purpose::Purpose;
use super::step::{Next, Prompt, Step};
use super::talk::Talk;

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
    visitor: Zeroizing<String>,
    client: Option<Network>,
    began: Instant,
    state: Mutex<State>,
    changed: Notify,
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
}

impl fmt::Debug for Owner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Owner")
    }
}

/// What a person answers.
#[derive(Debug)]
pub(super) enum Answer {
    /// An answer to the question.
    Text(Secret),
    /// They gave up.
    Cancel,
}

#[derive(Debug, Default)]
struct State {
    /// Counts the questions, so that a form of an earlier one is told apart.
    turn: u32,
    trusts: bool,
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
#[derive(Default)]
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
    /// Keeps a conversation after its first step, which is a question. `None` if this client or all together have too many.
    pub(super) fn park(
        &self,
        owner: Owner<'_>,
        purpose: Purpose,
        talk: Talk,
        step: Step,
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
            visitor: Zeroizing::new(owner.visitor.to_owned()),
            client: owner.client,
            began: Instant::now(),
            state: Mutex::new(State::default()),
            changed: Notify::new(),
            answers,
        });
        parked.show(step);
        all.insert(id, Arc::clone(&parked));
        drop(all);
        drop(tokio::spawn(hold(self.clone(), Arc::clone(&parked), talk, inbox)));
        Some(parked)
    }

    /// The conversation of this id, if it belongs to the browser.
    pub(super) fn of_visitor(&self, id: &str, visitor: Option<&str>) -> Option<Arc<Parked>> {
        let parked = self.lock().get(id).cloned()?;
        (visitor == Some(parked.visitor.as_str())).then_some(parked)
    }

    /// Forgets a conversation whose end was shown.
    pub(super) fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Parked>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parked {
    /// What there is to show. Waits a little while posternd is working.
    pub(super) async fn view(&self) -> View {
        let ready = async {
            loop {
                let changed = self.changed.notified();
                if let Some(view) = self.step() {
                    return view;
                }
                changed.await;
            }
        };
        timeout(LONGEST_WORK, ready).await.unwrap_or(View::Working)
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

    /// Whether the person wants to skip the second factor in this browser.
    pub(super) fn trusts(&self, trusts: bool) {
        self.lock().trusts = trusts;
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

    /// What the browser has to keep and was not told yet.
    pub(super) fn take_tokens(&self) -> Tokens {
        std::mem::take(&mut self.lock().tokens)
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
async fn hold(parking: Parking, parked: Arc<Parked>, mut talk: Talk, mut answers: mpsc::Receiver<Answer>) {
    let end = tokio::time::Instant::from_std(parked.began + LONGEST);
    loop {
        match tokio::time::timeout_at(end, answers.recv()).await {
            Ok(Some(Answer::Text(text))) => {
                let mut step = match talk.answer(text).await {
                    Ok(()) => Step::of(&mut talk).await,
                    Err(failure) => Step::unavailable(&failure),
                };
                if is_trust_question(&step) {
                    let answer = if parked.lock().trusts { "y" } else { "n" };
                    let earlier = step;
                    step = match talk.answer(Secret::new(answer.to_owned())).await {
                        Ok(()) => Step::of(&mut talk).await,
                        Err(failure) => Step::unavailable(&failure),
                    };
                    step.follows(earlier);
                }
                let is_over = matches!(step.next, Next::End(_));
                parked.show(step);
                if is_over {
                    break;
                }
            }
            Ok(Some(Answer::Cancel) | None) | Err(_) => {
                talk.cancel().await;
                parking.forget(&parked.id);
                return;
            }
        }
    }
    drop(talk);
    tokio::time::sleep(END_KEPT).await;
    parking.forget(&parked.id);
}

fn is_trust_question(step: &Step) -> bool {
    matches!(&step.next, Next::Question(question) if question.prompt.id == "trust-device")
}

/// posternd ends it by then.
const LONGEST: Duration = Duration::from_secs(615);
/// How long its end can be looked at.
const END_KEPT: Duration = Duration::from_secs(60);
/// How long a request waits for posternd before the page says that it is still waiting. The proxy waits longer.
const LONGEST_WORK: Duration = Duration::from_secs(8);
/// In this process, so that nobody can fill its memory. posternd has fewer places for each account and source.
const MOST: usize = 1024;
/// One network's: an office behind one address.
const MOST_OF_CLIENT: usize = 64;
/// Of 6 bits each. It is no secret: the browser's cookie decides.
pub(super) const ID_LENGTH: usize = 16;
