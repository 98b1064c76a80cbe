//! Tests of the places, and of who may take how many.

use super::*;

const CAPACITY: Capacity = Capacity { total: 64, per_user: 4, dialogues: 16, has_page: true };

fn user(uid: u32) -> Holder {
    Holder::User(LocalUser::Known(uid))
}

fn here(uid: u32) -> Origin {
    Origin::Here(LocalUser::Known(uid))
}

fn elsewhere(number: u32) -> Origin {
    Origin::Elsewhere(Source::of(Some(std::net::Ipv4Addr::from(number).into())))
}

fn take_all(slots: &Slots, capacity: Capacity, holders: impl Iterator<Item = Holder>) -> Vec<Slot> {
    holders.filter_map(|holder| slots.take(capacity, holder)).collect()
}

#[test]
fn one_user_has_few_places_and_gets_them_back() {
    let slots = Slots::default();
    let mut held: Vec<Slot> = (0..4).map(|_| slots.take(CAPACITY, user(1000)).unwrap()).collect();
    assert!(slots.take(CAPACITY, user(1000)).is_none());
    held.pop();
    assert!(slots.take(CAPACITY, user(1000)).is_some());
    drop(held);
    assert_eq!(slots.open(), 0);
    assert!(slots.lock().users.by_key.is_empty());
}

#[test]
fn neither_mail_nor_the_page_nor_local_users_take_the_others_reserved_places() {
    let slots = Slots::default();
    let users = take_all(&slots, CAPACITY, (0..200).map(|uid| user(1000 + uid % 100)));
    assert_eq!(users.len(), 24, "half of 64, without what is kept for the page");
    let page = take_all(&slots, CAPACITY, (0..100).map(|_| Holder::Page));
    let trusted = take_all(&slots, CAPACITY, (0..100).map(|_| Holder::Trusted));
    assert_eq!((page.len(), trusted.len()), (8, 32));
    drop((users, page));
    let trusted = (trusted, take_all(&slots, CAPACITY, (0..100).map(|_| Holder::Trusted)));
    assert_eq!(trusted.1.len(), 16);
    let users = take_all(&slots, CAPACITY, (0..200).map(|uid| user(1000 + uid % 100)));
    let page = take_all(&slots, CAPACITY, (0..100).map(|_| Holder::Page));
    assert_eq!((users.len(), page.len()), (8, 8), "a burst of mail leaves these");
    drop((users, page, trusted));
    let without = Capacity { has_page: false, ..CAPACITY };
    let users = take_all(&slots, without, (0..200).map(|uid| user(1000 + uid % 100)));
    assert_eq!(users.len(), 32);
}

#[test]
fn greedy_users_leave_a_place_for_one_more_user() {
    let slots = Slots::default();
    let capacity = Capacity { total: 1024, per_user: 4, dialogues: 256, has_page: true };
    let held = take_all(&slots, capacity, (0..140 * 4).map(|number| user(1000 + number / 4)));
    assert!(held.len() > 140, "{}", held.len());
    assert!(slots.take(capacity, user(7777)).is_some());
    assert!(slots.take(capacity, Holder::Page).is_some() && slots.take(capacity, Holder::Trusted).is_some());
}

#[test]
fn all_unknown_uids_share_the_places_of_one_user() {
    let slots = Slots::default();
    let held = take_all(&slots, CAPACITY, (0..1000).map(|_| Holder::User(LocalUser::Unknown)));
    assert_eq!(held.len(), 4);
    let newcomers = take_all(&slots, CAPACITY, (0..1000).map(|number| Holder::Newcomer(100_000 + number)));
    assert_eq!(newcomers.len(), 8);
    let mut one = slots.take(CAPACITY, user(1000)).unwrap();
    assert!(one.become_holders(CAPACITY, Holder::Trusted));
    drop((one, newcomers, held));
    assert_eq!(slots.open(), 0);
}

#[test]
fn dialogues_take_nothing_from_the_others_and_have_an_end_of_their_own() {
    let slots = Slots::default();
    let mut dialogues = Vec::new();
    for number in 0..20 {
        let mut slot = slots.take(CAPACITY, Holder::Trusted).unwrap();
        assert_eq!(slot.become_dialogue(CAPACITY, elsewhere(number)), number < 16, "{number}");
        dialogues.push(slot);
    }
    assert_eq!((slots.dialogues(), slots.open()), (16, 20), "four stayed what they were");
    let mail = take_all(&slots, CAPACITY, (0..100).map(|_| Holder::Trusted));
    assert_eq!(mail.len(), 44);
    drop(dialogues);
    assert_eq!((slots.dialogues(), slots.open()), (0, 44));
}

