//! Limits on what runs at once.
//!
//! This file is long because a third of it is tests.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postern_core::limits::Source;

/// Bounds how many conversations run at once.
///
/// Trusted peers, the phone page and local users each have places that the others cannot take. So have the dialogues of login
/// services, which last as long as a person types. Peers that share places get a share, which shrinks as places run out: many
/// together cannot shut out one who comes last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    trusted: u32,
    page: u32,
    users: Shares<LocalUser>,
    newcomers: Shares<u32>,
    dialogues_here: Shares<LocalUser>,
    dialogues_elsewhere: Shares<Source>,
}

/// Whose place it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Root, posternd's own user, or one of `[socket] trusted`.
    Trusted,
    /// The process that serves the phone page.
    Page,
    /// Any other local user.
    User(LocalUser),
    /// A uid that the name services were not asked about yet.
    Newcomer(u32),
}

/// A user of this host, as shares count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LocalUser {
    /// The user with this uid.
    Known(u32),
    /// All uids unknown to the name services together, such as subordinate ones (subuid(5)): one person has 65,536 of them.
    Unknown,
    /// No particular user: a console, or a daemon that acts for a user.
    Host,
}

/// Where the person of a dialogue is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// On another host.
    Elsewhere(Source),
    /// On this host.
    Here(LocalUser),
}

/// A place in [`Slots`]. Dropping it gives the place back.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Slots,
    place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Of(Holder),
    Dialogue(Origin),
}

/// The number of places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Capacity {
    pub(crate) total: u32,
    pub(crate) per_user: u32,
    pub(crate) dialogues: u32,
    /// Whether some are reserved for the phone page.
    pub(crate) has_page: bool,
}

impl Capacity {
    /// Reserved for the phone page.
    fn kept_for_page(self) -> u32 {
        if self.has_page { self.total / 8 } else { 0 }
    }

    /// Reserved for local users.
    fn kept_for_users(self) -> u32 {
        self.total / 8
    }

    /// For peers that the name services are being asked about, which takes milliseconds.
    fn newcomers(self) -> u32 {
        (self.total / 8).max(1)
    }

    fn shares_of_users(self) -> [u32; 3] {
        [self.per_user, self.per_user.div_ceil(2), 1]
    }

    fn shares_of_sources(self) -> [u32; 3] {
        [self.dialogues.div_ceil(2), self.dialogues.div_ceil(8), self.dialogues.div_ceil(64)]
    }
}

impl Slots {
    /// Takes a place for a conversation; `None` if none is left for this holder.
    pub(crate) fn take(&self, capacity: Capacity, holder: Holder) -> Option<Slot> {
        let place = Place::Of(holder);
        self.lock().take(capacity, &place).then(|| Slot { slots: self.clone(), place })
    }

    /// How many conversations are open, dialogues among them.
    pub(crate) fn open(&self) -> u64 {
        let taken = self.lock();
        u64::from(taken.connections()) + u64::from(taken.dialogues())
    }

    /// How many dialogues of login services are open.
    pub(crate) fn dialogues(&self) -> u64 {
        self.lock().dialogues().into()
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Moves to a place for dialogues; `false` if none was left.
    pub(crate) fn become_dialogue(&mut self, capacity: Capacity, origin: Origin) -> bool {
        self.exchange(capacity, Place::Dialogue(origin))
    }

    /// Moves to a place of another holder; `false` if none was left.
    pub(crate) fn become_holders(&mut self, capacity: Capacity, holder: Holder) -> bool {
        self.exchange(capacity, Place::Of(holder))
    }

    fn exchange(&mut self, capacity: Capacity, place: Place) -> bool {
        let mut taken = self.slots.lock();
        let is_taken = taken.take(capacity, &place);
        if is_taken {
            taken.give_back(&self.place);
            drop(taken);
            self.place = place;
        }
        is_taken
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.lock().give_back(&self.place);
    }
}

impl Taken {
    fn take(&mut self, capacity: Capacity, place: &Place) -> bool {
        let shares = capacity.shares_of_users();
        match place {
            Place::Of(Holder::Trusted) => {
                let most = capacity.total - self.page_and_kept(capacity) - self.users_and_kept(capacity);
                take_one(&mut self.trusted, most)
            }
            // It speaks for many phones and must not crowd others out: half of all places are reserved for trusted peers, and some
            // of the other half for users.
            Place::Of(Holder::Page) => {
                let half = (capacity.total / 2).saturating_sub(self.users.total);
                let rest = capacity.total.saturating_sub(self.trusted + self.users_and_kept(capacity));
                take_one(&mut self.page, half.min(rest).min(capacity.total / 4))
            }
            Place::Of(Holder::User(user)) => {
                let page = self.page_and_kept(capacity);
                let half = (capacity.total / 2).saturating_sub(page);
                let rest = capacity.total.saturating_sub(self.trusted + page);
                self.users.take(*user, shares, half.min(rest))
            }
            Place::Of(Holder::Newcomer(uid)) => self.newcomers.take(*uid, shares, capacity.newcomers()),
            Place::Dialogue(Origin::Elsewhere(source)) => {
                let most = capacity.dialogues.saturating_sub(self.dialogues_here.total);
                self.dialogues_elsewhere.take(source.clone(), capacity.shares_of_sources(), most)
            }
            Place::Dialogue(Origin::Here(user)) => {
                let half = capacity.dialogues.div_ceil(2);
                let most = half.min(capacity.dialogues.saturating_sub(self.dialogues_elsewhere.total));
                let shares = if *user == LocalUser::Host { [u32::MAX; 3] } else { shares };
                self.dialogues_here.take(*user, shares, most)
            }
        }
    }

