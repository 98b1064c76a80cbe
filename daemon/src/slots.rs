use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Room for conversations: a total, half of which is kept for trusted peers, a small number for each other user, and
/// apart from them all the dialogues of login services, which last as long as a person types. Of those, too, each user of
/// this host has a small number, and half are kept for people from elsewhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    total: u32,
    others: u32,
    by_uid: HashMap<u32, u32>,
    dialogues: u32,
    dialogues_here: u32,
    dialogues_by_user: HashMap<u32, u32>,
}

/// Where the person of a dialogue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whence {
    /// At another host.
    Elsewhere,
    /// At this one, as the user with this uid where one is known.
    Here(Option<u32>),
}

/// A place in [`Slots`], given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Slots,
    place: Place,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Trusted,
    Other(u32),
    Dialogue(Whence),
}

/// How much room there is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    pub(crate) total: u32,
    pub(crate) per_user: u32,
    pub(crate) dialogues: u32,
}

impl Slots {
    /// A place for a conversation with `uid`, or `None` where there is none left for it.
    pub(crate) fn take(&self, room: Room, uid: u32, is_trusted: bool) -> Option<Slot> {
        let mut taken = self.lock();
        if taken.total >= room.total {
            return None;
        }
        if !is_trusted {
            let own = taken.by_uid.get(&uid).copied().unwrap_or(0);
            if own >= room.per_user || taken.others >= room.total / 2 {
                return None;
            }
            taken.by_uid.insert(uid, own + 1);
            taken.others += 1;
        }
        taken.total += 1;
        let place = if is_trusted { Place::Trusted } else { Place::Other(uid) };
        Some(Slot { slots: self.clone(), place })
    }

    /// How many conversations are open, dialogues among them.
    pub(crate) fn open(&self) -> u64 {
        let taken = self.lock();
        u64::from(taken.total) + u64::from(taken.dialogues)
    }

    /// How many dialogues of login services are open.
    pub(crate) fn dialogues(&self) -> u64 {
        self.lock().dialogues.into()
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Moves to the places of dialogues, and says whether there was one left.
    pub(crate) fn become_dialogue(&mut self, room: Room, whence: Whence) -> bool {
        let mut taken = self.slots.lock();
        if !taken.has_room_for_dialogue(room, whence) {
            return false;
        }
        taken.give_back(self.place);
        taken.dialogues += 1;
        if let Whence::Here(user) = whence {
            taken.dialogues_here += 1;
            if let Some(uid) = user {
                *taken.dialogues_by_user.entry(uid).or_default() += 1;
            }
        }
        self.place = Place::Dialogue(whence);
        true
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.lock().give_back(self.place);
    }
}

impl Taken {
    fn has_room_for_dialogue(&self, room: Room, whence: Whence) -> bool {
        let of_user = |uid| self.dialogues_by_user.get(&uid).copied().unwrap_or(0);
        self.dialogues < room.dialogues
            && match whence {
                Whence::Elsewhere => true,
                Whence::Here(user) => {
                    self.dialogues_here < room.dialogues.div_ceil(2)
                        && user.is_none_or(|uid| of_user(uid) < room.per_user)
                }
            }
    }

    fn give_back(&mut self, place: Place) {
        match place {
            Place::Trusted => self.total -= 1,
            Place::Other(uid) => {
                self.total -= 1;
                self.others -= 1;
                one_less(&mut self.by_uid, uid);
            }
            Place::Dialogue(Whence::Elsewhere) => self.dialogues -= 1,
            Place::Dialogue(Whence::Here(user)) => {
                self.dialogues -= 1;
                self.dialogues_here -= 1;
                if let Some(uid) = user {
                    one_less(&mut self.dialogues_by_user, uid);
                }
            }
        }
    }
}

/// Whoever has none left is forgotten.
fn one_less(counts: &mut HashMap<u32, u32>, uid: u32) {
    let left = counts.get(&uid).map_or(0, |own| own - 1);
    if left == 0 {
        counts.remove(&uid);
    } else {
        counts.insert(uid, left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { total: 8, per_user: 3, dialogues: 4 };

    #[test]
    fn one_user_has_few_places_and_gets_them_back() {
        let slots = Slots::default();
        let mut held: Vec<Slot> = (0..3).map(|_| slots.take(ROOM, 1000, false).unwrap()).collect();
        assert!(slots.take(ROOM, 1000, false).is_none());
        held.pop();
        assert!(slots.take(ROOM, 1000, false).is_some());
        drop(held);
        assert_eq!(slots.open(), 0);
    }

    #[test]
    fn half_of_the_places_are_kept_for_trusted_peers() {
        let slots = Slots::default();
        let others: Vec<Slot> = (0..20).filter_map(|uid| slots.take(ROOM, 1000 + uid, false)).collect();
        assert_eq!(others.len(), 4);
        let trusted: Vec<Slot> = (0..20).filter_map(|_| slots.take(ROOM, 115, true)).collect();
        assert_eq!(trusted.len(), 4);
    }

    #[test]
    fn dialogues_take_nothing_from_the_others_and_have_an_end_of_their_own() {
        let slots = Slots::default();
        let mut dialogues = Vec::new();
        for number in 0..6 {
            let mut slot = slots.take(ROOM, 0, true).unwrap();
            assert_eq!(slot.become_dialogue(ROOM, Whence::Elsewhere), number < 4, "{number}");
            dialogues.push(slot);
        }
        assert_eq!((slots.dialogues(), slots.open()), (4, 6), "two stayed what they were");
        let mail: Vec<Slot> = (0..20).filter_map(|_| slots.take(ROOM, 0, true)).collect();
        assert_eq!(mail.len(), 6);
        drop(dialogues);
        assert_eq!((slots.dialogues(), slots.open()), (0, 6));
    }

    #[test]
    fn a_place_that_became_a_dialogue_is_no_longer_the_users() {
        let slots = Slots::default();
        let mut held: Vec<Slot> = (0..3).map(|_| slots.take(ROOM, 1000, false).unwrap()).collect();
        assert!(held[0].become_dialogue(ROOM, Whence::Elsewhere) && slots.take(ROOM, 1000, false).is_some());
        drop(held);
        assert_eq!(slots.open(), 0);
        assert!(slots.lock().by_uid.is_empty());
    }

    #[test]
    fn one_user_has_few_dialogues_and_people_from_elsewhere_have_half_of_all() {
        let room = Room { dialogues: 8, per_user: 2, ..ROOM };
        let slots = Slots::default();
        let dialogue = |whence| {
            let mut slot = slots.take(room, 0, true).unwrap();
            slot.become_dialogue(room, whence).then_some(slot)
        };
        let held = [1000, 1000, 1000, 1001].map(|uid| dialogue(Whence::Here(Some(uid))));
        assert_eq!(held.each_ref().map(Option::is_some), [true, true, false, true]);
        let console = dialogue(Whence::Here(None));
        assert!(console.is_some() && dialogue(Whence::Here(None)).is_none(), "half of them are taken");
        assert!(dialogue(Whence::Here(Some(1002))).is_none());
        let others: Vec<Slot> = (0..10).filter_map(|_| dialogue(Whence::Elsewhere)).collect();
        assert_eq!((others.len(), slots.dialogues()), (4, 8));
        drop(held);
        assert!(dialogue(Whence::Here(Some(1000))).is_some());
        drop((console, others));
        assert_eq!(slots.open(), 0);
        let taken = slots.lock();
        assert!(taken.dialogues_here == 0 && taken.dialogues_by_user.is_empty());
    }
}
