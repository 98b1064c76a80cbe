//! Reads `[limits]`.

use std::time::Duration;

use crate::hashing::{Budget, Cost, MAX_MEMORY_KIB, MAX_PASSES};
use crate::limits::{
    AttemptLimits, CodeLimits, HistoryLimits, Limits, PushLimits, SendLimits, SentCodeLimits,
};

use super::reader::Section;

pub(super) fn read(mut section: Section<'_, '_>) -> Limits {
    let default = Limits::default();
    let attempts = AttemptLimits {
        per_source: section
            .number("wrong_passwords_per_source", 1..=1000)
            .unwrap_or(default.attempts.per_source),
        per_account: section
            .number("wrong_passwords_per_account", 1..=100_000)
            .unwrap_or(default.attempts.per_account),
        window: section
            .duration("wrong_passwords_window", MINUTE..=AttemptLimits::MAX_WINDOW)
            .unwrap_or(default.attempts.window),
    };
    let codes = CodeLimits {
        wrong: section.number("wrong_codes", 1..=100).unwrap_or(default.codes.wrong),
        window: section.duration("wrong_codes_window", MINUTE..=DAY).unwrap_or(default.codes.window),
        pause: section.duration("wrong_codes_pause", MINUTE..=DAY).unwrap_or(default.codes.pause),
        // NIST SP 800-63B, section 5.2.2: at most 100.
        in_a_row: section.number("wrong_codes_in_a_row", 5..=100).unwrap_or(default.codes.in_a_row),
    };
    let (sent, push) = (default.sent_codes, default.pushes);
    let sent_codes = SentCodeLimits {
        lifetime: section.duration("sent_code_lifetime", MINUTE..=TEN_MINUTES).unwrap_or(sent.lifetime),
        tries: section.number("sent_code_tries", 1..=10).unwrap_or(sent.tries),
        for_logins: section.number("sent_codes_per_hour", 1..=100).unwrap_or(sent.for_logins),
        for_changes: section.number("sent_codes_for_changes_per_hour", 1..=100).unwrap_or(sent.for_changes),
        gap: section.duration("resend_after", Duration::ZERO..=TEN_MINUTES).unwrap_or(sent.gap),
        per_source: SendLimits {
            count: section.number("sent_codes_per_source", 1..=10_000).unwrap_or(sent.per_source.count),
            ..sent.per_source
        },
    };
    let pushes = PushLimits {
        lifetime: section.duration("push_lifetime", TEN_SECONDS..=TWO_MINUTES).unwrap_or(push.lifetime),
        unanswered: section.number("unanswered_pushes", 1..=100).unwrap_or(push.unanswered),
        pause: section.duration("push_pause", MINUTE..=DAY).unwrap_or(push.pause),
        disowned_pause: section.duration("disowned_push_pause", MINUTE..=DAY).unwrap_or(push.disowned_pause),
    };
    let least_mib = Budget::MIN_MEMORY_KIB.div_ceil(1024);
    let limits = Limits {
        app_passwords_per_account: section
            .number("app_passwords_per_account", 1..=1000)
            .unwrap_or(default.app_passwords_per_account),
        attempts,
        codes,
        sent_codes,
        pushes,
        recovery_codes: section.number("recovery_codes", 1..=50).unwrap_or(default.recovery_codes),
        factors_per_account: section
            .number("factors_per_account", 1..=100)
            .unwrap_or(default.factors_per_account),
        app_password_cost: cost(&mut section, "app_password_argon2id", default.app_password_cost),
        main_password_cost: cost(&mut section, "main_password_argon2id", default.main_password_cost),
        main_password_min: section.number("main_password_min", 1..=128).unwrap_or(default.main_password_min),
        hashing_memory_mib: section
            .number("hashing_memory_mib", least_mib..=65_536)
            .unwrap_or(default.hashing_memory_mib),
        connections: section.number("connections", 8..=65_536).unwrap_or(default.connections),
        connections_per_user: section
            .number("connections_per_user", 1..=1000)
            .unwrap_or(default.connections_per_user),
        dialogues: section.number("dialogues", 1..=65_536).unwrap_or(default.dialogues),
        // Of [web] and [history].
        sessions: default.sessions,
        history: default.history,
    };
    section.done();
    limits
}

/// Reads `[history]`.
pub(super) fn history(mut section: Section<'_, '_>) -> HistoryLimits {
    let default = HistoryLimits::default();
    let entries = section.number("entries", 0..=500).unwrap_or(default.entries);
    if (1..LEAST_ENTRIES).contains(&entries) {
        section.complain("entries", format!("has to be 0, for no history, or {LEAST_ENTRIES} to 500"));
    }
    let kept = section.duration("kept", DAY..=DAY * 400).unwrap_or(default.kept);
    section.done();
    HistoryLimits { entries, kept }
}

fn cost(section: &mut Section<'_, '_>, key: &str, default: Cost) -> Cost {
    let mut cost = section.section(key);
    // RFC 9106, section 3.1: at least 8 KiB a lane.
    let chosen = Cost {
        memory_kib: cost.number("m", 8..=MAX_MEMORY_KIB).unwrap_or(default.memory_kib),
        passes: cost.number("t", 1..=MAX_PASSES).unwrap_or(default.passes),
    };
    cost.done();
    chosen
}

/// Each group of events has at least one.
const LEAST_ENTRIES: u32 = 4;
const TEN_SECONDS: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);
const TWO_MINUTES: Duration = Duration::from_secs(120);
/// NIST SP 800-63B, section 5.1.3.2.
const TEN_MINUTES: Duration = Duration::from_secs(600);
pub(super) const DAY: Duration = Duration::from_secs(86_400);
