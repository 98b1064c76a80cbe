//! Whether what clients saw of one challenge can have come about one call after the other (Wing and Gong, 1993).

use std::sync::atomic::{AtomicU64, Ordering};

use postern_core::ledger::Answered;

use super::client::MOST;

/// What a client asked, and what it heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    Answer {
        text: &'static str,
        is_over: bool,
        heard: Answered,
    },
    /// How many looks there were with this one, where it was given.
    Look {
        token: u8,
        is_over: bool,
        heard: Option<u32>,
    },
    /// The answer that it had, where it was given.
    Take {
        token: u8,
        is_over: bool,
        heard: Option<Option<String>>,
    },
    /// Whether it was among those that are open.
    List {
        is_over: bool,
        heard: bool,
    },
}

/// A call, and between which two moments it happened.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) began: u64,
    pub(crate) ended: u64,
    pub(crate) call: Call,
}

/// A moment that no other one is.
pub(crate) fn moment() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::SeqCst)
}

/// What a challenge is like: this is the whole contract.
#[derive(Debug, Clone, Default)]
struct Model {
    answer: Option<&'static str>,
    looks: Vec<u8>,
    taken: Option<u8>,
}

impl Model {
    /// The challenge after a call, where it can have heard what it heard.
    fn after(&self, call: &Call) -> Option<Self> {
        let (mut next, is_open) = (self.clone(), self.taken.is_none());
        let fits = match call {
            Call::Answer { text, is_over, heard } => {
                let expected = match next.answer {
                    _ if *is_over || !is_open => Answered::Gone,
                    None => Answered::Now,
                    Some(before) if before == *text => Answered::Now,
                    Some(_) => Answered::Before,
                };
                if expected == Answered::Now {
                    next.answer = Some(text);
                }
                expected == *heard
            }
            Call::Look { token, is_over, heard } => {
                let is_known = next.looks.contains(token);
                let is_given = !is_over && is_open && (is_known || next.looks.len() < MOST as usize);
                if is_given && !is_known {
                    next.looks.push(*token);
                }
                heard.map(|tries| tries as usize) == is_given.then_some(next.looks.len())
            }
            Call::Take { token, is_over, heard } => {
                let is_given = !is_over && (is_open || next.taken == Some(*token));
                if is_given {
                    next.taken = Some(*token);
                }
                *heard == is_given.then(|| next.answer.map(ToOwned::to_owned))
            }
            Call::List { is_over, heard } => *heard == (!is_over && is_open),
        };
        fits.then_some(next)
    }
}

/// Whether some order of the events explains all of them, where none comes before one that had ended when it began.
pub(crate) fn is_explained(events: &[Event]) -> bool {
    explains(&Model::default(), &events.iter().collect::<Vec<_>>())
}

fn explains(model: &Model, left: &[&Event]) -> bool {
    let Some(first_end) = left.iter().map(|event| event.ended).min() else { return true };
    left.iter().enumerate().filter(|(_, event)| event.began < first_end).any(|(place, event)| {
        let others: Vec<&Event> =
            left.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, event)| *event).collect();
        model.after(&event.call).is_some_and(|next| explains(&next, &others))
    })
}

#[test]
fn the_model_refuses_what_must_not_be() {
    let event = |began, ended, call| Event { began, ended, call };
    let take = |token, heard| Call::Take { token, is_over: false, heard };
    let answer = |text, heard| Call::Answer { text, is_over: false, heard };
    let yes = || Some(Some("yes".to_owned()));
    let fine = [
        event(0, 1, answer("yes", Answered::Now)),
        event(2, 5, take(1, yes())),
        event(3, 6, take(2, None)),
        event(7, 8, take(1, yes())),
        event(9, 10, answer("no", Answered::Gone)),
    ];
    assert!(is_explained(&fine));
    let with = |place: usize, call: Call| {
        let mut events = fine.to_vec();
        events[place].call = call;
        is_explained(&events)
    };
    assert!(!with(2, take(2, yes())), "two have it");
    assert!(!with(1, take(1, Some(None))), "an answer is forgotten");
    assert!(!with(4, answer("no", Answered::Before)), "it is answered after it was taken");
    assert!(!with(3, take(1, None)), "a repetition is not heard");
    assert!(!with(1, Call::Take { token: 1, is_over: true, heard: yes() }), "it is over");
    assert!(!with(0, Call::List { is_over: false, heard: false }), "it is not listed");
}
