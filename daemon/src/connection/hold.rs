use std::pin::Pin;
use std::time::Duration;

use postern_core::conversation::{Answer, Gone};
use postern_core::exchange::{Outcome, Trail};
use postern_core::{Reason, Verdict};
use postern_ipc::{self as ipc, ClientMessage, ProtocolError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use zeroize::Zeroizing;

use super::dialogue::Word;
use super::line::{Line, Unheard};

#[cfg(test)]
mod tests;

/// A flow under way.
pub(super) type Flow<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// How long a conversation may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// From its beginning to its end.
    pub(super) overall: Duration,
    /// From a question to its answer.
    pub(super) answer: Duration,
    /// The daemon's own time from one word to the next.
    pub(super) work: Duration,
    /// Whether a flow at work is let come to its end, within [`Pace::work`], where its client is gone or speaks out of turn: a
    /// change may be under way, and the log has to know.
    pub(super) is_seen_through: bool,
}

/// A conversation that has ended.
#[derive(Debug)]
pub(super) struct Held {
    /// How, for the log.
    pub(super) outcome: Outcome,
    /// What the client hears of it.
    pub(super) last_word: LastWord,
    /// Whether the flow was cut off, or left without an answer that it asked for.
    pub(super) is_broken_off: bool,
}

/// The end of a conversation at the client's end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LastWord {
    /// The verdict.
    Verdict,
    /// That this was not the protocol.
    Error(ProtocolError),
    /// Nothing, for nobody is there.
    Nothing,
}

/// Holds the connection while `flow` is decided, and passes on what the flow says by `words`.
///
/// A client that hangs up or speaks out of turn ends the flow where it is, unless the pace says that it is seen through. One that is asked and does not answer leaves it
/// to the flow to say how it ends, which it has to do without another word.
pub(super) async fn hold(
    line: &mut Line,
    pace: Pace,
    mut stopping: watch::Receiver<bool>,
    mut words: mpsc::Receiver<Word>,
    mut flow: Flow<'_>,
) -> Held {
    let now = Instant::now();
    let over_at = now + pace.overall;
    let work_until = over_at.min(now + pace.work);
    let mut chair = Chair { line, pace, over_at, work_until, asked: None, watcher: None, end: None };
    loop {
        let (until, may_stop) = (chair.until(), chair.asked.is_some() || chair.is_watched());
        let stops = async {
            // A sender that is gone stops nothing: it is the server itself, which outlives its conversations.
            if stopping.wait_for(|stops| *stops).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            outcome = flow.as_mut() => return chair.conclude(outcome),
            Some(word) = words.recv() => chair.pass_on(word).await,
            heard = chair.listen() => if let Some(held) = chair.hear(heard) { return held },
            () = sleep_until(until) => if let Some(held) = chair.out_of_time() { return held },
            () = stops, if may_stop => chair.stop(),
        }
    }
}

struct Chair<'a> {
    line: &'a mut Line,
    pace: Pace,
    over_at: Instant,
    work_until: Instant,
    asked: Option<Asked>,
    watcher: Option<oneshot::Sender<Gone>>,
    end: Option<End>,
}

struct Asked {
    answer: oneshot::Sender<Result<Answer, Gone>>,
    until: Instant,
}

/// Why a question has no answer. There is none to any later one either.
enum End {
    Cancelled,
    Late,
    Stopped,
    Unheard(Unheard),
}

