//! What people do with their own account, one file a group of flows.

mod app_passwords;
mod applications;
mod challenges;
mod choosing;
mod devices;
mod factors;
mod history;
mod request;
mod run;
mod session;
mod sessions;

pub use request::{SelfServiceActor, SelfServiceFlow, SelfServiceRequest};
pub use run::self_service;
