//! Binding a factor: it counts once the person proved that they have it.

mod admin;
mod bind;
pub(crate) mod order;
mod ticket;

pub use admin::{EnrolFor, Enrolled, enrol_for};
pub(crate) use bind::{enrol, prepare};
pub use order::{Bound, default_label};
pub(crate) use order::{Place, Wanted};
pub(crate) use ticket::ask_for_ticket;
