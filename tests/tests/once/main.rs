//! One code lets one login in, however many type it at the same moment and wherever; and what else is counted is counted
//! over all hosts alike.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "all of this is test code"
)]

mod arena;
mod rounds;
mod rush;
