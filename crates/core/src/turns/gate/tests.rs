use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::turns::strangers::at;

/// A caller, who waits from now on.
type Caller = std::pin::Pin<Box<dyn Future<Output = Option<Turn>>>>;

fn comes(gate: &Arc<Gate>, lane: Lane) -> Caller {
    let gate = Arc::clone(gate);
    let mut caller: Caller = Box::pin(async move { gate.turn(lane).await });
    assert!(poll(&mut caller).is_pending(), "no turn is free");
    caller
}

fn poll(caller: &mut Caller) -> Poll<Option<Turn>> {
    caller.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn has_turn(caller: &mut Caller) -> Option<Turn> {
    match poll(caller) {
        Poll::Ready(turn) => Some(turn.expect("there is room")),
        Poll::Pending => None,
    }
}

fn at_once(gate: &Arc<Gate>) -> Option<Turn> {
    let turn = pin!(gate.turn(Lane::Fast)).poll(&mut Context::from_waker(Waker::noop()));
    match turn {
        Poll::Ready(turn) => turn,
        Poll::Pending => None,
    }
}

fn slow(account: u32, source: u32) -> Lane {
    Lane::Slow(at(account, source))
}

#[test]
fn no_more_than_that_have_a_turn_and_all_get_one() {
    let gate = Gate::new(2, 100);
    let (first, second) = (at_once(&gate).unwrap(), at_once(&gate).unwrap());
    let mut third = comes(&gate, Lane::Fast);
    let mut fourth = comes(&gate, Lane::Fast);
    drop(first);
    let third = has_turn(&mut third).unwrap();
    assert!(has_turn(&mut fourth).is_none());
    drop((second, third));
    assert!(has_turn(&mut fourth).is_some());
}

#[test]
fn a_newcomer_goes_before_a_flood_that_came_earlier() {
    let gate = Gate::new(1, 100);
    let held = at_once(&gate).unwrap();
    let mut flood: Vec<Caller> = (0..40).map(|number| comes(&gate, slow(1, 1_000 + number))).collect();
    let mut newcomer = comes(&gate, slow(2, 1));
    let mut regular = comes(&gate, Lane::Fast);
    drop(held);
    let turn = has_turn(&mut regular).unwrap();
    drop(turn);
    let turn = has_turn(&mut flood[0]).unwrap();
    drop(turn);
    assert!(has_turn(&mut newcomer).is_some(), "only the first try at the account came before");
}

#[test]
fn who_no_longer_waits_takes_no_turn_along() {
    let gate = Gate::new(1, 100);
    let held = at_once(&gate).unwrap();
    drop((0..20).map(|number| comes(&gate, slow(number, number))).collect::<Vec<_>>());
    let mut gone_with_its_turn = comes(&gate, Lane::Fast);
    let mut next = comes(&gate, slow(50, 50));
    drop(held);
    assert!(has_turn(&mut next).is_none(), "the turn was given and not yet taken");
    drop(poll(&mut gone_with_its_turn));
    assert!(has_turn(&mut next).is_some());
    drop(next);
    assert!(at_once(&gate).is_some());
}

#[test]
fn one_too_many_is_told_at_once_and_is_no_newcomer() {
    let gate = Gate::new(1, 3);
    let held = at_once(&gate).unwrap();
    let mut flood: Vec<Caller> = (0..3).map(|number| comes(&gate, slow(1, 1_000 + number))).collect();
    let mut newcomer = comes(&gate, slow(2, 1));
    assert!(matches!(poll(&mut flood[2]), Poll::Ready(None)));
    drop(held);
    drop(has_turn(&mut flood[0]).unwrap());
    assert!(has_turn(&mut newcomer).is_some());
}

#[tokio::test]
async fn work_that_takes_long_goes_on_without_its_turn() {
    let gate = Gate::new(1, 100);
    let turn = gate.turn(Lane::Fast).await.unwrap();
    let (end, ended) = oneshot::channel();
    let work = tokio::spawn(turn.spend_on(ended));
    let next = gate.turn(Lane::Fast).await.unwrap();
    assert!(!work.is_finished());
    end.send(7).unwrap();
    assert_eq!(work.await.unwrap().unwrap(), 7);
    drop(next);
    assert!(at_once(&gate).is_some());
}

#[tokio::test]
async fn work_that_waits_elsewhere_gives_its_turn_up() {
    let gate = Gate::new(1, 100);
    let turn = gate.turn(Lane::Fast).await.unwrap();
    let waiver = Waiver::default();
    let (end, ended) = oneshot::channel::<u32>();
    let mut work = pin!(turn.spend_until(&waiver, async {
        waiver.give_up();
        ended.await
    }));
    let mut context = Context::from_waker(Waker::noop());
    assert!(work.as_mut().poll(&mut context).is_pending());
    assert!(at_once(&gate).is_some());
    end.send(7).unwrap();
    assert_eq!(work.await.unwrap(), 7);
}
