use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot;

use super::*;
use crate::turns::strangers::{invented, key};
use crate::verdict::{Accepted, Reason};

type Login<'a> = Pin<Box<dyn Future<Output = Result<Verdict, Stop>> + 'a>>;

/// A login with a name and from a source of this number, let in once the gate has a place for it, and then decided as `verdict` says.
fn login(gate: &MailGate, number: u32, verdict: oneshot::Receiver<Verdict>) -> Login<'_> {
    Box::pin(async move {
        let decided = async { Ok(verdict.await.expect("a verdict")) };
        gate.pass(key(number), || invented(number), &Waiver::default(), decided).await
    })
}

fn decide(gate: &MailGate, number: u32, verdict: Verdict) {
    let (decided, when) = oneshot::channel();
    decided.send(verdict).expect("it waits");
    assert!(poll(&mut login(gate, number, when)).is_ready());
}

fn poll(login: &mut Login<'_>) -> Poll<Result<Verdict, Stop>> {
    login.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn accept() -> Verdict {
    Verdict::Accept(Accepted { user: "alice".to_owned(), userdb: BTreeMap::new(), proof: None })
}

/// As many logins as are decided at a time, and what keeps them from being decided.
fn fill(gate: &MailGate) -> (Vec<Login<'_>>, Vec<oneshot::Sender<Verdict>>) {
    let (mut logins, mut undecided) = (Vec::new(), Vec::new());
    for number in 0..u32::try_from(BOUNDS.at_one_time).expect("a few") {
        let (decided, when) = oneshot::channel();
        let mut login = login(gate, 1_000 + number, when);
        assert!(poll(&mut login).is_pending());
        logins.push(login);
        undecided.push(decided);
    }
    (logins, undecided)
}

/// Whether a login is decided although strangers fill the gate.
fn passes(gate: &MailGate, number: u32) -> bool {
    let (decided, when) = oneshot::channel();
    decided.send(Verdict::Defer("an outage".to_owned())).expect("it waits");
    poll(&mut login(gate, number, when)).is_ready()
}

#[tokio::test]
async fn who_was_accepted_last_time_waits_for_no_stranger() {
    let gate = MailGate::new();
    decide(&gate, 1, accept());
    decide(&gate, 2, Verdict::Reject(Reason::BadCredential));
    for account in [3, 4] {
        decide(&gate, account, accept());
        let rejected = if account == 3 { FORGIVEN } else { FORGIVEN - 1 };
        (0..rejected).for_each(|_| decide(&gate, account, Verdict::Reject(Reason::BadCredential)));
    }
    let _strangers = fill(&gate);
    assert!(passes(&gate, 1) && passes(&gate, 1), "an outage changes nothing");
    assert!(!passes(&gate, 2), "was rejected");
    assert!(!passes(&gate, 3), "was rejected too often");
    assert!(passes(&gate, 4), "an old password on another device");
    assert!(!passes(&gate, 5), "was never here");
}

#[tokio::test]
async fn a_newcomer_is_next_behind_those_inside() {
    let gate = MailGate::new();
    for _ in 0..5 {
        decide(&gate, 1, Verdict::Reject(Reason::BadCredential));
    }
    let (mut inside, undecided) = fill(&gate);
    let (_first, when) = oneshot::channel();
    let mut guess = login(&gate, 1, when);
    assert!(poll(&mut guess).is_pending());
    let (decided, when) = oneshot::channel();
    decided.send(accept()).expect("it waits");
    let mut newcomer = login(&gate, 2, when);
    assert!(poll(&mut newcomer).is_pending());
    let first = undecided.into_iter().next().expect("one that is inside");
    first.send(Verdict::Reject(Reason::BadCredential)).expect("it waits");
    assert!(poll(&mut inside[0]).is_ready());
    assert!(poll(&mut newcomer).is_ready());
}
