//! The flows of core in one process: with another clock, scripted users, and stores that fail on request.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::large_futures,
    clippy::string_slice,
    clippy::type_complexity,
    clippy::wildcard_enum_match_arm,
    reason = "all of this is test code"
)]

mod account;
mod clocks;
mod combined;
mod faults;
mod harness;
mod limits;
mod login;
mod loopholes;
mod mail;
mod out_of_band;
mod own;
mod story;
mod vectors;
