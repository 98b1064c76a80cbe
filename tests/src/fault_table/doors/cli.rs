use crate::Ran;

use super::{Party, Scene, Seen, Verdict};

/// The command that asks this party and no other one.
pub(super) fn attempt(scene: &Scene, party: Party) -> Seen {
    let site = &scene.host.site;
    let ran: Ran = match party {
        Party::Ldap => site.cli(&["account", "show", &scene.people.reader.0]),
        Party::Redis => site.cli(&["session", "list", &scene.people.gate_user]),
        Party::Posternd => site.my(&scene.people.owner, &["factors"], ""),
        Party::Smtp => site.cli(&["courier", "test", "--email", "admin@example.org"]),
        Party::Push => panic!("no command sends a push"),
    };
    let verdict = match ran.code {
        0 => Verdict::Accepted,
        UNAVAILABLE | TEMPFAIL | PROTOCOL => Verdict::TryLater,
        // sysexits(3): wrong input, no such user, not permitted.
        64 | 65 | 67 | 77 => Verdict::Refused,
        _ => Verdict::Broken,
    };
    Seen { verdict, took: ran.took, words: format!("exit {}: {}", ran.code, ran.stderr.trim()) }
}

/// As postern(1) has them: a server does not answer or is not in order, or does not speak its protocol.
const UNAVAILABLE: i32 = 69;
const TEMPFAIL: i32 = 75;
const PROTOCOL: i32 = 76;
