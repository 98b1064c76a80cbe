//! Limits on what runs at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postern_core::account::AccountId;
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
    visitors: Shares<AccountId>,
    idle: u32,
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
    /// A person with a browser who has to do with an account and is waited for: one of the dialogues of their source, and one of the few
    /// of the account.
    Visitor(AccountId, Source),
}

/// A connection of a trusted peer between two conversations. It takes none of the places of conversations. Dropping it makes room for
/// another one.
#[derive(Debug)]
pub(crate) struct IdleConnection(Slots);

/// The places that are taken, by their kind: those of [`Holder`], then those of [`Origin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) trusted: u32,
    pub(crate) page: u32,
    pub(crate) users: u32,
    pub(crate) newcomers: u32,
    pub(crate) dialogues_here: u32,
    pub(crate) dialogues_elsewhere: u32,
    /// Connections of trusted peers between two conversations.
    pub(crate) idle: u32,
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

    /// For connections between two conversations. They cost a file descriptor each, and little memory.
    fn idle(self) -> u32 {
        self.total / 2
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

    /// Lets a connection wait for its next conversation; `None` if too many do already.
    pub(crate) fn wait_idle(&self, capacity: Capacity) -> Option<IdleConnection> {
        take_one(&mut self.lock().idle, capacity.idle()).then(|| IdleConnection(self.clone()))
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

    /// How many places of each kind are taken.
    pub(crate) fn places(&self) -> Places {
        let taken = self.lock();
        Places {
            trusted: taken.trusted,
            page: taken.page,
            users: taken.users.total,
            newcomers: taken.newcomers.total,
            dialogues_here: taken.dialogues_here.total,
            dialogues_elsewhere: taken.dialogues_elsewhere.total,
            idle: taken.idle,
        }
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

    /// Moves to a place for the dialogue of a person with a browser; `false` if none was left of the account, or of the source.
    pub(crate) fn become_visitors(&mut self, capacity: Capacity, account: AccountId, source: Source) -> bool {
        self.exchange(capacity, Place::Visitor(account, source))
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

impl Drop for IdleConnection {
    fn drop(&mut self) {
        self.0.lock().idle -= 1;
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
            Place::Visitor(account, source) => {
                let dialogue = Place::Dialogue(Origin::Elsewhere(source.clone()));
                let is_taken = self.visitors.take(account.clone(), shares, capacity.dialogues);
                if is_taken && !self.take(capacity, &dialogue) {
                    self.visitors.give_back(account);
                    return false;
                }
                is_taken
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
            Place::Visitor(account, source) => {
                self.visitors.give_back(account);
                self.dialogues_elsewhere.give_back(source);
            }
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
mod tests;
