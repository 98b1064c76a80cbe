use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postern_core::limits::Source;

/// Places for conversations.
///
/// Trusted peers, the page for phones and local users each have places that the others cannot take, and so have the dialogues of
/// login services, which last as long as a person types. Whoever shares places with others has a share of them, which is the
/// smaller the fewer are left; so many together cannot shut out one who comes last.
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

/// Who a place is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Root, posternd's own user, or one of `[socket] trusted`.
    Trusted,
    /// The process that serves the page for phones.
    Page,
    /// Any other local user.
    User(LocalUser),
    /// One of whom the name services have not said yet whether there is a user with this uid.
    Newcomer(u32),
}

/// A user of this host, as far as shares tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LocalUser {
    /// The one with this uid.
    Known(u32),
    /// All uids that the name services do not know, such as subordinate ones (subuid(5)), of which one person has 65,536.
    Unknown,
    /// Nobody in particular: a console, or a daemon on behalf of somebody.
    Host,
}

/// Where the person of a dialogue is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whence {
    /// At another host.
    Elsewhere(Source),
    /// At this one.
    Here(LocalUser),
}

/// A place in [`Slots`], given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Slots,
    place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Of(Holder),
    Dialogue(Whence),
}

/// How many places there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    pub(crate) total: u32,
    pub(crate) per_user: u32,
    pub(crate) dialogues: u32,
    /// Whether some are kept for the page for phones.
    pub(crate) has_page: bool,
}

impl Room {
    /// Kept for the page for phones.
    fn kept_for_page(self) -> u32 {
        if self.has_page { self.total / 8 } else { 0 }
    }

    /// Kept for local users.
    fn kept_for_users(self) -> u32 {
        self.total / 8
    }

