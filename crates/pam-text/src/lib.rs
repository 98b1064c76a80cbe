//! The untrusted text that crosses `pam_postern.so`: lines for a person's terminal, values for a line of the log, and the ssh
//! key that sshd reports.
//!
//! Every function is pure and total. The crate is apart from the module so that tests and fuzz targets can link it without
//! libpam.

#![forbid(unsafe_code)]

mod auth_info;
mod lines;
mod log_value;

pub use auth_info::ssh_key;
pub use lines::{MAX_LINE, lines};
pub use log_value::log_value;
