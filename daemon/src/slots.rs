use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Room for conversations: a total, half of which is kept for trusted peers, and a small number for each other user.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    total: u32,
    others: u32,
    by_uid: HashMap<u32, u32>,
}

/// A place in [`Slots`], given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Slots,
    other: Option<u32>,
}

/// How much room there is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    pub(crate) total: u32,
    pub(crate) per_user: u32,
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
        Some(Slot { slots: self.clone(), other: (!is_trusted).then_some(uid) })
    }

    /// How many conversations are open.
    pub(crate) fn open(&self) -> u64 {
        self.lock().total.into()
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.lock();
        taken.total -= 1;
        let Some(uid) = self.other else { return };
        taken.others -= 1;
        let left = taken.by_uid.get(&uid).map_or(0, |own| own - 1);
        if left == 0 {
            taken.by_uid.remove(&uid);
        } else {
            taken.by_uid.insert(uid, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { total: 8, per_user: 3 };

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
}
