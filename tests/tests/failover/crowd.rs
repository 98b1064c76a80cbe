//! Users who log in at both hosts all the time, and type each accepted code again.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Scope};
use std::time::Duration;

use postern_tests::door::Ended;
use postern_tests::guard::pause;
use postern_tests::{Dice, Door, otp};

use crate::history::{History, Try};
use crate::hosts::{Account, Hosts, PERIOD, step_at};

/// The users of some hosts.
pub(crate) struct Crowd<'a> {
    hosts: &'a Hosts,
    pub(crate) history: History,
    schedule: Mutex<Schedule>,
    is_over: AtomicBool,
}

/// Who types what next.
struct Schedule {
    dice: Dice,
    /// Of each account, the code that it types next.
    next: Vec<Input>,
    /// Codes that were accepted, typed again.
    again: Vec<Input>,
    /// The latest step that was accepted, of each account.
    accepted: Vec<u64>,
}

/// A code to be typed.
#[derive(Debug, Clone, Copy)]
struct Input {
    account: usize,
    step: u64,
    host: usize,
    /// When, in the history's time.
    due: Duration,
}

/// Ends the typing when it is dropped.
pub(crate) struct Stop<'a>(&'a AtomicBool);

impl<'a> Crowd<'a> {
    pub(crate) fn of(hosts: &'a Hosts, seed: u64) -> Self {
        let count = hosts.accounts.len();
        let mut dice = Dice::of(seed);
        let next = (0..count)
            .map(|account| {
                let due = Duration::from_millis(dice.roll(30_000) as u64);
                Input { account, step: 0, host: dice.roll(2), due }
            })
            .collect();
        let schedule = Schedule { dice, next, again: Vec::new(), accepted: vec![0; count] };
        Self {
            hosts,
            history: History::new(),
            schedule: Mutex::new(schedule),
            is_over: AtomicBool::new(false),
        }
    }

    /// Runs `story` while the users log in.
    pub(crate) fn during(&self, story: impl FnOnce()) {
        thread::scope(|scope| {
            let _stop = self.begin(scope);
            story();
        });
    }

    fn begin<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) -> Stop<'scope> {
        for host in 0..2 {
            for _ in 0..TYPISTS {
                scope.spawn(move || self.work_at(host));
            }
        }
        Stop(&self.is_over)
    }

    /// Every code that was accepted and is not too old is typed at both hosts, now.
    pub(crate) fn type_all_again(&self) {
        let (now, oldest) = (self.history.now(), step_at(otp::now()) - 1);
        let accepted = self.history.accepted_in(&(Duration::ZERO..now));
        let codes = accepted.iter().filter(|one| one.step >= oldest);
        let mut schedule = self.schedule.lock().unwrap_or_else(PoisonError::into_inner);
        for Try { account, step, .. } in codes {
            let at = |host| Input { account: *account, step: *step, host, due: now };
            schedule.again.extend([at(0), at(1)]);
        }
    }

    fn work_at(&self, host: usize) {
        while !self.is_over.load(Ordering::SeqCst) {
            let input =
                self.schedule.lock().unwrap_or_else(PoisonError::into_inner).take(host, self.history.now());
            match input {
                Some((input, is_first)) => self.run(&input, is_first),
                None => pause(Duration::from_millis(10)),
            }
        }
    }

    fn run(&self, input: &Input, is_first: bool) {
        let Input { account, step, host, .. } = *input;
        let Account { person, .. } = &self.hosts.accounts[account];
        let (begun, socket): (_, PathBuf) = (self.history.now(), self.hosts.sites[host].socket());
        let code = self.hosts.accounts[account].code(step);
        let (verdict, _) = Door::new("sshd", &person.name, &person.password).answer(&socket, &[code]);
        let (ended, is_in) = (self.history.now(), verdict == Ended::In);
        self.history.record(Try { account, step, host, begun, ended, verdict });
        let mut schedule = self.schedule.lock().unwrap_or_else(PoisonError::into_inner);
        if is_in {
            schedule.type_again(input, ended);
        }
        if is_first {
            schedule.go_on(account, is_in, ended);
        }
    }
}

impl Schedule {
    /// What is to be typed at a host by now, and whether it is an account's next code.
    fn take(&mut self, host: usize, now: Duration) -> Option<(Input, bool)> {
        let step = step_at(otp::now());
        self.again.retain(|input| input.step + 1 >= step);
        if let Some(found) = self.again.iter().position(|input| input.host == host && input.due <= now) {
            return Some((self.again.swap_remove(found), false));
        }
        // What one host has no time for, users type at the other one.
        let is_due = |input: &&mut Input| {
            input.due + if input.host == host { Duration::ZERO } else { PATIENCE } <= now
        };
        let input = self.next.iter_mut().find(is_due)?;
        input.host = host;
        let ready = *input;
        // Until it has ended.
        input.due = Duration::MAX / 2;
        let ahead = self.dice.roll(2) as u64;
        let typed =
            Input { step: ready.step.max(self.accepted[ready.account] + 1).max(step + ahead), ..ready };
        let is_open = typed.step <= step + 1;
        if !is_open {
            // The next code of the account is not good yet.
            self.next[typed.account].due = now + RETRY;
            return None;
        }
        // Some are typed at both hosts at the same moment.
        if self.dice.roll(4) == 0 {
            self.again.push(Input { host: 1 - host, due: now, ..typed });
        }
        Some((typed, true))
    }

    /// An accepted code is typed at the other host at once, and once more at each somewhat later.
    fn type_again(&mut self, input: &Input, now: Duration) {
        self.accepted[input.account] = self.accepted[input.account].max(input.step);
        self.again.push(Input { host: 1 - input.host, due: now, ..*input });
        for host in 0..2 {
            let due = now + Duration::from_millis(1_000 + self.dice.roll(15_000) as u64);
            self.again.push(Input { host, due, ..*input });
        }
    }

    /// The account types another code: soon if this one was not accepted, and otherwise some time from when the code after it
    /// is good, so that not all come at once.
    fn go_on(&mut self, account: usize, is_in: bool, now: Duration) {
        let (second, step) = (otp::now(), self.accepted[account] + 1);
        let wait = if is_in && step > step_at(second) {
            let good_from = ((step - 1) * PERIOD).saturating_sub(second);
            Duration::from_secs(good_from) + Duration::from_millis(self.dice.roll(30_000) as u64)
        } else {
            RETRY
        };
        self.next[account] = Input { account, step: 0, host: self.dice.roll(2), due: now + wait };
    }
}

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// At each host.
const TYPISTS: usize = 4;
/// After a code that was not accepted.
const RETRY: Duration = Duration::from_secs(4);
/// How long a user waits for a host before going to the other one.
const PATIENCE: Duration = Duration::from_secs(2);