    fn give_back(&mut self, place: &Place) {
        match place {
            Place::Of(Holder::Trusted) => self.trusted -= 1,
            Place::Of(Holder::Page) => self.page -= 1,
            Place::Of(Holder::User(user)) => self.users.give_back(user),
            Place::Of(Holder::Newcomer(uid)) => self.newcomers.give_back(uid),
            Place::Dialogue(Origin::Elsewhere(source)) => self.dialogues_elsewhere.give_back(source),
            Place::Dialogue(Origin::Here(user)) => self.dialogues_here.give_back(user),
        }
    }

    fn page_and_kept(&self, capacity: Capacity) -> u32 {
        self.page.max(capacity.kept_for_page()).min(capacity.total / 2)
    }

    fn users_and_kept(&self, capacity: Capacity) -> u32 {
        self.users.total.max(capacity.kept_for_users()).min(capacity.total / 2)
    }

    fn connections(&self) -> u32 {
        self.trusted + self.page + self.users.total + self.newcomers.total
    }

    fn dialogues(&self) -> u32 {
        self.dialogues_here.total + self.dialogues_elsewhere.total
    }
}

fn take_one(taken: &mut u32, most: u32) -> bool {
    let has_room = *taken < most;
    *taken += u32::from(has_room);
    has_room
}

/// Places that many holders share.
#[derive(Debug)]
struct Shares<K> {
    total: u32,
    by_key: HashMap<K, u32>,
}

impl<K> Default for Shares<K> {
    fn default() -> Self {
        Self { total: 0, by_key: HashMap::new() }
    }
}

impl<K: Hash + Eq> Shares<K> {
    /// Takes one of `most` places if `key` has fewer than its share. `shares` holds for the first half of the places, for the next
    /// quarter, and for the last quarter.
    fn take(&mut self, key: K, shares: [u32; 3], most: u32) -> bool {
        let [many, some, few] = shares;
        let (taken, all) = (u64::from(self.total), u64::from(most));
        let share = if taken * 2 < all {
            many
        } else if taken * 4 < all * 3 {
            some
        } else {
            few
        };
        let own = self.by_key.get(&key).copied().unwrap_or(0);
        if self.total >= most || own >= share {
            return false;
        }
        self.by_key.insert(key, own + 1);
        self.total += 1;
        true
    }

    /// Forgets a key that has no place left.
    fn give_back(&mut self, key: &K) {
        self.total -= 1;
        match self.by_key.get_mut(key) {
            Some(own) if *own > 1 => *own -= 1,
            Some(_) | None => drop(self.by_key.remove(key)),
        }
    }
}

#[cfg(test)]
mod tests {
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
        assert!(
            slots.take(capacity, Holder::Page).is_some() && slots.take(capacity, Holder::Trusted).is_some()
        );
    }

    #[test]
    fn all_unknown_uids_share_the_places_of_one_user() {
        let slots = Slots::default();
        let held = take_all(&slots, CAPACITY, (0..1000).map(|_| Holder::User(LocalUser::Unknown)));
        assert_eq!(held.len(), 4);
        let newcomers =
            take_all(&slots, CAPACITY, (0..1000).map(|number| Holder::Newcomer(100_000 + number)));
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
        assert!(
            held[0].become_dialogue(CAPACITY, elsewhere(1)) && slots.take(CAPACITY, user(1000)).is_some()
        );
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
        assert!(
            console.is_some() && dialogue(Origin::Here(LocalUser::Host)).is_none(),
            "half of them are taken"
        );
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
}
