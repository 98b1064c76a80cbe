//! Statements about a [`Ledger`].

mod attempts;
mod browser_records;
mod challenges;
mod code_attempts;
mod login_history;
mod pushes;
mod replay;
mod sendings;
mod trusted_devices;

use std::sync::Arc;

use postern_core::ledger::Ledger;

pub use attempts::*;
pub use browser_records::*;
pub use challenges::*;
pub use code_attempts::*;
pub use login_history::*;
pub use pushes::*;
pub use replay::*;
pub use sendings::*;
pub use trusted_devices::*;

/// A fresh ledger.
pub trait LedgerFixture: Send + Sync {
    /// The ledger itself.
    fn ledger(&self) -> Arc<dyn Ledger>;
    /// The same ledger as another process has it.
    fn another(&self) -> Arc<dyn Ledger>;
}

/// The names of all statements, in their order.
pub const STATEMENTS: &[&str] = &[
    "the_same_wrong_secret_counts_once_and_is_known",
    "a_source_is_limited_alone",
    "an_account_is_limited_in_all_unless_it_is_said_that_a_source_goes_on",
    "a_counted_attempt_is_forgotten_after_the_window",
    "attempts_in_flight_count_before_they_are_settled",
    "a_withdrawn_attempt_no_longer_counts",
    "a_wrong_attempt_cannot_be_withdrawn",
    "accounts_are_counted_apart",
    "of_many_simultaneous_attempts_only_the_limit_is_admitted",
    "attempts_of_a_clock_that_was_ahead_count_as_of_now",
    "attempts_are_forgotten_wherever_they_came_from",
    "a_use_of_a_clock_that_was_ahead_gives_way",
    "a_revision_from_the_future_is_nothing_that_is_known",
    "the_history_tells_failures_and_successes_of_a_source",
    "a_use_is_noted_once_a_minute",
    "the_newest_use_of_each_credential_is_kept",
    "uses_of_one_account_are_not_anothers",
    "the_highest_revision_is_known",
    "a_revision_is_forgotten_after_an_hour",
    "revisions_of_one_account_are_not_anothers",
    "every_code_counts_until_there_are_too_many",
    "a_pause_ends_and_a_full_window_begins_another",
    "after_a_short_pause_the_window_still_counts",
    "a_right_code_ends_the_pause_and_the_row",
    "a_pause_is_told_without_counting",
    "a_withdrawn_code_no_longer_counts",
    "a_code_that_is_told_twice_counts_once",
    "wrong_codes_stay_in_a_row_over_a_hundred_windows",
    "wrong_codes_are_forgotten_after_400_days",
    "codes_of_a_clock_that_was_ahead_count_as_of_now",
    "of_200_simultaneous_codes_exactly_the_limit_is_admitted",
    "codes_of_strangers_are_counted_for_their_source_alone",
    "codes_of_accounts_are_counted_apart",
    "codes_are_forgotten_wherever_they_came_from",
    "without_any_record_the_step_after_next_is_the_first",
    "of_many_simultaneous_spends_of_a_step_one_has_it",
    "a_spend_that_is_told_twice_has_it_twice",
    "a_step_is_spent_with_all_before_it",
    "a_new_factor_waits_for_nothing",
    "steps_of_accounts_and_factors_are_spent_apart",
    "a_longer_period_has_steps_of_its_own",
    "a_step_of_a_clock_that_was_ahead_locks_no_user_out_and_is_spent_once",
    "many_steps_of_a_clock_that_was_ahead_lock_no_user_out_and_are_spent_once",
    "a_device_is_kept_until_it_expires",
    "a_device_takes_the_place_of_itself",
    "devices_are_listed_by_id_and_dropped_by_id",
    "devices_of_one_account_are_not_anothers",
    "a_browser_record_is_kept_until_it_expires",
    "a_browser_record_is_replaced_once_and_by_one_caller",
    "browser_records_of_accounts_and_kinds_are_kept_apart",
    "of_many_browser_records_those_that_last_longest_stay",
    "all_browsers_are_forgotten_at_once",
    "a_login_event_is_kept_for_its_time",
    "a_login_event_takes_the_place_of_the_one_that_is_known",
    "refusals_take_the_place_of_no_accept",
    "of_many_login_events_the_latest_stay",
    "a_login_event_of_a_clock_that_was_ahead_gives_way",
    "messages_are_limited_within_a_window",
    "messages_within_a_window_are_counted",
    "between_two_messages_there_is_a_gap",
    "a_message_that_is_told_twice_counts_once",
    "a_withdrawn_message_no_longer_counts",
    "messages_of_subjects_are_counted_apart",
    "messages_of_a_clock_that_was_ahead_count_as_of_now",
    "a_claim_of_a_clock_that_was_ahead_ends_after_its_term",
    "of_many_simultaneous_messages_exactly_the_limit_is_admitted",
    "a_name_is_claimed_once_until_its_term_is_over",
    "of_many_simultaneous_claims_one_has_it",
    "a_challenge_is_kept_until_it_is_over",
    "one_approval_waits_at_a_time",
    "a_newer_code_or_pairing_takes_the_place_of_the_older",
    "a_challenge_that_is_told_twice_is_put_once",
    "the_first_answer_counts",
    "an_answer_has_4096_bytes_at_most",
    "a_challenge_is_looked_at_so_often_and_no_more",
    "of_many_simultaneous_looks_only_so_many_see_it",
    "of_many_simultaneous_takes_of_a_challenge_one_has_it",
    "a_take_that_is_told_twice_gives_it_twice",
    "an_expired_challenge_is_neither_answered_nor_read_nor_taken",
    "challenges_of_one_account_are_not_anothers",
    "three_pushes_without_an_answer_end_the_ringing_for_a_while",
    "pushes_of_a_clock_that_was_ahead_end_no_ringing_for_long",
    "an_answer_begins_the_count_of_pushes_anew",
    "only_an_answered_approval_is_an_answered_push",
    "phones_are_quiet_until_it_is_said",
    "an_approval_without_a_push_is_never_muted",
    "a_waiting_login_is_woken_by_an_answer_and_by_a_take",
    "a_late_caller_does_not_wait",
    "waiting_ends_in_time_without_an_answer",
    "its_health_is_told",
];

/// A ledger under test is in order.
pub async fn its_health_is_told(f: &dyn LedgerFixture) {
    let health = f.ledger().health().await.unwrap();
    assert!(!health.what.is_empty());
    assert_eq!((health.warnings, health.failures), (Vec::new(), Vec::new()));
}