    /// For those whom the name services are being asked about, which takes milliseconds.
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
    /// A place for a conversation, or `None` where there is none left for its holder.
    pub(crate) fn take(&self, room: Room, holder: Holder) -> Option<Slot> {
        let place = Place::Of(holder);
        self.lock().take(room, &place).then(|| Slot { slots: self.clone(), place })
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
    /// Moves to the places of dialogues, and says whether there was one left.
    pub(crate) fn become_dialogue(&mut self, room: Room, whence: Whence) -> bool {
        self.exchange(room, Place::Dialogue(whence))
    }

    /// Moves to the places of somebody else, and says whether there was one left.
    pub(crate) fn become_holders(&mut self, room: Room, holder: Holder) -> bool {
        self.exchange(room, Place::Of(holder))
    }

    fn exchange(&mut self, room: Room, place: Place) -> bool {
        let mut taken = self.slots.lock();
        let is_taken = taken.take(room, &place);
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
    fn take(&mut self, room: Room, place: &Place) -> bool {
        let shares = room.shares_of_users();
        match place {
            Place::Of(Holder::Trusted) => {
                let most = room.total - self.page_and_kept(room) - self.users_and_kept(room);
                take_one(&mut self.trusted, most)
            }
            // It speaks for many phones, and must not crowd anybody out: half of all are kept for trusted peers, and of the
            // other half some for users.
            Place::Of(Holder::Page) => {
                let half = (room.total / 2).saturating_sub(self.users.total);
                let rest = room.total.saturating_sub(self.trusted + self.users_and_kept(room));
                take_one(&mut self.page, half.min(rest).min(room.total / 4))
            }
            Place::Of(Holder::User(user)) => {
                let page = self.page_and_kept(room);
                let half = (room.total / 2).saturating_sub(page);
                let rest = room.total.saturating_sub(self.trusted + page);
                self.users.take(*user, shares, half.min(rest))
            }
            Place::Of(Holder::Newcomer(uid)) => self.newcomers.take(*uid, shares, room.newcomers()),
            Place::Dialogue(Whence::Elsewhere(source)) => {
                let most = room.dialogues.saturating_sub(self.dialogues_here.total);
                self.dialogues_elsewhere.take(source.clone(), room.shares_of_sources(), most)
            }
            Place::Dialogue(Whence::Here(user)) => {
                let half = room.dialogues.div_ceil(2);
                let most = half.min(room.dialogues.saturating_sub(self.dialogues_elsewhere.total));
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
            Place::Dialogue(Whence::Elsewhere(source)) => self.dialogues_elsewhere.give_back(source),
            Place::Dialogue(Whence::Here(user)) => self.dialogues_here.give_back(user),
        }
    }

    fn page_and_kept(&self, room: Room) -> u32 {
        self.page.max(room.kept_for_page()).min(room.total / 2)
    }

    fn users_and_kept(&self, room: Room) -> u32 {
        self.users.total.max(room.kept_for_users()).min(room.total / 2)
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

/// Places that many share.
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
    /// Takes one of `most`, where `key` has fewer than its share: `shares` are for the first half of the places, for the
    /// next quarter, and for the last one.
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

    /// Whoever has none left is forgotten.
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

    const ROOM: Room = Room { total: 64, per_user: 4, dialogues: 16, has_page: true };

    fn user(uid: u32) -> Holder {
        Holder::User(LocalUser::Known(uid))
    }

    fn here(uid: u32) -> Whence {
        Whence::Here(LocalUser::Known(uid))
    }

    fn elsewhere(number: u32) -> Whence {
        Whence::Elsewhere(Source::of(Some(std::net::Ipv4Addr::from(number).into())))
    }

    fn take_all(slots: &Slots, room: Room, holders: impl Iterator<Item = Holder>) -> Vec<Slot> {
        holders.filter_map(|holder| slots.take(room, holder)).collect()
    }

    #[test]
    fn one_user_has_few_places_and_gets_them_back() {
        let slots = Slots::default();
        let mut held: Vec<Slot> = (0..4).map(|_| slots.take(ROOM, user(1000)).unwrap()).collect();
        assert!(slots.take(ROOM, user(1000)).is_none());
        held.pop();
        assert!(slots.take(ROOM, user(1000)).is_some());
        drop(held);
        assert_eq!(slots.open(), 0);
        assert!(slots.lock().users.by_key.is_empty());
    }

    #[test]
    fn neither_mail_nor_the_page_nor_local_users_take_the_others_reserved_places() {
        let slots = Slots::default();
        let users = take_all(&slots, ROOM, (0..200).map(|uid| user(1000 + uid % 100)));
        assert_eq!(users.len(), 24, "half of 64, without what is kept for the page");
        let page = take_all(&slots, ROOM, (0..100).map(|_| Holder::Page));
        let trusted = take_all(&slots, ROOM, (0..100).map(|_| Holder::Trusted));
        assert_eq!((page.len(), trusted.len()), (8, 32));
        drop((users, page));
        let trusted = (trusted, take_all(&slots, ROOM, (0..100).map(|_| Holder::Trusted)));
        assert_eq!(trusted.1.len(), 16);
        let users = take_all(&slots, ROOM, (0..200).map(|uid| user(1000 + uid % 100)));
        let page = take_all(&slots, ROOM, (0..100).map(|_| Holder::Page));
        assert_eq!((users.len(), page.len()), (8, 8), "a burst of mail leaves these");
        drop((users, page, trusted));
        let without = Room { has_page: false, ..ROOM };
        let users = take_all(&slots, without, (0..200).map(|uid| user(1000 + uid % 100)));
        assert_eq!(users.len(), 32);
    }

    #[test]
    fn greedy_users_leave_a_place_for_one_more_user() {
        let slots = Slots::default();
        let room = Room { total: 1024, per_user: 4, dialogues: 256, has_page: true };
        let held = take_all(&slots, room, (0..140 * 4).map(|number| user(1000 + number / 4)));
        assert!(held.len() > 140, "{}", held.len());
        assert!(slots.take(room, user(7777)).is_some());
        assert!(slots.take(room, Holder::Page).is_some() && slots.take(room, Holder::Trusted).is_some());
    }

    #[test]
    fn all_unknown_uids_share_the_places_of_one_user() {
        let slots = Slots::default();
        let held = take_all(&slots, ROOM, (0..1000).map(|_| Holder::User(LocalUser::Unknown)));
        assert_eq!(held.len(), 4);
        let newcomers = take_all(&slots, ROOM, (0..1000).map(|number| Holder::Newcomer(100_000 + number)));
        assert_eq!(newcomers.len(), 8);
        let mut one = slots.take(ROOM, user(1000)).unwrap();
        assert!(one.become_holders(ROOM, Holder::Trusted));
        drop((one, newcomers, held));
        assert_eq!(slots.open(), 0);
    }

    #[test]
    fn dialogues_take_nothing_from_the_others_and_have_an_end_of_their_own() {
        let slots = Slots::default();
        let mut dialogues = Vec::new();
        for number in 0..20 {
            let mut slot = slots.take(ROOM, Holder::Trusted).unwrap();
            assert_eq!(slot.become_dialogue(ROOM, elsewhere(number)), number < 16, "{number}");
            dialogues.push(slot);
        }
        assert_eq!((slots.dialogues(), slots.open()), (16, 20), "four stayed what they were");
        let mail = take_all(&slots, ROOM, (0..100).map(|_| Holder::Trusted));
        assert_eq!(mail.len(), 44);
        drop(dialogues);
        assert_eq!((slots.dialogues(), slots.open()), (0, 44));
    }

    #[test]
    fn a_place_that_became_a_dialogue_is_no_longer_the_users() {
        let slots = Slots::default();
        let mut held: Vec<Slot> = (0..4).map(|_| slots.take(ROOM, user(1000)).unwrap()).collect();
        assert!(held[0].become_dialogue(ROOM, elsewhere(1)) && slots.take(ROOM, user(1000)).is_some());
        drop(held);
        assert_eq!(slots.open(), 0);
    }

    #[test]
    fn one_user_has_few_dialogues_and_people_from_elsewhere_have_half_of_all() {
        let room = Room { dialogues: 8, per_user: 2, ..ROOM };
        let slots = Slots::default();
        let dialogue = |whence| {
            let mut slot = slots.take(room, Holder::Trusted).unwrap();
            slot.become_dialogue(room, whence).then_some(slot)
        };
        let held = [1000, 1000, 1000, 1001].map(|uid| dialogue(here(uid)));
        assert_eq!(held.each_ref().map(Option::is_some), [true, true, false, true]);
        let console = dialogue(Whence::Here(LocalUser::Host));
        assert!(
            console.is_some() && dialogue(Whence::Here(LocalUser::Host)).is_none(),
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
        let room = Room { dialogues: 256, ..ROOM };
        let slots = Slots::default();
        let dialogue = |number| {
            let mut slot = slots.take(room, Holder::Trusted).unwrap();
            slot.become_dialogue(room, elsewhere(number)).then_some(slot)
        };
        let held: Vec<Slot> = (0..300).filter_map(|_| dialogue(1)).collect();
        assert_eq!(held.len(), 128);
        let of_a_few: Vec<Slot> = (0..300).filter_map(|number| dialogue(2 + number % 3)).collect();
        assert!(of_a_few.len() >= 64 && dialogue(99).is_some(), "{}", of_a_few.len());
    }
}
