use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::turns::strangers::at;

const SOON: Duration = Duration::from_secs(60);

fn gate(at_one_time: usize, room: usize) -> Arc<Gate> {
    Gate::new(Bounds { at_one_time, room, lasts: Duration::from_millis(20) })
}

/// A caller, who waits from now on.
type Caller = std::pin::Pin<Box<dyn Future<Output = Option<Turn>>>>;

fn comes(gate: &Arc<Gate>, lane: Lane) -> Caller {
    let gate = Arc::clone(gate);
    let mut caller: Caller = Box::pin(async move { gate.turn(lane, Instant::now() + SOON).await });
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
    let turn =
        pin!(gate.turn(Lane::Fast, Instant::now() + SOON)).poll(&mut Context::from_waker(Waker::noop()));
    match turn {
        Poll::Ready(turn) => turn,
        Poll::Pending => None,
    }
}

fn slow(account: u32, source: u32) -> Lane {
    Lane::Slow(at(account, source))
}

#[tokio::test]
async fn no_more_than_that_have_a_turn_and_all_get_one() {
    let gate = gate(2, 100);
    let (first, second) = (at_once(&gate).unwrap(), at_once(&gate).unwrap());
    let mut third = comes(&gate, Lane::Fast);
    let mut fourth = comes(&gate, Lane::Fast);
    drop(first);
    let third = has_turn(&mut third).unwrap();
    assert!(has_turn(&mut fourth).is_none());
    drop((second, third));
    assert!(has_turn(&mut fourth).is_some());
}

#[tokio::test]
async fn a_newcomer_goes_before_a_flood_that_came_earlier() {
    let gate = gate(1, 100);
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

#[tokio::test]
async fn who_no_longer_waits_takes_no_turn_along() {
    let gate = gate(1, 100);
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

#[tokio::test]
async fn one_too_many_is_told_at_once_and_is_no_newcomer() {
    let gate = gate(1, 3);
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
    let gate = gate(1, 100);
    let turn = gate.turn(Lane::Fast, Instant::now() + SOON).await.unwrap();
    let (end, ended) = oneshot::channel();
    let work = tokio::spawn(turn.spend_on(ended));
    let next = gate.turn(Lane::Fast, Instant::now() + SOON).await.unwrap();
    assert!(!work.is_finished());
    end.send(7).unwrap();
    assert_eq!(work.await.unwrap().unwrap(), 7);
    drop(next);
    assert!(at_once(&gate).is_some());
}

#[tokio::test]
async fn work_that_waits_elsewhere_gives_its_turn_up() {
    let gate = gate(1, 100);
    let turn = gate.turn(Lane::Fast, Instant::now() + SOON).await.unwrap();
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

#[tokio::test]
async fn many_who_went_away_are_passed_over_and_cost_no_stack() {
    let gate = gate(1, usize::MAX);
    let held = at_once(&gate).unwrap();
    let mut gone = Vec::new();
    for number in 0..50_000 {
        let (turn, turns) = oneshot::channel();
        let caller = super::Caller { since: Instant::now(), turn };
        let room = Room { all: usize::MAX, pretences: usize::MAX };
        drop(gate.lock().waiting.add(caller, slow(number, number), Check::Real, room));
        gone.push(turns);
    }
    drop(gone);
    drop(held);
    assert!(at_once(&gate).is_some());
}

#[tokio::test]
async fn a_turn_that_does_not_come_in_time_is_none() {
    let gate = gate(1, 100);
    let held = at_once(&gate).unwrap();
    assert!(gate.turn(Lane::Fast, Instant::now() + Duration::from_millis(5)).await.is_none());
    drop(held);
    assert!(at_once(&gate).is_some());
}

#[tokio::test]
async fn who_was_right_does_not_wait_behind_those_who_never_tried() {
    let gate = gate(1, 100);
    for forgiven in [true, false] {
        let account = u32::from(forgiven);
        for _ in 0..5 {
            drop(gate.turn(slow(account, account), Instant::now() + SOON).await.unwrap());
            if forgiven {
                gate.forgive(at(account, account));
            }
        }
        let held = at_once(&gate).unwrap();
        let mut other = comes(&gate, slow(10 + account, 10 + account));
        let mut came_first = comes(&gate, slow(account, account));
        let mut third = comes(&gate, slow(20 + account, 20 + account));
        drop(held);
        drop(has_turn(&mut other).unwrap());
        assert_eq!(has_turn(&mut came_first).is_some(), forgiven);
        drop((came_first, has_turn(&mut third)));
    }
}
