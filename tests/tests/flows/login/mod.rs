//! Logins at login services.

mod absent_user;
mod codes;
mod devices;
mod enrolment;
mod first_factor;
mod identity;
mod languages;
mod meanwhile;
mod policy;
mod recovery;
mod stack;
