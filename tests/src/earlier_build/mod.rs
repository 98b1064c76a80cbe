//! Data that an earlier build of Postern left behind: how it was made, and how it is put back for the current build.
//!
//! `scripts/make-fixture` makes it with the programs of any build. The files are described in `tests/fixtures/README.md`.

mod door;
mod make;
mod people;
mod redis_dump;
mod restore;

use std::path::{Path, PathBuf};

pub use door::Door;
pub use make::make;
pub use people::Left;
pub use restore::Restored;

use crate::login_host::Stores;

/// The folder with the data of a host with these stores.
#[must_use]
pub fn folder(stores: Stores) -> PathBuf {
    let name = match stores {
        Stores::Embedded => "embedded",
        Stores::LdapAndRedis => "ldap_and_redis",
    };
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/earlier_build").join(name)
}

/// What the command line says of the stored data, in JSON: the names of the answers and their arguments.
const QUESTIONS: &[(&str, &[&str])] = &[
    ("anna", &["account", "show", "anna"]),
    ("anna_app_passwords", &["app-password", "list", "anna"]),
    ("anna_factors", &["factor", "list", "anna"]),
    ("anna_devices", &["device", "list", "anna"]),
    ("berta", &["account", "show", "berta"]),
    ("berta_factors", &["factor", "list", "berta"]),
    ("berta_app_passwords", &["app-password", "list", "berta"]),
    ("carl", &["account", "show", "carl"]),
    ("carl_factors", &["factor", "list", "carl"]),
    ("carl_challenges", &["challenge", "list", "carl"]),
    ("report", &["report"]),
];
/// Stands for the site's folder in stored files.
const SITE: &str = "@SITE@";
