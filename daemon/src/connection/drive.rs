//! Drives one flow over one connection, under its deadlines.

use std::pin::Pin;
use std::time::Duration;

use postern_core::conversation::{Answer, Gone};
use postern_core::exchange::{OutageKind, Outcome};
use postern_core::{Reason, Verdict};
use postern_ipc::{self as ipc, ClientMessage, ProtocolError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use zeroize::Zeroizing;

use super::flow_event::FlowEvent;
use super::line_stream::{LineStream, ReadError};

#[cfg(test)]
mod tests;

/// A flow under way.
pub(super) type Flow<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// How long a conversation may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadlines {
    /// From the beginning of the conversation to its end.
    pub(super) overall: Duration,
    /// From a question to its answer.
    pub(super) answer: Duration,
    /// The daemon's own time between two messages.
    pub(super) work: Duration,
    /// Whether a working flow runs to its end, within [`Deadlines::work`], although its client is gone or broke the protocol: a
    /// change may be under way, and the log has to record it.
    pub(super) outlives_client: bool,
}

/// A conversation that has ended.
#[derive(Debug)]
pub(super) struct Finished {
    /// The end, for the log.
    pub(super) outcome: Outcome,
    /// What the client is told.
    pub(super) reply: Reply,
    /// Whether the flow was cut off, or did not get an answer that it asked for.
    pub(super) is_interrupted: bool,
}

impl Finished {
    /// An end without a flow.
    pub(super) fn of_verdict(verdict: Verdict) -> Self {
        Self::of(Outcome::of_verdict(verdict))
    }

    /// The same.
    pub(super) fn of(outcome: Outcome) -> Self {
        Self { outcome, reply: Reply::Verdict, is_interrupted: false }
    }
}

/// The last message to the client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// The verdict.
    Verdict,
    /// The client broke the protocol.
    Error(ProtocolError),
    /// None: the client is gone.
    None,
}

/// Drives `flow` to its end and passes its `events` on to the client.
///
/// A client that hangs up or speaks out of turn cuts the flow off, unless the flow [outlives](Deadlines::outlives_client) it. If
/// a question gets no answer, the flow decides how it ends, and says nothing more.
pub(super) async fn drive(
    line: &mut LineStream,
    deadlines: Deadlines,
    mut stopping: watch::Receiver<bool>,
    mut events: mpsc::Receiver<FlowEvent>,
    mut flow: Flow<'_>,
) -> Finished {
    let now = Instant::now();
    let over_at = now + deadlines.overall;
    let work_until = over_at.min(now + deadlines.work);
    let mut driver =
        Driver { line, deadlines, over_at, work_until, question: None, watcher: None, interruption: None };
    loop {
        let (until, may_stop) = (driver.until(), driver.question.is_some() || driver.is_watched());
        let stops = async {
            // The sender is the server itself, which outlives its conversations: if it is gone, nothing stops.
            if stopping.wait_for(|stops| *stops).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            outcome = flow.as_mut() => return driver.conclude(outcome),
            Some(event) = events.recv() => driver.pass_on(event).await,
            read = driver.read() => if let Some(finished) = driver.take(read) { return finished },
            () = sleep_until(until) => if let Some(finished) = driver.time_out() { return finished },
            () = stops, if may_stop => driver.stop(),
        }
    }
}

struct Driver<'a> {
    line: &'a mut LineStream,
    deadlines: Deadlines,
    over_at: Instant,
    work_until: Instant,
    question: Option<OpenQuestion>,
    watcher: Option<oneshot::Sender<Gone>>,
    interruption: Option<Interruption>,
}

struct OpenQuestion {
    answer: oneshot::Sender<Result<Answer, Gone>>,
    until: Instant,
}

/// Why a question gets no answer. No later question gets one either.
enum Interruption {
    Cancelled,
    AnswerTimedOut,
    Stopping,
    Client(ReadError),
}

