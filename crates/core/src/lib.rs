//! Decides which logins are accepted: accounts, app passwords, policy, limits, verdicts.
//!
//! It never opens a socket or a database: the directory and the ledger are traits, and time and randomness are arguments. Only an
//! explicit [`Verdict::Accept`] lets a user in.

#![forbid(unsafe_code)]

pub mod account;
pub mod account_status;
pub mod app_password;
pub mod audit;
pub mod browser_record;
mod browser_secret;
pub mod challenge;
pub mod changes;
pub mod checks;
pub mod clock;
pub mod combined_secret;
pub mod config;
pub mod conversation;
pub mod courier;
pub mod deed;
pub mod device;
pub mod directory;
pub mod dn;
pub mod engine;
pub mod exchange;
pub mod expiry;
pub mod factor;
pub mod flows;
mod generalized_time;
pub mod hashing;
mod hex_id;
pub mod keyring;
pub mod ledger;
pub mod limits;
pub mod login_event;
pub mod name;
pub mod policy;
pub mod proof;
pub mod qr;
pub mod random;
pub mod reason;
pub mod secret;
pub mod session;
pub mod sms_rules;
pub mod system_fault;
mod trust_state;
pub mod trusted_browser;
pub mod turns;
pub mod typed;
pub mod unix_users;
pub mod userdb;
pub mod verdict;
pub mod words;

pub use verdict::{Reason, Verdict};
