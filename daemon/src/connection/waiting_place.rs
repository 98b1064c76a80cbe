use postern_core::account::AccountId;
use postern_core::limits::Source;

use crate::slots::{Capacity, Slot};

/// Where a conversation with a browser's person waits for answers. Until the first question it holds a place of the web server alone, so
/// that a wrong password holds none while the person types again.
#[derive(Debug)]
pub(super) struct WaitingPlace<'a> {
    slot: &'a mut Slot,
    capacity: Capacity,
    source: Source,
    account: Option<AccountId>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    None,
    Taken,
    TurnedAway,
}

impl<'a> WaitingPlace<'a> {
    pub(super) fn new(slot: &'a mut Slot, capacity: Capacity, source: Source) -> Self {
        Self { slot, capacity, source, account: None, state: State::None }
    }

    /// The person has shown that they have to do with this account.
    pub(super) fn is_of(&mut self, account: &AccountId) {
        self.account.get_or_insert_with(|| account.clone());
    }

    /// Takes a place of the account and the source, unless it has one; false if none is left. Who has shown nothing is not waited for.
    pub(super) fn take(&mut self) -> bool {
        if self.state == State::None {
            let source = self.source.clone();
            let is_taken = self
                .account
                .clone()
                .is_some_and(|account| self.slot.become_visitors(self.capacity, account, source));
            self.state = if is_taken { State::Taken } else { State::TurnedAway };
        }
        self.state == State::Taken
    }

    pub(super) fn was_turned_away(&self) -> bool {
        self.state == State::TurnedAway
    }
}
