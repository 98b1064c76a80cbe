//! The pages as HTML. Everything is escaped where it is written; there is no script and no style in it.

mod answer_form;
mod app_passwords;
mod devices;
mod frame;
mod items;
mod kinds;
mod log_in;
mod notice;
mod passkey;
mod qr;
mod question;
mod result;
mod security;

pub(super) use app_passwords::{AppPasswordForm, app_passwords};
pub(super) use devices::{DeviceLists, devices};
pub(super) use frame::Look;
pub(super) use log_in::log_in;
pub(super) use notice::{Notice, notice, on_to_application, refused_application, waiting};
pub(super) use question::question;
pub(super) use result::{is_worth_showing, result};
pub(super) use security::security;
