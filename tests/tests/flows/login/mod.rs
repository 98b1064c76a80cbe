//! Logins at login services.

mod codes;
mod devices;
mod enrolment;
mod identity;
mod languages;
mod meanwhile;
mod nobody;
mod policy;
mod recovery;
mod stack;