#[test]
fn a_place_that_became_a_dialogue_is_no_longer_the_users() {
    let slots = Slots::default();
    let mut held: Vec<Slot> = (0..4).map(|_| slots.take(CAPACITY, user(1000)).unwrap()).collect();
    assert!(held[0].become_dialogue(CAPACITY, elsewhere(1)) && slots.take(CAPACITY, user(1000)).is_some());
    drop(held);
    assert_eq!(slots.open(), 0);
}

#[test]
fn one_user_has_few_dialogues_and_people_from_elsewhere_have_half_of_all() {
    let capacity = Capacity { dialogues: 8, per_user: 2, ..CAPACITY };
    let slots = Slots::default();
    let dialogue = |origin| {
        let mut slot = slots.take(capacity, Holder::Trusted).unwrap();
        slot.become_dialogue(capacity, origin).then_some(slot)
    };
    let held = [1000, 1000, 1000, 1001].map(|uid| dialogue(here(uid)));
    assert_eq!(held.each_ref().map(Option::is_some), [true, true, false, true]);
    let console = dialogue(Origin::Here(LocalUser::Host));
    assert!(console.is_some() && dialogue(Origin::Here(LocalUser::Host)).is_none(), "half of them are taken");
    assert!(dialogue(here(1002)).is_none());
    let others: Vec<Slot> = (0..10).filter_map(|number| dialogue(elsewhere(number))).collect();
    assert_eq!((others.len(), slots.dialogues()), (4, 8));
    drop(held);
    assert!(dialogue(here(1000)).is_some());
    drop((console, others));
    assert_eq!(slots.open(), 0);
    let taken = slots.lock();
    assert!(taken.dialogues_here.by_key.is_empty() && taken.dialogues_elsewhere.by_key.is_empty());
}

#[test]
fn one_address_with_all_the_dialogues_that_it_gets_leaves_some_for_others() {
    let capacity = Capacity { dialogues: 256, ..CAPACITY };
    let slots = Slots::default();
    let dialogue = |number| {
        let mut slot = slots.take(capacity, Holder::Trusted).unwrap();
        slot.become_dialogue(capacity, elsewhere(number)).then_some(slot)
    };
    let held: Vec<Slot> = (0..300).filter_map(|_| dialogue(1)).collect();
    assert_eq!(held.len(), 128);
    let of_a_few: Vec<Slot> = (0..300).filter_map(|number| dialogue(2 + number % 3)).collect();
    assert!(of_a_few.len() >= 64 && dialogue(99).is_some(), "{}", of_a_few.len());
}

#[test]
fn people_with_browsers_are_bounded_by_account_and_by_source_and_leave_the_page_its_places() {
    let slots = Slots::default();
    let account = |name: &str| AccountId::new(name.to_owned());
    let source = |number: u32| Source::of(Some(std::net::Ipv4Addr::from(number).into()));
    let wait = |name: &str, number| {
        let mut slot = slots.take(CAPACITY, Holder::Page).unwrap();
        slot.become_visitors(CAPACITY, account(name), source(number)).then_some(slot)
    };
    let mut alice: Vec<Slot> = (0..4).map(|number| wait("alice", number).unwrap()).collect();
    assert!(wait("alice", 9).is_none(), "of one account");
    let others: Vec<Slot> = (0..4).filter_map(|number| wait(&format!("bob-{number}"), 0)).collect();
    assert_eq!(others.len(), 4, "of one source");
    assert_eq!(slots.lock().page, 0, "phones are answered meanwhile");
    alice.clear();
    drop(others);
    let from_one: Vec<Slot> = (0..20).filter_map(|number| wait(&format!("bob-{number}"), 0)).collect();
    assert!(from_one.len() <= 8, "{}", from_one.len());
    drop(from_one);
    let taken = slots.lock();
    assert_eq!((taken.dialogues(), taken.visitors.total), (0, 0));
    assert!(taken.visitors.by_key.is_empty() && taken.dialogues_elsewhere.by_key.is_empty());
}
