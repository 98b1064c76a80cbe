//! Reads what other systems and apps export: seeds, and whose they are.
//!
//! One module a format; each names the document that it follows. A file that is not of its format is refused as a whole, with
//! the place; what Postern cannot take over from a good file is an entry that says why. The crate opens no file and binds
//! nothing. It is apart from the command line so that fuzz targets can link it without a store.

#![forbid(unsafe_code)]

pub mod aegis;
mod entry;
pub mod freeotp_plus;
pub mod google_authenticator;
mod hash_function;
mod ldif;
pub mod mailcow;
mod migration;
pub mod oath_ldap;
pub mod otpauth;
pub mod pam_oath;
pub mod privacyidea;
mod source_file;
mod sql;

pub use entry::{Content, Entry};
pub use source_file::{SourceFile, Unreadable};
