//! Statements about a [`Directory`].

mod finding;
mod holders;
mod main_password;
mod updating;

use std::sync::Arc;

use async_trait::async_trait;
use postern_core::account::{Account, FactorKey};
use postern_core::account_status::AccountStatus;
use postern_core::directory::Directory;
use postern_core::keyring::Digest;
use postern_core::name::LoginName;
use postern_core::policy::Class;

pub use finding::*;
pub use holders::*;
pub use main_password::*;
pub use updating::*;

/// A directory that a test may fill; how accounts come into it differs from store to store.
#[async_trait]
pub trait DirectoryFixture: Send + Sync {
    /// The directory itself.
    fn directory(&self) -> Arc<dyn Directory>;
    /// Adds an account with these addresses, this main password and `uidNumber` 10001.
    async fn add(&self, name: &str, addresses: &[&str], password: Option<&str>);
    /// Gives an account another `uidNumber`.
    async fn set_uid(&self, name: &str, uid: u32);
    /// Changes a main password.
    async fn set_password(&self, name: &str, password: &str);
    /// Disables an account, or lets it expire, or neither.
    async fn set_status(&self, name: &str, status: AccountStatus);
}

/// The names of all statements, in their order.
pub const STATEMENTS: &[&str] = &[
    "a_name_finds_its_own_account_only",
    "a_name_is_found_without_regard_to_ascii_case",
    "an_address_finds_the_account_under_its_canonical_name",
    "at_a_login_a_name_is_taken_byte_for_byte_and_never_as_an_address",
    "a_uid_finds_the_account_that_carries_it",
    "a_uid_that_several_accounts_carry_is_an_error",
    "an_unknown_name_and_an_unknown_id_find_no_account",
    "metacharacters_in_a_name_find_no_account",
    "only_the_right_main_password_is_right",
    "an_account_without_main_password_has_no_right_one",
    "a_stranger_is_never_right",
    "a_new_main_password_replaces_the_old_one_and_changes_the_marker",
    "written_data_is_read_back",
    "one_of_many_values_is_changed_without_the_others",
    "either_a_mark_or_a_factor_makes_it_enrolled",
    "an_update_of_an_older_revision_changes_nothing",
    "of_many_simultaneous_updates_each_revision_is_won_once",
    "an_update_of_an_unknown_account_is_a_conflict",
    "a_disabled_or_expired_account_says_so",
    "a_key_finds_its_holders_alone",
    "no_more_holders_are_told_than_show_that_there_are_too_many",
    "every_account_is_visited_once",
];

async fn find(f: &dyn DirectoryFixture, name: &str) -> Option<Account> {
    find_at(f, name, Class::Mail).await
}

async fn find_at(f: &dyn DirectoryFixture, name: &str, class: Class) -> Option<Account> {
    f.directory().find(&LoginName::new(name).unwrap(), class).await.unwrap()
}

/// In their order.
fn factor_keys(count: u8) -> Vec<FactorKey> {
    (1..=count).map(|number| FactorKey(Digest::new([number * 0x2a; 16]))).collect()
}
