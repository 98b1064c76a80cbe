//! A site in this process: the embedded stores, a clock that is set, and users who answer by a script or step by step.

mod app;
mod clock;
mod handset;
mod passkey;
mod post;
mod real;
mod scripted_user;
mod setup;
mod site;
mod stores;
mod visit;

pub(crate) use app::App;
pub(crate) use clock::{START, TestClock};
pub(crate) use handset::Handset;
pub(crate) use passkey::SecurityKey;
pub(crate) use post::{PAGE, Post, What};
pub(crate) use scripted_user::{BY_PASSKEY, Heard, PasskeyAnswer, Script, Talker};
pub(crate) use setup::Setup;
pub(crate) use site::{MAIN_PASSWORD, Site, Someone, SshKey};
pub(crate) use stores::{Fault, Kind, Point, Store};
pub(crate) use visit::{Ended, Talk, Visit};