impl Chair<'_> {
    fn until(&self) -> Instant {
        self.asked.as_ref().map_or(self.work_until, |asked| asked.until)
    }

    fn works_until(&mut self, work: Duration) {
        self.work_until = self.over_at.min(Instant::now() + work);
    }

    async fn pass_on(&mut self, word: Word) {
        match (word, &self.end) {
            (Word::Tell { told, .. }, Some(end)) => reply(told, Err(end.gone())),
            (Word::Ask { answer, .. }, Some(end)) => reply(answer, Err(end.gone())),
            (Word::Watch { gone }, Some(end)) => tell_watcher(gone, end.gone()),
            (Word::Watch { gone }, None) => self.watcher = Some(gone),
            (Word::Tell { line, pause, told }, None) => match self.line.say(&line).await {
                Ok(()) => {
                    let pause = pause.map_or(Duration::ZERO, |pause| pause.min(self.pace.overall) + MARGIN);
                    self.works_until(self.pace.work.max(pause));
                    reply(told, Ok(()));
                }
                Err(unheard) => self.end_with(End::Unheard(unheard), told),
            },
            (Word::Ask { line, answer }, None) => {
                let asked = match self.line.silence() {
                    Ok(()) => self.line.say(&line).await,
                    Err(unheard) => Err(unheard),
                };
                match asked {
                    Ok(()) => {
                        let until = self.over_at.min(Instant::now() + self.pace.answer);
                        self.asked = Some(Asked { answer, until });
                    }
                    Err(unheard) => self.end_with(End::Unheard(unheard), answer),
                }
            }
        }
    }

    /// What the client says where it was asked, and that it does not keep silent where it was not.
    async fn listen(&mut self) -> Result<Zeroizing<Vec<u8>>, Unheard> {
        match (&self.end, &self.asked) {
            (Some(_), _) => std::future::pending().await,
            (None, Some(_)) => self.line.hear().await,
            (None, None) => Err(self.line.disturbed().await),
        }
    }

    fn hear(&mut self, heard: Result<Zeroizing<Vec<u8>>, Unheard>) -> Option<Held> {
        let Some(asked) = self.asked.take() else {
            let end = End::Unheard(heard.err()?);
            if !self.pace.is_seen_through && !self.is_watched() {
                return Some(cut_off(end));
            }
            self.end_watched(end);
            return None;
        };
        let wrong = |error| End::Unheard(Unheard::Wrong(error));
        let end = match heard.map(|line| ipc::decode_client(&line)) {
            Ok(Ok(ClientMessage::Answer(answer))) => {
                self.works_until(self.pace.work);
                reply(asked.answer, Ok(Answer::new(answer.expose().to_owned())));
                return None;
            }
            Ok(Ok(ClientMessage::Cancel {})) => End::Cancelled,
            Ok(Ok(ClientMessage::Begin(_))) => {
                wrong(ProtocolError::Malformed("a question is followed by an answer".to_owned()))
            }
            Ok(Err(error)) => wrong(error),
            Err(unheard) => End::Unheard(unheard),
        };
        self.end_with(end, asked.answer);
        None
    }

    fn out_of_time(&mut self) -> Option<Held> {
        if self.asked.is_some() {
            self.leave_unanswered(End::Late);
            return None;
        }
        Some(match self.end.take() {
            Some(end) => cut_off(end),
            None => Held {
                outcome: outcome(Verdict::Defer("it took too long".to_owned())),
                last_word: LastWord::Verdict,
                is_broken_off: true,
            },
        })
    }

    /// Whether the flow ends by itself once it hears that nobody is there.
    fn is_watched(&self) -> bool {
        self.watcher.as_ref().is_some_and(|watcher| !watcher.is_closed())
    }

    fn stop(&mut self) {
        if self.asked.is_some() {
            self.leave_unanswered(End::Stopped);
        } else if self.end.is_none() {
            self.end_watched(End::Stopped);
        }
    }

    fn end_watched(&mut self, end: End) {
        self.work_until = Instant::now() + self.pace.work;
        if let Some(watcher) = self.watcher.take() {
            tell_watcher(watcher, end.gone());
        }
        self.end = Some(end);
    }

    fn leave_unanswered(&mut self, end: End) {
        if let Some(asked) = self.asked.take() {
            self.end_with(end, asked.answer);
        }
    }

    fn end_with<T>(&mut self, end: End, waits: oneshot::Sender<Result<T, Gone>>) {
        // Beyond the overall time, if need be: what was counted has to be settled.
        self.work_until = Instant::now() + self.pace.work;
        reply(waits, Err(end.gone()));
        self.end = Some(end);
    }

    fn conclude(self, outcome: Outcome) -> Held {
        match self.end {
            None => Held { outcome, last_word: LastWord::Verdict, is_broken_off: false },
            Some(end) => end.of(outcome),
        }
    }
}

impl End {
    fn gone(&self) -> Gone {
        match self {
            Self::Cancelled | Self::Late => Gone::Cancelled,
            Self::Stopped | Self::Unheard(_) => Gone::Closed,
        }
    }

    fn detail(&self) -> Option<&'static str> {
        match self {
            Self::Cancelled => None,
            Self::Late => Some("no answer in time"),
            Self::Stopped => Some("posternd stops"),
            Self::Unheard(Unheard::Closed) => Some("the front door hung up"),
            Self::Unheard(Unheard::Wrong(_)) => Some("the front door spoke out of turn"),
        }
    }

    fn of(self, mut outcome: Outcome) -> Held {
        outcome.trail.detail = outcome.trail.detail.or(self.detail());
        let last_word = match self {
            Self::Cancelled | Self::Late => LastWord::Verdict,
            Self::Stopped => {
                // Nobody gave up: another try finds the next posternd.
                if outcome.verdict == Verdict::Reject(Reason::Cancelled) {
                    outcome.verdict = Verdict::Defer("posternd stops".to_owned());
                }
                LastWord::Verdict
            }
            Self::Unheard(Unheard::Closed) => LastWord::Nothing,
            Self::Unheard(Unheard::Wrong(error)) => LastWord::Error(error),
        };
        Held { outcome, last_word, is_broken_off: true }
    }
}

/// The flow ends where it is; what it counted stays counted.
fn cut_off(end: End) -> Held {
    end.of(outcome(Verdict::Reject(Reason::Cancelled)))
}

fn outcome(verdict: Verdict) -> Outcome {
    Outcome { verdict, trail: Trail::default() }
}

/// A flow that is gone needs no reply.
fn reply<T>(waits: oneshot::Sender<Result<T, Gone>>, with: Result<T, Gone>) {
    drop(waits.send(with));
}

/// One that does not watch any longer needs no word.
fn tell_watcher(watcher: oneshot::Sender<Gone>, gone: Gone) {
    let _: Result<(), Gone> = watcher.send(gone);
}

/// For the flow's own work, after a pause that it has spoken of.
const MARGIN: Duration = Duration::from_secs(5);