impl Driver<'_> {
    fn until(&self) -> Instant {
        self.question.as_ref().map_or(self.work_until, |question| question.until)
    }

    fn works_for(&mut self, work: Duration) {
        self.work_until = self.over_at.min(Instant::now() + work);
    }

    async fn pass_on(&mut self, event: FlowEvent) {
        match (event, &self.interruption) {
            (FlowEvent::Tell { written, .. }, Some(interruption)) => {
                reply(written, Err(interruption.gone()));
            }
            (FlowEvent::Ask { answer, .. }, Some(interruption)) => reply(answer, Err(interruption.gone())),
            (FlowEvent::Watch { gone }, Some(interruption)) => tell_watcher(gone, interruption.gone()),
            (FlowEvent::Watch { gone }, None) => self.watcher = Some(gone),
            (FlowEvent::Tell { line, pause, written }, None) => match self.line.write(&line).await {
                Ok(()) => {
                    let pause =
                        pause.map_or(Duration::ZERO, |pause| pause.min(self.deadlines.overall) + MARGIN);
                    self.works_for(self.deadlines.work.max(pause));
                    reply(written, Ok(()));
                }
                Err(error) => self.interrupt(Interruption::Client(error), written),
            },
            (FlowEvent::Ask { line, answer }, None) => {
                let asked = match self.line.check_silent() {
                    Ok(()) => self.line.write(&line).await,
                    Err(error) => Err(error),
                };
                match asked {
                    Ok(()) => {
                        let until = self.over_at.min(Instant::now() + self.deadlines.answer);
                        self.question = Some(OpenQuestion { answer, until });
                    }
                    Err(error) => self.interrupt(Interruption::Client(error), answer),
                }
            }
        }
    }

    /// The client's line if a question is open; otherwise the error that the client spoke out of turn or hung up.
    async fn read(&mut self) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        match (&self.interruption, &self.question) {
            (Some(_), _) => std::future::pending().await,
            (None, Some(_)) => self.line.read().await,
            (None, None) => Err(self.line.disturbed().await),
        }
    }

    fn take(&mut self, read: Result<Zeroizing<Vec<u8>>, ReadError>) -> Option<Finished> {
        let Some(question) = self.question.take() else {
            let interruption = Interruption::Client(read.err()?);
            if !self.deadlines.outlives_client && !self.is_watched() {
                return Some(cut_off(interruption));
            }
            self.interrupt_watched(interruption);
            return None;
        };
        let wrong = |error| Interruption::Client(ReadError::Protocol(error));
        let interruption = match read.map(|line| ipc::decode_client(&line)) {
            Ok(Ok(ClientMessage::Answer(answer))) => {
                self.works_for(self.deadlines.work);
                reply(question.answer, Ok(Answer::new(answer.expose().to_owned())));
                return None;
            }
            Ok(Ok(ClientMessage::Cancel {})) => Interruption::Cancelled,
            Ok(Ok(ClientMessage::Begin(_))) => {
                wrong(ProtocolError::Malformed("a question is followed by an answer".to_owned()))
            }
            Ok(Err(error)) => wrong(error),
            Err(error) => Interruption::Client(error),
        };
        self.interrupt(interruption, question.answer);
        None
    }

    fn time_out(&mut self) -> Option<Finished> {
        if self.question.is_some() {
            self.leave_unanswered(Interruption::AnswerTimedOut);
            return None;
        }
        Some(match self.interruption.take() {
            Some(interruption) => cut_off(interruption),
            None => Finished {
                outcome: Outcome::of_outage(OutageKind::TooSlow, "it took too long".to_owned()),
                reply: Reply::Verdict,
                is_interrupted: true,
            },
        })
    }

    /// Whether the flow ends by itself once it hears that the client is gone.
    fn is_watched(&self) -> bool {
        self.watcher.as_ref().is_some_and(|watcher| !watcher.is_closed())
    }

    fn stop(&mut self) {
        if self.question.is_some() {
            self.leave_unanswered(Interruption::Stopping);
        } else if self.interruption.is_none() {
            self.interrupt_watched(Interruption::Stopping);
        }
    }

    fn interrupt_watched(&mut self, interruption: Interruption) {
        self.work_until = Instant::now() + self.deadlines.work;
        if let Some(watcher) = self.watcher.take() {
            tell_watcher(watcher, interruption.gone());
        }
        self.interruption = Some(interruption);
    }

    fn leave_unanswered(&mut self, interruption: Interruption) {
        if let Some(question) = self.question.take() {
            self.interrupt(interruption, question.answer);
        }
    }

    fn interrupt<T>(&mut self, interruption: Interruption, waits: oneshot::Sender<Result<T, Gone>>) {
        // May go beyond the overall deadline: the flow has to settle what it counted.
        self.work_until = Instant::now() + self.deadlines.work;
        reply(waits, Err(interruption.gone()));
        self.interruption = Some(interruption);
    }

    fn conclude(self, outcome: Outcome) -> Finished {
        match self.interruption {
            None => Finished { outcome, reply: Reply::Verdict, is_interrupted: false },
            Some(interruption) => interruption.finish(outcome),
        }
    }
}

impl Interruption {
    fn gone(&self) -> Gone {
        match self {
            Self::Cancelled | Self::AnswerTimedOut => Gone::Cancelled,
            Self::Stopping | Self::Client(_) => Gone::Closed,
        }
    }

    fn detail(&self) -> Option<&'static str> {
        match self {
            Self::Cancelled => None,
            Self::AnswerTimedOut => Some("no answer in time"),
            Self::Stopping => Some("posternd stops"),
            Self::Client(ReadError::Closed) => Some("the front door hung up"),
            Self::Client(ReadError::Protocol(_)) => Some("the front door spoke out of turn"),
        }
    }

    fn finish(self, mut outcome: Outcome) -> Finished {
        outcome.detail = outcome.detail.or(self.detail());
        let reply = match self {
            Self::Cancelled | Self::AnswerTimedOut => Reply::Verdict,
            Self::Stopping => {
                // The person did not give up: the next try reaches the next posternd.
                if outcome.verdict == Verdict::Reject(Reason::Cancelled) {
                    outcome.verdict = Verdict::Defer("posternd stops".to_owned());
                    outcome.trail.outage = Some(OutageKind::Stopping);
                    outcome.trail.is_outage_for_all = true;
                }
                Reply::Verdict
            }
            Self::Client(ReadError::Closed) => Reply::None,
            Self::Client(ReadError::Protocol(error)) => Reply::Error(error),
        };
        Finished { outcome, reply, is_interrupted: true }
    }
}

/// Ends the flow where it is. What it counted stays counted.
fn cut_off(interruption: Interruption) -> Finished {
    interruption.finish(Outcome::of_verdict(Verdict::Reject(Reason::Cancelled)))
}

/// Sends the reply, unless the flow is gone.
fn reply<T>(waits: oneshot::Sender<Result<T, Gone>>, with: Result<T, Gone>) {
    drop(waits.send(with));
}

/// Tells the watcher, unless it no longer watches.
fn tell_watcher(watcher: oneshot::Sender<Gone>, gone: Gone) {
    let _: Result<(), Gone> = watcher.send(gone);
}

/// Time for the flow's own work after a pause that it announced.
const MARGIN: Duration = Duration::from_secs(5);
