//! Makes the data of `tests/fixtures/earlier_build` with the programs in `POSTERN_BIN_DIR`; see `scripts/make-fixture`.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use postern_tests::earlier_build;
use postern_tests::login_host::Stores;

fn main() -> ExitCode {
    let stores = match std::env::args().nth(1).as_deref() {
        Some("embedded") => Stores::Embedded,
        Some("ldap_and_redis") => Stores::LdapAndRedis,
        _ => return ExitCode::from(64),
    };
    earlier_build::make(stores, &earlier_build::folder(stores));
    ExitCode::SUCCESS
}
