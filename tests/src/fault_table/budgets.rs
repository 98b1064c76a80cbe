//! What each cell has to show, and why.

use std::time::Duration;

use crate::fault_proxy::{Fault, SLOW};

use super::Party;
use super::doors::{Door, Verdict};

use Verdict::{Accepted, OtherWay, Refused, TryLater};

/// What a cell has to show.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expectation {
    /// This and no other one.
    pub(super) verdict: Verdict,
    /// The longest wait for an answer that the party's fault may cause, and what the door itself takes.
    pub(super) budget: Duration,
    /// Where that is promised.
    pub(super) why: &'static str,
}

/// What `door` has to show; the reason why there is nothing to show, where the party has no part in it.
pub(super) fn expected(party: Party, fault: Fault, door: Door) -> Result<Expectation, &'static str> {
    let (verdict, promise, why) = match party {
        Party::Ldap => of_ldap(fault, door)?,
        Party::Redis => of_redis(door)?,
        Party::Posternd => of_posternd(fault, door)?,
        Party::Smtp => of_smtp(door)?,
        Party::Push => of_push(door)?,
    };
    // PAM has no word for an outage that Dovecot would pass on (docs/dovecot-2.3.md).
    let verdict = if door == Door::Pam && verdict == TryLater { Refused } else { verdict };
    Ok(Expectation { verdict, budget: promise + door.own_time(), why })
}

type Cell = Result<(Verdict, Duration, &'static str), &'static str>;

fn of_ldap(fault: Fault, door: Door) -> Cell {
    if fault != Fault::Slow {
        return Ok((TryLater, LDAP, "all LDAP down: Defer within 3 s"));
    }
    Ok(match door {
        // Whose app password or session it is, on a connection that is open.
        Door::Checkpassword | Door::Lua | Door::Pam | Door::Gate => {
            (Accepted, LDAP, "a question has 3 s, and one late answer fits in")
        }
        // Whose entry it is, which at ssh comes before the prompt; the same once more for the main password, and the bind.
        Door::Ssh | Door::Recovery => {
            (TryLater, LDAP * 2, "a main password has 3 s, and takes two late answers")
        }
        Door::Page => (TryLater, LDAP * 3, "a main password has 3 s, and takes two late answers"),
        Door::Cli => {
            (TryLater, LDAP, "it connects first, and a late handshake and a late answer do not fit in 3 s")
        }
    })
}

fn of_redis(door: Door) -> Cell {
    Ok(match door {
        Door::Checkpassword | Door::Lua | Door::Pam => {
            (Accepted, REDIS, "Redis down or silent: app passwords work")
        }
        Door::Recovery => (Accepted, REDIS, "Redis down or silent: recovery codes work"),
        Door::Ssh => (TryLater, REDIS, "Redis down or silent: codes Defer within 0.6 s"),
        Door::Page | Door::Gate | Door::Cli => (TryLater, REDIS, "sessions are in Redis, which has 0.6 s"),
    })
}

fn of_posternd(fault: Fault, door: Door) -> Cell {
    if door == Door::Recovery {
        return Err("the daemon is asked the same questions as for a code of an app");
    }
    Ok(match fault {
        Fault::Slow => {
            let messages = match door {
                // A form is a conversation, and the page that it leads to is more of them.
                Door::Page => 6,
                // The login, and account management.
                Door::Ssh | Door::Pam => 2,
                Door::Recovery | Door::Checkpassword | Door::Lua | Door::Gate | Door::Cli => 1,
            };
            (Accepted, SLOW * messages, "2 s are within every deadline")
        }
        Fault::BlackHole | Fault::OneByteASecond | Fault::Silent => {
            let promise = match door {
                // postern-web and `postern my` give posternd the time that it may work, and a margin.
                Door::Page => SILENCE,
                Door::Cli => SILENCE + SOCKET_TIMER,
                Door::Gate => GATE,
                // sshd holds a failure back until its time is that of the user, 5 to 9.3 ms, times a power of two. Later releases than
                // OpenSSH 9.2 let go after 5 s.
                Door::Ssh => MAIL_DEADLINE * 2,
                Door::Recovery | Door::Checkpassword | Door::Lua | Door::Pam => MAIL_DEADLINE,
            };
            (
                TryLater,
                promise,
                "Defer at the deadline: mail_deadline, also for one message of a conversation; postern-web's own",
            )
        }
        _ => (TryLater, GONE, "posternd gone: Defer within 100 ms"),
    })
}

fn of_smtp(door: Door) -> Cell {
    match door {
        Door::Ssh | Door::Page => {
            Ok((OtherWay, DELIVERY, "each delivery has 4 s, and then another way is open"))
        }
        Door::Cli => Ok((TryLater, DELIVERY, "each delivery has 4 s")),
        Door::Recovery => Err("a recovery code is what the ssh column goes on with"),
        Door::Checkpassword | Door::Lua | Door::Pam | Door::Gate => Err("sends no mail"),
    }
}

fn of_push(door: Door) -> Cell {
    match door {
        Door::Ssh | Door::Page => {
            Ok((OtherWay, DELIVERY, "each delivery has 4 s, and then the phone's code opens"))
        }
        Door::Recovery => Err("a recovery code needs no phone"),
        Door::Cli => Err("no command sends a push"),
        Door::Checkpassword | Door::Lua | Door::Pam | Door::Gate => Err("notifies no phone"),
    }
}

impl Door {
    /// What it takes by itself on a machine of two slow cores, the program's start included.
    fn own_time(self) -> Duration {
        match self {
            // The key exchange; at the end a session.
            Self::Ssh | Self::Recovery => Duration::from_millis(2500),
            // Dovecot holds a refusal back for half a second.
            Self::Checkpassword | Self::Lua | Self::Pam => Duration::from_millis(1500),
            Self::Page | Self::Gate | Self::Cli => Duration::from_millis(1000),
        }
    }
}

/// Within which each door works again once the fault is over, besides what it takes by itself: the longest pause between two
/// attempts to reach a party again is 2 s, and a TCP connection that was never made is asked for again by the kernel after 1 and 3 s.
pub(super) const RECOVERY: Duration = Duration::from_secs(5);
const LDAP: Duration = Duration::from_secs(3);
const REDIS: Duration = Duration::from_millis(600);
const GONE: Duration = Duration::from_millis(100);
const DELIVERY: Duration = Duration::from_secs(4);
/// The default of `mail_deadline` in client.toml.
const MAIL_DEADLINE: Duration = Duration::from_secs(8);
/// How long postern-web and `postern my` wait for posternd's next message.
const SILENCE: Duration = Duration::from_secs(20);
/// How late a socket's time-out of more than 16 s may be: the kernel's timer wheel looks at those every two seconds where it has 250 ticks a
/// second (CONFIG_HZ).
const SOCKET_TIMER: Duration = Duration::from_secs(2);
/// Four fifths of the default `request_time` of web.toml.
const GATE: Duration = Duration::from_secs(12);
